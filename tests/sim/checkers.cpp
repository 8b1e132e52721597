#include "tests/sim/checkers.hpp"

namespace phalarope::sim {
namespace {
constexpr std::size_t violations_kept_max = 10;
// A turn this long closed cannot be spoken of again; its books are dropped, so that long runs stay small.
constexpr std::uint32_t turns_remembered_max = 64;
}  // namespace

void Checkers::violated(const std::string& what, const Event& where) {
  if (violations_.size() >= violations_kept_max) return;
  violations_.push_back(what + " at event " + std::to_string(where.runtime_sequence) + " (" + name_of(where.kind) +
                        "), turn " + std::to_string(where.turn_number));
}

void Checkers::check(const Event& input, std::span<const Event> outputs, const Engine& engine) {
  check_order(input, outputs);
  check_payload(input, false);
  for (const Event& output : outputs) {
    check_turn(output);
    check_fence(output);
    check_hold(output);
    check_payload(output, true);
    if (is_contract_signal(output.kind)) {
      if (output.authority_epoch < epoch_ && output.kind != EventKind::stale_epoch_reject)
        violated("I7: an older epoch speaks", output);
      epoch_ = std::max(epoch_, output.authority_epoch);
    }
  }
  check_liveness(input, engine);
}

void Checkers::check_order(const Event& input, std::span<const Event> outputs) {
  const auto next = [this](const Event& event) {
    if (event.runtime_sequence != last_sequence_ + 1) violated("order: a gap in runtime_sequence", event);
    last_sequence_ = event.runtime_sequence;
  };
  next(input);
  for (const Event& output : outputs) {
    next(output);
    if (!output.has(EventFlag::output)) violated("order: an output without its flag", output);
    if (output.mono_ns < input.mono_ns) violated("order: an output before its cause", output);
  }
  last_ns_ = std::max(last_ns_, input.mono_ns);
}

void Checkers::check_turn(const Event& output) {
  const std::uint32_t number = output.turn_number;
  const auto found = turns_.find(number);
  switch (output.kind) {
    case EventKind::turn_open:
      if (found != turns_.end()) violated("I2: a turn opens twice", output);
      turns_[number] = {TurnPhase::opened, output.mono_ns};
      while (turns_.size() > turns_remembered_max) turns_.erase(turns_.begin());
      break;
    case EventKind::commit:
    case EventKind::abort:
      if (found == turns_.end()) {
        violated("I3: an end without an open", output);
      } else if (found->second.phase != TurnPhase::opened) {
        violated("I2: a second end", output);
      } else {
        found->second.phase = TurnPhase::ended;
      }
      break;
    case EventKind::close:
      if (found == turns_.end() || found->second.phase != TurnPhase::ended) {
        violated("I2: a close that follows no end", output);
      } else {
        found->second.phase = TurnPhase::closed;
      }
      break;
    default:
      if (is_contract_signal(output.kind) && found != turns_.end() && found->second.phase == TurnPhase::closed &&
          output.kind != EventKind::playback_cancelled) {
        violated("I2: something follows the close", output);
      }
  }
}

void Checkers::check_fence(const Event& output) {
  if (output.kind == EventKind::command_fence) {
    if (output.ticket != 0 && !tickets_.insert(output.ticket).second) violated("a ticket is used twice", output);
    audible_ = output.ticket;
  }
  if (output.kind == EventKind::command_play_frame && (output.ticket == 0 || output.ticket != audible_)) {
    violated("I6: a frame is handed over under a ticket that may not be heard", output);
  }
}

void Checkers::check_hold(const Event& output) {
  if (output.kind == EventKind::interruption_held) {
    if (held_since_ns_ >= 0) violated("a second hold before the first was decided", output);
    held_since_ns_ = output.mono_ns;
  }
  const bool decided =
      output.kind == EventKind::interruption_confirmed || output.kind == EventKind::interruption_dismissed;
  if (decided) held_since_ns_ = -1;
}

void Checkers::check_payload(const Event& event, bool output) {
  if (!event.payload.present()) return;
  if (!output) {
    payloads_.insert(event.payload.generation);
  } else if (payloads_.erase(event.payload.generation) == 0) {
    violated("a payload goes out twice, or never came in", event);
  }
}

void Checkers::check_liveness(const Event& input, const Engine& engine) {
  const Session& session = engine.sessions().front();
  if (session.turn_active() && !engine.next_deadline()) violated("D14: an active turn without a deadline", input);
  if (held_since_ns_ >= 0) {
    if (!session.turn_active()) violated("a hold outlives its turn", input);
    // A tick is due at the bound; the event in hand may be the one that comes at the same instant.
    if (input.mono_ns - held_since_ns_ > hold_max_.value) violated("D4: a hold lasts longer than hold_max", input);
  }
  if (session.turn_active()) {
    const auto turn = turns_.find(session.turn_number());
    if (turn != turns_.end() && input.mono_ns - turn->second.opened_ns > turn_life_max.value) {
      violated("D14: a turn does not end", input);
    }
  }
}

}  // namespace phalarope::sim
