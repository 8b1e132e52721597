// What an interruption is, per phase of the turn, in numbers (decisions.md D4). Frozen in the plan.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/engine/base/strong.hpp"

namespace phalarope {

/// What the board is doing while somebody starts to speak; each has its own sensitivity.
enum class ConversationPhase : std::uint8_t { listening, thinking, tool_running, speaking };
constexpr std::size_t conversation_phase_count = 4;

struct InterruptionPolicy {
  /// Longest doubt: a hold ends in confirm or dismiss within this.
  Duration hold_max = milliseconds(700);
  /// Speech this long, still going on, is an interruption even without a recognised word.
  Duration enough_speech[conversation_phase_count] = {milliseconds(0), milliseconds(500), milliseconds(500),
                                                      milliseconds(600)};
  /// Whether one recognised word that is neither back-channel nor stop phrase confirms at once.
  bool word_confirms[conversation_phase_count] = {true, true, true, true};
  /// After the speech has ended: how long the recogniser's last word is waited for before the hold is dismissed.
  Duration verdict_wait = milliseconds(300);
  /// Gain while held, in 1/1000: 100 is -20 dB.
  std::int64_t duck_gain_permille = 100;
  /// Fade of an interrupted voice; at most 10 ms.
  std::int64_t fade_ms = 8;
};

}  // namespace phalarope
