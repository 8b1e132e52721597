// Divergence: one place where a replay is not what was recorded, and the names it is told by.
//
// The class says what kind of promise is broken (policy judges by it), the scope where, the message class which rule
// of the contract raised it. The class is kept by name, because a divergence added from outside may carry any.
// Plain values. Contract: evidence.md 0 (divergence_class), 2.1; cli-conformance.md 5 (message_class).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace phalarope::replay {

enum class DivergenceClass : std::uint8_t { plan, outcome, ordering, timing, authority, provider_choice };
inline constexpr std::array<std::string_view, 6> divergence_class_names{
    "PLAN_DIVERGENCE",   "OUTCOME_DIVERGENCE",   "ORDERING_DIVERGENCE",
    "TIMING_DIVERGENCE", "AUTHORITY_DIVERGENCE", "PROVIDER_CHOICE_DIVERGENCE"};

constexpr std::string_view name_of(DivergenceClass divergence_class) {
  return divergence_class_names[static_cast<std::size_t>(divergence_class)];
}
/// Nothing for a name that is none of the six.
constexpr std::optional<DivergenceClass> divergence_class_named(std::string_view name) {
  for (std::size_t i = 0; i < divergence_class_names.size(); ++i) {
    if (divergence_class_names[i] == name) return static_cast<DivergenceClass>(i);
  }
  return std::nullopt;
}

/// Which rule raised a divergence. The comparator's seven rows stand in the order they are checked.
enum class MessageClass : std::uint8_t {
  length,
  plan_hash,
  snapshot_provenance,
  decision,
  ordering_marker,
  provider_choice,
  authority_epoch,
  timing,
  lineage_absent,
  lineage_dropped,
  lineage_merge_group,
  cursor_boundary,
  appended,
  missing_expected
};
inline constexpr std::array<std::string_view, 14> message_class_names{
    "length",          "plan_hash",       "snapshot_provenance", "decision",
    "ordering_marker", "provider_choice", "authority_epoch",     "timing",
    "lineage_absent",  "lineage_dropped", "lineage_merge_group", "cursor_boundary",
    "appended",        "missing_expected"};
static_assert(static_cast<std::size_t>(MessageClass::missing_expected) + 1 == message_class_names.size());

constexpr std::string_view name_of(MessageClass message_class) {
  return message_class_names[static_cast<std::size_t>(message_class)];
}

struct Divergence {
  MessageClass message_class = MessageClass::appended;
  std::string class_name;
  std::string scope;
  std::string message;                    // for people
  std::optional<std::int64_t> diff_ms{};  // of a TIMING one, as far as it was measured
  bool expected = false;                  // set by the policy

  bool operator==(const Divergence&) const = default;
};

}  // namespace phalarope::replay
