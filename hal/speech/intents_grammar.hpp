// The JSGF grammar of the intents: everything the board understands, and nothing else.
//
//   public <utterance> = <back_channel> | <stop_phrase> | <command> | <slot_answer>;
//
// The three lists are disjoint as texts (intents.hpp, invariant 2), so the words of a result name its class without
// doubt; JSGF tags are not carried through by the decoder. <slot_answer> holds the values of slots that some intent
// asks for ("Which room?" - "the kitchen"). Pure functions.
#pragma once

#include <string>
#include <vector>

#include "hal/speech/intents.hpp"

namespace phalarope::hal {

/// The grammar as text.
std::string jsgf_grammar(const Intents& intents);

/// Every word the grammar uses, sorted, each once: what the dictionary must hold.
std::vector<std::string> grammar_words(const Intents& intents);

}  // namespace phalarope::hal
