// The wire names of the plan's enums: one table each, used by the hash text, the parsers and the JSON form.
//
// Position in the table = value of the enum member; an empty name is the "absent" member and is never written.
// Pure; any thread. Contract: runtime.md 1.8.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "core/engine/plan/turn_plan.hpp"

namespace phalarope {

template <typename E>
inline constexpr std::array<std::string_view, 0> plan_enum_names{};

template <>
inline constexpr std::array<std::string_view, 4> plan_enum_names<AdaptiveAction>{"retry", "provider_switch", "degrade",
                                                                                 "fallback"};
template <>
inline constexpr std::array<std::string_view, 5> plan_enum_names<EdgeStrategy>{"block", "drop", "merge", "sample",
                                                                               "latest_only"};
template <>
inline constexpr std::array<std::string_view, 1> plan_enum_names<ControlHandling>{"non_blocking_priority"};
template <>
inline constexpr std::array<std::string_view, 3> plan_enum_names<TelemetryHandling>{"drop", "sample",
                                                                                    "best_effort_drop"};
template <>
inline constexpr std::array<std::string_view, 2> plan_enum_names<DefaultingSource>{"explicit_edge_config",
                                                                                   "execution_profile_default"};
template <>
inline constexpr std::array<std::string_view, 4> plan_enum_names<SyncPolicy>{"", "atomic_drop",
                                                                             "drop_with_discontinuity", "no_sync"};
template <>
inline constexpr std::array<std::string_view, 2> plan_enum_names<SyncScope>{"edge_local", "plan_wide"};
template <>
inline constexpr std::array<std::string_view, 4> plan_enum_names<SyncGroupBy>{"", "sync_id", "event_id", "custom"};
template <>
inline constexpr std::array<std::string_view, 3> plan_enum_names<FlowMode>{"signal", "credit", "hybrid"};
template <>
inline constexpr std::array<std::string_view, 5> plan_enum_names<DataShedding>{"drop", "merge", "latest_only",
                                                                               "degrade", "fallback"};
template <>
inline constexpr std::array<std::string_view, 1> plan_enum_names<ControlShedding>{"none"};
template <>
inline constexpr std::array<std::string_view, 2> plan_enum_names<TelemetryShedding>{"drop", "sample"};
template <>
inline constexpr std::array<std::string_view, 3> plan_enum_names<RecordingLevel>{"L0", "L1", "L2"};
template <>
inline constexpr std::array<std::string_view, 4> plan_enum_names<ReplayMode>{
    "re_simulate_nodes", "playback_recorded_provider_outputs", "replay_decisions", "recompute_decisions"};
template <>
inline constexpr std::array<std::string_view, 5> plan_enum_names<NondeterminismSource>{
    "external_call", "system_time", "random", "operator_override", "other"};
template <>
inline constexpr std::array<std::string_view, 7> plan_enum_names<NodeType>{
    "", "microphone", "recogniser", "dialogue", "synthesiser", "playback", "telemetry"};
template <>
inline constexpr std::array<std::string_view, 4> plan_enum_names<Modality>{"", "stt", "llm", "tts"};
template <>
inline constexpr std::array<std::string_view, 3> plan_enum_names<Lane>{"ControlLane", "DataLane", "TelemetryLane"};
static_assert(static_cast<std::size_t>(Lane::data) == 1 && static_cast<std::size_t>(Lane::telemetry) == 2);

template <typename E>
concept PlanEnum = (plan_enum_names<E>.size() > 0);

/// Whether the value is a member of its enum (bytes from a file may hold any number).
template <PlanEnum E>
constexpr bool is_known(E value) noexcept {
  return static_cast<std::size_t>(value) < plan_enum_names<E>.size();
}

template <PlanEnum E>
constexpr std::string_view wire_name(E value) noexcept {
  return is_known(value) ? plan_enum_names<E>[static_cast<std::size_t>(value)] : std::string_view{};
}

template <PlanEnum E>
constexpr std::optional<E> from_wire_name(std::string_view name) noexcept {
  for (std::size_t i = 0; i < plan_enum_names<E>.size(); ++i) {
    if (!name.empty() && plan_enum_names<E>[i] == name) return static_cast<E>(i);
  }
  return std::nullopt;
}

}  // namespace phalarope
