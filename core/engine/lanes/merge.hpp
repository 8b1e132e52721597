// Merge: many queued items become one; this decides their order, their span, and where a large merge is split.
//
//     sources (any order) ──sort by (runtime_sequence, event)──▶ ids, [first, last]      at most 64 ids in one record
//
// Invariants. (1) Same sources, same records, whatever order they came in. (2) Each source is in exactly one record,
// each record has 2..64. (3) Spans of one merge do not cross. Pure; sorts in the caller's memory. Contract:
// runtime.md 5.6; I8.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/engine/base/result.hpp"
#include "core/engine/base/strong.hpp"

namespace phalarope {

/// What a merge needs of an event. `event` stands for its event id: equal order, because ids carry it zero-padded.
struct MergeSource {
  std::int64_t runtime_sequence = 0;
  std::uint64_t event = 0;  // 0 is "no id" and refused
  constexpr auto operator<=>(const MergeSource&) const noexcept = default;
};

struct MergeRecord {
  SymbolId merge_group{};
  std::span<const MergeSource> sources;  // ordered; part of the caller's span
  std::int64_t first = 0;
  std::int64_t last = 0;
};

enum class MergeError : std::uint8_t { group_missing, sources_too_few, source_invalid, records_too_few };
constexpr const char* describe(MergeError error) noexcept {
  switch (error) {
    case MergeError::group_missing:
      return "group_missing: a merge needs its merge group";
    case MergeError::sources_too_few:
      return "sources_too_few: a merge has at least two sources";
    case MergeError::source_invalid:
      return "source_invalid: each source needs an event id and a sequence of at least 0";
    case MergeError::records_too_few:
      return "records_too_few: the merge splits into more records than there is room for";
  }
  return "";
}

constexpr std::size_t merge_record_sources_max = 64;
constexpr std::size_t merge_records_of(std::size_t sources) noexcept {
  return (sources + merge_record_sources_max - 1) / merge_record_sources_max;
}

/// Orders `sources` in place and writes their records; answers how many. A merge of more than 64 is split into parts
/// of nearly equal size, so that no part is left with a single source. Refused: nothing changes.
constexpr Result<std::size_t, MergeError> merge(SymbolId merge_group, std::span<MergeSource> sources,
                                                std::span<MergeRecord> records) noexcept {
  if (merge_group.value == 0) return refuse(MergeError::group_missing);
  if (sources.size() < 2) return refuse(MergeError::sources_too_few);
  for (const MergeSource& source : sources) {
    if (source.event == 0 || source.runtime_sequence < 0) return refuse(MergeError::source_invalid);
  }
  const std::size_t count = merge_records_of(sources.size());
  if (records.size() < count) return refuse(MergeError::records_too_few);

  std::sort(sources.begin(), sources.end());
  for (std::size_t i = 0, from = 0; i < count; ++i) {
    const std::size_t to = sources.size() * (i + 1) / count;
    const std::span<const MergeSource> part = sources.subspan(from, to - from);
    records[i] = {.merge_group = merge_group,
                  .sources = part,
                  .first = part.front().runtime_sequence,
                  .last = part.back().runtime_sequence};
    from = to;
  }
  return count;
}

}  // namespace phalarope
