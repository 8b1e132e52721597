// A session is switched to another of the engine's pipelines: the running turn keeps its plan, the next one opens from
// the other, and what names no pipeline changes nothing.
#include <gtest/gtest.h>

#include <array>

#include "tests/unit/engine/session/engine_driver.hpp"

namespace phalarope {
namespace {

using testing::EngineDriver;
using testing::small_pipeline;

constexpr std::int64_t loud_permille = 500;

std::array<CompiledPipeline, 2> two_pipelines() {
  std::array<CompiledPipeline, 2> pipelines{small_pipeline(), small_pipeline()};
  pipelines[1].interruption.duck_gain_permille = loud_permille;
  static_cast<void>(pipelines[1].plan.pipeline_version.assign("pipeline-v2"));
  return pipelines;
}

class PipelineSwitch : public ::testing::Test {
 protected:
  void switch_to(std::int64_t index) {
    Event switched = driver.event(EventKind::pipeline_switched);
    switched.argument_a = index;
    switched.argument_b = 100;
    EXPECT_TRUE(driver.say(switched).empty()) << "nobody hears of it";
  }
  /// The gain that an interruption of the running answer is given.
  std::int64_t duck_permille() {
    driver.user_speaks(100);
    const Event* duck = driver.find(EventKind::command_duck);
    return duck == nullptr ? -1 : duck->argument_a;
  }
  SymbolId version_in_evidence() const {
    const TurnEvidence* evidence = driver.engine->finished_evidence();
    return evidence == nullptr ? SymbolId{} : evidence->pipeline_version;
  }

  std::array<CompiledPipeline, 2> pipelines = two_pipelines();
  EngineDriver driver{std::span<const CompiledPipeline>(pipelines)};
};

TEST_F(PipelineSwitch, AnIdleSessionTakesItForItsNextTurn) {
  switch_to(1);
  driver.until_speaking();
  EXPECT_EQ(duck_permille(), loud_permille);
}

// contract: runtime.md 4.5
TEST_F(PipelineSwitch, TheRunningTurnKeepsItsPlanAndTheNextOneHasTheOther) {
  driver.until_speaking();
  switch_to(1);
  EXPECT_EQ(duck_permille(), pipelines[0].interruption.duck_gain_permille);
  driver.heard_partially(UtteranceClass::stop_phrase);
  ASSERT_NE(driver.find(EventKind::turn_open), nullptr) << "the interruption ends one turn and opens the next";
  EXPECT_EQ(version_in_evidence(), SessionStart{}.symbol(SessionSymbol::pipeline_version));
  driver.user_stops();
  driver.frame();
  driver.recognised(UtteranceClass::words);
  driver.sentence(0);
  driver.synthesised_frame(0);
  driver.playback(EventKind::playback_started);
  EXPECT_EQ(duck_permille(), loud_permille);
}

TEST_F(PipelineSwitch, TheEvidenceOfTheNextTurnNamesTheOthersTexts) {
  switch_to(1);
  driver.user_says(UtteranceClass::empty);
  SessionStart renamed;
  renamed.first_symbol = 100;
  EXPECT_EQ(version_in_evidence(), renamed.symbol(SessionSymbol::pipeline_version));
}

TEST_F(PipelineSwitch, APipelineThatIsNotThereChangesNothing) {
  for (const std::int64_t index : {std::int64_t{2}, std::int64_t{-1}, std::int64_t{1} << 40}) switch_to(index);
  driver.until_speaking();
  EXPECT_EQ(duck_permille(), pipelines[0].interruption.duck_gain_permille);
}

TEST_F(PipelineSwitch, TakesNoPlaceInTheOrder) {
  driver.until_speaking();
  const std::uint64_t before = driver.engine->sequence();
  switch_to(1);
  EXPECT_EQ(driver.engine->sequence(), before);
}

TEST_F(PipelineSwitch, TheLastOfSeveralCounts) {
  driver.until_speaking();
  switch_to(1);
  switch_to(0);
  driver.playback(EventKind::playback_completed);
  driver.until_speaking();
  EXPECT_EQ(duck_permille(), pipelines[0].interruption.duck_gain_permille);
}

}  // namespace
}  // namespace phalarope
