#include "hal/host/power_loss_record.hpp"

#include <algorithm>

#include "core/engine/session/power_loss.hpp"

namespace phalarope::hal {
namespace {

/// Says the texts of the turn's session under symbols of their own; a text that was lost becomes the new session's.
SessionStart intern_session(Recorder& recorder, const OpenTurn& turn, const SessionStart& session,
                            std::uint32_t first_symbol) {
  SessionStart old;
  old.session_slot = turn.session_slot;
  old.first_symbol = first_symbol;
  for (std::uint32_t i = 0; i < session_symbol_count; ++i) {
    std::string_view text = turn.session_texts[i];
    if (text.empty() && static_cast<SessionSymbol>(i) == SessionSymbol::session_id) text = session.session_id_text();
    static_cast<void>(recorder.append_symbol(SymbolId{first_symbol + i}, text.empty() ? "unknown" : text));
  }
  return old;
}

void close_turn(Recorder& recorder, const OpenTurn& turn, const SessionStart& old, const Event& found) {
  recorder.append_event(found);
  // Incomplete or without room, it is left out and the abort says all the same that the turn is over.
  static_cast<void>(recorder.append_baseline(power_loss_evidence(turn.opened, found, old)));
  for (const Event& output : close_after_power_loss(found)) recorder.append_event(output);
}

}  // namespace

std::size_t close_open_turns(Recorder& recorder, const Recovery& recovery, const SessionStart& session,
                             WallTime found_at) {
  const VerifyReport& report = recovery.report;
  if (!report.last_event) return 0;
  Event last = *report.last_event;
  const std::size_t count = std::min(report.open_turns.size(), turns_closed_at_start_max);
  if (count == 0 && !report.totals.closed) {
    Event nobody{};
    nobody.session_slot = last.session_slot;
    recorder.append_event(power_loss_event(nobody, last, found_at));
  }
  std::uint32_t first_symbol = session.first_symbol + session_symbol_count;
  for (std::size_t i = 0; i < count; ++i) {
    const OpenTurn& turn = report.open_turns[i];
    const SessionStart old = intern_session(recorder, turn, session, first_symbol);
    const Event found = power_loss_event(turn.opened, last, found_at);
    close_turn(recorder, turn, old, found);
    last = found;
    last.runtime_sequence += power_loss_outputs_max;
    first_symbol += session_symbol_count;
  }
  return count;
}

}  // namespace phalarope::hal
