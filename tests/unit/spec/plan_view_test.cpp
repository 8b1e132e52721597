// The resolved view: which layer said what, and that it is the frozen plan that is shown.
#include "core/spec/plan_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "core/engine/plan/materialize.hpp"
#include "core/spec/graph_picture.hpp"
#include "tests/unit/spec/spec_samples.hpp"

namespace phalarope::spec {
namespace {

class PlanViewTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / "plan_view_test";
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  PlanLayer layer(const std::string& name, std::string_view text) {
    const std::string file = (folder_ / (name + ".yaml")).string();
    std::ofstream(file, std::ios::binary) << text;
    return {.name = name, .file = file};
  }
  static const PlanViewField& field(const PlanView& view, std::string_view name) {
    static const PlanViewField nothing;
    for (const PlanViewField& one : view.fields) {
      if (one.field == name) return one;
    }
    ADD_FAILURE() << "no field " << name;
    return nothing;
  }

  std::filesystem::path folder_;
};

// contract: D21
TEST_F(PlanViewTest, EachFieldNamesTheLayerThatSaidIt) {
  const auto view = view_plan({layer("session", "recording: {level: L2}\n"), layer("pipeline", test::small_pipeline),
                               layer("tenant", "recording: {level: L1}\nvoice: {frame_ms: 10}\n"),
                               layer("environment", "version: p9\nrecording: {level: L0}\n")},
                              "t", Epoch{1});
  ASSERT_TRUE(view) << to_string(view.error());
  const PlanView& shown = **view;
  EXPECT_EQ(field(shown, "recording_policy.recording_level").value, "L2");
  EXPECT_EQ(field(shown, "recording_policy.recording_level").layer, "session");
  EXPECT_EQ(field(shown, "pipeline_version").value, "p9");
  EXPECT_EQ(field(shown, "pipeline_version").layer, "environment");
  EXPECT_THAT(field(shown, "pipeline_version").place, testing::EndsWith("environment.yaml:1"));
  EXPECT_EQ(field(shown, "voice.frame_ms").layer, "tenant");
  EXPECT_EQ(field(shown, "voice.sample_rate_hz").layer, "default");
  EXPECT_EQ(field(shown, "execution_profile").layer, "pipeline");
  EXPECT_EQ(field(shown, "budgets.turn_budget_ms").layer, "profile simple/v1");
  EXPECT_EQ(field(shown, "plan_hash").layer, "turn");
  EXPECT_EQ(field(shown, "provider_bindings.llm").layer, "profile simple/v1");
  for (const PlanViewField& one : shown.fields) EXPECT_FALSE(one.layer.empty()) << one.field;
}

TEST_F(PlanViewTest, OneFieldOfAnOverrideMayComeFromATenant) {
  const auto view = view_plan({layer("pipeline", test::with_added(test::all_overrides)),
                               layer("tenant", "overrides: {budgets: {turn_budget_ms: 4000}}\n")},
                              "t", Epoch{1});
  ASSERT_TRUE(view) << to_string(view.error());
  EXPECT_EQ(field(**view, "budgets.turn_budget_ms").value, "4000");
  EXPECT_EQ(field(**view, "budgets.turn_budget_ms").layer, "tenant");
  EXPECT_EQ(field(**view, "budgets.edge_budget_ms_default").layer, "pipeline");
}

TEST_F(PlanViewTest, ShowsTheHashThatATurnWouldHave) {
  const auto view = view_plan({layer("pipeline", test::small_pipeline)}, "turn", Epoch{3});
  ASSERT_TRUE(view);
  const auto plan = std::make_unique<ResolvedTurnPlan>();
  ASSERT_TRUE(materialize(test::compiled(test::small_pipeline).plan, "turn", Epoch{3}, *plan));
  EXPECT_EQ((*view)->plan.plan_hash, plan->plan_hash);
  EXPECT_EQ(field(**view, "plan_hash").value, plan->plan_hash.view());
}

TEST_F(PlanViewTest, AProviderInsideAModuleIsFound) {
  const auto view = view_plan(
      {{.name = "pipeline", .file = test::repository_file("firmware_images/conf/pipeline-v2.yaml")}}, "t", Epoch{1});
  ASSERT_TRUE(view) << to_string(view.error());
  EXPECT_EQ(field(**view, "provider_bindings.tts").value, "flite");
  EXPECT_EQ(field(**view, "provider_bindings.tts").layer, "pipeline");
}

TEST_F(PlanViewTest, ALayerIsJudgedWithTheRest) {
  const auto view =
      view_plan({layer("pipeline", test::small_pipeline), layer("tenant", "colour: blue\n")}, "t", Epoch{1});
  ASSERT_FALSE(view);
  EXPECT_THAT(to_string(view.error()), testing::HasSubstr("tenant.yaml:1:9: colour: unknown field"));
  EXPECT_FALSE(view_plan({layer("pipeline", test::small_pipeline)}, "", Epoch{1}));
}

TEST(GraphPicture, DrawsBranchesConditionsAndWhatMeets) {
  const CompiledPipeline pipeline = test::compiled(R"(spec: pipeline/v2
version: p1
nodes:
  - {id: mic, type: microphone}
  - {id: near, type: recogniser}
  - {id: far, type: recogniser}
  - {id: mind, type: dialogue}
edges:
  - {from: mic, to: near}
  - {from: mic, to: far}
  - {from: near, to: mind, when: {confidence_permille: {at_least: 500}}}
  - {from: far, to: mind}
)");
  EXPECT_EQ(draw_graph(pipeline.graph), R"(mic (microphone)
├─▶ near (recogniser)
│   └─[confidence 500..1000]─▶ mind (dialogue)
└─▶ far (recogniser)
    └─▶ mind (dialogue)  see above
)");
}

}  // namespace
}  // namespace phalarope::spec
