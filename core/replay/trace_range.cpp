#include "core/replay/trace_range.hpp"

#include <algorithm>
#include <map>

#include "core/replay/recording_names.hpp"

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

/// "3" as "turn-000003"; any other text as it is.
std::string turn_id_meant_by(std::string_view name) {
  constexpr std::size_t digits_max = 9;
  const bool number = !name.empty() && name.size() <= digits_max && name.find_first_not_of("0123456789") == name.npos;
  return number ? RecordingNames::turn_id(static_cast<std::uint32_t>(std::stoul(std::string(name))))
                : std::string(name);
}

/// The entries that `name` may mean: of the event, or of the turn, one for each session.
std::vector<ReplayCursor> cursors_meant_by(std::string_view name, const Trace& trace, EntryOfTurn which) {
  const std::string turn_id = turn_id_meant_by(name);
  std::vector<ReplayCursor> meant;
  std::map<std::string, ReplayCursor> of_turn;
  for (const TraceEntry& entry : trace) {
    ReplayCursor cursor = cursor_of(entry);
    if (!is_valid(cursor)) continue;
    if (cursor.event_id == name) meant.push_back(cursor);
    if (cursor.turn_id != turn_id) continue;
    if (which == EntryOfTurn::last) of_turn.insert_or_assign(cursor.session_id, cursor);
    of_turn.try_emplace(cursor.session_id, cursor);
  }
  for (auto& [session, cursor] : of_turn) meant.push_back(std::move(cursor));
  return meant;
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
  if (range.steps > 0) {
    end = begin;
    for (std::size_t step = 0; step < range.steps && end < baseline.trace.size(); ++step) {
      end = next_nameable(baseline.trace, end + 1);
    }
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

std::expected<ReplayCursor, std::string> cursor_named(std::string_view name, std::vector<TraceEntry> trace,
                                                      EntryOfTurn which) {
  normalise(trace);
  if (name.find('|') != name.npos) {
    const auto cursor = cursor_from_text(name);
    if (!cursor) {
      return std::unexpected("`" + std::string(name) +
                             "` is no cursor; give 'session|turn|lane|sequence|event' as a report prints it");
    }
    if (index_of(*cursor, trace) == trace.size()) {
      return std::unexpected("cursor not found in the recording: `" + std::string(name) +
                             "`; give one that a report of this recording printed");
    }
    return *cursor;
  }
  const std::vector<ReplayCursor> meant = cursors_meant_by(name, trace, which);
  if (meant.size() == 1) return meant.front();
  std::string sentence = "cursor not found in the recording: it has no turn and no event `" + std::string(name) + "`";
  if (!meant.empty()) {
    sentence = "`" + std::string(name) + "` is said of " + std::to_string(meant.size()) + " sessions; give one of";
    for (const ReplayCursor& one : meant) sentence += " '" + to_text(one) + "'";
    return std::unexpected(std::move(sentence));
  }
  const auto last =
      std::find_if(trace.rbegin(), trace.rend(), [](const auto& one) { return is_valid(cursor_of(one)); });
  if (last != trace.rend()) sentence += "; its last one is '" + to_text(cursor_of(*last)) + "'";
  return std::unexpected(std::move(sentence));
}

}  // namespace phalarope::replay
