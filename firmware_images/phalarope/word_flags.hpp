// Flags that are words behind one dash, as the contract spells them: `-store FILE`, `-store=FILE`; two dashes do too.
//
// The rest of the program's commands take two dashes only; this is for those whose spelling is part of a contract.
// Pure. Contract: evidence.md 1A.4.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace phalarope::program {

inline constexpr std::string_view help_wanted = "help";

struct WordFlag {
  std::string_view name;
  std::variant<std::string*, std::int64_t*> target;
};

/// Empty, `help_wanted`, or what is wrong with the call.
std::string read_word_flags(const std::vector<std::string>& words, const std::vector<WordFlag>& flags);

/// The words of a list with commas: trimmed, none blank, none twice, sorted.
std::vector<std::string> sorted_words(std::string_view list);

}  // namespace phalarope::program
