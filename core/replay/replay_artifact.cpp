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

/// Digits and nothing else, within 64 bits.
std::optional<std::int64_t> number_in(std::string_view digits) {
  if (digits.empty() || digits.find_first_not_of("0123456789") != digits.npos) return std::nullopt;
  std::int64_t sequence = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), sequence);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return sequence;
}

/// The number in `runtime_sequence:<n>`.
std::optional<std::int64_t> sequence_in(std::string_view marker) {
  if (!marker.starts_with(sequence_marker)) return std::nullopt;
  return number_in(marker.substr(sequence_marker.size()));
}

}  // namespace

bool is_valid(const ReplayCursor& cursor) {
  return !cursor.session_id.empty() && !cursor.turn_id.empty() && !cursor.event_id.empty() &&
         cursor.runtime_sequence >= 0;
}

std::string to_text(const ReplayCursor& cursor) {
  return cursor.session_id + "|" + cursor.turn_id + "|" + std::string(wire_name(cursor.lane)) + "|" +
         std::to_string(cursor.runtime_sequence) + "|" + cursor.event_id;
}

std::optional<ReplayCursor> cursor_from_text(std::string_view text) {
  std::array<std::string_view, 5> parts;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    const std::size_t bar = text.find('|');
    if (bar == text.npos) return std::nullopt;
    parts[i] = text.substr(0, bar);
    text.remove_prefix(bar + 1);
  }
  parts.back() = text;
  const auto lane = from_wire_name<Lane>(parts[2]);
  const auto sequence = number_in(parts[3]);
  if (!lane || !sequence) return std::nullopt;
  ReplayCursor cursor{.session_id = std::string(parts[0]),
                      .turn_id = std::string(parts[1]),
                      .lane = *lane,
                      .runtime_sequence = *sequence,
                      .event_id = std::string(parts[4])};
  if (!is_valid(cursor)) return std::nullopt;
  return cursor;
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
