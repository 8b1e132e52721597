// Numbers as they are said. See number_words.hpp.
#include "hal/speech/number_words.hpp"

#include <array>
#include <string_view>

namespace phalarope::hal {
namespace {

constexpr std::array<std::string_view, 20> small_numbers = {
    "zero", "one",    "two",    "three",    "four",     "five",    "six",     "seven",     "eight",    "nine",
    "ten",  "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
constexpr std::array<std::string_view, 10> tens = {"",      "",      "twenty",  "thirty", "forty",
                                                   "fifty", "sixty", "seventy", "eighty", "ninety"};

}  // namespace

std::string number_words(std::int64_t number) {
  if (number < 0 || number > spoken_number_max) return {};
  std::string words;
  if (number >= 100) {
    words.append(small_numbers[static_cast<std::size_t>(number / 100)]).append(" hundred");
    number %= 100;
    if (number == 0) return words;
    words.push_back(' ');
  }
  if (number < 20) return words.append(small_numbers[static_cast<std::size_t>(number)]);
  words.append(tens[static_cast<std::size_t>(number / 10)]);
  if (number % 10 != 0) words.append(" ").append(small_numbers[static_cast<std::size_t>(number % 10)]);
  return words;
}

}  // namespace phalarope::hal
