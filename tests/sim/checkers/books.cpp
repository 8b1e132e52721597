#include "tests/sim/checkers/books.hpp"

#include <algorithm>
#include <cstring>

namespace phalarope::sim {
namespace {

// Freezing a plan again costs more than all other checks of a turn together: one end in so many is held against it.
constexpr std::uint64_t plans_checked_one_in = 8;

}  // namespace

void PayloadChecker::step(const Stepped& step) {
  if (step.input.payload.present()) {
    const bool fresh = inside_.emplace(payload_key(step.input.payload), step.input.session_slot).second;
    if (!fresh) verdicts_.say("I5", "a payload comes in twice", step.input);
  }
  for (const Event& output : step.outputs) {
    if (output.payload.present() && inside_.erase(payload_key(output.payload)) == 0) {
      verdicts_.say("I5", "a payload goes out twice, or never came in", output);
    }
  }
}

void PayloadChecker::ended(std::uint16_t slot) {
  const auto kept = std::count_if(inside_.begin(), inside_.end(), [slot](const auto& of) { return of.second == slot; });
  if (kept > 0) verdicts_.say("I5: a session has ended and keeps " + std::to_string(kept) + " payloads");
  std::erase_if(inside_, [slot](const auto& of) { return of.second == slot; });
}

void EvidenceChecker::step(const Stepped& step) {
  bool ended = false;
  for (const Event& output : step.outputs) {
    if (output.kind != EventKind::commit && output.kind != EventKind::abort) continue;
    ended = true;
    if (output.reason == Reason::recording_evidence_unavailable) continue;
    const TurnEvidence* const evidence = step.evidence;
    if (evidence == nullptr) {
      verdicts_.say("2.7", "an end without its evidence", output);
      continue;
    }
    if (evidence->turn_number != output.turn_number || evidence->session_slot != output.session_slot) {
      verdicts_.say("2.7", "the evidence is another turn's", output);
    }
    const bool committed = evidence->terminal_outcome == wire::TerminalOutcome::commit;
    if (committed != (output.kind == EventKind::commit)) {
      verdicts_.say("2.7", "the evidence tells another end", output);
    }
    if (output.kind == EventKind::abort && evidence->terminal_reason != output.reason) {
      verdicts_.say("2.7", "the evidence tells another reason", output);
    }
    if (const EvidenceField missing = first_missing_field(*evidence); missing != EvidenceField::none) {
      verdicts_.say("2.7", std::string("the evidence lacks ") + name_of(missing), output);
    }
  }
  if (step.evidence != nullptr && !ended) verdicts_.say("2.7", "evidence of a turn that did not end", step.input);
}

void PlanChecker::seated(std::uint16_t slot, const SeatFacts& facts) { seats_[slot] = {.prepared = facts.prepared}; }

void PlanChecker::step(const Stepped& step) {
  Seat& seat = seats_[step.input.session_slot];
  const bool looked_at = step.evidence != nullptr && ++ends_ % plans_checked_one_in == 0;
  if (looked_at) {
    const Epoch epoch{seat.epoch_at_open};
    const bool frozen = materialize(*seat.prepared, step.evidence->turn_id.view(), epoch, expected_).has_value();
    if (!frozen || expected_.plan_hash.view() != step.evidence->plan_hash.view()) {
      verdicts_.say("I1", "a turn ends with another plan than it was opened with", step.input);
    }
  }
  for (const Event& output : step.outputs) {
    if (output.kind == EventKind::turn_open) seat.epoch_at_open = output.authority_epoch;
  }
}

void FlowChecker::step(const Stepped& step) {
  const Event& input = step.input;
  const auto lane = static_cast<std::size_t>(input.target_lane);
  if (lane >= stopped_.size()) return;
  if (input.kind == EventKind::flow_xoff) stopped_[lane] = true;
  if (input.kind != EventKind::flow_xon) return;
  if (!stopped_[lane]) verdicts_.say("I5", "a flow_xon without a flow_xoff", input);
  stopped_[lane] = false;
}

ReplayChecker::ReplayChecker(Verdicts& verdicts, std::span<const CompiledPipeline> pipelines, std::size_t seats,
                             std::size_t arena_bytes)
    : Checker(verdicts), region_(arena_bytes), arena_(region_) {
  const auto made = Engine::create(arena_, {.pipelines = pipelines, .sessions = {}, .seats = seats});
  PHAL_ENFORCE(made.has_value(), "the arena that holds the engine holds its replay");
  engine_ = *made;
}

void ReplayChecker::seated(std::uint16_t slot, const SeatFacts& facts) {
  const auto taken = engine_->open_session(facts.start);
  if (!taken || *taken != slot) verdicts_.say("I8: a replayed session takes another seat");
}

void ReplayChecker::step(const Stepped& step) {
  Event input = step.input;
  const std::span<const Event> outputs = engine_->step(input);
  if (input != step.input) verdicts_.say("I8", "a replayed input has another place", step.input);
  if (outputs.size() != step.outputs.size()) {
    verdicts_.say("I8",
                  "a replay gives " + std::to_string(outputs.size()) + " outputs where the run gave " +
                      std::to_string(step.outputs.size()),
                  step.input);
    return;
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i] == step.outputs[i]) continue;
    verdicts_.say("I8", "a replay gives another output", step.outputs[i]);
    return;
  }
  if ((engine_->finished_evidence() != nullptr) != (step.evidence != nullptr)) {
    verdicts_.say("I8", "a replay finishes another turn's evidence", step.input);
  }
}

}  // namespace phalarope::sim
