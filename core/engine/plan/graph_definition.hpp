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

struct EdgeDefinition {
  Name id;  // empty: "edge-<from>-<to>"
  NodeIndex from = no_node;
  NodeIndex to = no_node;
  Lane lane = Lane::data;
};

struct GraphDefinition {
  FixedVector<NodeDefinition, graph_nodes_max> nodes;
  FixedVector<EdgeDefinition, graph_edges_max> edges;
};

}  // namespace phalarope
