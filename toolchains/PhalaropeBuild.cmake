# What every target of the house shares: warnings, build types, hardening, sanitizers, and the ways to add a test.
find_package(Threads REQUIRED)
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug, RelWithDebInfo or Sanitize" FORCE)
endif()
# Sanitized tests must be quick to build and still readable in a debugger; line tables are enough for their reports.
set(CMAKE_CXX_FLAGS_SANITIZE "-O1 -g1" CACHE STRING "Compiler flags of the sanitizer builds")
# Every decision stays where it was written: no optimisation, so that the report's lines are the source's.
set(CMAKE_CXX_FLAGS_COVERAGE "-O0 -g0" CACHE STRING "Compiler flags of the coverage build")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
# __FILE__ names a file of the house, not of the machine that built it.
add_compile_options(-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=)

add_library(phalarope_build INTERFACE)
target_include_directories(phalarope_build INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
target_compile_options(phalarope_build INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual -Werror)
if(PHALAROPE_ASSERTIONS)
  target_compile_definitions(phalarope_build INTERFACE PHALAROPE_ASSERTIONS)
endif()
# GCC 12 is wrong about inlined library code at -O2 and above: std::string concatenation "overlaps" (GCC bug 105651),
# std::optional and std::expected hold members that "may be uninitialized" (GCC bug 80635); under a sanitizer, bounds
# too. clang 19 and the sanitizers look for the same faults and find none.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(phalarope_build INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
  if(PHALAROPE_SANITIZE)
    target_compile_options(phalarope_build INTERFACE -Wno-array-bounds -Wno-stringop-overflow)
  endif()
  # How GCC 7 changed the passing of some arguments on 32-bit ARM: a note of pages, and one compiler builds it all.
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^armv7")
    target_compile_options(phalarope_build INTERFACE -Wno-psabi)
  endif()
  # Of every fence GCC says that TSan does not model it; the one queue that has them is left out (lanes/ingress.cpp).
  if(PHALAROPE_SANITIZE MATCHES "thread")
    target_compile_options(phalarope_build INTERFACE -Wno-tsan)
  endif()
endif()
if(PHALAROPE_SANITIZE)
  add_compile_options(-fsanitize=${PHALAROPE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PHALAROPE_SANITIZE})
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
elseif(CMAKE_BUILD_TYPE MATCHES "^(Debug|Coverage)$")
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
else()
  # What a board runs reads files and networks that others write: a smashed stack or a bent return must end the
  # process, and nothing stays writable that need not be. Link-time optimisation stays off: the tidy test reads the
  # symbols of the engine's objects.
  add_compile_options(-fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    add_compile_options(-fcf-protection)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
    add_compile_options(-mbranch-protection=standard)
  endif()
  add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed)
endif()
if(PHALAROPE_COVERAGE)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "PHALAROPE_COVERAGE needs clang; use the preset coverage")
  endif()
  add_compile_options(-fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc)
  add_link_options(-fprofile-instr-generate)
endif()
if(PHALAROPE_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "PHALAROPE_FUZZ needs clang (libFuzzer); use the preset asan or fuzz")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)  # coverage feedback from the code under test, not only the target
endif()

# Each label has a target that builds its tests and no others: tests_unit, tests_contract, tests_threads, ...
foreach(label unit contract model sim integration fuzz fault threads)
  add_custom_target(tests_${label})
endforeach()
function(phalarope_label_target name)
  foreach(label ${ARGN})
    if(NOT TARGET tests_${label})
      add_custom_target(tests_${label})
    endif()
    add_dependencies(tests_${label} ${name})
  endforeach()
endfunction()

# Emulation takes five to ten times as long (PhalaropeCross.cmake).
set(PHALAROPE_TIMEOUT_SCALE 1)
if(CMAKE_CROSSCOMPILING)
  set(PHALAROPE_TIMEOUT_SCALE 10)
endif()

# phalarope_native_only(REASON TEST ...): tests that an emulated board cannot run, or that look at the tree and not at
# what was built. `./dev test arm64` leaves the label `native` out.
function(phalarope_native_only reason)
  set_property(TEST ${ARGN} APPEND PROPERTY LABELS native)
endfunction()

# phalarope_test(NAME SOURCES ... [LIBRARIES ...] [TIMEOUT seconds] [LABELS ...] [THREADS])
# A GoogleTest program, one CTest entry; LABELS default to the folder under tests/ it stands in. Tests that include
# <thread>, or say THREADS because the code under test starts them, also run under ThreadSanitizer (label `threads`).
function(phalarope_test name)
  cmake_parse_arguments(ARG "THREADS" "TIMEOUT" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  if(NOT ARG_LABELS)
    file(RELATIVE_PATH ARG_LABELS ${PROJECT_SOURCE_DIR}/tests ${CMAKE_CURRENT_SOURCE_DIR})
    string(REGEX REPLACE "/.*" "" ARG_LABELS "${ARG_LABELS}")
  endif()
  foreach(source ${ARG_SOURCES})
    file(STRINGS ${source} starts_threads REGEX "^#include <thread>")
    if(starts_threads)
      set(ARG_THREADS TRUE)
    endif()
  endforeach()
  if(ARG_THREADS)
    list(APPEND ARG_LABELS threads)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE phalarope_core ${ARG_LIBRARIES} GTest::gmock GTest::gtest_main phalarope_build)
  target_compile_definitions(${name} PRIVATE PHALAROPE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(${name} PRIVATE -O1)  # what is tested is fast; its tests are built in two thirds of the time
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
  math(EXPR timeout "${ARG_TIMEOUT} * ${PHALAROPE_TIMEOUT_SCALE}")
  set_tests_properties(${name} PROPERTIES TIMEOUT ${timeout} LABELS "${ARG_LABELS}")
  phalarope_label_target(${name} ${ARG_LABELS})
endfunction()

# phalarope_fuzz(NAME SOURCES ... [LIBRARIES ...]): a libFuzzer target with clang and PHALAROPE_FUZZ; in every
# other build the same entry point is run over its committed corpus (tests/fuzz/corpus/<name>) as a plain test.
function(phalarope_fuzz name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE phalarope_core ${ARG_LIBRARIES} phalarope_build)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
  if(PHALAROPE_FUZZ)
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus_main.cpp)
  endif()
  add_test(NAME ${name} COMMAND ${name} ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name} -runs=0)
  set_tests_properties(${name} PROPERTIES TIMEOUT 120 LABELS fuzz)
  phalarope_label_target(${name} fuzz)
endfunction()

# phalarope_bench(NAME SOURCES ... [LIBRARIES ...]): a Google Benchmark program.
add_custom_target(benches)
function(phalarope_bench name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE phalarope_core ${ARG_LIBRARIES} benchmark::benchmark phalarope_build)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
  add_dependencies(benches ${name})
endfunction()
