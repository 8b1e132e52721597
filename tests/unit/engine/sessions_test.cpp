// Many sessions on one engine: what one gives depends on its own inputs alone, seats are taken, refused and taken
// again, and each runs the pipeline it was given.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "core/engine/engine.hpp"
#include "core/engine/runtime.hpp"
#include "tests/unit/engine/session/engine_driver.hpp"
#include "tests/unit/engine/session/random_conversation.hpp"

namespace phalarope {
namespace {

using testing::a_conversation;
using testing::small_pipeline;

constexpr std::size_t arena_bytes = 16 * 1024 * 1024;

SessionStart named(std::string_view id, std::uint8_t pipeline = 0) {
  SessionStart start;
  EXPECT_TRUE(start.set_session_id(id));
  start.pipeline = pipeline;
  return start;
}

struct House {
  explicit House(const EngineParts& parts) : region(arena_bytes), arena(region) {
    const auto made = Engine::create(arena, parts);
    if (made) engine = *made;
    refusal = made ? std::nullopt : std::optional(made.error());
  }
  std::vector<std::byte> region;
  Arena arena;
  Engine* engine = nullptr;
  std::optional<EngineRefusal> refusal;
};

/// An output without what only the common order decides.
Event content_of(Event output) {
  output.runtime_sequence = 0;
  output.causal_parent = 0;
  output.session_slot = 0;
  output.provider_invocation = 0;  // an invocation is named by the order of its command
  return output;
}

// contract: I8; runtime.md 2.3
TEST(Sessions, WhatOneGivesDoesNotDependOnItsNeighbours) {
  constexpr std::size_t count = 12;
  const CompiledPipeline pipeline = small_pipeline();
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::vector<std::vector<Event>> logs;
  std::vector<SessionStart> starts;
  for (std::size_t i = 0; i < count; ++i) {
    logs.push_back(a_conversation(seed + static_cast<std::uint32_t>(i)));
    starts.push_back(named("s" + std::to_string(i)));
  }
  std::map<std::size_t, std::vector<Event>> alone;
  std::uint64_t turns = 0;
  for (std::size_t i = 0; i < count; ++i) {
    House house({.pipelines = {&pipeline, 1}, .sessions = {&starts[i], 1}});
    for (Event event : logs[i]) {
      for (const Event& output : house.engine->step(event)) alone[i].push_back(content_of(output));
    }
    turns += house.engine->sessions().front().counters().turns_opened;
  }
  ASSERT_GT(turns, count) << "the conversations must be worth the comparison";

  House house({.pipelines = {&pipeline, 1}, .sessions = starts});
  std::map<std::size_t, std::vector<Event>> together;
  std::vector<std::size_t> next(count);
  std::mt19937 random(seed);
  for (std::size_t left = count * logs.front().size(); left > 0;) {
    const std::size_t slot = random() % count;
    if (next[slot] == logs[slot].size()) continue;
    Event event = logs[slot][next[slot]++];
    event.session_slot = static_cast<std::uint16_t>(slot);
    for (const Event& output : house.engine->step(event)) {
      ASSERT_EQ(output.session_slot, slot);
      together[slot].push_back(content_of(output));
    }
    --left;
  }
  for (std::size_t i = 0; i < count; ++i) EXPECT_TRUE(alone[i] == together[i]) << "session " << i;
}

// contract: runtime.md I10
TEST(Sessions, AFullHouseRefusesAndASeatIsTakenAgainAfterItsSessionEnded) {
  const CompiledPipeline pipeline = small_pipeline();
  const SessionStart first = named("first");
  House house({.pipelines = {&pipeline, 1}, .sessions = {&first, 1}, .seats = 2});
  ASSERT_EQ(house.engine->open_session(named("second")), 1);
  const auto third = house.engine->open_session(named("third"));
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error(), EngineRefusal::seats_taken);
  EXPECT_TRUE(describe(third.error()).starts_with("admission_capacity_reject"));

