// A scenario: one session and the events that happen to it, in order; every gap already filled.
//
//   group       kinds                                                         acts on
//   connection  connected reconnecting disconnected ended silence stall       the connection machine
//   proposal    turn_open_proposed                                            a turn that is Idle
//   ingress     ingress_audio ingress_data ingress_telemetry                  a turn, whatever its state
//   output      output                                                        the output fence
//   ending      cancel authority_revoked transport_disconnect terminal_success
//               provider_failure node_failure no_legal_path                   a turn that is Active
//
// Values only: scenario_reader.hpp makes them, scenario_engine.hpp runs them.
// Contract: runtime.md Appendix C; cli-conformance.md 4; decisions.md D25.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/engine/base/event.hpp"
#include "core/engine/turn/gates.hpp"
#include "core/engine/turn/precedence.hpp"

namespace phalarope::spec {

enum class ScenarioGroup : std::uint8_t { connection, proposal, ingress, output, ending };

struct ScenarioKind {
  std::string_view name;
  ScenarioGroup group;
  EventKind signal = EventKind::none;  // connection: what the transport says
  End end = End::success;              // ending: which of the nine ends it brings
  Lane lane = Lane::control;           // ingress: the lane it arrives on
};

// runtime.md Appendix C, then cli-conformance.md 4
constexpr std::array<ScenarioKind, 18> scenario_kinds = {{
    {.name = "connected", .group = ScenarioGroup::connection, .signal = EventKind::connected},
    {.name = "reconnecting", .group = ScenarioGroup::connection, .signal = EventKind::reconnecting},
    {.name = "disconnected", .group = ScenarioGroup::connection, .signal = EventKind::disconnected},
    {.name = "ended", .group = ScenarioGroup::connection, .signal = EventKind::ended},
    {.name = "silence", .group = ScenarioGroup::connection, .signal = EventKind::silence},
    {.name = "stall", .group = ScenarioGroup::connection, .signal = EventKind::stall},
    {.name = "turn_open_proposed", .group = ScenarioGroup::proposal},
    {.name = "ingress_audio", .group = ScenarioGroup::ingress, .lane = Lane::data},
    {.name = "ingress_data", .group = ScenarioGroup::ingress, .lane = Lane::data},
    {.name = "ingress_telemetry", .group = ScenarioGroup::ingress, .lane = Lane::telemetry},
    {.name = "output", .group = ScenarioGroup::output},
    {.name = "cancel", .group = ScenarioGroup::ending, .end = End::cancel_accepted},               // T7
    {.name = "authority_revoked", .group = ScenarioGroup::ending, .end = End::authority_revoked},  // T8
    {.name = "transport_disconnect", .group = ScenarioGroup::ending, .end = End::transport_lost},  // T11
    {.name = "terminal_success", .group = ScenarioGroup::ending, .end = End::success},             // T6
    {.name = "provider_failure", .group = ScenarioGroup::ending, .end = End::provider_failure},    // T10a
    {.name = "node_failure", .group = ScenarioGroup::ending, .end = End::node_failure},            // T10b
    {.name = "no_legal_path", .group = ScenarioGroup::ending, .end = End::no_legal_path},          // T10d
}};

/// The row of a kind; null for a kind that does not exist.
constexpr const ScenarioKind* find_scenario_kind(std::string_view name) noexcept {
  const auto* const at = std::ranges::find(scenario_kinds, name, &ScenarioKind::name);
  return at == scenario_kinds.end() ? nullptr : at;
}

/// What an event gets where it leaves a gap.
struct ScenarioSession {
  std::string session_id;
  std::string turn_id;
  std::string pipeline_version;
  std::int64_t authority_epoch = 0;
  std::string default_data_class;
  std::string transport;
};

struct ScenarioEvent {
  const ScenarioKind* kind = nullptr;  // a row of scenario_kinds
  std::string session_id;
  std::string turn_id;
  bool names_turn = false;  // the event itself gives a turn id
  std::string pipeline_version;
  std::string event_id;
  std::int64_t transport_sequence = 0;
  std::int64_t runtime_sequence = 0;
  std::int64_t authority_epoch = 0;  // negative: not a valid epoch
  bool carries_epoch = false;        // the event itself gives an epoch
  std::int64_t runtime_timestamp_ms = 0;
  std::int64_t wall_clock_timestamp_ms = 0;
  std::string payload_class;  // empty: by lane and session (runtime.md 1.10)
  std::string reason;
  bool cancel_accepted = false;

  // turn_open_proposed: what the gates are told
  bool snapshot_valid = true;
  bool authority_epoch_valid = true;
  bool authority_authorized = true;
  bool plan_unavailable = false;
  Capacity capacity = Capacity::allow;
  FailurePolicy snapshot_failure_policy = FailurePolicy::defer;
  FailurePolicy plan_failure_policy = FailurePolicy::defer;

  // an ending: the append of this step fails (runtime.md 2.7)
  bool evidence_unavailable = false;
};

/// Why an event, or with no index the scenario as a whole, is refused.
struct ScenarioRefusal {
  std::optional<std::size_t> event_index;
  std::string diagnostic;
  std::string message;
};

/// The clocks, read by the caller: here time is an argument.
struct ScenarioTime {
  std::int64_t now_ms = 0;       // what "now" is to events that bring no time
  std::string generated_at_utc;  // RFC 3339
};

}  // namespace phalarope::spec
