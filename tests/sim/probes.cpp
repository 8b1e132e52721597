#include "tests/sim/probes.hpp"

#include <algorithm>

#include "tests/sim/probe_table.hpp"
#include "tests/sim/world/faults.hpp"

namespace phalarope::sim {
namespace {

// A turn is fresh for this long: what comes now comes before anybody could have answered it.
constexpr Duration fresh_max = milliseconds(5);
constexpr std::size_t kinds_max = 1024;

/// Rows by kind of event, so that a common event costs one look.
const std::vector<std::vector<std::uint16_t>>& rows_by_kind() {
  static const auto rows = [] {
    std::vector<std::vector<std::uint16_t>> by_kind(kinds_max);
    for (std::size_t i = 0; i < probe_rows.size(); ++i) {
      by_kind[static_cast<std::size_t>(probe_rows[i].kind)].push_back(static_cast<std::uint16_t>(i));
    }
    return by_kind;
  }();
  return rows;
}

constexpr std::string_view harness_probes[] = {
    "tick_for_nothing",       "two_ends_at_one_instant", "longest_step",         "session_reseated",
    "no_slab_free",           "ring_full_at_source",     "recorder_lost_events", "power_cut_in_turn",
    "power_cut_when_idle",    "power_cut_in_a_write",    "torn_tail_dropped",    "open_turn_closed",
    "recording_gone_on_with", "disk_was_full",           "disk_write_failed",    "disk_sync_failed",
    "segments_deleted",       "replayed_from_disk",      "many_sessions",        "two_pipelines",
    "smallest_ring",          "smallest_slabs",          "detail_dropped",       "engine_was_late",
    "edge_dropped",           "edge_replaced",           "edge_merged",          "edge_not_mergeable",
    "edge_sampled",           "edge_shed_after_waiting", "edge_flushed"};

}  // namespace

struct Probes::Seat {
  std::uint32_t turn = 0;
  std::int64_t opened_ns = 0;
  std::int64_t closed_ns = -1;
  std::int64_t ended_ns = -1;
  bool held = false;

  bool is(ProbeState state, std::int64_t now_ns) const {
    switch (state) {
      case ProbeState::any:
        return true;
      case ProbeState::idle:
        return turn == 0;
      case ProbeState::in_turn:
        return turn != 0;
      case ProbeState::held:
        return held;
      case ProbeState::fresh_turn:
        return turn != 0 && now_ns - opened_ns <= fresh_max.value;
      case ProbeState::just_closed:
        return turn == 0 && closed_ns >= 0 && now_ns - closed_ns <= fresh_max.value;
    }
    return false;
  }
};

const std::vector<std::string>& probe_names() {
  static const auto names = [] {
    std::vector<std::string> all;
    for (const ProbeRow& row : probe_rows) all.emplace_back(row.name);
    for (const std::string_view name : harness_probes) all.emplace_back(name);
    for (const FaultRow& row : fault_rows) all.push_back("fault_" + std::string(row.name));
    std::sort(all.begin(), all.end());
    return all;
  }();
  return names;
}

Probes::Probes() : hits_(probe_rows.size()), seats_(std::make_unique<std::array<Seat, engine_sessions_max>>()) {}
Probes::~Probes() = default;

void Probes::see(const Stepped& step) {
  const Seat& seat = (*seats_)[step.input.session_slot];
  const auto look = [&](const Event& event, ProbeSide side) {
    const auto kind = static_cast<std::size_t>(event.kind);
    if (kind >= kinds_max) return;
    for (const std::uint16_t index : rows_by_kind()[kind]) {
      const ProbeRow& row = probe_rows[index];
      if (row.side != side || (row.reason != Reason::none && row.reason != event.reason)) continue;
      if (!seat.is(row.state, event.mono_ns)) continue;
      const auto with = [&row](const Event& other) { return other.kind == row.together_with; };
      if (row.together_with != EventKind::none && std::none_of(step.outputs.begin(), step.outputs.end(), with))
        continue;
      ++hits_[index];
    }
  };
  look(step.input, ProbeSide::input);
  for (const Event& output : step.outputs) look(output, ProbeSide::output);
  see_state(step);
}

void Probes::see_state(const Stepped& step) {
  Seat& seat = (*seats_)[step.input.session_slot];
  constexpr std::size_t long_step_outputs = 12;
  if (step.outputs.size() >= long_step_outputs) count("longest_step");
  if (step.input.kind == EventKind::tick && step.outputs.empty()) count("tick_for_nothing");
  for (const Event& output : step.outputs) {
    switch (output.kind) {
      case EventKind::turn_open:
        seat.turn = output.turn_number;
        seat.opened_ns = output.mono_ns;
        break;
      case EventKind::commit:
      case EventKind::abort:
        if (seat.ended_ns == output.mono_ns) count("two_ends_at_one_instant");
        seat.ended_ns = output.mono_ns;
        break;
      case EventKind::close:
        seat.turn = 0;
        seat.closed_ns = output.mono_ns;
        break;
      case EventKind::interruption_held:
        seat.held = true;
        break;
      case EventKind::interruption_confirmed:
      case EventKind::interruption_dismissed:
        seat.held = false;
        break;
      default:
        break;  // says nothing of the session's state
    }
  }
}

void Probes::count(std::string_view name, std::uint64_t times) { others_[std::string(name)] += times; }

ProbeCounts Probes::counts() const {
  ProbeCounts counts = others_;
  for (const std::string& name : probe_names()) counts.try_emplace(name, 0);
  for (std::size_t i = 0; i < probe_rows.size(); ++i) counts[std::string(probe_rows[i].name)] += hits_[i];
  return counts;
}

}  // namespace phalarope::sim
