// A graph as lines of text, for people at a terminal.
//
//   mic (microphone)
//   └─▶ ears (recogniser)
//       ├─[confidence 600..1000]─▶ mind (dialogue)
//       └─▶ watch (telemetry)  TelemetryLane
//
// Nodes that several edges lead to are drawn once; later edges say `see above`. Allocates; any thread.
#pragma once

#include <string>

#include "core/engine/plan/graph_definition.hpp"

namespace phalarope::spec {

std::string draw_graph(const GraphDefinition& graph);

}  // namespace phalarope::spec
