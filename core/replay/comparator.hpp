// The comparator: two traces, two lists of decisions or two lineages, and every place where they differ.
//
//   baseline   e0  e1  e2  e3          one `length` divergence when the lists differ in length,
//   candidate  e0' e1' e2'             then entry by entry over what both have, seven rows an entry:
//              └── common prefix ──┘   plan, provenance, decision, marker, provider, epoch, time
//
// Invariants. (1) Traces are normalised before they come here. (2) Divergences stand in the order of the baseline, and
// within an entry in the order of the contract's rows. (3) Equal inputs give equal answers; anything compared with
// itself gives none. Pure; any thread. Not here: cursors (artifact_comparison), what may pass (divergence_policy).
// Contract: evidence.md 2.4.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/replay/divergence.hpp"
#include "core/replay/replay_artifact.hpp"

namespace phalarope::replay {

using Divergences = std::vector<Divergence>;

/// "abort (cancelled) of evt/turn-000001/4 by RK-03"
std::string in_words(const Decision& decision);

/// `tolerance_ms`: how far runtime times may be apart; negative counts as 0.
void compare_traces(std::span<const TraceEntry> baseline, std::span<const TraceEntry> candidate,
                    std::int64_t tolerance_ms, Divergences& out);

void compare_decisions(std::span<const Decision* const> baseline, std::span<const Decision* const> candidate,
                       Divergences& out);

/// Every entry of the baseline is looked for; what only the candidate has is left alone, and of entries of one id the
/// candidate's last counts.
void compare_lineage(std::span<const LineageEntry> baseline, std::span<const LineageEntry> candidate, Divergences& out);

}  // namespace phalarope::replay
