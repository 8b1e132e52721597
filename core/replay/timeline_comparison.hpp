// TimelineComparison: where two recordings decided differently, each difference with its place in both, for a page
// that shows them one above the other.
//
//   baseline   turn 1: open  commit  close    turn 2: open          abort  close
//   candidate  turn 1: open  commit  close    turn 2: open  degrade abort  close
//                       =      =       =              =   ^only b    =      =
//
// What all entries of a session share (its id, plan, snapshots, providers) is compared once. Then the decisions of each
// turn are paired in order, as many as possible of the same kind and reason, so that one more decision is told as
// one, not as a shift of all behind it. Each pair is judged by the comparator's rows (comparator.hpp).
// Invariants. (1) Equal recordings have no difference. (2) Differences stand in the order of the rows they name.
// (3) A turn with more than paired_decisions_max decisions is paired by place, so the cost is bounded.
// Pure; any thread. Not here: what may differ (divergence_policy). Contract: evidence.md 2.4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/replay/comparator.hpp"
#include "core/replay/recording_artifact.hpp"

namespace phalarope::replay {

constexpr std::size_t paired_decisions_max = 512;

/// `a` and `b` are places in the lists of decisions; both absent: of the recordings as a whole.
struct TimelineDifference {
  std::optional<std::size_t> a;
  std::optional<std::size_t> b;
  Divergence divergence;
};

struct TimelineComparison {
  std::size_t decisions_a = 0;
  std::size_t decisions_b = 0;
  std::size_t paired = 0;
  std::int64_t tolerance_ms = 0;
  std::vector<TimelineDifference> differences;
};

TimelineComparison compare_timelines(const RecordedOutputs& a, const RecordedOutputs& b, std::int64_t tolerance_ms);

}  // namespace phalarope::replay
