#include "tests/sim/checkers/life.hpp"

#include <algorithm>

#include "core/engine/lanes/event_source.hpp"

namespace phalarope::sim {
namespace {
// A turn this long closed cannot be spoken of again; its line is dropped, so that long runs stay small.
constexpr std::size_t turns_remembered_max = 64;

bool answers_a_proposal(EventKind kind) {
  return kind == EventKind::turn_open || kind == EventKind::reject || kind == EventKind::defer ||
         kind == EventKind::stale_epoch_reject || kind == EventKind::deauthorized_drain;
}
}  // namespace

void OrderChecker::step(const Stepped& step) {
  const auto next = [this](const Event& event) {
    if (event.runtime_sequence != last_sequence_ + 1) verdicts_.say("order", "a gap in runtime_sequence", event);
    last_sequence_ = event.runtime_sequence;
  };
  next(step.input);
  for (const Event& output : step.outputs) {
    next(output);
    if (!output.has(EventFlag::output)) verdicts_.say("order", "an output without its flag", output);
    if (output.mono_ns < step.input.mono_ns) verdicts_.say("order", "an output before its cause", output);
    if (output.causal_parent != static_cast<std::uint32_t>(step.input.runtime_sequence)) {
      verdicts_.say("order", "an output that names another cause", output);
    }
    if (output.session_slot != step.input.session_slot) {
      verdicts_.say("order", "an output for another session", output);
    }
  }
}

void LifeChecker::seated(std::uint16_t slot, const SeatFacts&) { turns_[slot].clear(); }

void LifeChecker::ended(std::uint16_t slot) {
  for (const auto& [number, phase] : turns_[slot]) {
    if (phase == Phase::closed) continue;
    verdicts_.say("D14: a session has ended and its turn " + std::to_string(number) + " has not");
  }
}

void LifeChecker::step(const Stepped& step) {
  for (const Event& output : step.outputs) take(output);
  if (step.outputs.empty()) return;
  for (const auto& [number, phase] : turns_[step.input.session_slot]) {
    if (phase == Phase::ended) verdicts_.say("I2", "an end without its close", step.outputs.back());
  }
}

void LifeChecker::take(const Event& output) {
  Turns& turns = turns_[output.session_slot];
  switch (output.kind) {
    case EventKind::turn_open:
      if (!turns.emplace(output.turn_number, Phase::opened).second) {
        verdicts_.say("I2", "a turn opens twice", output);
      }
      if (turns.size() > 1 && std::prev(turns.end())->first != output.turn_number) {
        verdicts_.say("I2", "turn numbers fall", output);
      }
      if (turns.size() > turns_remembered_max) turns.erase(turns.begin());
      break;
    case EventKind::commit:
    case EventKind::abort:
      return end(turns, output);
    case EventKind::close: {
      const auto found = turns.find(output.turn_number);
      if (found == turns.end() || found->second != Phase::ended) {
        verdicts_.say("I2", "a close that follows no end", output);
      } else {
        found->second = Phase::closed;
      }
      break;
    }
    default: {
      const auto found = turns.find(output.turn_number);
      const bool marker = output.kind == EventKind::playback_cancelled || !is_contract_signal(output.kind);
      if (!marker && found != turns.end() && found->second == Phase::closed) {
        verdicts_.say("I2", "something follows the close", output);
      }
    }
  }
}

void LifeChecker::end(Turns& turns, const Event& output) {
  const auto found = turns.find(output.turn_number);
  if (found == turns.end()) {
    verdicts_.say("I3", "an end without an open", output);
  } else if (found->second != Phase::opened) {
    verdicts_.say("I2", "a second end", output);
  } else {
    found->second = Phase::ended;
  }
}

void EpochChecker::seated(std::uint16_t slot, const SeatFacts&) { epoch_[slot] = 0; }

void EpochChecker::step(const Stepped& step) {
  const bool stale = step.input.authority_epoch < epoch_[step.input.session_slot] && is_a_result(step.input.kind);
  const bool answers_a_command = step.input.kind != EventKind::node_failed || step.input.ticket != 0;
  for (const Event& output : step.outputs) {
    if (stale && answers_a_command && output.kind != EventKind::stale_epoch_reject &&
        output.kind != EventKind::command_release_payload) {
      verdicts_.say("I7", "a result of an older epoch is taken", output);
    }
    if (!is_contract_signal(output.kind)) continue;
    std::uint64_t& epoch = epoch_[output.session_slot];
    if (output.authority_epoch < epoch && output.kind != EventKind::stale_epoch_reject) {
      verdicts_.say("I7", "an older epoch speaks", output);
    }
    epoch = std::max(epoch, output.authority_epoch);
  }
}

void LivenessChecker::seated(std::uint16_t slot, const SeatFacts& facts) {
  const Budgets& budgets = facts.prepared->plan.budgets;
  const ProviderDeadlines& deadlines = facts.pipeline->deadlines;
  const std::int64_t bound_ms =
      std::max({budgets.turn_budget_ms, budgets.node_budget_ms_default, deadlines.llm.first_output_ms,
                deadlines.stt.first_output_ms, deadlines.tts.first_output_ms});
  seats_[slot] = {.bound = milliseconds(bound_ms)};
}

void LivenessChecker::step(const Stepped& step) {
  Seat& seat = seats_[step.input.session_slot];
  const std::int64_t now_ns = step.input.mono_ns;
  if (seat.active != 0) {
    if (now_ns - seat.looked_at_ns > seat.bound.value + late_max_.value) {
      verdicts_.say("D14", "nobody looked at an active turn within its plan's bound", step.input);
    }
    if (now_ns - seat.opened_ns > turn_life_max.value) verdicts_.say("D14", "a turn does not end", step.input);
  }
  seat.looked_at_ns = std::max(seat.looked_at_ns, now_ns);
  for (const Event& output : step.outputs) {
    if (output.kind == EventKind::close) seat.active = 0;
    if (output.kind != EventKind::turn_open) continue;
    seat.active = output.turn_number;
    seat.opened_ns = output.mono_ns;
  }
}

void LivenessChecker::at_rest(Instant now, std::uint16_t slot, std::optional<Instant> deadline) {
  const Seat& seat = seats_[slot];
  if (seat.active == 0) return;
  Event where{};
  where.session_slot = slot;
  where.turn_number = seat.active;
  if (!deadline) {
    verdicts_.say("D14", "an active turn without a deadline", where);
  } else if (*deadline - now > seat.bound) {
    verdicts_.say("D14", "an active turn's deadline lies beyond its plan's bound", where);
  }
}

void ListeningChecker::seated(std::uint16_t slot, const SeatFacts&) { active_[slot] = false; }

void ListeningChecker::step(const Stepped& step) {
  bool& active = active_[step.input.session_slot];
  const bool was_active = active;
  const bool asks = step.input.kind == EventKind::speech_started || step.input.kind == EventKind::user_turn_requested;
  int proposed = 0;
  int answered = 0;
  for (const Event& output : step.outputs) {
    if (output.kind == EventKind::turn_open_proposed) ++proposed;
    if (proposed > 0 && answers_a_proposal(output.kind)) ++answered;
    if (output.kind == EventKind::turn_open) active = true;
    if (output.kind == EventKind::close) active = false;
  }
  if (asks && !was_active && proposed == 0) {
    verdicts_.say("D14", "somebody speaks to a board that does not listen", step.input);
  }
  if (answered < proposed) verdicts_.say("I3", "a proposal that nobody decided", step.input);
}

}  // namespace phalarope::sim
