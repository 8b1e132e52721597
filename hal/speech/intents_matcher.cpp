// Backtracking over phrase templates. See intents_matcher.hpp.
#include "hal/speech/intents_matcher.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <span>

#include "core/engine/base/function_ref.hpp"
#include "hal/speech/number_words.hpp"

namespace phalarope::hal {
namespace {

constexpr std::array<std::string_view, 10> small_words = {"the", "a",  "an",  "please", "um",
                                                          "uh",  "er", "now", "my",     "just"};

bool is_small(std::string_view word) { return std::ranges::find(small_words, word) != small_words.end(); }

using Words = std::span<const std::string>;
using Slots = std::map<std::string, std::string>;
using Continue = FunctionRef<bool(std::size_t)>;

/// One utterance against templates; each method calls `then` with every position up to which its part can reach.
class Matching {
 public:
  Matching(const Intents& intents, Words words, bool lenient) : intents_(intents), words_(words), lenient_(lenient) {}

  bool whole(const PhrasePart& phrase) {
    slots_.clear();
    const auto at_end = [this](std::size_t end) { return end == words_.size(); };
    return part(phrase, 0, at_end);
  }
  Slots take_slots() { return std::move(slots_); }

 private:
  bool part(const PhrasePart& phrase, std::size_t at, Continue then) {
    if (++steps_ > match_steps_max) return false;
    switch (phrase.kind) {
      case PhrasePart::Kind::word:
        return word(phrase.text, at, then);
      case PhrasePart::Kind::slot:
        return slot(phrase.text, at, then);
      case PhrasePart::Kind::sequence:
        return sequence(phrase.parts, at, then);
      case PhrasePart::Kind::alternatives:
        return std::ranges::any_of(phrase.parts, [&](const PhrasePart& one) { return part(one, at, then); });
      case PhrasePart::Kind::optional:
        return part(phrase.parts.front(), at, then) || then(at);
    }
    return false;
  }

  bool word(const std::string& text, std::size_t at, Continue then) {
    if (at < words_.size() && words_[at] == text) return then(at + 1);
    return lenient_ && is_small(text) && then(at);
  }

  bool sequence(std::span<const PhrasePart> parts, std::size_t at, Continue then) {
    if (parts.empty()) return then(at);
    const auto rest = [&](std::size_t next) { return sequence(parts.subspan(1), next, then); };
    return part(parts.front(), at, rest);
  }

  bool slot(const std::string& name, std::size_t at, Continue then) {
    const auto found = intents_.slots.find(name);
    if (found == intents_.slots.end()) return false;
    for (const SlotValue& value : found->second.values) {
      if (++steps_ > match_steps_max) return false;
      const std::size_t end = after(value.spoken, at);
      if (end == at) continue;
      const auto before = slots_;
      slots_[name] = value.value;
      if (then(end)) return true;
      slots_ = before;
    }
    return false;
  }

  /// The position after the words of `spoken`, or `at` when they do not stand there.
  std::size_t after(std::string_view spoken, std::size_t at) const {
    std::size_t next = at;
    while (!spoken.empty()) {
      const std::size_t space = std::min(spoken.find(' '), spoken.size());
      if (next >= words_.size() || words_[next] != spoken.substr(0, space)) return at;
      ++next;
      spoken.remove_prefix(std::min(space + 1, spoken.size()));
    }
    return next;
  }

  const Intents& intents_;
  Words words_;
  bool lenient_;
  std::size_t steps_ = 0;
  Slots slots_;
};

std::optional<IntentMatch> match_words(const Intents& intents, Words words, std::string_view last_intent,
                                       bool lenient) {
  Matching matching(intents, words, lenient);
  for (const Intent& intent : intents.intents) {
    if (!intent.after.empty() && std::ranges::find(intent.after, last_intent) == intent.after.end()) continue;
    for (const PhrasePart& phrase : intent.phrases) {
      if (matching.whole(phrase)) return IntentMatch{&intent, matching.take_slots()};
    }
  }
  return std::nullopt;
}

std::string joined(Words words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : " ").append(word);
  return text;
}

void append_number(std::vector<std::string>& words, std::string_view digits) {
  std::int64_t number = -1;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const std::string spoken = number_words(number);
  if (spoken.empty()) {
    words.emplace_back(digits);
    return;
  }
  for (std::size_t at = 0; at <= spoken.size();) {
    const std::size_t space = std::min(spoken.find(' ', at), spoken.size());
    words.push_back(spoken.substr(at, space - at));
    at = space + 1;
  }
}

}  // namespace

std::vector<std::string> normalise_words(std::string_view text) {
  std::vector<std::string> words;
  std::size_t at = 0;
  const auto is = [&](int (*kind)(int)) { return at < text.size() && kind(static_cast<unsigned char>(text[at])) != 0; };
  while (at < text.size() && words.size() < utterance_words_max) {
    const std::size_t start = at;
    if (is(std::isdigit)) {
      while (is(std::isdigit)) ++at;
      append_number(words, text.substr(start, at - start));
    } else if (is(std::isalpha)) {
      std::string word;
      while (is(std::isalpha) || (at < text.size() && (text[at] == '\'' || text[at] == '-'))) {
        word.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(text[at++]))));
      }
      while (word.back() == '\'' || word.back() == '-') word.pop_back();
      words.push_back(std::move(word));
    } else {
      ++at;
    }
  }
  if (words.size() > utterance_words_max) words.resize(utterance_words_max);
  return words;
}

std::optional<IntentMatch> match_intent(const Intents& intents, std::string_view text, std::string_view last_intent) {
  std::vector<std::string> words = normalise_words(text);
  if (words.empty()) return std::nullopt;
  if (auto exact = match_words(intents, words, last_intent, false)) return exact;
  std::erase_if(words, is_small);
  if (words.empty()) return std::nullopt;
  return match_words(intents, words, last_intent, true);
}

std::optional<std::string> match_slot(const Slot& slot, std::string_view text) {
  std::vector<std::string> words = normalise_words(text);
  constexpr std::array<std::string_view, 4> leading = {"in", "for", "to", "at"};
  while (!words.empty() && (is_small(words.front()) || std::ranges::find(leading, words.front()) != leading.end())) {
    words.erase(words.begin());
  }
  const std::string spoken = joined(words);
  for (const SlotValue& value : slot.values) {
    if (value.spoken == spoken) return value.value;
  }
  return std::nullopt;
}

SpokenClass classify(const Intents& intents, std::string_view text) {
  std::vector<std::string> words = normalise_words(text);
  if (words.empty()) return SpokenClass::empty;
  if (std::ranges::find(intents.stop_phrases, joined(words)) != intents.stop_phrases.end()) {
    return SpokenClass::stop_phrase;
  }
  // Phrases of the back-channel may have several words ("got it") and follow one another: eat from the front.
  Words rest(words);
  while (!rest.empty()) {
    std::size_t eaten = 0;
    for (const std::string& phrase : intents.back_channel) {
      const auto count = static_cast<std::size_t>(std::ranges::count(phrase, ' ')) + 1;
      if (count <= rest.size() && count > eaten && joined(rest.first(count)) == phrase) eaten = count;
    }
    if (eaten == 0) return SpokenClass::words;
    rest = rest.subspan(eaten);
  }
  return SpokenClass::back_channel;
}

}  // namespace phalarope::hal
