// How long a provider may make no progress: by modality, counted from its last output. contract: decisions.md D2.
#include <gtest/gtest.h>

#include "tests/unit/engine/session/engine_driver.hpp"

namespace phalarope {
namespace {

using testing::EngineDriver;
using K = EventKind;

/// D2's numbers for a local language model, within budgets that leave room for them.
CompiledPipeline patient_pipeline() {
  CompiledPipeline pipeline = testing::small_pipeline();
  pipeline.plan.overrides = simple_v1_surfaces();
  pipeline.plan.overrides.budgets = {.turn_budget_ms = 30'000,
                                     .node_budget_ms_default = 10'000,
                                     .path_budget_ms_default = 20'000,
                                     .edge_budget_ms_default = 500};
  pipeline.plan.supplied = {.node_execution_policies = true, .flow_control = true, .recording_policy = true};
  pipeline.deadlines.llm = {.connect_ms = 3000, .first_output_ms = 10'000, .gap_ms = 8000};
  return pipeline;
}

bool fell_back(const EngineDriver& sut) { return sut.count(K::fallback) > 0; }

// contract: D2
TEST(ProviderDeadline, ARecogniserHasOneSecondForItsVerdict) {
  EngineDriver sut(patient_pipeline());
  sut.user_speaks(300);
  sut.frame();
  sut.user_stops();
  sut.frame();
  sut.wait(999);
  EXPECT_FALSE(fell_back(sut));
  sut.wait(1);
  EXPECT_TRUE(fell_back(sut));
}

// contract: D2
TEST(ProviderDeadline, HalfASentenceIsProgressOfTheRecogniser) {
  EngineDriver sut(patient_pipeline());
  sut.user_speaks(300);
  sut.frame();
  sut.user_stops();
  sut.frame();
  sut.wait(900);
  sut.heard_partially(UtteranceClass::words);
  sut.wait(900);
  EXPECT_FALSE(fell_back(sut));
  sut.wait(100);
  EXPECT_TRUE(fell_back(sut));
}

// contract: D2
TEST(ProviderDeadline, ALocalModelHasTenSecondsToItsFirstWordAndEightPerGap) {
  EngineDriver sut(patient_pipeline());
  sut.user_says(UtteranceClass::words);
  sut.wait(9999);
  EXPECT_FALSE(fell_back(sut));
  sut.sentence(0);
  EXPECT_FALSE(fell_back(sut));
  sut.synthesised_frame(0);
  sut.sentence_voiced();
  sut.wait(7999);
  EXPECT_FALSE(fell_back(sut));
  sut.wait(1);
  EXPECT_TRUE(fell_back(sut));
}

// contract: D2
TEST(ProviderDeadline, ASynthesiserHasOneSecondToItsFirstFrameAndToEachFurtherOne) {
  for (const bool begins : {false, true}) {
    EngineDriver sut(patient_pipeline());
    sut.user_says(UtteranceClass::words);
    sut.sentence(0);
    if (begins) {
      sut.wait(900);
      sut.synthesised_frame(0);
    }
    sut.wait(999);
    EXPECT_TRUE(sut.session().turn_active()) << begins;
    sut.wait(1);
    EXPECT_FALSE(sut.session().turn_active()) << "nothing can be said without a voice: " << begins;
  }
}

// contract: D2
TEST(ProviderDeadline, AVoiceThatWaitsForTheLoudspeakerIsNotStuck) {
  EngineDriver sut(patient_pipeline());
  sut.until_speaking();
  const std::int64_t granted_frames = VoicePolicy{}.playback_ahead_frames_max;
  for (std::int64_t at = 320; at < granted_frames; at += 320) sut.synthesised_frame(at);
  sut.wait(5000);
  EXPECT_TRUE(sut.session().turn_active()) << "it has used its credit up";
  sut.playback(K::playback_position, 3200);
  ASSERT_NE(sut.find(K::command_node_credit), nullptr);
  sut.wait(999);
  EXPECT_TRUE(sut.session().turn_active());
  sut.wait(1);
  EXPECT_FALSE(sut.session().turn_active()) << "with credit, silence counts again";
}

}  // namespace
}  // namespace phalarope
