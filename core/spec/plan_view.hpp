// The resolved view of a plan: every field a turn runs by, its value, and the layer that said so.
//
//   pipeline file  <  environment  <  tenant  <  session          laid over one another field by field (D21),
//        └── what no document says: the execution profile         then compiled and frozen as one
//
// Invariants. (1) What is shown is what materialize() froze, not a second reading. (2) Every field has a layer: the
// name of the document that said it with file:line, `profile <name>`, `default` or `turn`. (3) A list is replaced as
// a whole. Allocates; not for the engine thread. Contract: runtime.md 1.8, 4.2-4.4; decisions.md D21; features F-081.
#pragma once

#include <array>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/plan/compiled_pipeline.hpp"
#include "core/spec/diagnostics.hpp"
#include "core/spec/external_program.hpp"

namespace phalarope::spec {

/// In the order in which they are laid over one another.
constexpr std::array<std::string_view, 4> plan_layer_names = {"pipeline", "environment", "tenant", "session"};

struct PlanLayer {
  std::string name;  // one of plan_layer_names
  std::string file;
};

struct PlanViewField {
  std::string field;  // `budgets.turn_budget_ms`
  std::string value;
  std::string layer;
  std::string place;  // file:line, when a document said it
};

struct PlanView {
  CompiledPipeline pipeline;
  ResolvedTurnPlan plan;
  std::vector<PlanViewField> fields;
  std::vector<ExternalProgram> programs;  // nodes that run as programs of their own
};

/// Reads the layers (the pipeline file and what lies over it) and freezes the plan of one turn.
std::expected<std::unique_ptr<PlanView>, Diagnostics> view_plan(const std::vector<PlanLayer>& layers,
                                                                std::string_view turn_id, Epoch epoch);

}  // namespace phalarope::spec
