#include "core/replay/artifact_comparison.hpp"

#include <algorithm>
#include <span>

namespace phalarope::replay {
namespace {

/// The part of an artifact that is compared. Views into the artifact.
struct Slice {
  std::span<const TraceEntry> trace;
  std::span<const Decision> decisions;  // used when the artifact has no trace
};

Slice from(const ReplayArtifact& artifact, std::size_t offset) {
  const std::span trace(artifact.trace);
  const std::span decisions(artifact.decisions);
  return {.trace = trace.subspan(std::min(offset, trace.size())),
          .decisions = artifact.trace.empty() ? decisions.subspan(std::min(offset, decisions.size()))
                                              : std::span<const Decision>{}};
}

std::optional<std::size_t> index_of(const ReplayCursor& cursor, std::span<const TraceEntry> trace) {
  const auto at = std::ranges::find(trace, cursor, cursor_of);
  if (at == trace.end()) return std::nullopt;
  return static_cast<std::size_t>(at - trace.begin());
}

/// Where the candidate goes on from the baseline's entry `baseline_index`; nothing when it is exhausted before.
Slice candidate_from(const ReplayArtifact& candidate, const ReplayCursor& cursor, std::size_t baseline_index,
                     Divergences& out) {
  if (const auto own = index_of(cursor, candidate.trace)) return from(candidate, *own);
  const bool reaches = baseline_index <= candidate.trace.size();
  out.push_back({.message_class = MessageClass::cursor_boundary,
                 .class_name = std::string(name_of(DivergenceClass::ordering)),
                 .scope = "turn:" + cursor.turn_id,
                 .message = reaches ? "the replay does not have the cursor's entry; compared from its index on"
                                    : "the replay ends before the cursor's entry"});
  return reaches ? from(candidate, baseline_index) : Slice{};
}

std::vector<const Decision*> decisions_of(const Slice& slice) {
  std::vector<const Decision*> decisions;
  for (const TraceEntry& entry : slice.trace) decisions.push_back(&entry.decision);
  for (const Decision& decision : slice.decisions) decisions.push_back(&decision);
  return decisions;
}

void compare_by_mode(ReplayMode mode, const Slice& was, const Slice& is, std::int64_t tolerance_ms, Divergences& out) {
  switch (mode) {
    case ReplayMode::replay_decisions:
      return compare_decisions(decisions_of(was), decisions_of(is), out);
    case ReplayMode::re_simulate_nodes:
    case ReplayMode::playback_recorded_provider_outputs:
    case ReplayMode::recompute_decisions:
      return compare_traces(was.trace, is.trace, tolerance_ms, out);
  }
}

std::optional<ReplayCursor> result_cursor(const Slice& was, const std::optional<ReplayCursor>& requested) {
  if (was.trace.empty()) return requested;
  ReplayCursor last = cursor_of(was.trace.back());
  if (!is_valid(last)) return std::nullopt;
  return last;
}

}  // namespace

std::string_view name_of(ComparisonError error) {
  switch (error) {
    case ComparisonError::invalid_request:
      return "invalid_request";
    case ComparisonError::cursor_not_found:
      return "cursor_not_found";
  }
  return "";
}

std::expected<ComparisonResult, ComparisonError> compare(ReplayArtifact baseline, ReplayArtifact candidate,
                                                         const ComparisonRequest& request) {
  const std::optional<ReplayCursor>& cursor = request.cursor;
  if (cursor && !is_valid(*cursor)) return std::unexpected(ComparisonError::invalid_request);
  normalise(baseline.trace);
  normalise(candidate.trace);

  ComparisonResult result;
  Slice was = from(baseline, 0);
  Slice is = from(candidate, 0);
  if (cursor) {
    const auto index = index_of(*cursor, baseline.trace);
    if (!index) return std::unexpected(ComparisonError::cursor_not_found);
    was = from(baseline, *index);
    is = candidate_from(candidate, *cursor, *index, result.divergences);
  }
  compare_by_mode(request.mode, was, is, request.tolerance_ms, result.divergences);
  compare_lineage(baseline.lineage, candidate.lineage, result.divergences);
  result.cursor = result_cursor(was, cursor);
  return result;
}

}  // namespace phalarope::replay
