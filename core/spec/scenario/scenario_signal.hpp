// Signals and records of a scenario as JSON: what the engine says with numbers, written out with the event's names.
//
// The engine steps at a relative point (all sequences and times 0): what a signal carries there is its distance from
// the event, which is added to the event's own numbers. So no number of a script can overflow the engine's types.
// Pure. Contract: runtime.md 1.2, 1.5 ("How the engine fills a signal it builds"), 1.9, 1.10.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "core/engine/turn/signal.hpp"
#include "core/spec/scenario/scenario.hpp"
#include "core/spec/strict_json.hpp"

namespace phalarope::spec {

/// The relative point at which the engine answers `event`.
StepPoint point_of(const ScenarioEvent& event) noexcept;

/// The contract's code of an emitter of this side: RK-nn.
std::string emitter_code(Emitter emitter);

/// A signal that an arbiter's step gave at point_of(event); its event id is the event's with the signal's suffix (2.5).
JsonValue step_signal_json(const Event& signal, const ScenarioEvent& event);
/// A signal that answers the event under the event's own id. `reason` replaces the signal's own, where a transport
/// gives free text.
JsonValue answer_signal_json(const Event& signal, const ScenarioEvent& event, std::string_view reason = {});

/// The event as a turn-scoped record, normalised and then judged; what is wrong with it if it is no valid record.
std::expected<JsonValue, std::string> ingress_record(const ScenarioEvent& event, std::string_view default_class);

}  // namespace phalarope::spec