  Event event{};
  event.kind = EventKind::connected;
  static_cast<void>(house.engine->step(event));
  event.kind = EventKind::user_turn_requested;
  static_cast<void>(house.engine->step(event));
  event.kind = EventKind::shutdown_requested;
  std::uint64_t old_ticket = 0;
  for (const Event& output : house.engine->step(event)) {
    if (output.kind == EventKind::command_fence) old_ticket = static_cast<std::uint64_t>(output.argument_b);
  }
  EXPECT_GT(old_ticket, 0U);
  EXPECT_FALSE(house.engine->seated(0));
  EXPECT_EQ(house.engine->open_session(named("third")), 0);

  event.kind = EventKind::connected;
  static_cast<void>(house.engine->step(event));
  event.kind = EventKind::user_turn_requested;
  std::uint64_t new_ticket = 0;
  for (const Event& output : house.engine->step(event)) {
    if (output.kind == EventKind::command_fence) new_ticket = output.ticket;
  }
  EXPECT_GT(new_ticket, old_ticket) << "what is late from the old session must never be heard in the new one";
}

TEST(Sessions, SeveralPipelineVersionsRunSideBySide) {
  std::vector<CompiledPipeline> pipelines{small_pipeline(), small_pipeline()};
  ASSERT_TRUE(pipelines[1].pipeline_version.assign("pipeline-v2"));
  ASSERT_TRUE(pipelines[1].plan.pipeline_version.assign("pipeline-v2"));
  const std::vector<SessionStart> starts{named("old", 0), named("new", 1)};
  House house({.pipelines = pipelines, .sessions = starts});
  ASSERT_NE(house.engine, nullptr);
  EXPECT_NE(house.engine->prepared(0).plan.pipeline_version.view(),
            house.engine->prepared(1).plan.pipeline_version.view());
  for (std::uint16_t slot = 0; slot < 2; ++slot) {
    Event event{};
    event.session_slot = slot;
    event.kind = EventKind::connected;
    static_cast<void>(house.engine->step(event));
    event.kind = EventKind::user_turn_requested;
    static_cast<void>(house.engine->step(event));
    EXPECT_TRUE(house.engine->sessions()[slot].turn_active());
  }
}

TEST(Sessions, WhatComesForAnEmptySeatIsGivenBack) {
  const CompiledPipeline pipeline = small_pipeline();
  House house({.pipelines = {&pipeline, 1}, .seats = 1});
  ASSERT_NE(house.engine, nullptr);
  Event frame{};
  frame.kind = EventKind::audio_frame;
  frame.payload = {.generation = 1, .length_bytes = 320, .slot = 1, .pool = 1};
  const auto outputs = house.engine->step(frame);
  ASSERT_EQ(outputs.size(), 1U);
  EXPECT_EQ(outputs[0].kind, EventKind::command_release_payload);
  EXPECT_EQ(outputs[0].payload, frame.payload);
  EXPECT_FALSE(house.engine->next_deadline());
}

TEST(Sessions, ImpossiblePartsAreRefusedByName) {
  const CompiledPipeline pipeline = small_pipeline();
  const SessionStart start = named("a");
  const SessionStart lost = named("a", 3);
  EXPECT_EQ(House({.pipelines = {}, .sessions = {&start, 1}}).refusal, EngineRefusal::too_many_pipelines);
  EXPECT_EQ(House({.pipelines = {&pipeline, 1}}).refusal, EngineRefusal::too_many_sessions);
  EXPECT_EQ(House({.pipelines = {&pipeline, 1}, .seats = engine_sessions_max + 1}).refusal,
            EngineRefusal::too_many_sessions);
  EXPECT_EQ(House({.pipelines = {&pipeline, 1}, .sessions = {&lost, 1}}).refusal, EngineRefusal::unknown_pipeline);
}

/// Takes everything and does nothing.
class DeafPool final : public ExecutionPool {
 public:
  bool try_submit(NodeIndex, const Event&) override { return true; }
  void cancel(NodeIndex, const Event&) noexcept override {}
};

/// Two sessions behind one runtime, each with its rings.
class TwoLines {
 public:
  explicit TwoLines(SessionPriority second = SessionPriority::interactive)
      : starts(two(second)),
        house({.pipelines = {&pipeline, 1}, .sessions = starts}),
        evidence_(evidence_bytes / sizeof(Block)) {
    runtime.set_pool(pool_);
    for (Line* line : {&lines[0], &lines[1]}) {
      Event connected{};
      connected.kind = EventKind::connected;
      EXPECT_TRUE(line->control.try_push(connected));
    }
    poll();
  }
  void poll() {
    while (runtime.poll(Instant{1}, WallTime{1}) > 0) {
    }
  }
  /// The inputs as they were taken, since the last call.
  std::vector<Event> taken() {
    std::vector<Event> inputs;
    while (const auto record = ring_.next()) {
      Event event;
      if (record->header.type != RecordType::event) continue;
      std::memcpy(&event, record->body.data(), sizeof event);
      if (!event.has(EventFlag::output)) inputs.push_back(event);
    }
    ring_.release();
    return inputs;
  }

