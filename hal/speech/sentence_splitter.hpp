// Cuts an answer into what the voice is given one at a time: sentences, and first a short clause.
//
//   "Going forward, ten meters. Then, ..." ─▶ "Going forward, ten meters." | "Then, ..."
//
// A sentence ends at . ! ? before a space, unless the word is a short form ("Dr.") or a number goes on. A first
// sentence of more than `first_words_max` words is cut at its first clause, so that the first sound comes early. No
// word is lost or added: the pieces joined by spaces are the answer. Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace phalarope::hal {

/// A clause shorter than this is not handed over alone; it would sound chopped.
constexpr std::size_t clause_words_min = 3;
/// A piece is never longer; a longer one is cut at a space.
constexpr std::size_t piece_bytes_max = 400;

std::vector<std::string> split_sentences(std::string_view text, std::size_t first_words_max);

/// Words as the voice counts them: runs without spaces that hold a letter or a digit.
std::vector<std::string_view> spoken_words(std::string_view text);

}  // namespace phalarope::hal
