// Clocks that jump, were never set, sleep, run fast or slow, or stand near an edge: the conversation goes as on a board
// whose clocks go well, no duration is negative, and what the engine decided never depends on the wall clock (Q26).
//
//   the same two utterances, once with sound clocks and once with these ─▶ turns, events and their distances compared
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "core/engine/time/delay_locked_loop.hpp"
#include "core/engine/time/timebase.hpp"
#include "hal/store/recording_reader.hpp"
#include "tests/fault/provider/stage.hpp"
#include "tests/unit/hal/audio/real_speech.hpp"

namespace phalarope::testing {
namespace {

constexpr std::int64_t year_ns = 365LL * 24 * 3'600 * ns_per_second;
constexpr WallTime some_day{1'767'225'600LL * ns_per_second};

class ClockFault : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/phalarope-clock-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
    speech_ = hal::testing::sphinx_recording("goforward.raw");
    if (speech_.empty()) GTEST_SKIP() << "install pocketsphinx-testdata";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  struct Told {
    Performance performance;
    std::vector<Event> events;
  };
  Told converse(const StageTime& time, Act act = {}) {
    const std::string recording = folder_ + "/" + std::to_string(++runs_);
    Told told;
    const NodeType hostile = act ? NodeType::dialogue : NodeType::none;
    told.performance = Stage(recording, speech_, hostile, std::move(act), time).perform();
    hal::PosixFileSystem files;
    hal::RecordingReader reader(files, recording);
    while (const auto record = reader.next()) {
      if (record->header.type != RecordType::event) continue;
      Event event;
      std::memcpy(&event, record->body.data(), sizeof event);
      told.events.push_back(event);
    }
    return told;
  }

  /// Both turns committed, the evidence replays, and no event lies before the one that was taken before it.
  static void expect_sound(const Told& told) {
    EXPECT_EQ(told.performance.turns_opened, 2U);
    EXPECT_TRUE(told.performance.second_committed);
    EXPECT_EQ(told.performance.evidence, "");
    EXPECT_EQ(told.performance.slabs_lost, 0U);
    std::int64_t cause_ns = INT64_MIN;
    for (const Event& event : told.events) {
      if (!event.has(EventFlag::output)) {
        cause_ns = event.mono_ns;
        continue;
      }
      EXPECT_GE(event.mono_ns, cause_ns) << name_of(event.kind) << " lies before its cause";
    }
  }
  /// The same kinds in the same order at the same distances from the beginning.
  static void expect_same_course(const Told& told, Instant begins, const Told& sound) {
    ASSERT_EQ(told.events.size(), sound.events.size());
    for (std::size_t i = 0; i < told.events.size(); ++i) {
      ASSERT_EQ(told.events[i].kind, sound.events[i].kind) << "event " << i;
      ASSERT_EQ(told.events[i].mono_ns - begins.value, sound.events[i].mono_ns) << "event " << i;
      ASSERT_EQ(told.events[i].turn_number, sound.events[i].turn_number) << "event " << i;
      ASSERT_EQ(told.events[i].argument_a, sound.events[i].argument_a) << "event " << i;
    }
  }

  std::vector<std::int16_t> speech_;
  std::string folder_;
  int runs_ = 0;
};

// contract: Q26
TEST_F(ClockFault, AWallClockThatJumpsByAYearEitherWayChangesNothing) {
  const Told sound = converse({});
  expect_sound(sound);
  for (const std::int64_t jump : {year_ns, -year_ns}) {
    StageTime time;
    // Every 700 ms to there and back: in the middle of every phase of a turn.
    time.wall = [jump](Instant now) {
      const bool away = now.value / milliseconds(700).value % 2 == 1;
      return some_day + Duration{now.value + (away ? jump : 0)};
    };
    const Told told = converse(time);
    expect_sound(told);
    expect_same_course(told, Instant{}, sound);
  }
  RecordProperty("wall_jumps", "74");
}

// contract: Q26, decisions.md D9
TEST_F(ClockFault, ABoardWithoutAClockBeginsInNineteenSeventyAndIsThenSet) {
  const Told sound = converse({});
  StageTime time;
  time.wall = [](Instant now) {
    return now < Instant{} + milliseconds(3'000) ? WallTime{now.value} : some_day + Duration{now.value};
  };
  const Told told = converse(time);
  expect_sound(told);
  expect_same_course(told, Instant{}, sound);
}

// contract: Q26
TEST_F(ClockFault, EightHoursOfSleepInATurnEndItAndTheNextOneWorks) {
  constexpr Duration eight_hours = milliseconds(8LL * 3'600 * 1'000);
  // While it listens, while the answer is spoken, and between the turns.
  for (const std::int64_t frame : {16'000LL, 16'000LL * 3, 16'000LL * 8}) {
    StageTime time;
    time.stops_before_frame = frame;
    time.stopped = eight_hours;
    const Told told = converse(time);
    EXPECT_EQ(told.performance.turns_opened, 2U) << frame;
    EXPECT_TRUE(told.performance.second_committed) << frame;
    EXPECT_EQ(told.performance.evidence, "") << frame;
    EXPECT_EQ(told.performance.slabs_lost, 0U) << frame;
  }
  // A turn that was waiting for its provider when the machine fell asleep is not held over.
  StageTime time;
  time.stops_before_frame = 16'000 * 5;
  time.stopped = eight_hours;
  const Told told = converse(time, [](Stage&, const Event&) {});
  EXPECT_FALSE(told.performance.first_committed && told.performance.turns_opened < 2);
  EXPECT_TRUE(told.performance.second_committed);
}

// contract: Q26
TEST_F(ClockFault, FiveHundredPartsPerMillionEitherWayChangeNoTurn) {
  for (const std::int64_t ppm : {500, -500}) {
    StageTime time;
    time.drift_ppm = ppm;
    expect_sound(converse(time));
  }
}

// contract: Q26
TEST_F(ClockFault, NearEachEdgeOfTheMonotonicClockEverythingIsAsAtItsBeginning) {
  const Told sound = converse({});
  std::int64_t edges = 0;
  // Three seconds before: the edge is passed in the middle of the first answer.
  for (const int bits : {31, 32, 33, 42, 48, 52, 53, 54, 60}) {
    StageTime time;
    time.begins = Instant{(std::int64_t{1} << bits) - std::min(3 * ns_per_second, std::int64_t{1} << (bits - 1))};
    const Told told = converse(time);
    expect_sound(told);
    expect_same_course(told, time.begins, sound);
    ++edges;
  }
  RecordProperty("edges", std::to_string(edges));
}

// contract: runtime.md 8.2, Q26
TEST(DelayLockedLoopEdge, SamplePositionsBeyondEachEdgeAreMappedExactlyAndWithTheirDrift) {
  for (const int bits : {31, 32, 33, 48, 53, 54}) {
    for (const std::int64_t ppm : {0, 500, -500}) {
      auto sut = DelayLockedLoop::make({});
      ASSERT_TRUE(sut.has_value());
      const std::int64_t first = (std::int64_t{1} << bits) - 160 * 1'000;
      Instant at{1'000'000'000};
      // A device that is `ppm` fast: its period of 10 ms passes sooner.
      const Duration period{10'000'000LL * 1'000'000 / (1'000'000 + ppm)};
      for (std::int64_t update = 0; update < 4'000; ++update, at = at + period) {
        const LoopStep step = sut->update(MediaTime{first + update * 160}, at);
        ASSERT_TRUE(update == 0 || step == LoopStep::followed) << "2^" << bits << ", update " << update;
      }
      EXPECT_NEAR(static_cast<double>(sut->drift_ppb()), static_cast<double>(ppm * 1'000), 20'000.0) << "2^" << bits;
      const MediaTime last{first + 3'999 * 160};
      const auto instant = sut->instant_of(last);
      ASSERT_TRUE(instant.has_value());
      EXPECT_GT(instant->value, 0);
      const auto back = sut->position_at(*instant);
      ASSERT_TRUE(back.has_value());
      EXPECT_EQ(back->value, last.value);
    }
  }
}

// contract: runtime.md 8.1, Q26
TEST(TimebaseEdge, AProjectionNeverGoesBackWhateverTheWallClockDoes) {
  Timebase sut;
  ASSERT_TRUE(sut.calibrate({.mono = Instant{0}, .wall = some_day, .media = MediaClock{0}}).has_value());
  Instant before{};
  for (int i = 1; i < 2'000; ++i) {
    const Instant now{i * milliseconds(10).value};
    const std::int64_t jump = i % 3 == 0 ? year_ns : i % 3 == 1 ? -year_ns : 0;
    const auto seen =
        sut.observe({.mono = now, .wall = some_day + Duration{now.value + jump}, .media = MediaClock{now.value}},
                    milliseconds(100));
    ASSERT_TRUE(seen.has_value()) << i;
    EXPECT_GE(seen->at.mono.value, before.value);
    EXPECT_GE(seen->skew.value, 0) << "a duration is never negative";
    before = seen->at.mono;
  }
  EXPECT_FALSE(sut.project(Instant{before.value - 1}).has_value()) << "the past is refused, not projected";
}

}  // namespace
}  // namespace phalarope::testing
