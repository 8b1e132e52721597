// The matcher: from recognised words to an intent and its slots.
//
//   text ─▶ normalise ("Turn on 2 lights!" -> turn on two lights) ─▶ every template word for word
//                                                                 └▶ else again, small words ("the", "please") ignored
//
// The grammar recogniser gives the template's own words, so the first pass decides; the second serves recognisers that
// write freely. Of several intents the one that stands first in the files wins. Pure; bounded by match_steps_max.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hal/speech/intents.hpp"

namespace phalarope::hal {

constexpr std::size_t utterance_words_max = 48;
/// Steps of backtracking over one utterance and all templates before it counts as not understood.
constexpr std::size_t match_steps_max = 200'000;

struct IntentMatch {
  const Intent* intent = nullptr;
  std::map<std::string, std::string> slots;  // slot -> value
};

/// Lower-case words: punctuation dropped, digits spelled out; at most utterance_words_max.
std::vector<std::string> normalise_words(std::string_view text);

/// `last_intent` opens intents that are only understood after it (Intent::after).
std::optional<IntentMatch> match_intent(const Intents& intents, std::string_view text, std::string_view last_intent);

/// The value of a slot when the text is one of its spoken forms, with or without small words before it.
std::optional<std::string> match_slot(const Slot& slot, std::string_view text);

/// Back-channel, stop phrase or words, by the lists of the intents; empty when there is no word.
/// Back-channel words may follow one another ("yeah okay").
enum class SpokenClass : std::uint8_t { empty, words, back_channel, stop_phrase };
SpokenClass classify(const Intents& intents, std::string_view text);

}  // namespace phalarope::hal
