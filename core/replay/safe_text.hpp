// Text of a recording, made safe for where it is shown: it steers no terminal and becomes no markup.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace phalarope::replay {

/// A byte that is not the first of its UTF-8 character.
constexpr bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

/// Control characters become spaces; with `ascii`, characters beyond it become question marks.
std::string harmless(std::string_view text, bool ascii);

/// As the text of an HTML element or a quoted attribute.
std::string html_escaped(std::string_view text);

}  // namespace phalarope::replay
