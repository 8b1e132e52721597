// Stored plans: round trips, damage, bounds, and a recording made long ago.
#include "core/spec/plan_codec.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "core/engine/plan/materialize.hpp"
#include "tests/unit/engine/plan/plan_samples.hpp"
#include "tests/unit/spec/spec_samples.hpp"

namespace phalarope::spec {
namespace {

using Bytes = std::vector<std::byte>;

CompiledPipeline rich_pipeline() {
  CompiledPipeline pipeline = test::compiled(test::with_added(test::all_overrides));
  pipeline.graph.nodes[2].concurrency_limit = 3;
  pipeline.graph.nodes[2].node_budget_ms = 900;
  EXPECT_TRUE(pipeline.graph.nodes[2].fairness_key.assign("tenant"));
  EXPECT_TRUE(pipeline.graph.edges[0].id.assign("sound"));
  pipeline.graph.edges[1].lane = Lane::telemetry;
  pipeline.graph.edges[1].when = {.confidence_permille = {.min = 600, .max = 900}};
  pipeline.interruption.hold_max = milliseconds(123);
  pipeline.interruption.word_confirms[3] = false;
  pipeline.voice.sentences_ahead_max = 3;
  pipeline.deadlines.llm = {.connect_ms = 1, .first_output_ms = 2, .gap_ms = 3};
  return pipeline;
}

ResolvedTurnPlan vector_plan() {
  ResolvedTurnPlan plan;
  EXPECT_TRUE(materialize(phalarope::test::override_template(), "turn-vec-2", Epoch{0}, plan));
  return plan;
}

TEST(PlanCodec, PipelineSurvivesTheRoundTrip) {
  const CompiledPipeline pipeline = rich_pipeline();
  const Bytes bytes = encode(pipeline);
  const auto read = decode_pipeline(bytes);
  ASSERT_TRUE(read) << describe(read.error());
  EXPECT_EQ(encode(*read), bytes);
  EXPECT_EQ(read->graph.nodes[2].fairness_key.view(), "tenant");
  EXPECT_EQ(read->graph.edges[0].id.view(), "sound");
  EXPECT_EQ(read->graph.edges[1].lane, Lane::telemetry);
  EXPECT_EQ(read->graph.edges[1].when, pipeline.graph.edges[1].when);
  EXPECT_TRUE(read->graph.edges[0].when.always());
  EXPECT_EQ(read->interruption.hold_max, milliseconds(123));
  EXPECT_FALSE(read->interruption.word_confirms[3]);
  EXPECT_EQ(read->voice.sentences_ahead_max, 3);
  EXPECT_EQ(read->deadlines, pipeline.deadlines);
  EXPECT_EQ(read->plan.overrides.edge_buffer_policies[0].sync_drop_policy.group_by, SyncGroupBy::sync_id);
}

TEST(PlanCodec, DecodedPipelineGivesTheSamePlanHash) {
  const CompiledPipeline pipeline = rich_pipeline();
  const auto read = decode_pipeline(encode(pipeline));
  ASSERT_TRUE(read);
  ResolvedTurnPlan before;
  ResolvedTurnPlan after;
  ASSERT_TRUE(materialize(pipeline.plan, "t", Epoch{4}, before));
  ASSERT_TRUE(materialize(read->plan, "t", Epoch{4}, after));
  EXPECT_EQ(before.plan_hash.view(), after.plan_hash.view());
}

TEST(PlanCodec, TurnPlanSurvivesTheRoundTrip) {
  const ResolvedTurnPlan plan = vector_plan();
  const Bytes bytes = encode(plan);
  const auto read = decode_turn_plan(bytes);
  ASSERT_TRUE(read) << describe(read.error());
  EXPECT_EQ(encode(*read), bytes);
  EXPECT_EQ(read->plan_hash.view(), "9bce11e04f11e8a9eaf093baaad9545fc9dd428e4ec0f037d19d74f644c2fa9c");
  EXPECT_EQ(read->determinism.seed, 5168154916630687133);
  EXPECT_EQ(read->determinism.nondeterministic_inputs[0].evidence_ref.view(), plan.plan_hash.view());
  EXPECT_EQ(read->node_execution_policies[0].fairness_key.view(), "provider-heavy");
}

TEST(PlanCodec, AbsentAndEmptyActionsAreDifferent) {
  CompiledPipeline pipeline = rich_pipeline();
  pipeline.plan.allowed_adaptive_actions.clear();
  EXPECT_TRUE(decode_pipeline(encode(pipeline))->plan.adaptive_actions_present);
  pipeline.plan.adaptive_actions_present = false;
  EXPECT_FALSE(decode_pipeline(encode(pipeline))->plan.adaptive_actions_present);
}

TEST(PlanCodec, OneKindOfPlanIsNotReadAsTheOther) {
  EXPECT_EQ(decode_pipeline(encode(vector_plan())).error(), DecodeFailure::damaged);
  EXPECT_EQ(decode_turn_plan(encode(rich_pipeline())).error(), DecodeFailure::damaged);
  EXPECT_EQ(decode_pipeline({}).error(), DecodeFailure::damaged);
}

TEST(PlanCodec, EveryTornLengthIsRefused) {
  const Bytes bytes = encode(rich_pipeline());
  for (std::size_t length = 0; length < bytes.size(); length += 7) {
    // A tail that only held padding may be missed; whatever is read must still be a whole plan.
    const auto read = decode_pipeline(std::span(bytes).first(length));
    if (length + 64 < bytes.size()) {
      EXPECT_FALSE(read) << length;
    }
  }
}

TEST(PlanCodec, FlippedBitsNeverCrashAndNeverBreakABound) {
  const Bytes sound = encode(rich_pipeline());
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  constexpr int rounds = 3000;
  for (int round = 0; round < rounds; ++round) {
    Bytes bytes = sound;
    for (int flips = 0; flips < 3; ++flips) {
      bytes[random() % bytes.size()] ^= static_cast<std::byte>(1U << (random() % 8));
    }
    const auto read = decode_pipeline(bytes);
    if (!read) continue;
    for (const EdgeDefinition& edge : read->graph.edges) EXPECT_LT(edge.from.value, read->graph.nodes.size());
  }
}

TEST(PlanCodec, UnalignedBytesAreRead) {
  const Bytes bytes = encode(rich_pipeline());
  Bytes shifted(bytes.size() + 1);
  std::copy(bytes.begin(), bytes.end(), shifted.begin() + 1);
  EXPECT_TRUE(decode_pipeline(std::span(shifted).subspan(1)));
}

/// A pipeline stored by version 0.1.0. It must be readable by every later one; never regenerate it, add another.
TEST(PlanCodec, ARecordingOfTheFirstVersionStillReads) {
  const std::string path = test::repository_file("tests/unit/spec/golden/pipeline_0_1_0.plan");
  const std::string stored = test::text_of(path);
  const auto read = decode_pipeline(std::as_bytes(std::span(stored)));
  ASSERT_TRUE(read) << describe(read.error());
  EXPECT_EQ(read->pipeline_version.view(), "p1");
  EXPECT_EQ(read->graph.nodes.size(), 5U);
  EXPECT_EQ(read->graph.nodes[2].node_budget_ms, 900);
  EXPECT_EQ(read->graph.edges.size(), 4U);
  EXPECT_EQ(read->interruption.hold_max, milliseconds(123));
  EXPECT_EQ(read->deadlines.llm.gap_ms, 3);
  ResolvedTurnPlan plan;
  ASSERT_TRUE(materialize(read->plan, "turn-1", Epoch{1}, plan));
  EXPECT_EQ(plan.plan_hash.view(), "ef785665f144dff7fe9a35ed74fcaf43fe35a07b5e39b18d62b58b83f82f720c");
}

}  // namespace
}  // namespace phalarope::spec
