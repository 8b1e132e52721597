// Whose word counts: epochs at the door, the lease and its end, and the session's move to another placement.
#include "core/engine/session/session.hpp"

namespace phalarope {

namespace {

/// A stuck worker's failure, told by whoever watches it: it answers no command, so no epoch stands behind it.
bool is_about_a_worker(const Event& input) noexcept {
  return input.kind == EventKind::node_failed && input.ticket == 0 && input.authority_epoch == 0;
}

}  // namespace

// A result carries the epoch of the command it answers, the bootstrap's own being 0 (10.2). What an older epoch began
// is refused (T14), also in a turn that goes on; an epoch that no authority has told this session cannot come from a
// node.
bool Session::refuse_foreign_epoch(const Event& input, Outbox& out) noexcept {
  if (input.authority_epoch == epoch().value || is_about_a_worker(input)) return false;
  refuse_epoch(input.authority_epoch < epoch().value ? EpochCheck::stale : EpochCheck::invalid, input, out);
  return true;
}

void Session::refuse_epoch(EpochCheck check, const Event& input, Outbox& out) noexcept {
  release(input.payload, out);
  ++counters_.foreign_epochs_refused;
  const OutputDecision refused = decide_output({.epoch = check});
  Event& told = signal(refused.signal, refused.emitter, refused.reason, out);
  told.argument_a = static_cast<std::int64_t>(input.authority_epoch);
  told.node = input.node;
  if (!turn_active()) return;
  book_.decided({.kind = OutcomeKind::stale_epoch_reject,
                 .phase = OutcomePhase::scheduling_point,
                 .scope = OutcomeScope::node_dispatch,
                 .emitter = refused.emitter,
                 .reason = refused.reason,
                 .turn = TurnNumber{turn_number_},
                 .epoch = Epoch{input.authority_epoch}},
                input);
}

void Session::on_control_snapshot(const Event& input, Outbox& out) noexcept {
  const bool was_authorized = has_control_bit(control_bits_, ControlBit::authorized);
  const auto lease = static_cast<std::uint64_t>(std::max<std::int64_t>(0, input.argument_b));
  // An older epoch than the current one is never taken over (I7); the refusal is said, not healed.
  if (input.authority_epoch < control_epoch_.value || lease < lease_epoch_.value) {
    Event& stale = signal(EventKind::stale_epoch_reject, Emitter::authority, Reason::authority_epoch_mismatch, out);
    stale.argument_a = static_cast<std::int64_t>(input.authority_epoch);
    return;
  }
  control_bits_ = input.argument_a;
  lease_expires_ns_ = std::max<std::int64_t>(0, input.range_end);
  const bool revoked = was_authorized && !has_control_bit(control_bits_, ControlBit::authorized);
  rise_to(Epoch{input.authority_epoch}, Epoch{lease});
  if (revoked && turn_active()) finish(PendingEnds(End::authority_revoked), Reason::authority_revoked_in_turn, out);
  plan_ahead();
}

// A running turn keeps its plan (I1); what its nodes were asked for under the older epoch is refused when it comes, and
// the turn's own deadlines end it then.
void Session::rise_to(Epoch request, Epoch lease) noexcept {
  const Epoch before = epoch();
  control_epoch_ = request;
  lease_epoch_ = lease;
  if (epoch() == before) return;
  // The recogniser was asked for its verdict under the old epoch: it will not be taken.
  if (utterance_.state == UtteranceState::awaited) utterance_.state = UtteranceState::done;
}

void Session::lose_lease(SessionTrigger why, Outbox& out) noexcept {
  lease_expires_ns_ = 0;
  control_bits_ &= ~control_bit(ControlBit::authorized);
  drain(why);  // before the turn's end, so that nothing is opened behind it
  if (turn_active()) finish(PendingEnds(End::authority_revoked), Reason::authority_revoked_in_turn, out);
}

// The first marker of a migration (10.5) carries the new epoch. The old placement opens nothing more and loses its turn
// at once; what follows is for the record. The new one may have been told the epoch by its first snapshot.
void Session::on_lease_rotated(const Event& input, Outbox& out) noexcept {
  const bool arrives = input.argument_a == static_cast<std::int64_t>(Placement::arrives);
  const Epoch rotated{input.authority_epoch};
  if (rotated < epoch() || (!arrives && rotated == epoch())) {
    Event& stale = signal(EventKind::stale_epoch_reject, Emitter::authority, Reason::authority_epoch_mismatch, out);
    stale.argument_a = static_cast<std::int64_t>(rotated.value);
    return;
  }
  if (turn_active()) book_.migrating(EventKind::lease_rotated);
  if (!arrives) drain(SessionTrigger::migrated_away);
  rise_to(rotated, rotated);
  if (!arrives) lose_lease(SessionTrigger::migrated_away, out);
  plan_ahead();
}

SessionStart Session::carried_on() const noexcept {
  SessionStart start = start_;
  start.turns_before = turns_proposed_;
  return start;
}

}  // namespace phalarope
