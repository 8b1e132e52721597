// The life of one answer at the loudspeaker, as a table.
//
//            ticket_admitted      first_sample        all_sounded
//     idle ─────────────────▶ open ───────────▶ sounding ─────────▶ completed
//      ▲                       │  └── all_sounded (an empty answer) ──▶ │
//      └───────────────────────┴────── fence_moved ────────────────────┘
//
// Being ducked is not a state here: any answer can be held, before its first sample too. Pure; any thread.
// Contract: runtime.md 7.3; decisions.md D4.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace phalarope::hal {

enum class AnswerState : std::uint8_t { idle, open, sounding, completed };
enum class AnswerTrigger : std::uint8_t { ticket_admitted, first_sample, all_sounded, fence_moved };
constexpr std::size_t answer_states = 4;
constexpr std::size_t answer_triggers = 4;

struct AnswerRow {
  AnswerState from;
  AnswerTrigger trigger;
  AnswerState to;
};

constexpr std::array answer_table{
    AnswerRow{AnswerState::idle, AnswerTrigger::ticket_admitted, AnswerState::open},
    AnswerRow{AnswerState::open, AnswerTrigger::first_sample, AnswerState::sounding},
    AnswerRow{AnswerState::open, AnswerTrigger::all_sounded, AnswerState::completed},
    AnswerRow{AnswerState::sounding, AnswerTrigger::all_sounded, AnswerState::completed},
    AnswerRow{AnswerState::open, AnswerTrigger::fence_moved, AnswerState::idle},
    AnswerRow{AnswerState::sounding, AnswerTrigger::fence_moved, AnswerState::idle},
    AnswerRow{AnswerState::completed, AnswerTrigger::fence_moved, AnswerState::idle},
};

constexpr std::optional<AnswerState> next_state(AnswerState state, AnswerTrigger trigger) noexcept {
  for (const AnswerRow& row : answer_table) {
    if (row.from == state && row.trigger == trigger) return row.to;
  }
  return std::nullopt;
}

consteval bool answer_table_is_sound() {
  for (std::size_t i = 0; i < answer_table.size(); ++i) {
    for (std::size_t j = i + 1; j < answer_table.size(); ++j) {
      if (answer_table[i].from == answer_table[j].from && answer_table[i].trigger == answer_table[j].trigger)
        return false;
    }
    // Nothing but a new ticket wakes an answer that the fence has ended: what it covers never sounds again.
    if (answer_table[i].from == AnswerState::idle && answer_table[i].trigger != AnswerTrigger::ticket_admitted)
      return false;
    if (answer_table[i].from == AnswerState::completed && answer_table[i].to != AnswerState::idle) return false;
  }
  return true;
}
static_assert(answer_table_is_sound(), "each pair once; idle and completed have one exit each");

}  // namespace phalarope::hal
