// What a start writes behind a recording that was cut off: the end of every turn that was left open (D19).
//
//   old run's records │ symbols of the open turn's session, power_loss_found, its evidence, abort, close │ new run
//
// A recording that was closed properly gets nothing. Texts of the old session are interned again behind the new
// session's symbols, because the new run may call itself by other names.
// Engine thread, once, before the new run's first record. Contract: decisions.md D19; evidence.md 1.1.
#pragma once

#include "core/engine/evidence/recorder.hpp"
#include "core/engine/session/session_start.hpp"
#include "hal/store/recording_reader.hpp"

namespace phalarope::hal {

/// More open turns than sessions can only come from a start that did not know of this; the rest stays as it is.
constexpr std::size_t turns_closed_at_start_max = 64;

/// `session` is the new run's; answers the number of turns closed.
std::size_t close_open_turns(Recorder& recorder, const Recovery& recovery, const SessionStart& session,
                             WallTime found_at);

}  // namespace phalarope::hal
