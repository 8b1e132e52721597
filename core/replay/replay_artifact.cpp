#include "core/replay/replay_artifact.hpp"

#include <array>
#include <charconv>

#include "core/engine/plan/plan_names.hpp"
#include "core/engine/plan/white_space.hpp"

namespace phalarope::replay {
namespace {

constexpr std::string_view sequence_marker = "runtime_sequence:";

struct OldModeName {
  std::string_view name;
  ReplayMode mode;
};
constexpr std::array old_mode_names = {OldModeName{"audit", ReplayMode::replay_decisions},
                                       OldModeName{"regression", ReplayMode::recompute_decisions}};

/// The number in `runtime_sequence:<n>`: digits and nothing else, within 64 bits.
std::optional<std::int64_t> sequence_in(std::string_view marker) {
  if (!marker.starts_with(sequence_marker)) return std::nullopt;
  const std::string_view digits = marker.substr(sequence_marker.size());
  if (digits.empty() || digits.find_first_not_of("0123456789") != digits.npos) return std::nullopt;
  std::int64_t sequence = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), sequence);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return sequence;
}

}  // namespace

bool is_valid(const ReplayCursor& cursor) {
  return !cursor.session_id.empty() && !cursor.turn_id.empty() && !cursor.event_id.empty() &&
         cursor.runtime_sequence >= 0;
}

std::optional<ReplayMode> replay_mode_named(std::string_view name) {
  for (const OldModeName& old : old_mode_names) {
    if (old.name == name) return old.mode;
  }
  return from_wire_name<ReplayMode>(name);
}

void normalise(std::vector<TraceEntry>& trace) {
  for (std::size_t i = 0; i < trace.size(); ++i) {
    TraceEntry& entry = trace[i];
    if (!entry.lane) entry.lane = Lane::data;
    if (entry.runtime_sequence < 0) {
      entry.runtime_sequence = sequence_in(entry.ordering_marker).value_or(static_cast<std::int64_t>(i));
    }
    if (is_blank(entry.ordering_marker)) {
      entry.ordering_marker = std::string(sequence_marker) + std::to_string(entry.runtime_sequence);
    }
  }
}

ReplayCursor cursor_of(const TraceEntry& entry) {
  return {.session_id = entry.decision.session_id,
          .turn_id = entry.decision.turn_id,
          .lane = entry.lane.value_or(Lane::data),
          .runtime_sequence = entry.runtime_sequence,
          .event_id = entry.decision.event_id};
}

std::string scope_of(const Decision& decision) {
  return decision.turn_id.empty() ? "session:" + decision.session_id : "turn:" + decision.turn_id;
}

}  // namespace phalarope::replay
