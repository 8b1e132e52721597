// What waits between two nodes of a running turn: the plan's buffers where the items really go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "tests/unit/engine/session/engine_driver.hpp"

namespace phalarope {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::EngineDriver;
using ::testing::Not;
using K = EventKind;

constexpr std::uint8_t heard_edge = 0;
constexpr std::uint8_t words_edge = 1;
constexpr std::uint8_t sentence_edge = 2;
constexpr std::uint8_t frame_edge = 3;
constexpr std::int64_t ahead_frames = VoicePolicy{}.playback_ahead_frames_max;

/// The small pipeline with an entry of its own for one edge.
CompiledPipeline with_edge(const char* edge, const std::function<void(EdgePolicy&, FlowControl&)>& set) {
  CompiledPipeline pipeline = testing::small_pipeline();
  PlanSurfaces& surfaces = pipeline.plan.overrides;
  surfaces = simple_v1_surfaces();
  pipeline.plan.supplied = {.node_execution_policies = true, .flow_control = true, .recording_policy = true};
  EdgePolicy policy = surfaces.edge_buffer_policies[0];
  EXPECT_TRUE(policy.edge.assign(edge));
  policy.max_queue_ms = 60'000;
  policy.max_latency_contribution_ms = 60'000;
  policy.watermarks.queue_items = {.high = 1000, .low = 0};
  set(policy, surfaces.flow_control);
  EXPECT_TRUE(surfaces.edge_buffer_policies.push_back(policy));
  pipeline.deadlines.tts = {.connect_ms = 1, .first_output_ms = 60'000, .gap_ms = 60'000};
  pipeline.deadlines.llm = pipeline.deadlines.tts;
  surfaces.budgets = {.turn_budget_ms = 60'000,
                      .node_budget_ms_default = 60'000,
                      .path_budget_ms_default = 60'000,
                      .edge_budget_ms_default = 500};
  return pipeline;
}
CompiledPipeline with_sentences(EdgeStrategy strategy, std::int64_t items_max) {
  return with_edge("edge-dialogue-synthesiser", [&](EdgePolicy& policy, FlowControl&) {
    policy.strategy = strategy;
    policy.max_queue_items = items_max;
    policy.max_block_time_ms = 25;
  });
}
/// A turn whose first sentence is being voiced.
void begin_answer(EngineDriver& sut) {
  sut.user_says(UtteranceClass::words);
  sut.sentence(0);
  ASSERT_NE(sut.find(K::command_synthesise), nullptr);
}
std::vector<std::int64_t> voiced(const EngineDriver& sut) {
  std::vector<std::int64_t> sentences;
  for (const Event& event : sut.all) {
    if (event.kind == K::command_synthesise) sentences.push_back(event.argument_a);
  }
  return sentences;
}
/// Each payload that came in has gone out: in a command or in a release.
void expect_no_payload_left(const EngineDriver& sut) {
  std::map<std::uint32_t, int> balance;
  for (const Event& event : sut.all) {
    if (event.payload.present()) balance[event.payload.generation] += event.has(EventFlag::output) ? -1 : 1;
  }
  for (const auto& [payload, left] : balance) EXPECT_EQ(left, 0) << "payload " << payload;
}

// contract: 5.2 strategy row 1, 5.5, F4
TEST(SessionEdges, AFullEdgeTellsPressureThenTheDropAndRecovery) {
  EngineDriver sut(with_sentences(EdgeStrategy::drop, 2));
  begin_answer(sut);
  sut.sentence(1);
  sut.sentence(2);
  EXPECT_TRUE(sut.given.empty()) << "both wait";
  sut.sentence(3);
  EXPECT_THAT(sut.kinds(), ElementsAre(K::command_release_payload, K::watermark, K::flow_xoff, K::drop_notice));
  const Event& mark = *sut.find(K::watermark);
  EXPECT_EQ(mark.edge, sentence_edge);
  EXPECT_EQ(mark.target_lane, Lane::data);
  EXPECT_EQ(mark.reason, Reason::edge_watermark_high);
  EXPECT_EQ(sut.find(K::flow_xoff)->edge, sentence_edge);
  const Event& notice = *sut.find(K::drop_notice);
  EXPECT_EQ(notice.edge, sentence_edge);
  EXPECT_EQ(notice.reason, Reason::queue_pressure_drop);
  EXPECT_EQ(notice.range_start, notice.range_end);
  EXPECT_EQ(notice.range_start, sut.results) << "the number that its node gave it";
  sut.sentence(4);
  EXPECT_THAT(sut.kinds(), ElementsAre(K::command_release_payload, K::drop_notice)) << "once per saturation";
  sut.sentence_voiced();
  EXPECT_THAT(sut.kinds(), Not(Contains(K::flow_xon))) << "one still waits";
  sut.sentence_voiced();
  EXPECT_THAT(sut.kinds(), Contains(K::flow_xon));
  sut.sentence_voiced();
  EXPECT_THAT(voiced(sut), ElementsAre(0, 1, 2));
}

// contract: 5.4
TEST(SessionEdges, RecoveryIsSaidInTheModeOfThePlan) {
  for (const FlowMode mode : {FlowMode::signal, FlowMode::credit, FlowMode::hybrid}) {
    CompiledPipeline pipeline = with_sentences(EdgeStrategy::drop, 1);
    pipeline.plan.overrides.flow_control.data_mode = mode;
    EngineDriver sut(pipeline);
    begin_answer(sut);
    sut.sentence(1);
    sut.sentence(2);
    EXPECT_THAT(sut.kinds(), Contains(K::flow_xoff));
    sut.sentence_voiced();
    EXPECT_EQ(sut.count(K::flow_xon), mode == FlowMode::credit ? 0U : 1U);
    EXPECT_EQ(sut.count(K::credit_grant), mode == FlowMode::signal ? 0U : 1U);
    if (mode != FlowMode::signal) {
      EXPECT_EQ(sut.find(K::credit_grant)->argument_a, 1) << "the places that are free";
    }
  }
}

// contract: 5.2 strategy row 2
TEST(SessionEdges, LatestOnlySaysTheNewestSentenceAlone) {
  EngineDriver sut(with_sentences(EdgeStrategy::latest_only, 2));
  begin_answer(sut);
  for (const std::int64_t index : {1, 2, 3}) sut.sentence(index);
  const Event& notice = *sut.find(K::drop_notice);
  EXPECT_EQ(notice.range_end - notice.range_start, 1) << "one notice over both";
  sut.sentence_voiced();
  EXPECT_THAT(voiced(sut), ElementsAre(0, 3));
}

// contract: 5.2 strategy row 3, 5.6
TEST(SessionEdges, MergedSentencesAreVoicedTogetherWithTheirLineage) {
  EngineDriver sut(with_sentences(EdgeStrategy::merge, 1));
  begin_answer(sut);
  sut.sentence(1);
  const auto first = static_cast<std::int64_t>(sut.all.back().runtime_sequence);
  sut.sentence(2);
  const auto last = static_cast<std::int64_t>(sut.all.back().runtime_sequence);
  EXPECT_TRUE(sut.given.empty()) << "nothing was dropped";
  sut.sentence_voiced();
  EXPECT_THAT(voiced(sut), ElementsAre(0, 1, 2));
  for (const Event& event : sut.given) {
    if (event.kind != K::command_synthesise) continue;
    EXPECT_EQ(event.sync_or_merge_group, static_cast<std::uint32_t>(first));
    EXPECT_EQ(event.range_start, first);
    EXPECT_EQ(event.range_end, last);
    EXPECT_TRUE(event.has(EventFlag::has_range));
  }
  sut.sentence(3);
  sut.sentence_voiced();
  EXPECT_THAT(voiced(sut), ElementsAre(0, 1, 2)) << "one of the two is still being voiced";
  sut.sentence_voiced();
  EXPECT_THAT(voiced(sut), ElementsAre(0, 1, 2, 3));
}

// contract: 5.2 strategy row 4
TEST(SessionEdges, SampledSentencesAreToldAtTheLatestWhenTheTurnEnds) {
  EngineDriver sut(with_sentences(EdgeStrategy::sample, 1));
  begin_answer(sut);
  for (std::int64_t index = 1; index <= 6; ++index) sut.sentence(index);
  sut.say(sut.event(K::user_cancel_requested));
  std::int64_t told = 0;
  for (const Event& event : sut.all) {
    if (event.kind == K::drop_notice) told += event.range_end - event.range_start + 1;
  }
  EXPECT_GE(told, 4);
  expect_no_payload_left(sut);
}

// contract: 5.2 strategy row 5
TEST(SessionEdges, ABlockedSentenceWaitsItsBoundAndIsThenShed) {
  EngineDriver sut(with_sentences(EdgeStrategy::block, 1));
  begin_answer(sut);
  sut.sentence(1);
  sut.sentence(2);
  EXPECT_EQ(sut.count(K::drop_notice), 0U);
  sut.wait(24);
  EXPECT_EQ(sut.count(K::drop_notice), 0U);
  sut.wait(1);
  EXPECT_EQ(sut.count(K::drop_notice), 1U);
  sut.sentence(3);
  sut.wait(10);
  sut.sentence_voiced();
  sut.wait(100);
  EXPECT_EQ(sut.count(K::drop_notice), 1U) << "it moved up before its time was over";
  sut.sentence_voiced();
  EXPECT_THAT(voiced(sut), ElementsAre(0, 1, 3));
}

CompiledPipeline with_branch(DataShedding branch, AdaptiveAction allowed) {
  CompiledPipeline pipeline = with_sentences(EdgeStrategy::block, 1);
  pipeline.plan.overrides.flow_control.data_shedding = branch;
  pipeline.plan.allowed_adaptive_actions.clear();
  EXPECT_TRUE(pipeline.plan.allowed_adaptive_actions.push_back(allowed));
  return pipeline;
}

// contract: 5.5, 6.6
TEST(SessionEdges, SheddingTakesTheBranchThatThePlanAllows) {
  EngineDriver falls(with_branch(DataShedding::fallback, AdaptiveAction::fallback));
  begin_answer(falls);
  falls.sentence(1);
  falls.sentence(2);
  falls.wait(25);
  ASSERT_EQ(falls.count(K::fallback), 1U);
  EXPECT_NE(falls.find(K::command_apology), nullptr);
  EXPECT_NE(falls.find(K::command_node_cancel), nullptr) << "the dialogue is done without";

  EngineDriver degrades(with_branch(DataShedding::degrade, AdaptiveAction::degrade));
  begin_answer(degrades);
  degrades.synthesised_frame(0);
  degrades.sentence(1);
  degrades.sentence(2);
  degrades.wait(25);
  ASSERT_EQ(degrades.count(K::degrade), 1U);
  EXPECT_EQ(degrades.find(K::command_apology), nullptr);
  degrades.sentence(3);
  EXPECT_THAT(degrades.kinds(), ElementsAre(K::command_release_payload, K::drop_notice)) << "fenced, and said";
  degrades.sentence_voiced();
  degrades.sentence_voiced();
  EXPECT_NE(degrades.find(K::command_play_end), nullptr) << "what was said before stands";

  EngineDriver neither(with_branch(DataShedding::fallback, AdaptiveAction::retry));
  begin_answer(neither);
  neither.sentence(1);
  neither.sentence(2);
  neither.wait(25);
  EXPECT_EQ(neither.count(K::drop_notice), 1U);
  EXPECT_EQ(neither.count(K::fallback), 0U);
}

// contract: 5.2 row 3
TEST(SessionEdges, AnAnswerReadAloudIsNotLateButAnEdgeOfItsOwnHasItsOwnTime) {
  EngineDriver by_default;
  begin_answer(by_default);
  by_default.sentence(1);
  by_default.pass(900);
  by_default.sentence_voiced();
  EXPECT_THAT(voiced(by_default), ElementsAre(0, 1)) << "older than the default edge's 300 ms";

  EngineDriver by_entry(
      with_edge("edge-dialogue-synthesiser", [](EdgePolicy& policy, FlowControl&) { policy.max_queue_ms = 300; }));
  begin_answer(by_entry);
  by_entry.sentence(1);
  by_entry.pass(301);
  by_entry.sentence_voiced();
  EXPECT_THAT(voiced(by_entry), ElementsAre(0));
  EXPECT_EQ(by_entry.count(K::drop_notice), 1U);
}

/// Frames as far as the loudspeaker lets them come, and some more.
void fill_loudspeaker(EngineDriver& sut, std::int64_t waiting) {
  for (std::int64_t at = 0; at < ahead_frames + waiting * 320; at += 320) sut.synthesised_frame(at);
}

// contract: 5.2, 5.4
TEST(SessionEdges, FramesBeyondTheLoudspeakersReachWaitAndTheEndWaitsForThem) {
  EngineDriver sut(with_edge("edge-synthesiser-playback", [](EdgePolicy&, FlowControl&) {}));
  begin_answer(sut);
  fill_loudspeaker(sut, 2);
  EXPECT_EQ(sut.count(K::command_play_frame), static_cast<std::size_t>(ahead_frames / 320));
  sut.dialogue_done();
  sut.sentence_voiced();
  EXPECT_EQ(sut.count(K::command_play_end), 0U) << "two frames have not been handed over";
  sut.playback(K::playback_started);
  sut.playback(K::playback_position, 640);
  EXPECT_THAT(sut.kinds(), ElementsAre(K::command_play_frame, K::command_play_frame, K::command_play_end));
  EXPECT_EQ(sut.find(K::command_play_end)->argument_a, ahead_frames + 640);
}

// contract: 5.2 row 3, 5.2 strategy row 1
TEST(SessionEdges, AFrameThatHasWaitedTooLongIsDroppedAndSaid) {
  EngineDriver sut;  // the default entry: 300 ms
  begin_answer(sut);
  fill_loudspeaker(sut, 3);
  sut.playback(K::playback_started);
  sut.pass(301);
  sut.playback(K::playback_position, 640);
  EXPECT_EQ(sut.find(K::command_play_frame), nullptr);
  const Event& notice = *sut.find(K::drop_notice);
  EXPECT_EQ(notice.edge, frame_edge);
  EXPECT_EQ(notice.range_end - notice.range_start, 2) << "one notice over the three";
  sut.synthesised_frame(ahead_frames + 3 * 320);
  EXPECT_NE(sut.find(K::command_play_frame), nullptr) << "the loudspeaker fills the hole with silence";
}

// contract: 8.3 row 2, F5
TEST(SessionEdges, ASynchronisedEdgeTellsTheHoleAndTheDomainOnEveryEdgeOfIt) {
  CompiledPipeline pipeline = with_edge("edge-synthesiser-playback", [](EdgePolicy& policy, FlowControl&) {
    policy.max_queue_items = 1;
    policy.sync_drop_policy = {.policy = SyncPolicy::drop_with_discontinuity,
                               .scope = SyncScope::plan_wide,
                               .group_by = SyncGroupBy::sync_id,
                               .sync_domain = {}};
    EXPECT_TRUE(policy.sync_drop_policy.sync_domain.assign("lips"));
  });
  EdgePolicy same_domain = pipeline.plan.overrides.edge_buffer_policies[1];
  ASSERT_TRUE(same_domain.edge.assign("edge-dialogue-synthesiser"));
  ASSERT_TRUE(pipeline.plan.overrides.edge_buffer_policies.push_back(same_domain));
  EngineDriver sut(pipeline);
  begin_answer(sut);
  fill_loudspeaker(sut, 2);
  EXPECT_THAT(sut.kinds(), ElementsAre(K::command_release_payload, K::watermark, K::flow_xoff, K::drop_notice,
                                       K::discontinuity, K::discontinuity));
  EXPECT_EQ(sut.find(K::drop_notice)->reason, Reason::sync_drop_with_discontinuity);
  EXPECT_EQ(sut.given[4].edge, frame_edge);
  EXPECT_EQ(sut.given[5].edge, sentence_edge) << "repeated on the domain's other edge";
  EXPECT_EQ(sut.given[4].reason, Reason::sync_domain_partial_loss);
  EXPECT_NE(sut.given[4].argument_a, 0);
  EXPECT_NE(sut.given[4].sync_or_merge_group, 0U);
}

// contract: 8.3 row 1
TEST(SessionEdges, AnAtomicGroupFallsWholeOnItsEdge) {
  EngineDriver sut(with_edge("edge-synthesiser-playback", [](EdgePolicy& policy, FlowControl&) {
    policy.max_queue_items = 1;
    policy.sync_drop_policy = {.policy = SyncPolicy::atomic_drop,
                               .scope = SyncScope::edge_local,
                               .group_by = SyncGroupBy::sync_id,
                               .sync_domain = {}};
  }));
  begin_answer(sut);
  fill_loudspeaker(sut, 0);
  for (const std::int64_t at : {ahead_frames, ahead_frames + 320}) {
    Event frame = sut.result(K::synthesis_frame, testing::synthesiser_node);
    frame.argument_a = at;
    frame.argument_b = 320;
    frame.sync_or_merge_group = 7;
    frame.payload = sut.payload();
    sut.say(frame);
  }
  EXPECT_THAT(sut.kinds(), ElementsAre(K::command_release_payload, K::command_release_payload, K::watermark,
                                       K::flow_xoff, K::drop_notice));
  EXPECT_EQ(sut.find(K::drop_notice)->reason, Reason::sync_atomic_drop);
  EXPECT_EQ(sut.find(K::drop_notice)->range_end - sut.find(K::drop_notice)->range_start, 1);
}

// contract: T7, 7.2, I5
TEST(SessionEdges, ACancelEmptiesTheEdgesAndSaysWhatItAlwaysSays) {
  EngineDriver sut(with_sentences(EdgeStrategy::drop, 4));
  begin_answer(sut);
  sut.sentence(1);
  sut.sentence(2);
  fill_loudspeaker(sut, 3);
  sut.say(sut.event(K::user_cancel_requested));
  std::vector<K> signals;
  for (const Event& event : sut.given) {
    if (is_contract_signal(event.kind)) signals.push_back(event.kind);
  }
  EXPECT_THAT(signals, ElementsAre(K::cancel, K::abort, K::close));
  expect_no_payload_left(sut);
}

// contract: 5.2 row 2
TEST(SessionEdges, WhatIsTooLargeForAnEdgeThatNobodyWaitsOnIsSaid) {
  const auto small = [](EdgePolicy& policy, FlowControl&) { policy.max_queue_bytes = 100; };
  EngineDriver frames(with_edge("edge-microphone-recogniser", small));
  frames.user_speaks(300);
  frames.frame();
  EXPECT_THAT(frames.kinds(), ElementsAre(K::command_release_payload, K::drop_notice));
  EXPECT_EQ(frames.find(K::drop_notice)->edge, heard_edge);
  frames.user_stops();
  frames.frame();
  EXPECT_EQ(frames.count(K::command_recognise_finalise), 1U) << "the utterance closes all the same";

  EngineDriver words(with_edge("edge-recogniser-dialogue", small));
  words.user_says(UtteranceClass::words);
  EXPECT_EQ(words.find(K::drop_notice)->edge, words_edge);
  EXPECT_THAT(words.kinds(), Contains(K::commit)) << "nobody was asked, so the turn is over and not stuck";
  expect_no_payload_left(words);
}

// contract: 7.1
TEST(SessionEdges, AVoiceThatIsDoneWithoutLeavesNoSentenceBehind) {
  EngineDriver sut(with_sentences(EdgeStrategy::drop, 4));
  begin_answer(sut);
  sut.sentence(1);
  sut.sentence(2);
  Event cancel = sut.event(K::user_cancel_requested);
  cancel.scope = Scope::node;
  cancel.node = testing::synthesiser_node;
  sut.say(cancel);
  EXPECT_EQ(sut.count(K::drop_notice), 1U) << "both were dropped under one notice; the turn goes on";
  sut.dialogue_done();
  EXPECT_FALSE(sut.session().turn_active());
}

}  // namespace
}  // namespace phalarope
