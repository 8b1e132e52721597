// See sentence_splitter.hpp.
#include "hal/speech/sentence_splitter.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace phalarope::hal {
namespace {

constexpr std::array<std::string_view, 10> short_forms = {"Dr.", "Mr.", "Mrs.", "Ms.",  "St.",
                                                          "No.", "vs.", "etc.", "e.g.", "i.e."};

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool is_spoken(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) > 127;
}

std::string_view last_word(std::string_view text) {
  const std::size_t space = text.find_last_of(" \t\n");
  return space == std::string_view::npos ? text : text.substr(space + 1);
}

bool ends_sentence(std::string_view word) {
  while (!word.empty() && (word.back() == '"' || word.back() == '\'' || word.back() == ')')) word.remove_suffix(1);
  if (word.empty()) return false;
  const bool mark = word.back() == '.' || word.back() == '!' || word.back() == '?';
  return mark && std::ranges::find(short_forms, word) == short_forms.end();
}

bool ends_clause(std::string_view word) {
  return !word.empty() && (word.back() == ',' || word.back() == ';' || word.back() == ':');
}

}  // namespace

std::vector<std::string_view> spoken_words(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size();) {
    if (is_space(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && !is_space(text[end])) ++end;
    const std::string_view word = text.substr(at, end - at);
    if (std::ranges::any_of(word, is_spoken)) words.push_back(word);
    at = end;
  }
  return words;
}

std::vector<std::string> split_sentences(std::string_view text, std::size_t first_words_max) {
  std::vector<std::string> pieces;
  std::string piece;
  const auto close = [&] {
    if (!spoken_words(piece).empty()) pieces.push_back(std::move(piece));
    piece.clear();
  };
  // How long the first sentence is decides whether it is cut at all.
  std::size_t first_words = 0;
  for (const std::string_view word : spoken_words(text)) {
    ++first_words;
    if (ends_sentence(word)) break;
  }
  for (std::size_t at = 0; at < text.size();) {
    if (is_space(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && !is_space(text[end])) ++end;
    const std::string_view word = text.substr(at, std::min(end - at, piece_bytes_max));
    if (piece.size() + 1 + word.size() > piece_bytes_max) close();
    if (!piece.empty()) piece.push_back(' ');
    piece.append(word);
    at += word.size();
    const bool cut = pieces.empty() && first_words > first_words_max && ends_clause(last_word(piece)) &&
                     spoken_words(piece).size() >= clause_words_min;
    if (ends_sentence(last_word(piece)) || cut) close();
  }
  close();
  return pieces;
}

}  // namespace phalarope::hal
