// Numbers as they are said: 0..999 to words ("one hundred five") and back from digits in a recogniser's text.
//
// Pure functions. Used by slots that are ranges and by the matcher's normalisation.
#pragma once

#include <cstdint>
#include <string>

namespace phalarope::hal {

constexpr std::int64_t spoken_number_max = 999;

/// Words of a number, 0 <= number <= spoken_number_max; empty outside.
std::string number_words(std::int64_t number);

}  // namespace phalarope::hal
