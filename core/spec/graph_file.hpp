// The `nodes:` and `edges:` of a pipeline file.
//
//   microphone ──▶ recogniser ──▶ dialogue ──▶ synthesiser ──▶ playback       what may feed what (node_types.hpp)
//        └───────────────┴─── any ──┴──────────────┴──▶ telemetry
//
// Refused here, with the line: no or duplicate ids, unknown ends, an edge to itself or drawn twice, unlike types,
// more than the engine's bounds. Since types follow one another in one direction only, a cycle cannot be drawn.
// Contract: runtime.md 6.2.
#pragma once

#include <string>
#include <vector>

#include "core/engine/plan/graph_definition.hpp"
#include "core/spec/external_program.hpp"
#include "core/spec/field_reader.hpp"

namespace phalarope::spec {

/// A node that names its provider; `where` points into the document that was read.
struct ProviderChoice {
  Modality modality = Modality::none;
  Name provider;
  const Document* where = nullptr;
  std::string path;
};

struct GraphFile {
  std::vector<ProviderChoice> providers;
  std::vector<std::string> edge_names;
  std::vector<ExternalProgram> programs;
};

/// Fields that somebody else reads and judges (pipeline/v2, graph_drawing.hpp).
struct AlsoKnownFields {
  std::span<const std::string_view> of_nodes = {};
  std::span<const std::string_view> of_edges = {};
  bool external = false;  // a node may be a program of its own
};

GraphFile read_graph(MapReader& file, const AlsoKnownFields& also_known, GraphDefinition& graph);

}  // namespace phalarope::spec
