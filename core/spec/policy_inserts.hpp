// `inserts:` of pipeline/v2: what a policy wants to have in the graph beside what the pipeline's author drew.
//
//   inserts:
//     - {id: watch, type: telemetry, after: mind, policy: policy/retention-v3}     mind ──TelemetryLane──▶ watch
//
// An insert becomes a node and an edge of the drawing; the file names the policy that asked for it. The engine has only
// inserts that listen, so other types are refused by name. Contract: decisions.md D15; features F-062.
#pragma once

#include <vector>

#include "core/spec/diagnostics.hpp"
#include "core/spec/document.hpp"

namespace phalarope::spec {

struct PolicyInserts {
  std::vector<Document> nodes;
  std::vector<Document> edges;
};

PolicyInserts read_inserts(const Document& file, Diagnostics& diagnostics);

}  // namespace phalarope::spec
