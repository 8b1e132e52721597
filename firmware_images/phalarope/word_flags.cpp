#include "firmware_images/phalarope/word_flags.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace phalarope::program {
namespace {

bool take_value(const WordFlag& flag, const std::string& value) {
  if (auto* const* text = std::get_if<std::string*>(&flag.target)) {
    **text = value;
    return true;
  }
  std::int64_t& number = *std::get<std::int64_t*>(flag.target);
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  return error == std::errc{} && end == value.data() + value.size();
}

}  // namespace

std::string read_word_flags(const std::vector<std::string>& words, const std::vector<WordFlag>& flags) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    if (!word.starts_with('-')) return "`" + words[i] + "` is no flag";
    word.remove_prefix(word.starts_with("--") ? 2 : 1);
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    if (name == "h" || name == "help") return std::string(help_wanted);
    const auto flag = std::find_if(flags.begin(), flags.end(), [&](const WordFlag& one) { return one.name == name; });
    if (flag == flags.end()) return "unknown flag -" + std::string(name);
    const bool inside = equals != std::string_view::npos;
    if (!inside && i + 1 == words.size()) return "-" + std::string(name) + " needs a value";
    const std::string value = inside ? std::string(word.substr(equals + 1)) : words[++i];
    if (!take_value(*flag, value)) return "-" + std::string(name) + ": `" + value + "` is no integer";
  }
  return {};
}

std::vector<std::string> sorted_words(std::string_view list) {
  constexpr std::string_view blanks = " \t\r\n";
  std::set<std::string> words;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view word = list.substr(0, comma);
    const std::size_t first = word.find_first_not_of(blanks);
    if (first != std::string_view::npos) {
      words.emplace(word.substr(first, word.find_last_not_of(blanks) - first + 1));
    }
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return {words.begin(), words.end()};
}

}  // namespace phalarope::program
