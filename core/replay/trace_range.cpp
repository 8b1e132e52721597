#include "core/replay/trace_range.hpp"

#include <algorithm>
#include <vector>

namespace phalarope::replay {
namespace {

using Trace = std::vector<TraceEntry>;

std::size_t index_of(const ReplayCursor& cursor, const Trace& trace) {
  return static_cast<std::size_t>(std::ranges::find(trace, cursor, cursor_of) - trace.begin());
}

/// The next entry at or behind `index` that a cursor can name; the size when there is none.
std::size_t next_nameable(const Trace& trace, std::size_t index) {
  while (index < trace.size() && !is_valid(cursor_of(trace[index]))) ++index;
  return index;
}

/// Where the candidate ends when the baseline ends before `end`: behind its own copy of the baseline's last entry.
std::size_t candidate_end(const Trace& baseline, const Trace& candidate, std::size_t end) {
  if (end == 0 || end >= baseline.size()) return end == 0 ? 0 : candidate.size();
  const std::size_t own = index_of(cursor_of(baseline[end - 1]), candidate);
  return own < candidate.size() ? own + 1 : std::min(end, candidate.size());
}

}  // namespace

std::expected<std::optional<ReplayCursor>, ComparisonError> cut_behind(const TraceRange& range,
                                                                       ReplayArtifact& baseline,
                                                                       ReplayArtifact& candidate) {
  normalise(baseline.trace);
  normalise(candidate.trace);
  const std::size_t begin = range.from ? index_of(*range.from, baseline.trace) : 0;
  if (range.from && begin == baseline.trace.size()) return std::unexpected(ComparisonError::cursor_not_found);
  std::size_t end = baseline.trace.size();
  if (range.one_step) {
    end = next_nameable(baseline.trace, std::min(begin + 1, end));
  } else if (range.to) {
    end = index_of(*range.to, baseline.trace) + 1;
    if (end > baseline.trace.size()) return std::unexpected(ComparisonError::cursor_not_found);
    if (end <= begin) return std::unexpected(ComparisonError::invalid_request);
  }
  std::optional<ReplayCursor> next;
  if (const std::size_t at = next_nameable(baseline.trace, end); at < baseline.trace.size()) {
    next = cursor_of(baseline.trace[at]);
  }
  candidate.trace.resize(candidate_end(baseline.trace, candidate.trace, end));
  baseline.trace.resize(end);
  return next;
}

}  // namespace phalarope::replay
