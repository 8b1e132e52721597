// Pipeline files: what compiles, to what; and each complaint with its place and cure.
#include "core/spec/pipeline_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/engine/plan/materialize.hpp"
#include "core/spec/plan_codec.hpp"
#include "tests/unit/spec/spec_samples.hpp"

namespace phalarope::spec {
namespace {

using test::compiled;
using test::complaints;
using test::with;
using test::with_added;
using testing::HasSubstr;

// The file is the fuzzer's: a malformed tag in it makes yaml-cpp's LoadAll find documents without end.
TEST(PipelineFile, AFileOfEndlessDocumentsIsRefusedAtOnce) {
  const auto pipeline =
      load_pipeline(test::repository_file("tests/fuzz/corpus/pipeline_yaml/documents_without_end.yaml"));
  ASSERT_FALSE(pipeline);
  EXPECT_THAT(to_string(pipeline.error()), HasSubstr("more than one document"));
}

TEST(PipelineFile, CompilesTheGraphInTheOrderWritten) {
  const CompiledPipeline pipeline = compiled(test::small_pipeline);
  EXPECT_EQ(pipeline.pipeline_version.view(), "p1");
  EXPECT_EQ(pipeline.plan.pipeline_version.view(), "p1");
  ASSERT_EQ(pipeline.graph.nodes.size(), 5U);
  EXPECT_EQ(pipeline.graph.nodes[1].type, NodeType::recogniser);
  EXPECT_EQ(pipeline.graph.nodes[1].modality, Modality::stt) << "a recogniser's modality follows from its type";
  ASSERT_EQ(pipeline.graph.edges.size(), 4U);
  EXPECT_EQ(pipeline.graph.edges[3].from, NodeIndex{3});
  EXPECT_EQ(pipeline.graph.edges[3].to, NodeIndex{4});
}

// contract: 4.4 row 7, D1
TEST(PipelineFile, SimpleProfileOverridesNothing) {
  const CompiledPipeline pipeline = compiled(test::small_pipeline);
  ResolvedTurnPlan plan;
  ASSERT_TRUE(materialize(pipeline.plan, "t", Epoch{1}, plan));
  EXPECT_EQ(plan.budgets, simple_v1_surfaces().budgets);
  EXPECT_EQ(plan.execution_profile.view(), "simple/v1");
  EXPECT_EQ(pipeline.deadlines.llm.first_output_ms, 1000);
}

TEST(PipelineFile, EdgeProfileGivesALocalModelTimeToThink) {
  const CompiledPipeline pipeline = compiled(with("simple/v1", "edge/v1"));
  ResolvedTurnPlan plan;
  ASSERT_TRUE(materialize(pipeline.plan, "t", Epoch{1}, plan));
  EXPECT_EQ(plan.budgets.turn_budget_ms, 30'000);
  EXPECT_EQ(pipeline.deadlines.llm, (ProgressDeadlines{3000, 10'000, 8000}));
  EXPECT_EQ(pipeline.deadlines.stt.first_output_ms, 1000);
}

TEST(PipelineFile, ProviderOfANodeBindsItsModality) {
  const CompiledPipeline pipeline = compiled(with("type: dialogue", "type: dialogue, provider: llama"));
  ResolvedTurnPlan plan;
  ASSERT_TRUE(materialize(pipeline.plan, "t", Epoch{1}, plan));
  EXPECT_EQ(plan.provider_bindings[1].provider.view(), "llama");
  EXPECT_EQ(plan.provider_bindings[0].provider.view(), "default-stt") << "others keep the profile's";
}

TEST(PipelineFile, RecordingLevelBringsItsReplayModes) {
  const CompiledPipeline pipeline = compiled(with_added("recording: {level: L2}\n"));
  ResolvedTurnPlan plan;
  ASSERT_TRUE(materialize(pipeline.plan, "t", Epoch{1}, plan));
  EXPECT_EQ(plan.recording_policy.recording_level, RecordingLevel::L2);
  EXPECT_EQ(plan.recording_policy.allowed_replay_modes.size(), 4U);
}

TEST(PipelineFile, OperatorCanSetTheRecordingLevelOverIt) {
  CompiledPipeline pipeline = compiled(test::small_pipeline);
  set_recording_level(pipeline, RecordingLevel::L1);
  ResolvedTurnPlan plan;
  ASSERT_TRUE(materialize(pipeline.plan, "t", Epoch{1}, plan));
  EXPECT_EQ(plan.recording_policy.recording_level, RecordingLevel::L1);
  EXPECT_EQ(plan.budgets, simple_v1_surfaces().budgets);
}

TEST(PipelineFile, ActionsAreOrderedAsTheContractTriesThem) {
  const CompiledPipeline pipeline = compiled(with_added("adaptive_actions: [fallback, retry]\n"));
  ASSERT_EQ(pipeline.plan.allowed_adaptive_actions.size(), 2U);
  EXPECT_EQ(pipeline.plan.allowed_adaptive_actions[0], AdaptiveAction::retry);
  const CompiledPipeline none = compiled(with_added("adaptive_actions: []\n"));
  EXPECT_TRUE(none.plan.allowed_adaptive_actions.empty());
  EXPECT_TRUE(none.plan.adaptive_actions_present);
}

TEST(PipelineFile, ReadsVoiceAndInterruptionInTheEnginesUnits) {
  const CompiledPipeline pipeline = compiled(
      with_added("voice: {sample_rate_hz: 24000, frame_ms: 10, playback_ahead_ms: 100, sentences_ahead_max: 2}\n"
                 "interruption: {hold_max_ms: 400, speaking: {enough_speech_ms: 250, word_confirms: false}}\n"));
  EXPECT_EQ(pipeline.voice.frame_frames, 240);
  EXPECT_EQ(pipeline.voice.playback_ahead_frames_max, 2400);
  EXPECT_EQ(pipeline.interruption.hold_max, milliseconds(400));
  constexpr auto speaking = static_cast<std::size_t>(ConversationPhase::speaking);
  EXPECT_EQ(pipeline.interruption.enough_speech[speaking], milliseconds(250));
  EXPECT_FALSE(pipeline.interruption.word_confirms[speaking]);
}

TEST(PipelineFile, ReadsACompleteOverrideSet) {
  const CompiledPipeline pipeline = compiled(with_added(test::all_overrides));
  ResolvedTurnPlan plan;
  ASSERT_TRUE(materialize(pipeline.plan, "t", Epoch{1}, plan));
  ASSERT_EQ(plan.edge_buffer_policies.size(), 1U);
  EXPECT_EQ(plan.edge_buffer_policies[0].max_block_time_ms, 25);
  EXPECT_EQ(plan.edge_buffer_policies[0].sync_drop_policy.sync_domain.view(), "av");
  EXPECT_EQ(plan.recording_policy.recording_level, RecordingLevel::L1);
}

TEST(PipelineFile, AcceptsJson) {
  const CompiledPipeline pipeline = compiled(
      R"({"spec": "pipeline/v1", "version": "p1", "nodes": [{"id": "m", "type": "microphone"},
          {"id": "r", "type": "recogniser"}], "edges": [{"from": "m", "to": "r"}]})");
  EXPECT_EQ(pipeline.graph.nodes.size(), 2U);
}

TEST(PipelineFile, CompilesTheSameFileToTheSameBytes) {
  EXPECT_EQ(encode(compiled(test::small_pipeline)), encode(compiled(test::small_pipeline)));
}

// ---- complaints ----------------------------------------------------------------------------------------

struct Complaint {
  std::string text;
  const char* expected;
};

// contract: F-001, D12, D15
TEST(PipelineFile, ComplainsWithPlaceFieldAndCure) {
  const Complaint cases[] = {
      {with("version: p1", "verson: p1"), "test.yaml:2:9: verson: unknown field. Did you mean \"version\"?"},
      {with("version: p1\n", ""), "test.yaml:1:1: version: is missing. Add `version:`"},
      {with("pipeline/v1", "pipeline/v3"),
       "test.yaml:1:7: spec: unknown value \"pipeline/v3\". Use one of: pipeline/v1, pipeline/v2"},
      {with("simple/v1", "simple/v2"), "did you mean \"simple/v1\"?"},
      {with("type: microphone", "type: micro"), "nodes[0].type: unknown value \"micro\""},
      {with("to: ears", "to: ear"), "test.yaml:11:21: edges[0].to: no node is called \"ear\""},
      {with("to: ears", "to: mic"), "edges[0].to: leads back to where it comes from"},
      {with("to: ears", "to: mind"), "edges[0]: leads from a microphone to a dialogue. Lead it to a recogniser"},
      {with("id: ears", "id: mic"), "test.yaml:6:10: nodes[1].id: \"mic\" is taken by another node"},
      {with("type: dialogue", "type: dialogue, modality: stt"),
       "nodes[2].modality: does not fit type dialogue. Use llm"},
      {with("type: playback", "type: playback, provider: x"), "nodes[4].provider: belongs to a recogniser"},
      {with("type: dialogue", "type: dialogue, budget_ms: 0"), "nodes[2].budget_ms: is out of range: 0. Use 1 or more"},
      {with("type: dialogue", "type: dialogue, budget_ms: 1.5"), "nodes[2].budget_ms: is not a whole number"},
      {with("type: dialogue", "type: dialogue, budget_ms: \"15\""), "nodes[2].budget_ms: is not a whole number"},
      {with_added("version: p2\n"), "the field \"version\" occurs twice"},
      {with_added("  - {from: mic, to: ears}\n"), "edges[4]: is drawn twice"},
      {with_added("interruption: {fade_ms: 11}\n"), "interruption.fade_ms: is out of range: 11. Use 0 to 10"},
      {with_added("interruption: {loudness: 1}\n"), "interruption.loudness: unknown field"},
      {with_added("voice: {sample_rate_hz: 11025}\n"), "voice.frame_ms: is not a whole number of samples"},
      {with_added("adaptive_actions: [retry, rety]\n"), "adaptive_actions[1]: unknown action \"rety\""},
      {with_added("adaptive_actions: [retry, retry]\n"), "adaptive_actions[1]: occurs twice"},
      {with_added("recording: {level: L3}\n"), "recording.level: unknown value \"L3\""},
      {with_added("recording: {level: L1, replay_modes: []}\n"), "recording.replay_modes: is empty"},
      {with_added("recording:\n"), "recording: is not a map of fields"},
      {with_added("description:\n"), "description: has no value"},
      {"", "the file is empty"},
      {"nodes: [", "not readable as YAML"},
      {"[]", "is not a map of fields"},
      {std::string(100, '['), "YAML"},
      {"a: &a [*a]\n", "test.yaml"},
  };
  for (const Complaint& one : cases) EXPECT_THAT(complaints(one.text), HasSubstr(one.expected)) << one.text;
}

TEST(PipelineFile, TellsAllComplaintsAndNotOnlyTheFirst) {
  std::string text = with("type: microphone", "type: micro");
  text += "colour: blue\nrecording: {level: L9}\n";
  const std::string all = complaints(text);
  EXPECT_THAT(all, HasSubstr("nodes[0].type"));
  EXPECT_THAT(all, HasSubstr("colour: unknown field"));
  EXPECT_THAT(all, HasSubstr("recording.level"));
}

// contract: 4.2
TEST(PipelineFile, OverridesAreAllSixOrNone) {
  EXPECT_THAT(
      complaints(with_added("overrides: {node_execution_policies: {}}\n")),
      testing::AllOf(HasSubstr("overrides.budgets: is missing"), HasSubstr("overrides.flow_control: is missing"),
                     HasSubstr("overrides.recording_policy: is missing")));
  EXPECT_THAT(complaints(with_added(std::string(test::all_overrides) + "recording: {level: L1}\n")),
              HasSubstr("recording: is said twice"));
  EXPECT_THAT(complaints(with("type: dialogue", "type: dialogue, provider: x") + std::string(test::all_overrides)),
              HasSubstr("nodes[2].provider: is said twice"));
}

TEST(PipelineFile, OverridesAreHeldToTheRulesOfTheContract) {
  const auto broken = [](std::string_view what, std::string_view replacement) {
    std::string text(test::all_overrides);
    const auto at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return complaints(with_added(text.replace(at, what.size(), replacement)));
  };
  EXPECT_THAT(broken("edge-ears-mind:", "edge-ears-minds:"), HasSubstr("did you mean \"edge-ears-mind\"?"));
  EXPECT_THAT(broken("      max_block_time_ms: 25\n", ""), HasSubstr("max_block_time_ms: is missing"));
  EXPECT_THAT(broken("{queue_items: {high: 24, low: 10}}", "{}"), HasSubstr("watermarks: names no watermark"));
  EXPECT_THAT(broken(", sync_domain: av", ""), HasSubstr("sync_domain: is missing"));
  EXPECT_THAT(broken("ControlLane: none", "ControlLane: drop"), HasSubstr("unknown value \"drop\". Use one of: none"));
  EXPECT_THAT(broken("high: 24, ", ""), HasSubstr("watermarks.queue_items.high: is missing"));
}

TEST(PipelineFile, OneProviderPerModality) {
  std::string text = with("id: ears, type: recogniser", "id: ears, type: recogniser, provider: a");
  const std::string second = "  - {id: ears2, type: recogniser, provider: b}\nedges:";
  text.replace(text.find("edges:"), 6, second);
  EXPECT_THAT(complaints(text), HasSubstr("another node binds stt to another provider"));
}

TEST(PipelineFile, ShippedPipelineCompiles) {
  const auto pipeline = load_pipeline(test::repository_file("firmware_images/conf/pipeline.yaml"));
  ASSERT_TRUE(pipeline) << to_string(pipeline.error());
  EXPECT_EQ(pipeline->plan.execution_profile.view(), "edge/v1");
}

TEST(PipelineFile, AMissingFileIsAComplaintWithACure) {
  const auto pipeline = load_pipeline("/nowhere/pipeline.yaml");
  ASSERT_FALSE(pipeline);
  EXPECT_THAT(to_string(pipeline.error()), HasSubstr("/nowhere/pipeline.yaml: the file cannot be read"));
}

}  // namespace
}  // namespace phalarope::spec
