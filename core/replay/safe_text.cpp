#include "core/replay/safe_text.hpp"

namespace phalarope::replay {

std::string harmless(std::string_view text, bool ascii) {
  std::string safe;
  for (const char byte : text) {
    const auto value = static_cast<unsigned char>(byte);
    if (value >= 0x80) {
      if (!ascii)
        safe += byte;
      else if (!continues_character(byte))
        safe += '?';
    } else {
      safe += value < 0x20 || value == 0x7f ? ' ' : byte;
    }
  }
  // C1 control characters are the two bytes c2 80 .. c2 9f.
  for (std::size_t i = 0; i + 1 < safe.size(); ++i) {
    const bool c1 =
        safe[i] == '\xc2' && static_cast<unsigned char>(safe[i + 1]) < 0xa0 && continues_character(safe[i + 1]);
    if (c1) safe.replace(i, 2, " ");
  }
  return safe;
}

std::string html_escaped(std::string_view text) {
  std::string safe;
  for (const char byte : text) {
    switch (byte) {
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '&':
        safe += "&amp;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default:
        safe += byte;
    }
  }
  return safe;
}

}  // namespace phalarope::replay
