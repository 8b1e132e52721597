# Writes a C++ file that holds the page as raw string literals: frame, style, and the script's parts in one function.
#   cmake -DPAGE=<this folder> -DOUTPUT=page_assets.cpp -P embed.cmake
# Compilers bound the length of a literal, joined or not, so a text becomes a list of pieces.
# The first four parts of the script touch no page: tests/integration/browser runs them by themselves.
# The page's files are ASCII, so that a cut never goes through a character.
set(piece_bytes_max 12000)

function(embed name before after)
  set(text "${before}")
  foreach(file ${ARGN})
    file(READ ${PAGE}/${file} part)
    string(APPEND text "${part}")
  endforeach()
  string(APPEND text "${after}")
  string(REGEX MATCH "[^\t\n\r -~]" foreign "${text}")
  if(NOT foreign STREQUAL "")
    message(FATAL_ERROR "${ARGN} holds a character beyond ASCII; write it as an entity or an escape")
  endif()
  string(FIND "${text}" ")~page~" end_mark)
  if(NOT end_mark EQUAL -1)
    message(FATAL_ERROR "${ARGN} holds the mark that ends a literal")
  endif()
  string(LENGTH "${text}" bytes)
  set(pieces "")
  set(at 0)
  while(at LESS bytes)
    string(SUBSTRING "${text}" ${at} ${piece_bytes_max} piece)
    string(APPEND pieces "\n    R\"~page~(${piece})~page~\",")
    math(EXPR at "${at} + ${piece_bytes_max}")
  endwhile()
  file(APPEND ${OUTPUT} "constexpr std::string_view ${name}_pieces[] = {${pieces}};\n"
    "const Pieces ${name} = ${name}_pieces;\n")
endfunction()

file(WRITE ${OUTPUT} "// Made by core/replay/page/embed.cmake; edit the files beside it.\n"
  "#include \"core/replay/page_assets.hpp\"\n\nnamespace phalarope::replay::page {\n\n")
embed(frame "" "" timeline.html)
embed(style "" "" timeline.css)
embed(script "(function () {\n\"use strict\";\n" "})();\n"
  timeline_table.js timeline_query.js timeline_wave.js timeline_why.js
  timeline_state.js timeline_sound.js timeline_rows.js timeline_paint.js timeline_events.js timeline_over.js timeline_move.js
  timeline_lists.js timeline_detail.js timeline_start.js)
file(APPEND ${OUTPUT} "\n}  // namespace phalarope::replay::page\n")
