// Phrase templates: "turn (on|off) the {room} lights [please]" to a tree of parts, and back to what is wrong with it.
//
//   sequence     = item*                      item = word | {slot} | [alternatives] | (alternatives)
//   alternatives = sequence ('|' sequence)*
//
// Words are letters, apostrophes and hyphens; digits are refused, because a recogniser hears words. A template must not
// match the empty utterance. Pure functions. Bounds: phrase_bytes_max, phrase_depth_max.
#pragma once

#include <string>
#include <string_view>

#include "core/engine/base/result.hpp"
#include "hal/speech/intents.hpp"

namespace phalarope::hal {

/// The tree of a template, or one sentence that says what is wrong and where in it.
Result<PhrasePart, std::string> parse_phrase(std::string_view text);

/// True when the part can be said by saying nothing.
bool may_be_empty(const PhrasePart& part);

}  // namespace phalarope::hal
