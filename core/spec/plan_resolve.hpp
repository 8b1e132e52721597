// `plan resolve`: a turn plan from a JSON request, with no bound on its size (cli-conformance.md 3).
//
// The engine freezes plans from fixed structs (plan/materialize.hpp); people and tools ask with JSON of any size.
// Both follow runtime.md 4.2, 4.3 and 9.1: here the tables of 1.8 judge the surfaces and write the hash text, there
// structs do, and a test holds the two to the same hash for every plan that fits the engine.
// Allocates; any thread. Contract: runtime.md 4.2-4.4, 9.1; cli-conformance.md 3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "core/engine/plan/materialize.hpp"
#include "core/spec/strict_json.hpp"

namespace phalarope::spec {

struct ResolvedPlan {
  std::string plan_hash;
  std::int64_t seed = 0;
  std::string artifact;   // the plan as JSON (runtime.md 1.8)
  std::string hash_text;  // what was hashed (4.3)
};

struct ResolveRefusal {
  PlanFailure failure = PlanFailure::missing_required;
  std::string message;
};

std::expected<ResolvedPlan, ResolveRefusal> resolve_plan(std::string_view request_json);
std::expected<ResolvedPlan, ResolveRefusal> resolve_plan(const JsonValue& request);

/// The request of a turn for which nothing but these was resolved: the defaults of runtime.md 4.1 stand for the rest.
JsonValue default_plan_request(std::string_view turn_id, std::string_view pipeline_version,
                               std::int64_t authority_epoch);

/// One line of `phalarope plan resolve --jsonl`, answered as one line of JSON.
std::string answer_resolve_line(std::string_view line, std::size_t index);

/// The frozen plan as the artifact of runtime.md 1.8.
std::string to_json(const ResolvedTurnPlan& plan);

}  // namespace phalarope::spec
