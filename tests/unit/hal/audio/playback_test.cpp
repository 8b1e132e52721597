// Playback in small steps: one period at a time, with the device's axis under the test's control.
#include "hal/audio/playback.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/unit/hal/audio/audio_world.hpp"

namespace phalarope::hal {
namespace {

using testing::AudioWorld;
using testing::of_kind;
using testing::ramp;
using testing::ramp_sample;

constexpr std::int64_t queue_periods = 2;

/// Playback with a device that keeps two periods queued.
struct Stage {
  explicit Stage(std::size_t period_frames = 160) : period(period_frames) {}

  std::vector<std::int16_t> step(PlaybackOutcome outcome = {}) {
    Event command{};
    while (world.commands->try_pop(command)) playback.take(command);
    std::vector<std::int16_t> out(period);
    playback.render(out);
    const auto frames = static_cast<std::int64_t>(period);
    outcome.first_frame = axis;
    outcome.queued_frames = queue_periods * frames;
    axis += frames;
    playback.settle(outcome, frames, writer);
    for (const Event& event : world.take_events()) events.push_back(event);
    return out;
  }
  std::vector<std::int16_t> steps(int count) {
    std::vector<std::int16_t> all;
    for (int i = 0; i < count; ++i) {
      const auto out = step();
      all.insert(all.end(), out.begin(), out.end());
    }
    return all;
  }

