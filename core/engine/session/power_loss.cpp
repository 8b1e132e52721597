#include "core/engine/session/power_loss.hpp"

#include <algorithm>

#include "core/engine/session/outbox.hpp"
#include "core/engine/session/turn_book.hpp"
#include "core/engine/turn/arbiter.hpp"

namespace phalarope {

Event power_loss_event(const Event& opened, const Event& last, WallTime found_at) noexcept {
  Event found{};
  found.kind = EventKind::power_loss_found;
  found.runtime_sequence = last.runtime_sequence + 1;
  found.mono_ns = std::max(opened.mono_ns, last.mono_ns);
  found.wall_ns = std::max(opened.wall_ns, last.wall_ns);
  found.session_slot = opened.session_slot;
  found.turn_number = opened.turn_number;
  found.ticket = opened.ticket;
  found.authority_epoch = opened.authority_epoch;
  found.argument_a = found_at.value;
  found.reason = Reason::power_loss;
  found.lane = Lane::control;
  found.scope = opened.turn_number != 0 ? Scope::turn : Scope::session;
  found.emitter = Emitter::timeline_recorder;
  found.set(EventFlag::internal);
  return found;
}

PowerLossOutputs close_after_power_loss(const Event& found) noexcept {
  PowerLossOutputs outputs;
  if (found.turn_number == no_turn.value) return outputs;
  const TurnDecision decision = Arbiter::close_after_power_loss(TurnNumber{found.turn_number}, point_of(found));
  Outbox out;
  std::uint64_t sequence = found.runtime_sequence;
  out.begin(found, sequence);
  for (Event signal : decision.control) {
    signal.ticket = found.ticket;
    const bool kept = outputs.push_back(out.give(signal));
    PHAL_ENFORCE(kept, "a power loss is closed by an abort and a close");
  }
  return outputs;
}

TurnEvidence power_loss_evidence(const Event& opened, const Event& found, const SessionStart& session) noexcept {
  TurnBook book;
  book.open_page_again(session, opened);
  const TerminalMark mark{.turn = TurnNumber{opened.turn_number},
                          .end = End::no_legal_path,
                          .terminal = EventKind::abort,
                          .reason = Reason::power_loss,
                          .cancel_accepted = false,
                          .point = point_of(found)};
  static_cast<void>(book.close_page(mark, found, opened.authority_epoch));  // the recorder judges what is missing
  TurnEvidence evidence = book.closed_page();
  evidence.lease_epoch_at_terminal = absent;  // nobody knows what it was by then
  return evidence;
}

}  // namespace phalarope
