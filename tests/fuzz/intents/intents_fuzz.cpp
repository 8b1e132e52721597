// Any bytes as an intents file: read or refused with faults that name a line, never a crash; what is read can be made
// into a grammar, matched and classified.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "hal/speech/intents_grammar.hpp"
#include "hal/speech/intents_matcher.hpp"
#include "hal/speech/sentence_splitter.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace phalarope::hal;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto read = parse_intents(text, "fuzz");
  if (!read) {
    if (read.error().empty() || read.error().front().sentence.empty()) std::abort();
    return 0;
  }
  if (grammar_words(*read).size() > 0 && jsgf_grammar(*read).empty()) std::abort();
  for (const Intent& intent : read->intents) {
    for (const std::string& answer : intent.answers) split_sentences(answer, 8);
    for (const std::string& phrase : intent.phrase_texts) {
      match_intent(*read, phrase, intent.name);
      classify(*read, phrase);
    }
  }
  return 0;
}
