#include "tests/sim/bends.hpp"

#include <algorithm>

namespace phalarope::sim {
namespace {
// The lie is told when the world has come to itself: some turns have been opened.
constexpr std::uint64_t turns_before_lie = 8;
constexpr Duration an_hour = milliseconds(3'600'000);
}  // namespace

const BendRow* find_bend(std::string_view name) {
  const auto found =
      std::find_if(bend_rows.begin(), bend_rows.end(), [name](const BendRow& row) { return row.name == name; });
  return found == bend_rows.end() ? nullptr : &*found;
}

Bender::Bender(Bend bend) : bend_(bend), evidence_(std::make_unique<TurnEvidence>()) {}
Bender::~Bender() = default;

bool Bender::due() {
  if (told_ || turns_ < turns_before_lie) return false;
  told_ = true;
  return true;
}

Stepped Bender::bend(const Stepped& step) {
  if (bend_ == Bend::none || told_) return step;
  for (const Event& output : step.outputs) turns_ += output.kind == EventKind::turn_open;
  if (turns_ < turns_before_lie) return step;
  outputs_.assign(step.outputs.begin(), step.outputs.end());
  has_evidence_ = step.evidence != nullptr;
  if (has_evidence_) *evidence_ = *step.evidence;
  Event input = step.input;
  const bool lied = tell(input) || tell_of_evidence() || tell_of_outputs();
  if (!lied) return step;
  told_ = bend_ != Bend::plan_changed_in_turn;  // only some plans are looked at: this lie is told again
  return {.input = input, .outputs = outputs_, .evidence = has_evidence_ ? evidence_.get() : nullptr};
}

Event* Bender::find(EventKind kind) {
  const auto found = std::find_if(outputs_.begin(), outputs_.end(), [kind](const Event& e) { return e.kind == kind; });
  return found == outputs_.end() ? nullptr : &*found;
}

bool Bender::tell(Event& input) {
  switch (bend_) {
    case Bend::turn_for_ever:
      if (find(EventKind::command_play_frame) == nullptr) return false;
      input.mono_ns += an_hour.value;
      for (Event& output : outputs_) output.mono_ns += an_hour.value;
      return true;
    case Bend::xon_without_xoff:
      if (input.kind != EventKind::tick) return false;
      input.kind = EventKind::flow_xon;
      input.target_lane = Lane::telemetry;
      return true;
    case Bend::deaf_board: {
      // Somebody speaks while no turn runs; a proposal that follows an interruption is another matter.
      const bool asks = input.kind == EventKind::speech_started || input.kind == EventKind::user_turn_requested;
      if (!asks || find(EventKind::interruption_confirmed) != nullptr) return false;
      return std::erase_if(outputs_, [](const Event& e) { return e.kind == EventKind::turn_open_proposed; }) > 0;
    }
    case Bend::notice_forgotten:
      // A sentence, which nothing else tells of; what the end of a turn flushes has no notice anyhow.
      if (input.kind != EventKind::dialogue_sentence || find(EventKind::close) != nullptr) return false;
      if (Event* const notice = find(EventKind::drop_notice); notice != nullptr) {
        notice->edge = notice->node = no_edge.value;  // told of nobody
        return true;
      }
      return false;
    case Bend::payload_forgotten: {
      Event* const given = find(EventKind::command_release_payload);
      if (given == nullptr) return false;
      given->payload = {};
      return true;
    }
    default:
      return false;  // told elsewhere
  }
}

bool Bender::tell_of_evidence() {
  if (!has_evidence_) return false;
  switch (bend_) {
    case Bend::evidence_forgotten:
      has_evidence_ = false;
      return true;
    case Bend::evidence_of_another_end:
      evidence_->terminal_outcome = evidence_->terminal_outcome == wire::TerminalOutcome::commit
                                        ? wire::TerminalOutcome::abort
                                        : wire::TerminalOutcome::commit;
      return true;
    case Bend::evidence_incomplete:
      evidence_->plan_hash.clear();
      return true;
    case Bend::plan_changed_in_turn: {
      const std::string_view hash = evidence_->plan_hash.view();
      std::string other(hash);
      other.front() = other.front() == '0' ? '1' : '0';
      static_cast<void>(evidence_->plan_hash.assign(other));
      return true;
    }
    default:
      return false;  // told elsewhere
  }
}

bool Bender::tell_of_outputs() {
  const auto bent = [this](EventKind kind, auto how) {
    Event* const found = find(kind);
    if (found == nullptr) return false;
    how(*found);
    return true;
  };
  const auto erase = [this](EventKind kind) {
    return std::erase_if(outputs_, [kind](const Event& event) { return event.kind == kind; }) > 0;
  };
  const auto twice = [this](EventKind kind) {
    Event* const found = find(kind);
    if (found == nullptr) return false;
    outputs_.push_back(*found);
    return true;
  };
  switch (bend_) {
    case Bend::close_forgotten:
      return erase(EventKind::close);
    case Bend::second_abort:
      return twice(EventKind::abort);
    case Bend::turn_opened_twice:
      return twice(EventKind::turn_open);
    case Bend::end_of_nobody:
      return bent(EventKind::commit, [](Event& event) { event.turn_number += 1000; });
    case Bend::word_after_close:
      if (find(EventKind::close) == nullptr) return false;
      outputs_.push_back(*find(EventKind::close));
      outputs_.back().kind = EventKind::output_accepted;
      return true;
    case Bend::proposal_undecided:
      return find(EventKind::turn_open_proposed) != nullptr && erase(EventKind::turn_open);
    case Bend::old_epoch_speaks:
      return bent(EventKind::turn_open_proposed, [](Event& event) { event.authority_epoch += 5; });
    case Bend::old_epoch_obeyed:
      return bent(EventKind::stale_epoch_reject, [](Event& event) { event.kind = EventKind::output_accepted; });
    case Bend::frame_of_an_old_ticket:
      return bent(EventKind::command_play_frame, [](Event& event) { --event.ticket; });
    case Bend::ticket_used_again:
      return find(EventKind::turn_open) != nullptr &&
             bent(EventKind::command_fence, [](Event& event) { event.ticket = 1; });
    case Bend::abort_before_silence:
      return find(EventKind::abort) != nullptr && erase(EventKind::command_fence);
    case Bend::hold_forgotten:
      return erase(EventKind::interruption_dismissed) || erase(EventKind::interruption_confirmed);
    case Bend::hold_too_long:
      return bent(EventKind::interruption_dismissed, [](Event& event) { event.mono_ns += an_hour.value; });
    case Bend::sequence_gap:
      return bent(EventKind::close, [](Event& event) { ++event.runtime_sequence; });
    case Bend::output_unflagged:
      return bent(EventKind::close, [](Event& event) { event.flags = 0; });
    case Bend::output_before_cause:
      return bent(EventKind::close, [](Event& event) { event.mono_ns -= an_hour.value; });
    case Bend::notice_too_wide: {
      Event* const notice = find(EventKind::drop_notice);
      if (notice == nullptr || notice->edge == no_edge.value || notice->range_start == 0) return false;
      notice->range_end += 1000;
      return true;
    }
    case Bend::payload_given_twice:
      return twice(EventKind::command_release_payload);
    case Bend::output_changed:
      return bent(EventKind::command_node_credit, [](Event& event) { event.argument_b ^= 1; });
    default:
      return false;  // told outside of steps
  }
}

}  // namespace phalarope::sim
