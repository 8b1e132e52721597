#include "core/replay/comparator.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <unordered_map>

namespace phalarope::replay {
namespace {

std::string was_is(std::string_view what, std::string_view was, std::string_view is) {
  return std::string(what) + " was \"" + std::string(was) + "\", is \"" + std::string(is) + "\"";
}

std::string provider_in_words(const TraceEntry& entry) { return entry.provider_id + "/" + entry.provider_model; }

/// The distance of two times; what no signed 64-bit number holds is told as the largest that one holds.
std::int64_t distance_ms(std::int64_t one, std::int64_t other) {
  const auto [low, high] = std::minmax(one, other);
  const std::uint64_t distance = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(distance, largest));
}

/// One row of evidence.md 2.4: what is compared, and what a difference is called.
struct ComparatorRow {
  MessageClass message_class;
  DivergenceClass divergence_class;
  bool (*equal)(const TraceEntry& was, const TraceEntry& is);
  std::string (*message)(const TraceEntry& was, const TraceEntry& is);
};

// clang-format off
constexpr std::array equality_rows = {
    ComparatorRow{MessageClass::plan_hash, DivergenceClass::plan,
                  [](const TraceEntry& was, const TraceEntry& is) { return was.plan_hash == is.plan_hash; },
                  [](const TraceEntry& was, const TraceEntry& is) {
                    return was_is("plan hash", was.plan_hash, is.plan_hash);
                  }},
    ComparatorRow{MessageClass::snapshot_provenance, DivergenceClass::plan,
                  [](const TraceEntry& was, const TraceEntry& is) {
                    return was.snapshot_provenance_ref == is.snapshot_provenance_ref;
                  },
                  [](const TraceEntry& was, const TraceEntry& is) {
                    return was_is("snapshot provenance", was.snapshot_provenance_ref, is.snapshot_provenance_ref);
                  }},
    ComparatorRow{MessageClass::decision, DivergenceClass::outcome,
                  [](const TraceEntry& was, const TraceEntry& is) { return was.decision == is.decision; },
                  [](const TraceEntry& was, const TraceEntry& is) {
                    return was_is("decision", in_words(was.decision), in_words(is.decision));
                  }},
    ComparatorRow{MessageClass::ordering_marker, DivergenceClass::ordering,
                  [](const TraceEntry& was, const TraceEntry& is) { return was.ordering_marker == is.ordering_marker; },
                  [](const TraceEntry& was, const TraceEntry& is) {
                    return was_is("ordering marker", was.ordering_marker, is.ordering_marker);
                  }},
    ComparatorRow{MessageClass::provider_choice, DivergenceClass::provider_choice,
                  [](const TraceEntry& was, const TraceEntry& is) {
                    return was.provider_id == is.provider_id && was.provider_model == is.provider_model;
                  },
                  [](const TraceEntry& was, const TraceEntry& is) {
                    return was_is("provider", provider_in_words(was), provider_in_words(is));
                  }},
    ComparatorRow{MessageClass::authority_epoch, DivergenceClass::authority,
                  [](const TraceEntry& was, const TraceEntry& is) { return was.authority_epoch == is.authority_epoch; },
                  [](const TraceEntry& was, const TraceEntry& is) {
                    return was_is("authority epoch", std::to_string(was.authority_epoch),
                                  std::to_string(is.authority_epoch));
                  }}};
// clang-format on

void add(Divergences& out, MessageClass message_class, DivergenceClass divergence_class, std::string scope,
         std::string message) {
  out.push_back({.message_class = message_class,
                 .class_name = std::string(name_of(divergence_class)),
                 .scope = std::move(scope),
                 .message = std::move(message)});
}

void compare_lengths(std::size_t was, std::size_t is, Divergences& out) {
  if (was == is) return;
  add(out, MessageClass::length, DivergenceClass::outcome, "trace",
      "had " + std::to_string(was) + " entries, has " + std::to_string(is));
}

void compare_entries(const TraceEntry& was, const TraceEntry& is, std::int64_t tolerance_ms, Divergences& out) {
  for (const ComparatorRow& row : equality_rows) {
    if (row.equal(was, is)) continue;
    add(out, row.message_class, row.divergence_class, scope_of(was.decision), row.message(was, is));
  }
  const std::int64_t apart_ms = distance_ms(was.runtime_timestamp_ms, is.runtime_timestamp_ms);
  if (apart_ms <= tolerance_ms) return;
  add(out, MessageClass::timing, DivergenceClass::timing, scope_of(was.decision),
      was_is("runtime time", std::to_string(was.runtime_timestamp_ms) + " ms",
             std::to_string(is.runtime_timestamp_ms) + " ms"));
  out.back().diff_ms = apart_ms;
}

}  // namespace

std::string in_words(const Decision& decision) {
  const std::string why = decision.reason.empty() ? "" : " (" + decision.reason + ")";
  return decision.outcome_kind + why + " of " + decision.event_id + " by " + decision.emitted_by;
}

void compare_traces(std::span<const TraceEntry> baseline, std::span<const TraceEntry> candidate,
                    std::int64_t tolerance_ms, Divergences& out) {
  compare_lengths(baseline.size(), candidate.size(), out);
  const std::int64_t allowed_ms = std::max<std::int64_t>(0, tolerance_ms);
  const std::size_t common = std::min(baseline.size(), candidate.size());
  for (std::size_t i = 0; i < common; ++i) compare_entries(baseline[i], candidate[i], allowed_ms, out);
}

void compare_decisions(std::span<const Decision* const> baseline, std::span<const Decision* const> candidate,
                       Divergences& out) {
  compare_lengths(baseline.size(), candidate.size(), out);
  const std::size_t common = std::min(baseline.size(), candidate.size());
  for (std::size_t i = 0; i < common; ++i) {
    const Decision& was = *baseline[i];
    const Decision& is = *candidate[i];
    if (was == is) continue;
    add(out, MessageClass::decision, DivergenceClass::outcome, scope_of(was),
        was_is("decision", in_words(was), in_words(is)));
  }
}

void compare_lineage(std::span<const LineageEntry> baseline, std::span<const LineageEntry> candidate,
                     Divergences& out) {
  std::unordered_map<std::string_view, const LineageEntry*> last_of_id;
  for (const LineageEntry& entry : candidate) last_of_id[entry.event_id] = &entry;
  for (const LineageEntry& was : baseline) {
    const std::string scope = "event:" + was.event_id;
    const auto found = last_of_id.find(was.event_id);
    if (found == last_of_id.end()) {
      add(out, MessageClass::lineage_absent, DivergenceClass::outcome, scope,
          was.dropped ? "a recorded drop is absent" : "the event is absent, and no drop explains it");
      continue;
    }
    const LineageEntry& is = *found->second;
    if (was.dropped != is.dropped) {
      add(out, MessageClass::lineage_dropped, DivergenceClass::outcome, scope,
          was.dropped ? "was dropped, is not" : "was not dropped, is");
    }
    if (was.merge_group_id != is.merge_group_id) {
      add(out, MessageClass::lineage_merge_group, DivergenceClass::outcome, scope,
          was_is("merge group", was.merge_group_id, is.merge_group_id));
    }
  }
}

}  // namespace phalarope::replay
