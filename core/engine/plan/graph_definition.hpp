// The graph a pipeline compiles to: nodes and edges as data. graph/ validates and executes it; this room only
// carries it inside the frozen plan. Trivially copyable; fixed bounds (I10).
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/engine/base/event.hpp"
#include "core/engine/base/fixed_string.hpp"
#include "core/engine/base/fixed_vector.hpp"

namespace phalarope {

constexpr std::size_t graph_nodes_max = 16;
constexpr std::size_t graph_edges_max = 32;
constexpr std::size_t name_bytes_max = 63;
using Name = FixedString<name_bytes_max>;

/// What a node does; the engine knows how to command each.
enum class NodeType : std::uint8_t { none, microphone, recogniser, dialogue, synthesiser, playback, telemetry };
/// Provider modality (runtime.md 6.5); none for nodes that call no provider.
enum class Modality : std::uint8_t { none, stt, llm, tts };

struct NodeDefinition {
  Name id;
  NodeType type = NodeType::none;
  Lane lane = Lane::data;
  Modality modality = Modality::none;
  std::int64_t concurrency_limit = 0;  // 0: the node policy's, else unlimited
  Name fairness_key;                   // empty: the node policy's, else edge default's, else the node id
  std::int64_t node_budget_ms = 0;     // 0: the plan's node_budget_ms_default
};

/// From min to max, both included.
struct ValueRange {
  std::int64_t min = 0;
  std::int64_t max = 0;
  constexpr bool operator==(const ValueRange&) const noexcept = default;
  constexpr bool admits(std::int64_t value) const noexcept { return min <= value && value <= max; }
  constexpr bool empty() const noexcept { return max < min; }
};

/// Which of a recogniser's results go along an edge: both ranges must hold. Ranges keep every question about two
/// conditions (can it hold, can both hold) decidable before anything runs.
struct EdgeCondition {
  ValueRange confidence_permille{.min = 0, .max = 1000};
  ValueRange utterance_class{.min = 0, .max = static_cast<std::int64_t>(UtteranceClass::empty)};
  constexpr bool operator==(const EdgeCondition&) const noexcept = default;
  constexpr bool always() const noexcept { return *this == EdgeCondition{}; }
  constexpr bool never() const noexcept { return confidence_permille.empty() || utterance_class.empty(); }
  /// Results of other kinds bear neither value and pass.
  constexpr bool admits(const Event& result) const noexcept {
    const bool bears_them =
        result.kind == EventKind::recognition_final || result.kind == EventKind::recognition_partial;
    return !bears_them || always() ||
           (utterance_class.admits(result.argument_a) && confidence_permille.admits(result.argument_b));
  }
};

struct EdgeDefinition {
  Name id;  // empty: "edge-<from>-<to>"
  NodeIndex from = no_node;
  NodeIndex to = no_node;
  Lane lane = Lane::data;
  EdgeCondition when;
};

struct GraphDefinition {
  FixedVector<NodeDefinition, graph_nodes_max> nodes;
  FixedVector<EdgeDefinition, graph_edges_max> edges;
};

}  // namespace phalarope
