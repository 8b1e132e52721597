// Artifact comparison: from where on two artifacts are compared, what of them, and where the replay stands afterwards.
//
//   baseline   e0 e1 [e2 e3 e4]        the cursor names e2: it is included
//   candidate  e0 [e2' e3']            found at its own place; if nowhere, it starts at e2's index and the boundary
//                    └ compare ┘       itself is a divergence; if it is shorter than that, nothing of it is left
//
//   order of the answer: cursor boundary, traces or decisions (by mode), lineage
//
// Invariants. (1) Nothing is sorted. (2) A cursor that the baseline does not have is an error and gives no result.
// (3) Passing the result's cursor back resumes at that entry. Pure; any thread. Not here: what may pass
// (divergence_policy). Contract: evidence.md 2.2 (1)-(6), 2.3.
#pragma once

#include <expected>
#include <optional>
#include <string_view>

#include "core/replay/comparator.hpp"
#include "core/replay/replay_artifact.hpp"

namespace phalarope::replay {

struct ComparisonRequest {
  ReplayMode mode = ReplayMode::replay_decisions;
  std::optional<ReplayCursor> cursor{};
  std::int64_t tolerance_ms = 0;
};

struct ComparisonResult {
  Divergences divergences;
  std::optional<ReplayCursor> cursor{};  // the last entry compared; absent when it has no turn
};

enum class ComparisonError : std::uint8_t { invalid_request, cursor_not_found };
std::string_view name_of(ComparisonError error);

/// The artifacts are normalised here; whoever still needs them keeps a copy.
std::expected<ComparisonResult, ComparisonError> compare(ReplayArtifact baseline, ReplayArtifact candidate,
                                                         const ComparisonRequest& request);

}  // namespace phalarope::replay
