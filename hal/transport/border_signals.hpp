// Which control signals a peer may send, and what each means to the session.
//
//   signal ──row──▶ event for the session's seat        no row ──▶ refused: the engine alone says that
//
// A peer never opens or ends a turn: it asks, and the arbiter decides. What a cancel names (turn, node, call) must be
// ours. Pure. Contract: runtime.md 1.5, 2.2, 3.2, 7.1.
#pragma once

#include <expected>
#include <string_view>

#include "core/engine/base/event.hpp"
#include "core/replay/recording_names.hpp"
#include "core/spec/artifact_rules.hpp"

namespace phalarope::hal {

/// What a signal asks of the session: kind, emitter, scope, turn, node, call. Its place and time are the border's.
std::expected<Event, spec::Violation> event_asked_for(const spec::JsonValue& signal,
                                                      const replay::RecordingNames& names);

}  // namespace phalarope::hal
