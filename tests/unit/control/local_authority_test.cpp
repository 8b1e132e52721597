// The board's own authority: its bundle is the pipeline's own plan, and what stands in the way of one opens no turn.
#include "core/control/local_authority.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/engine/plan/materialize.hpp"
#include "core/engine/session/session_input.hpp"
#include "core/spec/pipeline_file.hpp"
#include "core/spec/plan_codec.hpp"
#include "tests/unit/engine/session/engine_driver.hpp"

namespace phalarope::control {
namespace {

using phalarope::testing::EngineDriver;
using ::testing::HasSubstr;

CompiledPipeline shipped() {
  auto pipeline = spec::load_pipeline(std::string(PHALAROPE_SOURCE_DIR) + "/firmware_images/conf/pipeline.yaml");
  EXPECT_TRUE(pipeline.has_value());
  return *pipeline;
}

LocalAuthority authority_of(const PlanTemplate& plan) { return {plan, "kitchen", Epoch{1}, WallTime{ns_per_second}}; }

// contract: runtime.md 4.1
TEST(LocalAuthority, ItsBundleIsThePipelinesOwnPlan) {
  CompiledPipeline pipeline = shipped();
  const std::vector<std::byte> before = spec::encode(pipeline);
  const LocalAuthority sut = authority_of(pipeline.plan);
  ASSERT_TRUE(sut.bundle().has_value()) << describe(sut.bundle().error());
  const TurnStartBundle& bundle = **sut.bundle();
  pipeline.plan = bundle.plan;
  EXPECT_EQ(spec::encode(pipeline), before) << "a board that resolves its own bundle runs what was written";
  EXPECT_EQ(bundle.lease_token_id.view().size(), std::string_view("lease-").size() + 16);
  EXPECT_TRUE(bundle.defaulted.empty());
}

// contract: runtime.md 4.1, 4.4
TEST(LocalAuthority, ABarePipelineGetsTheBuiltInDefaults) {
  const LocalAuthority sut = authority_of(default_plan_template());
  ASSERT_TRUE(sut.bundle().has_value());
  const auto prepared = std::make_unique<PreparedPlan>();
  ASSERT_TRUE(prepare((*sut.bundle())->plan, *prepared));
  EXPECT_EQ(prepared->plan.budgets.turn_budget_ms, 5000);
  EXPECT_EQ(prepared->plan.snapshot_provenance.routing_view_snapshot.view(), "routing-view/v1");
}

// contract: T5, runtime.md 2.4
TEST(LocalAuthority, ATurnOpensFromItsSnapshotAndNoneWhenItIsRevoked) {
  EngineDriver driver;
  LocalAuthority sut = authority_of(driver.engine->pipeline().plan);
  driver.say(sut.snapshot(0, Instant{driver.now_ns}, WallTime{driver.now_ns}));
  driver.say(driver.event(EventKind::user_turn_requested));
  EXPECT_TRUE(driver.session().turn_active());
  sut.revoke();
  driver.say(sut.snapshot(0, Instant{driver.now_ns}, WallTime{driver.now_ns}));
  EXPECT_FALSE(driver.session().turn_active());
  driver.say(driver.event(EventKind::user_turn_requested));
  EXPECT_FALSE(driver.session().turn_active());
  EXPECT_FALSE(sut.renew(Epoch{1}, WallTime{}));
  ASSERT_TRUE(sut.renew(Epoch{2}, WallTime{}));
  driver.say(sut.snapshot(0, Instant{driver.now_ns}, WallTime{driver.now_ns}));
  driver.say(driver.event(EventKind::user_turn_requested));
  EXPECT_TRUE(driver.session().turn_active());
}

// contract: T5a
TEST(LocalAuthority, ABundleThatDoesNotResolveSaysWhyAndOpensNoTurn) {
  PlanTemplate plan = default_plan_template();
  plan.overrides.budgets = {
      .turn_budget_ms = -1, .node_budget_ms_default = 1, .path_budget_ms_default = 1, .edge_budget_ms_default = 1};
  const LocalAuthority sut = authority_of(plan);
  ASSERT_FALSE(sut.bundle().has_value());
  EXPECT_THAT(describe(sut.bundle().error()), HasSubstr("policy"));
  EngineDriver driver;
  driver.say(sut.snapshot(0, Instant{driver.now_ns}, WallTime{driver.now_ns}));
  driver.say(driver.event(EventKind::user_turn_requested));
  EXPECT_FALSE(driver.session().turn_active());
  const Event* deferred = driver.find(EventKind::defer);
  ASSERT_NE(deferred, nullptr);
  EXPECT_EQ(deferred->reason, Reason::turn_start_bundle_resolution_failed);
}

}  // namespace
}  // namespace phalarope::control