  struct Line {
    SpscRing<Event, audio_control_events_max> control;
    SpscRing<Event, audio_data_events_max> data;
    SpscRing<Event, audio_commands_max> commands;
    Fence fence;
  };
  static constexpr std::size_t evidence_bytes = 8 * 1024 * 1024;
  struct alignas(64) Block {
    std::byte bytes[64];
  };
  CompiledPipeline pipeline = small_pipeline();
  static std::vector<SessionStart> two(SessionPriority second) {
    std::vector<SessionStart> made{named("loud"), named("calm")};
    made[1].priority = second;
    return made;
  }
  std::vector<SessionStart> starts;
  House house;
  std::vector<Line> lines{2};
  PayloadStore payloads;

 private:
  AudioLink link(std::size_t i) {
    Line& line = lines[i];
    return {.control = line.control,
            .data = line.data,
            .commands = line.commands,
            .fence = line.fence,
            .payloads = payloads,
            .numbers_its_events = true};
  }
  std::array<AudioLink, 2> links_{link(0), link(1)};
  std::vector<Block> evidence_;
  ByteRing ring_{std::span<std::byte>(evidence_.front().bytes, evidence_bytes)};
  Recorder recorder_{ring_, RecorderConfig{}};
  Ingress ingress_{64, 1};
  SpscRing<Event, operator_events_max> operator_events_;
  DeafPool pool_;

