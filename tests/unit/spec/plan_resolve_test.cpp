// Plans from JSON: vectors, refusals in their order, and agreement with the engine's own materialisation.
#include "core/spec/plan_resolve.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <memory>

#include "core/spec/artifact_validator.hpp"
#include "tests/unit/engine/plan/plan_samples.hpp"
#include "tests/unit/spec/artifact_samples.hpp"

namespace phalarope::spec {
namespace {

using test::changed;
using test::Json;
using test::removed;

Json with_surfaces(Json request) {
  request.update(test::surfaces());
  return request;
}

std::string failure_of(const Json& request) {
  const Json answer = Json::parse(answer_resolve_line(request.dump(), 0));
  return answer.value("failure", answer["ok"] == true ? "(resolved)" : "(none)");
}

// contract: V1, V2, V3, V4, V5
TEST(PlanResolve, ReproducesTheVectorsOfTheContract) {
  Json fifth = with_surfaces(test::resolve_request());
  fifth.update({{"turn_id", "turn-vec-2"}, {"allowed_adaptive_actions", {"retry"}}});
  fifth.erase("authority_epoch");
  const std::tuple<Json, const char*, std::int64_t> vectors[] = {
      {test::resolve_request(), "a403ded4a84690176ff607c4f46ae76b9646d4b841a4e0e6f791a5c81ad9f68d",
       7292717791243168582},
      {changed(test::resolve_request(), "/authority_epoch", 8),
       "a10b40e663c0812c480466ebc6d31efecf363a6e0c0b3635485a6e6019eedb92", 836892192568468826},
      {changed(test::resolve_request(), "/execution_profile", "  simple/v1\n"),
       "b669946a3ff42d30e9f76a215b015d41e7e69643159363d37e039a3f3d18fb63", 1652558509942910110},
      {changed(test::resolve_request(), "/allowed_adaptive_actions", {"retry", "provider_switch", "fallback"}),
       "6efe0f4e08dcfc94509d715672d0b518aff62727addf6ee129bddc221f2bf0ae", 5955952224437074164},
      {fifth, "9bce11e04f11e8a9eaf093baaad9545fc9dd428e4ec0f037d19d74f644c2fa9c", 5168154916630687133}};
  for (const auto& [request, hash, seed] : vectors) {
    const Json answer = Json::parse(answer_resolve_line(request.dump(), 3));
    EXPECT_EQ(answer["ok"], true) << answer;
    EXPECT_EQ(answer["plan_hash"], hash);
    EXPECT_EQ(answer["seed"], seed);
    EXPECT_EQ(answer["index"], 3);
    const ArtifactVerdict verdict = validate_artifact("resolved_turn_plan", answer["plan"].dump());
    EXPECT_TRUE(verdict.valid) << verdict.path << " " << verdict.rule;
  }
}

// contract: 4.2
TEST(PlanResolve, NamesTheFirstFailureInTheOrderOfTheContract) {
  const Json request = test::resolve_request();
  for (const char* member :
       {"/turn_id", "/pipeline_version", "/graph_definition_ref", "/execution_profile", "/allowed_adaptive_actions",
        "/snapshot_provenance", "/snapshot_provenance/provider_health_snapshot"}) {
    EXPECT_EQ(failure_of(changed(request, member, removed())), "missing_required") << member;
    EXPECT_EQ(failure_of(changed(request, member, "")), "missing_required") << member;
  }
  EXPECT_EQ(failure_of(changed(request, "/execution_profile", " \t")), "missing_required");
  EXPECT_EQ(failure_of(changed(request, "/execution_profile", "edge")), "unsupported_profile");
  EXPECT_EQ(failure_of(changed(request, "/execution_profile", "Simple")), "unsupported_profile");
  EXPECT_EQ(failure_of(changed(request, "/authority_epoch", -1)), "invalid_plan");
  EXPECT_EQ(failure_of(changed(request, "/authority_epoch", 1.5)), "invalid_plan");
  EXPECT_EQ(failure_of(changed(request, "/allowed_adaptive_actions", {"nap"})), "invalid_plan");
  EXPECT_EQ(failure_of(changed(request, "/allowed_adaptive_actions", {"retry", "retry"})), "invalid_plan");
  EXPECT_EQ(failure_of(changed(request, "/snapshot_provenance/extra", "x")), "invalid_plan");
  Json two = changed(request, "/execution_profile", "edge");
  two["node_execution_policies"] = Json::object();
  EXPECT_EQ(failure_of(two), "incomplete_overrides") << "an empty node policy map counts as supplied";
}

// contract: 4.2
TEST(PlanResolve, SurfacesAreAllOrNone) {
  const Json full = with_surfaces(test::resolve_request());
  EXPECT_EQ(failure_of(changed(full, "/execution_profile", "anything")), "(resolved)");
  for (const char* surface : {"/budgets", "/provider_bindings", "/edge_buffer_policies", "/node_execution_policies",
                              "/flow_control", "/recording_policy"}) {
    EXPECT_EQ(failure_of(changed(full, surface, removed())), "incomplete_overrides") << surface;
    const bool empty_counts = std::string(surface) == "/node_execution_policies";
    EXPECT_EQ(failure_of(changed(full, surface, Json::object())), empty_counts ? "(resolved)" : "incomplete_overrides");
  }
  const Json zero = {{"turn_budget_ms", 0},
                     {"node_budget_ms_default", 0},
                     {"path_budget_ms_default", 0},
                     {"edge_budget_ms_default", 0}};
  EXPECT_EQ(failure_of(changed(full, "/budgets", zero)), "incomplete_overrides");
  EXPECT_EQ(failure_of(changed(test::resolve_request(), "/budgets", zero)), "(resolved)");
  EXPECT_EQ(failure_of(changed(full, "/budgets/turn_budget_ms", 0)), "invalid_surface");
  EXPECT_EQ(failure_of(changed(full, "/provider_bindings/stt", "")), "invalid_surface");
  EXPECT_EQ(failure_of(changed(full, "/recording_policy/recording_level", "L9")), "invalid_surface");
  EXPECT_EQ(failure_of(changed(changed(full, "/recording_policy/recording_level", "L9"), "/authority_epoch", -1)),
            "invalid_surface");
}

TEST(PlanResolve, OptionalZeroIsLeftOutOfTheHash) {
  const Json full = with_surfaces(test::resolve_request());
  const auto with_zero =
      resolve_plan(changed(full, "/node_execution_policies/provider-llm/concurrency_limit", 0).dump());
  const auto without = resolve_plan(full.dump());
  ASSERT_TRUE(with_zero && without);
  EXPECT_EQ(with_zero->plan_hash, without->plan_hash);
}

TEST(PlanResolve, MemberOrderOfTheRequestDoesNotMatter) {
  const auto sorted = resolve_plan(with_surfaces(test::resolve_request()).dump());
  const nlohmann::ordered_json original = with_surfaces(test::resolve_request());
  nlohmann::ordered_json reversed;
  std::vector<std::string> names;
  for (const auto& [name, value] : original.items()) names.push_back(name);
  for (auto name = names.rbegin(); name != names.rend(); ++name) reversed[*name] = original[*name];
  EXPECT_EQ(resolve_plan(reversed.dump())->plan_hash, sorted->plan_hash);
}

TEST(PlanResolve, BadLinesAreAnswered) {
  for (const char* line : {"", "[]", "{", "3", R"({"turn_id":1})", R"({"turn_id":"","pipeline_version":"p1"})"}) {
    const Json answer = Json::parse(answer_resolve_line(line, 9));
    EXPECT_EQ(answer["ok"], false);
    EXPECT_EQ(answer["index"], 9);
    EXPECT_TRUE(answer.contains("message"));
  }
}

// contract: 4.3, I8
TEST(PlanResolve, AgreesWithTheEngineOnEveryPlanThatFits) {
  rc::check("JSON request and fixed structs give one hash and one seed", [] {
    const auto pick_text = [] {
      return *rc::gen::map(rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 12)),
                           [](const std::vector<int>& picks) {
                             constexpr const char* letters[] = {
                                 "a", "B", "/", "\"", "\\", "<", "\xE2\x80\xA8", "\xC3\xA4", "&", "\t", "\x01", "7"};
                             std::string text = "k";
                             for (std::size_t i = 0; i < picks.size() && i < 8; ++i) text += letters[picks[i]];
                             return text;
                           });
    };
    PlanTemplate source = phalarope::test::override_template();
    PlanSurfaces& surfaces = source.overrides;
    Json request = with_surfaces(test::resolve_request());
    const std::string turn_id = pick_text();
    const std::string edge = pick_text();
    const std::string provider = pick_text();
    const std::string node = pick_text();
    const auto epoch = *rc::gen::inRange<std::int64_t>(0, 1'000'000);
    const auto limit = *rc::gen::inRange<std::int64_t>(0, 3);

    request["turn_id"] = turn_id;
    request["authority_epoch"] = epoch;
    request["allowed_adaptive_actions"] = {"retry"};
    request["provider_bindings"]["llm"] = provider;
    request["edge_buffer_policies"][edge] = test::edge_policy();
    request["node_execution_policies"] = {{node, {{"concurrency_limit", limit}}}};
    surfaces.provider_bindings[1].provider = phalarope::test::name(provider);
    EdgePolicy policy = surfaces.edge_buffer_policies[0];
    policy.edge = phalarope::test::name(edge);
    RC_ASSERT(surfaces.edge_buffer_policies.push_back(policy));
    surfaces.node_execution_policies.clear();
    RC_ASSERT(surfaces.node_execution_policies.push_back({phalarope::test::name(node), limit, {}}));

    const auto plan = std::make_unique<ResolvedTurnPlan>();
    RC_ASSERT(materialize(source, turn_id, Epoch{static_cast<std::uint64_t>(epoch)}, *plan).has_value());
    const auto resolved = resolve_plan(request.dump());
    RC_ASSERT(resolved.has_value());
    RC_ASSERT(resolved->plan_hash == plan->plan_hash.view());
    RC_ASSERT(resolved->seed == plan->determinism.seed);
    RC_ASSERT(Json::parse(resolved->artifact) == Json::parse(to_json(*plan)));
    RC_ASSERT(validate_artifact("resolved_turn_plan", to_json(*plan)).valid);
  });
}

}  // namespace
}  // namespace phalarope::spec
