// White space as the contract trims it: Unicode's White_Space property, in UTF-8. Pure; any thread.
// Contract: runtime.md 4.2 rule 1 (profile), 1.8 (fairness keys that are not blank).
#pragma once

#include <cstddef>
#include <string_view>

namespace phalarope {

/// Every white-space character, as its UTF-8 bytes.
constexpr std::string_view white_space_characters[] = {" ",
                                                       "\t",
                                                       "\n",
                                                       "\v",
                                                       "\f",
                                                       "\r",
                                                       "\xC2\x85",
                                                       "\xC2\xA0",
                                                       "\xE1\x9A\x80",
                                                       "\xE2\x80\x80",
                                                       "\xE2\x80\x81",
                                                       "\xE2\x80\x82",
                                                       "\xE2\x80\x83",
                                                       "\xE2\x80\x84",
                                                       "\xE2\x80\x85",
                                                       "\xE2\x80\x86",
                                                       "\xE2\x80\x87",
                                                       "\xE2\x80\x88",
                                                       "\xE2\x80\x89",
                                                       "\xE2\x80\x8A",
                                                       "\xE2\x80\xA8",
                                                       "\xE2\x80\xA9",
                                                       "\xE2\x80\xAF",
                                                       "\xE2\x81\x9F",
                                                       "\xE3\x80\x80"};

constexpr std::string_view trim_white_space(std::string_view text) noexcept {
  for (std::size_t before = text.size() + 1; before != text.size();) {
    before = text.size();
    for (const std::string_view character : white_space_characters) {
      if (text.starts_with(character)) text.remove_prefix(character.size());
      if (text.ends_with(character)) text.remove_suffix(character.size());
    }
  }
  return text;
}

constexpr bool is_blank(std::string_view text) noexcept { return trim_white_space(text).empty(); }

static_assert(trim_white_space(" \tsimple/v1\xC2\xA0\n") == "simple/v1" && is_blank("\xE3\x80\x80 ") && is_blank(""));

}  // namespace phalarope