 public:
  EngineRuntime runtime{RuntimeWiring{.engine = *house.engine,
                                      .audio = links_,
                                      .ingress = ingress_,
                                      .operator_events = operator_events_,
                                      .recorder = recorder_}};
};

// contract: I4, I5; decisions.md D24
TEST(Sessions, WhoFloodsDelaysNobodyByMoreThanTheirShare) {
  const auto world = std::make_unique<TwoLines>();
  static_cast<void>(world->taken());
  Event noise{};
  noise.kind = EventKind::xrun;
  while (world->lines[0].control.try_push(noise)) {
  }
  noise.kind = EventKind::playback_position;
  noise.lane = Lane::data;
  while (world->lines[0].data.try_push(noise)) {
  }
  Event request{};
  request.kind = EventKind::user_turn_requested;
  ASSERT_TRUE(world->lines[1].control.try_push(request));
  world->poll();
  EXPECT_TRUE(world->house.engine->sessions()[1].turn_active());
  EXPECT_EQ(world->lines[0].fence.current(), no_ticket) << "a fence belongs to its session";
  EXPECT_NE(world->lines[1].fence.current(), no_ticket);
  const std::vector<Event> inputs = world->taken();
  const auto place =
      std::find_if(inputs.begin(), inputs.end(), [](const Event& event) { return event.session_slot == 1; });
  ASSERT_NE(place, inputs.end());
  EXPECT_LT(place - inputs.begin(), static_cast<std::ptrdiff_t>(audio_control_events_max) / 2)
      << "the whole flood was served first";
  EXPECT_GE(inputs.size(), audio_control_events_max) << "and the flood was served too";
}

/// Periods of the microphone that the source numbers and the ring cannot all hold.
std::uint64_t flood(TwoLines::Line& line, std::uint32_t& sequence, int periods) {
  std::uint64_t refused = 0;
  for (int i = 0; i < periods; ++i) {
    Event frame{};
    frame.kind = EventKind::audio_frame;
    frame.lane = Lane::data;
    frame.transport_sequence = ++sequence;
    refused += line.data.try_push(frame) ? 0 : 1;
  }
  return refused;
}

// contract: I5
TEST(Sessions, WhatASourceCouldNotSendIsToldByOneNoticeForEachStretch) {
  const auto world = std::make_unique<TwoLines>(SessionPriority::interactive);
  std::uint32_t sequence = 0;
  std::uint64_t refused = 0;
  std::uint64_t stretches = 0;
  static_cast<void>(world->taken());
  std::vector<Event> notices;
  for (int burst = 0; burst < 5; ++burst) {
    const std::uint64_t lost = flood(world->lines[0], sequence, 1'400);
    refused += lost;
    stretches += lost > 0 ? 1 : 0;
    world->poll();
    for (const Event& event : world->taken()) {
      if (event.kind == EventKind::drop_notice) notices.push_back(event);
    }
  }
  refused -= flood(world->lines[0], sequence, 1);  // the one that shows the last gap
  world->poll();
  for (const Event& event : world->taken()) {
    if (event.kind == EventKind::drop_notice) notices.push_back(event);
  }
  ASSERT_GT(refused, 0U);
  EXPECT_EQ(notices.size(), stretches);
  std::uint64_t covered = 0;
  std::int64_t last_end = 0;
  for (const Event& notice : notices) {
    EXPECT_GT(notice.range_start, last_end) << "no drop is told twice";
    last_end = notice.range_end;
    covered += static_cast<std::uint64_t>(notice.range_end - notice.range_start + 1);
    EXPECT_EQ(notice.target_lane, Lane::data);
    EXPECT_EQ(notice.session_slot, 0);
  }
  EXPECT_EQ(covered, refused);
  EXPECT_EQ(world->runtime.counters().source_drops, refused);
}

// contract: runtime.md 5.7; decisions.md D24
TEST(Sessions, UnderPressureBackgroundWorkWaitsAndInteractiveDoesNot) {
  const auto world = std::make_unique<TwoLines>(SessionPriority::background);
  static_cast<void>(world->taken());
  std::uint32_t sequence = 0;
  static_cast<void>(flood(world->lines[1], sequence, 1'000));
  std::uint32_t of_calm = 0;
  static_cast<void>(flood(world->lines[0], of_calm, 1'000));
  static_cast<void>(world->runtime.poll(Instant{1}, WallTime{1}));
  const std::vector<Event> served = world->taken();
  const auto frames_of = [&](std::uint16_t slot) {
    return std::count_if(served.begin(), served.end(), [&](const Event& event) {
      return event.session_slot == slot && event.kind == EventKind::audio_frame;
    });
  };
  EXPECT_GT(frames_of(0), 200);
  EXPECT_EQ(frames_of(1), 0) << "background data is taken when interactive ones have none left";
  Event request{};
  request.kind = EventKind::user_turn_requested;
  for (TwoLines::Line* line : {&world->lines[0], &world->lines[1]}) ASSERT_TRUE(line->control.try_push(request));
  static_cast<void>(world->runtime.poll(Instant{1}, WallTime{1}));
  EXPECT_TRUE(world->house.engine->sessions()[0].turn_active());
  EXPECT_FALSE(world->house.engine->sessions()[1].turn_active()) << "deferred while the lane is saturated";
  world->poll();
  ASSERT_TRUE(world->lines[1].control.try_push(request));
  world->poll();
  EXPECT_TRUE(world->house.engine->sessions()[1].turn_active()) << "the pressure is over";
}

}  // namespace
}  // namespace phalarope
