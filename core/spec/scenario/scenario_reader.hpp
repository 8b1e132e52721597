// Reads a scenario strictly and fills its gaps, one event at a time and in order.
//
//   member missing or empty                           becomes
//   session_id, turn_id, pipeline_version, epoch 0    the session's
//   event_id                                          evt-<transport>-<NNN>-<kind>, NNN = position from 1
//   sequences <= 0                                    the previous event's + 1
//   runtime time <= 0                                 now + index; wall time <= 0: the runtime time
//   reason                                            <transport>_<kind>
//
// Invariants. (1) Unknown members, null and wrong types are refused with their path; null counts as missing only for
// transport_sequence (runtime.md 1.2). (2) An event is read when its turn comes: the first fault in order is named.
// (3) No number overflows: what would pass 2^63-1 stays there.
// Contract: runtime.md 1.1, Appendix C; cli-conformance.md 1, 4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>

#include "core/spec/scenario/scenario.hpp"
#include "core/spec/strict_json.hpp"

namespace phalarope::spec {

/// Stable words for refusals that runtime.md 2.1 has no id for.
namespace scenario_diagnostic {
constexpr std::string_view schema = "schema_validation_error";
constexpr std::string_view unknown_kind = "unknown_event_kind";
constexpr std::string_view no_events = "events_required";
}  // namespace scenario_diagnostic

/// The line's `session`.
std::expected<ScenarioSession, ScenarioRefusal> read_scenario_session(const JsonValue& line);

/// The line's `events`: a list with at least one element.
std::expected<const JsonValue*, ScenarioRefusal> read_scenario_events(const JsonValue& line);

class ScenarioReader {
 public:
  ScenarioReader(const ScenarioSession& session, std::int64_t now_ms) : session_(session), now_ms_(now_ms) {}

  /// The next event of the scenario.
  std::expected<ScenarioEvent, ScenarioRefusal> read(const JsonValue& event);

 private:
  void fill_gaps(ScenarioEvent& event) const;

  const ScenarioSession& session_;
  std::int64_t now_ms_;
  std::size_t index_ = 0;
  std::int64_t transport_sequence_ = 0;  // of the event before
  std::int64_t runtime_sequence_ = 0;
};

/// a + b for b >= 0, at most 2^63-1: a number near the end of its range stays there instead of turning negative.
constexpr std::int64_t saturating_add(std::int64_t a, std::int64_t b) noexcept {
  constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max();
  return a > last - b ? last : a + b;
}

}  // namespace phalarope::spec
