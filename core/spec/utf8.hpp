// UTF-8 and UTF-16 as JSON needs them: is this a character, and which bytes is this code point?
//
//   U+0000..007F      0xxxxxxx
//   U+0080..07FF      110xxxxx 10xxxxxx                       never C0, C1 (overlong)
//   U+0800..FFFF      1110xxxx 10xxxxxx 10xxxxxx              never E0 80..9F (overlong), ED A0..BF (surrogates)
//   U+10000..10FFFF   11110xxx 10xxxxxx 10xxxxxx 10xxxxxx     never F0 80..8F (overlong), F4 90.. and above
//
// Pure; any thread. Contract: cli-conformance.md 1 (input is UTF-8); RFC 3629.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace phalarope::spec {

/// Bytes of the character that `text` begins with; 0 when it begins with none.
constexpr std::size_t utf8_character_bytes(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [text, byte](std::size_t i, unsigned from, unsigned to) {
    return i < text.size() && byte(i) >= from && byte(i) <= to;
  };
  const auto tail = [continues](std::size_t i) { return continues(i, 0x80, 0xBF); };
  if (text.empty()) return 0;
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool second = continues(1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF);
    return second && tail(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool second = continues(1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF);
    return second && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

constexpr bool is_high_surrogate(std::uint32_t unit) noexcept { return unit >= 0xD800 && unit <= 0xDBFF; }
constexpr bool is_low_surrogate(std::uint32_t unit) noexcept { return unit >= 0xDC00 && unit <= 0xDFFF; }
constexpr std::uint32_t code_point_of(std::uint32_t high, std::uint32_t low) noexcept {
  return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

/// Appends a code point that is no surrogate.
inline void append_utf8(std::string& out, std::uint32_t code_point) {
  const auto push = [&out](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  const auto push_tail = [push](std::uint32_t bits) { push(0x80 | (bits & 0x3F)); };
  if (code_point < 0x80) {
    push(code_point);
  } else if (code_point < 0x800) {
    push(0xC0 | (code_point >> 6));
    push_tail(code_point);
  } else if (code_point < 0x10000) {
    push(0xE0 | (code_point >> 12));
    push_tail(code_point >> 6);
    push_tail(code_point);
  } else {
    push(0xF0 | (code_point >> 18));
    push_tail(code_point >> 12);
    push_tail(code_point >> 6);
    push_tail(code_point);
  }
}

}  // namespace phalarope::spec