  std::size_t period;
  AudioWorld world;
  AudioLink link = world.link();
  EventWriter writer{link, 0};
  Playback playback{world.fence, world.payloads};
  std::int64_t axis = 10'000;
  std::vector<Event> events;
};

TEST(Playback, PlaysAnAnswerSampleForSampleAndTellsItsCourse) {
  Stage stage;
  const Ticket ticket = stage.world.fence.open();
  ASSERT_TRUE(stage.world.play(ticket, 0, ramp(0, 400)));
  ASSERT_TRUE(stage.world.play(ticket, 400, ramp(400, 400)));
  ASSERT_TRUE(stage.world.send(EventKind::command_play_end, ticket, 800));
  const auto heard = stage.steps(8);
  for (std::int64_t k = 0; k < 800; ++k) ASSERT_EQ(heard[static_cast<std::size_t>(k)], ramp_sample(k)) << k;
  for (std::size_t k = 800; k < heard.size(); ++k) ASSERT_EQ(heard[k], 0);

  const auto started = of_kind(stage.events, EventKind::playback_started);
  ASSERT_EQ(started.size(), 1U);
  EXPECT_EQ(started[0].media_sample, 10'000);
  EXPECT_EQ(started[0].ticket, ticket.value);
  EXPECT_EQ(started[0].turn_number, ticket.value);
  const auto completed = of_kind(stage.events, EventKind::playback_completed);
  ASSERT_EQ(completed.size(), 1U);
  EXPECT_EQ(completed[0].argument_a, 800);
  EXPECT_EQ(completed[0].argument_b, 10'799);
  EXPECT_EQ(stage.world.slabs_held(synthesis_pool), 0U);
  EXPECT_EQ(stage.world.stale_uses(synthesis_pool), 0U);
}

TEST(Playback, CompletionWaitsUntilTheDeviceHasSoundedTheLastSample) {
  Stage stage;
  const Ticket ticket = stage.world.fence.open();
  ASSERT_TRUE(stage.world.play(ticket, 0, ramp(0, 160)));
  ASSERT_TRUE(stage.world.send(EventKind::command_play_end, ticket, 160));
  stage.step();  // the answer's only period goes into the queue, behind one of silence
  stage.step();
  EXPECT_TRUE(of_kind(stage.events, EventKind::playback_completed).empty());
  stage.step();  // now the queue of two periods holds only what came after it
  EXPECT_EQ(of_kind(stage.events, EventKind::playback_completed).size(), 1U);
}

TEST(Playback, AnEmptyAnswerCompletesWithoutASound) {
  Stage stage;
  const Ticket ticket = stage.world.fence.open();
  ASSERT_TRUE(stage.world.send(EventKind::command_play_end, ticket, 0));
  stage.steps(2);
  EXPECT_EQ(of_kind(stage.events, EventKind::playback_completed).size(), 1U);
  EXPECT_TRUE(of_kind(stage.events, EventKind::playback_started).empty());
}

// contract: 7.3, I6, D17
TEST(Playback, FenceSilencesWithinOnePeriodAtEveryPhaseAndFadeLength) {
  for (std::int64_t phase = 0; phase < 160; phase += 7) {
    for (const std::int64_t fade : {0, 1, 80, 128, 160, 5000}) {
      Stage stage;
      const Ticket ticket = stage.world.fence.open();
      ASSERT_TRUE(stage.world.play(ticket, 0, ramp(0, 3200)));
      stage.steps(3);
      // The phase: what has been rendered of a second stretch when the fence goes up does not matter, only the
      // period does; an answer whose end falls into the fade shows that the fade never reads beyond what is there.
      stage.world.fence.raise({.fade_frames = fade, .reason = Reason::barge_in});
      ASSERT_TRUE(stage.world.play(ticket, 3200, ramp(3200, phase + 1)));  // late: after the fence
      const auto faded = stage.step();
      const std::int64_t expected_fade = std::min<std::int64_t>({fade, fade_frames_max, 160});
      std::int64_t last_level = 32'768;
      for (std::int64_t i = 0; i < 160; ++i) {
        const auto sample = std::abs(faded[static_cast<std::size_t>(i)]);
        if (i >= expected_fade) {
          ASSERT_EQ(sample, 0) << "phase " << phase << " fade " << fade << " frame " << i;
        } else {
          ASSERT_LE(sample, last_level + 1) << "the fade only falls";
          last_level = sample;
        }
      }
      for (const std::int16_t sample : stage.steps(4)) ASSERT_EQ(sample, 0);
      const auto applied = of_kind(stage.events, EventKind::fence_applied);
      ASSERT_EQ(applied.size(), 1U);
      EXPECT_EQ(applied[0].argument_a, 480 + expected_fade);
      EXPECT_EQ(applied[0].argument_b, 10'000 + 480 + expected_fade - 1);
      EXPECT_EQ(applied[0].ticket, ticket.value);
      EXPECT_EQ(applied[0].reason, Reason::barge_in);
      EXPECT_EQ(stage.world.slabs_held(synthesis_pool), 0U);
    }
  }
}

TEST(Playback, AFadeIsNeverLongerThanThePeriodItHappensIn) {
  Stage stage(96);
  const Ticket ticket = stage.world.fence.open();
  ASSERT_TRUE(stage.world.play(ticket, 0, ramp(0, 1600)));
  stage.steps(2);
  stage.world.fence.raise({.fade_frames = 160, .reason = Reason::barge_in});
  stage.step();
  for (const std::int16_t sample : stage.steps(4)) ASSERT_EQ(sample, 0);
}

TEST(Playback, AnInterruptedTurnBeforeItsFirstSampleReportsNothingHeard) {
  Stage stage;
  stage.world.fence.open();
  stage.step();
  stage.world.fence.raise({.fade_frames = 128, .reason = Reason::barge_in});
  stage.step();
  const auto applied = of_kind(stage.events, EventKind::fence_applied);
  ASSERT_EQ(applied.size(), 1U);
  EXPECT_EQ(applied[0].argument_a, 0);
  EXPECT_EQ(applied[0].argument_b, -1);
}

TEST(Playback, ACompletedAnswerIsNotFencedAgain) {
  Stage stage;
  const Ticket ticket = stage.world.fence.open();
  ASSERT_TRUE(stage.world.play(ticket, 0, ramp(0, 100)));
  ASSERT_TRUE(stage.world.send(EventKind::command_play_end, ticket, 100));
  stage.steps(5);
  stage.world.fence.silence();
  stage.steps(2);
  EXPECT_EQ(of_kind(stage.events, EventKind::playback_completed).size(), 1U);
  EXPECT_TRUE(of_kind(stage.events, EventKind::fence_applied).empty());
}

TEST(Playback, ANewTurnStartsInThePeriodAfterTheOldOneEnded) {
  Stage stage;
  const Ticket first = stage.world.fence.open();
  ASSERT_TRUE(stage.world.play(first, 0, ramp(0, 1600)));
  stage.step();
  const Ticket second{first.value + 1};
  stage.world.fence.set(second, {.fade_frames = 80, .reason = Reason::barge_in});
  ASSERT_TRUE(stage.world.play(second, 0, ramp(5000, 320)));
  stage.step();
  const auto heard = stage.step();
  for (std::int64_t i = 0; i < 160; ++i) ASSERT_EQ(heard[static_cast<std::size_t>(i)], ramp_sample(5000 + i));
}

// contract: D4
TEST(Playback, DuckReachesMinusTwentyDecibelsWithinOnePeriodAndHoldsIt) {
  Stage stage;
  const Ticket ticket = stage.world.fence.open();
  ASSERT_TRUE(stage.world.play(ticket, 0, std::vector<std::int16_t>(3200, 10'000)));
  stage.steps(2);
  ASSERT_TRUE(stage.world.send(EventKind::command_duck, ticket, 100));
  const auto ducking = stage.step();
  EXPECT_LT(ducking[0], 10'000);
  EXPECT_GT(ducking[0], 9'800) << "a ramp, not a step";
  EXPECT_NEAR(ducking[159], 1000, 2);
  for (const std::int16_t sample : stage.steps(3)) ASSERT_NEAR(sample, 1000, 1);
  const auto applied = of_kind(stage.events, EventKind::duck_applied);
  ASSERT_EQ(applied.size(), 1U);
  EXPECT_EQ(applied[0].argument_a, 320);
}

// contract: D4
TEST(Playback, ResumeGoesBackToTheExactSample) {
  for (const std::int64_t back_to : {0, 1, 159, 160, 333, 640, 800}) {
    Stage stage;
    const Ticket ticket = stage.world.fence.open();
    ASSERT_TRUE(stage.world.play(ticket, 0, ramp(0, 3200)));
    stage.steps(2);
    ASSERT_TRUE(stage.world.send(EventKind::command_duck, ticket, 100));
    stage.steps(3);
    ASSERT_TRUE(stage.world.send(EventKind::command_resume, ticket, back_to));
    const auto resumed = stage.steps(2);
    const auto applied = of_kind(stage.events, EventKind::resume_applied);
    ASSERT_EQ(applied.size(), 1U);
    EXPECT_EQ(applied[0].argument_a, back_to);
    EXPECT_EQ(applied[0].argument_b, 10'800);
    // After the cross-fade (and, without a jump, after the gain's one period) each sample is the answer's own.
    const std::int64_t settled = back_to == 800 ? 160 : resume_cross_fade_frames;
    for (std::int64_t i = settled; i < 320; ++i) {
      ASSERT_EQ(resumed[static_cast<std::size_t>(i)], ramp_sample(back_to + i)) << back_to << " + " << i;
    }
  }
}

TEST(Playback, ResumeIntoWhatIsNoLongerKeptGoesToTheOldestSample) {
  Stage stage;
  const Ticket ticket = stage.world.fence.open();
  std::int64_t given = 0;
  const auto wanted = static_cast<std::int64_t>(answer_ring_frames) + 50'000;
  while (stage.playback.position() < wanted) {
    while (given < stage.playback.position() + 6400) {
      ASSERT_TRUE(stage.world.play(ticket, given, ramp(given, 1600)));
      given += 1600;
    }
    stage.step();
  }
  ASSERT_TRUE(stage.world.send(EventKind::command_duck, ticket, 100));
  stage.step();
  ASSERT_TRUE(stage.world.send(EventKind::command_resume, ticket, 0));
  const auto heard = stage.step();
  const auto applied = of_kind(stage.events, EventKind::resume_applied);
  ASSERT_EQ(applied.size(), 1U);
  EXPECT_EQ(applied[0].argument_a, given - static_cast<std::int64_t>(answer_ring_frames));
  EXPECT_EQ(heard[159], ramp_sample(applied[0].argument_a + 159));
}

TEST(Playback, AHoldPostponesCompletionSoThatTheAnswerCanStillReturn) {
  Stage stage;
  const Ticket ticket = stage.world.fence.open();
  ASSERT_TRUE(stage.world.play(ticket, 0, ramp(0, 320)));
  ASSERT_TRUE(stage.world.send(EventKind::command_play_end, ticket, 320));
  stage.step();
  ASSERT_TRUE(stage.world.send(EventKind::command_duck, ticket, 100));
  stage.steps(10);
  EXPECT_TRUE(of_kind(stage.events, EventKind::playback_completed).empty());
  ASSERT_TRUE(stage.world.send(EventKind::command_resume, ticket, 100));
  const auto heard = stage.steps(6);
  EXPECT_EQ(heard[100], ramp_sample(200));
  EXPECT_EQ(of_kind(stage.events, EventKind::playback_completed).size(), 1U);
}

TEST(Playback, AHoldBeforeTheFirstSampleStartsTheVoiceDucked) {
  Stage stage;
  const Ticket ticket = stage.world.fence.open();
  ASSERT_TRUE(stage.world.send(EventKind::command_duck, ticket, 100));
  stage.step();
  ASSERT_TRUE(stage.world.play(ticket, 0, std::vector<std::int16_t>(320, 10'000)));
  for (const std::int16_t sample : stage.steps(2)) ASSERT_NEAR(sample, 1000, 1);
}

TEST(Playback, CommandsOfAnotherTicketChangeNothing) {
  Stage stage;
  const Ticket old = stage.world.fence.open();
  const Ticket ticket = stage.world.fence.open();
  ASSERT_TRUE(stage.world.play(ticket, 0, ramp(0, 320)));
  ASSERT_TRUE(stage.world.play(old, 0, std::vector<std::int16_t>(320, -9999)));
  ASSERT_TRUE(stage.world.send(EventKind::command_duck, old, 0));
  ASSERT_TRUE(stage.world.send(EventKind::command_play_end, old, 0));
  const auto heard = stage.steps(2);
  for (std::int64_t i = 0; i < 320; ++i) ASSERT_EQ(heard[static_cast<std::size_t>(i)], ramp_sample(i));
  EXPECT_EQ(stage.playback.counters().commands_ignored, 2U);
  EXPECT_EQ(stage.playback.counters().frames_late, 1U);
  EXPECT_EQ(stage.world.slabs_held(synthesis_pool), 0U);
}

TEST(Playback, ALateSynthesiserLeavesSilenceAndTheAxisWaits) {
  Stage stage;
  const Ticket ticket = stage.world.fence.open();
  ASSERT_TRUE(stage.world.play(ticket, 0, ramp(0, 200)));
  stage.steps(3);
  EXPECT_EQ(stage.playback.counters().starved_frames, 120U + 160U);
  ASSERT_TRUE(stage.world.play(ticket, 200, ramp(200, 160)));
  const auto heard = stage.step();
  EXPECT_EQ(heard[0], ramp_sample(200));
}

TEST(Playback, AHoleInTheAnswerIsSilenceOfItsOwnLength) {
  Stage stage;
  const Ticket ticket = stage.world.fence.open();
  ASSERT_TRUE(stage.world.play(ticket, 0, ramp(0, 100)));
  ASSERT_TRUE(stage.world.play(ticket, 130, ramp(130, 190)));
  ASSERT_TRUE(stage.world.play(ticket, 50, ramp(50, 100)));        // overlaps: refused
  ASSERT_TRUE(stage.world.play(ticket, 1'000'000, ramp(0, 100)));  // beyond any hole: refused
  const auto heard = stage.steps(2);
  for (std::int64_t i = 0; i < 320; ++i) {
    ASSERT_EQ(heard[static_cast<std::size_t>(i)], i >= 100 && i < 130 ? 0 : ramp_sample(i));
  }
  EXPECT_EQ(stage.playback.counters().gap_frames, 30U);
  EXPECT_EQ(stage.playback.counters().frames_refused, 2U);
  EXPECT_EQ(stage.world.slabs_held(synthesis_pool), 0U);
}

TEST(Playback, PositionIsToldTenTimesASecondWithWhatWasHeardAndWhatWaits) {
  Stage stage;
  const Ticket ticket = stage.world.fence.open();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(stage.world.play(ticket, i * 3200, ramp(i * 3200, 3200)));
  stage.steps(50);
  const auto positions = of_kind(stage.events, EventKind::playback_position);
  ASSERT_EQ(positions.size(), 5U);
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const auto rendered = static_cast<std::int64_t>(i + 1) * 1600;
    EXPECT_EQ(positions[i].argument_a, rendered - queue_periods * 160);
    EXPECT_EQ(positions[i].argument_b, 16'000 - rendered);
  }
}

TEST(Playback, WhatARecoveryThrewAwayIsSaidAgain) {
  Stage stage;
  const Ticket ticket = stage.world.fence.open();
  ASSERT_TRUE(stage.world.play(ticket, 0, ramp(0, 3200)));
  stage.steps(4);
  const std::int64_t dropped_from = stage.axis - 200;
  stage.step({.dropped_frames = 200, .dropped_from = dropped_from});
  EXPECT_EQ(stage.playback.position(), 640 - 200);
}

TEST(Playback, MoreFramesThanFitAreRefusedAndTheirSlabsGivenBack) {
  Stage stage;
  const Ticket ticket = stage.world.fence.open();
  std::int64_t first = 0;
  // Fill the ring and the waiting places: 16 s minus history in the ring, then slabs wait until none are left.
  while (stage.world.play(ticket, first, ramp(first, 3200))) {
    first += 3200;
    stage.step();
  }
  EXPECT_EQ(stage.world.slabs_held(synthesis_pool), testing::test_slabs);
  stage.world.fence.raise({.fade_frames = 0, .reason = Reason::barge_in});
  stage.step();
  EXPECT_EQ(stage.world.slabs_held(synthesis_pool), 0U) << "a fence frees what waited behind it";
  EXPECT_EQ(stage.world.stale_uses(synthesis_pool), 0U);
}

TEST(Playback, WithoutADeviceTheVoiceStandsStillButTheFenceIsServed) {
  Stage stage;
  const Ticket ticket = stage.world.fence.open();
  ASSERT_TRUE(stage.world.play(ticket, 0, ramp(0, 1600)));
  stage.steps(2);
  const std::int64_t before = stage.playback.position();
  stage.playback.render({});
  stage.playback.settle({.status = DeviceStatus::absent}, 0, stage.writer);
  EXPECT_EQ(stage.playback.position(), before);
  stage.world.fence.raise({.fade_frames = 80, .reason = Reason::barge_in});
  stage.playback.render({});
  stage.playback.settle({.status = DeviceStatus::absent}, 0, stage.writer);
  EXPECT_EQ(of_kind(stage.world.take_events(), EventKind::fence_applied).size(), 1U);
}

TEST(AnswerTable, EveryPairLeadsOnOrIsRefused) {
  int leads_on = 0;
  for (std::size_t state = 0; state < answer_states; ++state) {
    for (std::size_t trigger = 0; trigger < answer_triggers; ++trigger) {
      leads_on += next_state(static_cast<AnswerState>(state), static_cast<AnswerTrigger>(trigger)).has_value() ? 1 : 0;
    }
  }
  EXPECT_EQ(leads_on, static_cast<int>(answer_table.size()));
}

}  // namespace
}  // namespace phalarope::hal
