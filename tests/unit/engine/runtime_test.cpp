// The loop around step: what the recorder cannot take is said once, and no turn ends without its evidence or without
// being told that there is none.
#include "core/engine/runtime.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "tests/unit/engine/session/engine_driver.hpp"

namespace phalarope {
namespace {

using testing::small_pipeline;

/// Takes everything and does nothing.
class DeafPool final : public ExecutionPool {
 public:
  bool try_submit(NodeIndex, const Event&) override { return true; }
  void cancel(NodeIndex, const Event& command) noexcept override { cancelled.push_back(command); }
  std::vector<Event> cancelled;
};

/// A runtime with all its neighbours, and a ring that is emptied only when the test says so.
class RuntimeWorld {
 public:
  explicit RuntimeWorld(RecordingLevel level, std::size_t ring_bytes = 1024 * 1024, std::size_t sessions = 1)
      : region_(16 * 1024 * 1024), arena_(region_), lines_(ring_bytes / sizeof(Line)) {
    static_cast<void>(payloads.add_pool(arena_, {.pool = text_pool, .slab_bytes = 2048, .slabs_max = 64}));
    SessionStart start;
    static_cast<void>(start.set_session_id("test"));
    const std::vector<SessionStart> starts(sessions, start);
    engine = *Engine::create(arena_, small_pipeline(), starts);
    ring = std::make_unique<ByteRing>(std::span(lines_.front().bytes, ring_bytes));
    recorder = std::make_unique<Recorder>(*ring, RecorderConfig{.level = level});
    sut = std::make_unique<EngineRuntime>(RuntimeWiring{.engine = *engine,
                                                        .audio = std::span(links_).first(sessions),
                                                        .ingress = ingress,
                                                        .operator_events = *operator_events_,
                                                        .recorder = *recorder});
    sut->set_pool(pool);
    say(event(EventKind::connected));
  }

  Event event(EventKind kind) const {
    Event made{};
    made.kind = kind;
    made.mono_ns = now_ns;
    made.wall_ns = now_ns;
    return made;
  }
  void poll() {
    while (sut->poll(Instant{now_ns}, WallTime{now_ns}) > 0) {
    }
    Event ignored;
    for (Rings& rings : rings_) {
      while (rings.commands.try_pop(ignored)) {
      }
    }
  }
  /// Through the door that its kind belongs to; what nobody may say comes from the seat.
  void say(const Event& input) {
    if (may_say(EventSource::worker, input.kind)) return say(EventSource::worker, input);
    say(may_say(EventSource::seat, input.kind) || sources_of(input.kind) == 0 ? EventSource::seat : EventSource::host,
        input);
  }
  void say(EventSource door, const Event& input) {
    switch (door) {
      case EventSource::seat:
        static_cast<void>(rings_[input.session_slot].control.try_push(input));
        break;
      case EventSource::worker:
        static_cast<void>(port.try_send(input));
        break;
      case EventSource::host:
      case EventSource::engine:
        static_cast<void>(operator_events_->try_push(input));
        break;
    }
    poll();
  }
  /// A sentence of the dialogue for the running turn: its text is detail from L1 on.
  void say_sentence(std::size_t text_bytes) {
    Event sentence = event(EventKind::dialogue_sentence);
    sentence.node = testing::dialogue_node;
    sentence.turn_number = engine->sessions().front().turn_number();
    sentence.ticket = ticket_of_turn();
    sentence.payload_class = PayloadClass::text_raw;
    const auto payload = payloads.try_acquire(text_pool, static_cast<std::uint32_t>(text_bytes));
    ASSERT_TRUE(payload);
    sentence.payload = *payload;
    say(sentence);
    static_cast<void>(payloads.release(*payload));
  }
  std::uint64_t ticket_of_turn() const { return rings_[0].fence.current().value; }
  /// As the host says it: for the session it names.
  void tell(EventKind kind, std::uint16_t slot) {
    Event told = event(kind);
    told.session_slot = slot;
    say(EventSource::host, told);
  }
  void open_turn() { say(event(EventKind::user_turn_requested)); }
  bool turn_active() const { return engine->sessions().front().turn_active(); }

  /// Empties the ring; what was in it is kept.
  void flush() {
    while (const auto record = ring->next()) {
      ++records[static_cast<std::size_t>(record->header.type)];
      if (record->header.type != RecordType::event) continue;
      Event seen;
      std::memcpy(&seen, record->body.data(), sizeof seen);
      events.push_back(seen);
    }
    ring->release();
  }
  std::vector<Event> recorded(EventKind kind) {
    flush();
    std::vector<Event> found;
    for (const Event& seen : events) {
      if (seen.kind == kind) found.push_back(seen);
    }
    return found;
  }

  std::int64_t now_ns = 1'000'000;
  PayloadStore payloads;
  Ingress ingress{64, 1};
  Ingress::Port port = *ingress.attach();
  Engine* engine = nullptr;
  DeafPool pool;
  std::unique_ptr<ByteRing> ring;
  std::unique_ptr<Recorder> recorder;
  std::unique_ptr<EngineRuntime> sut;
  std::vector<Event> events;
  std::array<std::uint64_t, record_type_count> records{};

 private:
  struct alignas(64) Line {
    std::byte bytes[64];
  };
  std::vector<std::byte> region_;
  Arena arena_;
  std::vector<Line> lines_;
  struct Rings {
    SpscRing<Event, audio_control_events_max> control;
    SpscRing<Event, audio_data_events_max> data;
    SpscRing<Event, audio_commands_max> commands;
    Fence fence;
  };
  AudioLink link(std::size_t seat) {
    Rings& rings = rings_[seat];
    return {.control = rings.control,
            .data = rings.data,
            .commands = rings.commands,
            .fence = rings.fence,
            .payloads = payloads};
  }
  std::vector<Rings> rings_{2};
  std::unique_ptr<SpscRing<Event, operator_events_max>> operator_events_ =
      std::make_unique<SpscRing<Event, operator_events_max>>();
  std::array<AudioLink, 2> links_{link(0), link(1)};
};

constexpr std::size_t small_ring_bytes = 64 * 1024;

// contract: runtime.md 7.1 "A cancel covers everything inside its scope and nothing outside it"
TEST(Runtime, ACancelToldToThePoolSaysWhoseTurnItEnds) {
  RuntimeWorld world(RecordingLevel::L0, small_ring_bytes, 2);
  for (const std::uint16_t slot : {std::uint16_t{0}, std::uint16_t{1}}) {
    for (const EventKind kind : {EventKind::speech_started, EventKind::speech_ended, EventKind::recognition_final}) {
      Event said = world.event(kind);
      said.session_slot = slot;
      said.argument_a = 1;  // the utterance, and UtteranceClass::words
      said.provider_invocation = 1;
      if (kind == EventKind::recognition_final) said.node = testing::recogniser_node;
      world.say(said);
    }
  }
  ASSERT_TRUE(world.engine->sessions()[1].turn_active());
  world.tell(EventKind::user_cancel_requested, 1);
  ASSERT_FALSE(world.pool.cancelled.empty());
  for (const Event& cancel : world.pool.cancelled) EXPECT_EQ(cancel.session_slot, 1);
  EXPECT_TRUE(world.engine->sessions()[0].turn_active()) << "the neighbour has a ticket of the same number";
}

// contract: evidence.md 1.9
TEST(Runtime, AnExportLagTakesTheLevelDownOneStepAndSaysIt) {
  RuntimeWorld world(RecordingLevel::L2);
  world.sut->note_export_lag(milliseconds(1'999));
  world.poll();
  EXPECT_EQ(world.recorder->level(), RecordingLevel::L2);
  world.sut->note_export_lag(milliseconds(2'000));
  world.poll();
  EXPECT_EQ(world.recorder->level(), RecordingLevel::L1);
  const auto told = world.recorded(EventKind::recording_level_downgraded);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].argument_a, static_cast<std::int64_t>(RecordingLevel::L2));
  EXPECT_EQ(told[0].argument_b, static_cast<std::int64_t>(RecordingLevel::L1));
  world.sut->note_export_lag(milliseconds(5'000));
  world.poll();
  EXPECT_EQ(world.recorder->level(), RecordingLevel::L0);
}

// contract: evidence.md 1.9
TEST(Runtime, ATurnsFirstLostTextIsSaidOnceAndOnTheControlLane) {
  RuntimeWorld world(RecordingLevel::L1, small_ring_bytes);
  world.open_turn();
  ASSERT_TRUE(world.turn_active());
  const auto lost = [&] { return world.recorder->counters().lost[static_cast<std::size_t>(RecordType::text)]; };
  for (int i = 0; i < 64 && lost() < 3; ++i) world.say_sentence(1'900);
  ASSERT_GE(lost(), 3U);
  const auto told = world.recorded(EventKind::recording_level_downgraded);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].lane, Lane::control);
  EXPECT_EQ(told[0].scope, Scope::turn);
  EXPECT_EQ(told[0].turn_number, 1U);
  EXPECT_EQ(told[0].emitter, Emitter::timeline_recorder);
  EXPECT_EQ(told[0].reason, Reason::stage_a_detail_overflow);
  EXPECT_EQ(told[0].payload_class, PayloadClass::metadata);
  EXPECT_FALSE(told[0].has(EventFlag::output)) << "it depends on the ring, so it is an input of the replay";
}

// contract: evidence.md 1.9
TEST(Runtime, LostAudioIsSaidOnceForItsTurnAndOnceForNone) {
  RuntimeWorld world(RecordingLevel::L2, small_ring_bytes);
  const std::vector<std::byte> samples(1'000);
  const auto tap = [&] {
    for (int i = 0; i < 200; ++i) {
      world.sut->record_audio({.frames = 500}, samples, Instant{world.now_ns}, WallTime{world.now_ns});
    }
  };
  tap();
  world.open_turn();
  ASSERT_TRUE(world.turn_active());
  tap();
  const auto told = world.recorded(EventKind::recording_level_downgraded);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].scope, Scope::session);
  EXPECT_EQ(told[0].turn_number, 0U);
  EXPECT_EQ(told[1].scope, Scope::turn);
  EXPECT_EQ(told[1].turn_number, 1U);
}

// contract: T9, runtime.md 2.7
TEST(Runtime, ARunningTurnsRoomIsHeldThoughTheNextTurnFindsNone) {
  RuntimeWorld world(RecordingLevel::L0, small_ring_bytes);
  // Nobody flushes: signals fill the ring until it holds room for one turn's end and not for another's.
  for (int i = 0; i < 2'000; ++i) {
    Event xrun = world.event(EventKind::xrun);
    xrun.range_start = i;
    world.say(xrun);
  }
  ASSERT_TRUE(world.recorder->gapped()) << "the ring is full";
  world.open_turn();
  ASSERT_TRUE(world.turn_active());
  world.say(world.event(EventKind::user_cancel_requested));
  EXPECT_FALSE(world.turn_active());
  world.open_turn();
  EXPECT_FALSE(world.turn_active()) << "no turn begins whose end could not be recorded";
  const auto aborts = world.recorded(EventKind::abort);
  ASSERT_EQ(aborts.size(), 1U);
  EXPECT_EQ(aborts[0].reason, Reason::cancelled);
  EXPECT_EQ(world.recorded(EventKind::close).size(), 1U);
  EXPECT_EQ(world.records[static_cast<std::size_t>(RecordType::baseline)], 1U);
  world.poll();
  world.open_turn();
  EXPECT_TRUE(world.turn_active()) << "with room again, the board listens again";
}

// The event's numbers are the world's: whatever they are, a turn ends with its evidence or with T9, never with a crash.
// contract: T9, I2
TEST(Runtime, NoInputHoweverWrongMakesAnEndOfATurnImpossibleToRecord) {
  constexpr EventKind kinds[] = {EventKind::user_turn_requested,
                                 EventKind::user_cancel_requested,
                                 EventKind::control_snapshot,
                                 EventKind::node_failed,
                                 EventKind::disconnected,
                                 EventKind::connected,
                                 EventKind::xrun,
                                 EventKind::dialogue_done,
                                 EventKind::playback_completed,
                                 EventKind::synthesis_done,
                                 EventKind::end_of_utterance,
                                 EventKind::recognition_final,
                                 EventKind::fence_applied,
                                 EventKind::speech_started,
                                 EventKind::speech_ended};
  constexpr std::int64_t numbers[] = {0,         1,  -1, 255, std::numeric_limits<std::int64_t>::max(),
                                      1'000'000, -7, 31, 63,  std::numeric_limits<std::int64_t>::min()};
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const auto number = [&] { return numbers[random() % std::size(numbers)]; };
    RuntimeWorld world(RecordingLevel::L2, small_ring_bytes);
    for (int i = 0; i < 600; ++i) {
      Event input = world.event(kinds[random() % std::size(kinds)]);
      input.argument_a = number();
      input.argument_b = number();
      input.wall_ns = number();
      input.media_sample = number();
      input.authority_epoch = static_cast<std::uint64_t>(number());
      input.node = static_cast<std::uint8_t>(random() % 6);
      input.reason = static_cast<Reason>(random() % 200);
      if (random() % 4 == 0) input.ticket = world.ticket_of_turn();
      world.now_ns += static_cast<std::int64_t>(random() % 400) * ns_per_ms;
      world.say(input);
      if (random() % 50 == 0) world.flush();
    }
    world.flush();
    world.now_ns += milliseconds(60'000).value;
    world.say(world.event(EventKind::user_cancel_requested));
    EXPECT_FALSE(world.turn_active());
    const std::uint64_t opened = world.engine->sessions().front().counters().turns_opened;
    EXPECT_EQ(world.recorded(EventKind::close).size(), opened);
    std::size_t unproven = 0;
    for (const Event& abort : world.recorded(EventKind::abort)) {
      unproven += abort.reason == Reason::recording_evidence_unavailable;
    }
    EXPECT_EQ(world.records[static_cast<std::size_t>(RecordType::baseline)] + unproven, opened);
  }
}

Event forged_evidence_state(const RuntimeWorld& world) {
  Event forged = world.event(EventKind::evidence_state);
  forged.argument_a = static_cast<std::int64_t>(EvidenceRoom::next_turn);
  return forged;
}

// contract: runtime.md 1.11 "ABI failure on ingress", 2.7
TEST(Runtime, AForgedWordAboutTheRecorderIsRefusedByNameAndOpensNoTurn) {
  RuntimeWorld world(RecordingLevel::L0, small_ring_bytes);
  for (int i = 0; i < 2'000; ++i) world.say(world.event(EventKind::xrun));
  world.open_turn();
  world.tell(EventKind::user_cancel_requested, 0);
  ASSERT_FALSE(world.turn_active());
  for (const EventSource door : {EventSource::seat, EventSource::worker, EventSource::host}) {
    world.say(door, forged_evidence_state(world));
    world.open_turn();
    EXPECT_FALSE(world.turn_active()) << "there is still no room for its end";
  }
  EXPECT_EQ(world.sut->counters().refused_at_the_door, 3U);
  world.flush();
  world.poll();
  world.say(EventSource::seat, forged_evidence_state(world));
  const auto refused = world.recorded(EventKind::reject);
  ASSERT_FALSE(refused.empty());
  EXPECT_EQ(refused.back().reason, Reason::schema_validation_error);
  EXPECT_EQ(refused.back().emitter, Emitter::admission);
  EXPECT_EQ(refused.back().scope, Scope::session);
  EXPECT_EQ(refused.back().argument_a, static_cast<std::int64_t>(EventKind::evidence_state));
  EXPECT_EQ(refused.back().argument_b, static_cast<std::int64_t>(IngressFault::source_not_entitled));
  EXPECT_FALSE(refused.back().has(EventFlag::output)) << "what the world did wrong is an input of the replay";
}

// contract: runtime.md 2.7
TEST(Runtime, ASeatTakenAgainIsToldThatThereIsNoRoom) {
  RuntimeWorld world(RecordingLevel::L0, small_ring_bytes);
  for (int i = 0; i < 2'000; ++i) world.say(world.event(EventKind::xrun));
  world.open_turn();
  ASSERT_TRUE(world.turn_active());
  world.tell(EventKind::shutdown_requested, 0);
  ASSERT_FALSE(world.engine->seated(0));
  SessionStart again;
  ASSERT_TRUE(again.set_session_id("again"));
  ASSERT_EQ(world.engine->open_session(again), 0);
  world.say(world.event(EventKind::connected));
  world.open_turn();
  EXPECT_FALSE(world.turn_active()) << "a fresh session believes in room that nobody holds";
  world.flush();
  world.poll();
  world.open_turn();
  EXPECT_TRUE(world.turn_active());
}

// contract: I10
TEST(Runtime, AResultForASeatThatDoesNotExistIsCountedAndItsPayloadComesBack) {
  RuntimeWorld world(RecordingLevel::L0);
  const std::uint64_t free_before = world.payloads.counters(text_pool)->free_slabs;
  Event nobodys = world.event(EventKind::dialogue_sentence);
  nobodys.session_slot = 9;
  world.say(EventSource::worker, nobodys);
  EXPECT_EQ(world.sut->counters().unknown_slots, 1U);
  nobodys.payload = *world.payloads.try_acquire(text_pool, 8);
  nobodys.payload_class = PayloadClass::text_raw;
  world.say(EventSource::worker, nobodys);
  EXPECT_EQ(world.sut->counters().unknown_slots, 2U);
  EXPECT_EQ(world.payloads.counters(text_pool)->free_slabs, free_before);
}

TEST(Runtime, ATextThatIsNoLongerThereIsNoDetailAndCountsAsStale) {
  RuntimeWorld world(RecordingLevel::L1);
  world.open_turn();
  Event sentence = world.event(EventKind::dialogue_sentence);
  sentence.node = testing::dialogue_node;
  sentence.turn_number = world.engine->sessions().front().turn_number();
  sentence.ticket = world.ticket_of_turn();
  sentence.payload_class = PayloadClass::text_raw;
  sentence.payload = *world.payloads.try_acquire(text_pool, 8);
  ASSERT_TRUE(world.payloads.release(sentence.payload));
  world.say(sentence);
  world.flush();
  EXPECT_EQ(world.records[static_cast<std::size_t>(RecordType::text)], 0U);
  EXPECT_EQ(world.sut->counters().stale_payloads, 1U);
}

// contract: I10
TEST(Runtime, ASessionThatFindsNoSeatIsRefusedAndNothingIsRecorded) {
  RuntimeWorld world(RecordingLevel::L0);
  world.flush();
  const std::uint64_t sessions_before = world.records[static_cast<std::size_t>(RecordType::session)];
  SessionStart late;
  ASSERT_TRUE(late.set_session_id("late"));
  const auto seat = world.sut->open_session(late);
  ASSERT_FALSE(seat.has_value());
  EXPECT_EQ(seat.error(), EngineRefusal::seats_taken);
  world.flush();
  EXPECT_EQ(world.records[static_cast<std::size_t>(RecordType::session)], sessions_before);
}

TEST(Runtime, AnEventOfAnUnknownLaneOrFromTheFarFutureEndsNothing) {
  RuntimeWorld world(RecordingLevel::L0);
  Event nowhere = world.event(EventKind::xrun);
  nowhere.lane = static_cast<Lane>(7);
  world.say(nowhere);
  EXPECT_EQ(world.sut->counters().refused_at_the_door, 1U);
  Event future = world.event(EventKind::user_turn_requested);
  future.mono_ns = std::numeric_limits<std::int64_t>::max();
  world.say(future);
  ASSERT_TRUE(world.turn_active());
  const auto seen = world.recorded(EventKind::user_turn_requested);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].at(), Instant{world.now_ns} + source_clock_lead_max);
}

/// Every number a kind can have, and what stands around the enum's own.
std::vector<EventKind> kinds_and_strangers() {
  std::vector<EventKind> kinds;
  for (std::uint16_t number = 0; number < 800; ++number) kinds.push_back(static_cast<EventKind>(number));
  kinds.push_back(static_cast<EventKind>(65'535));
  return kinds;
}

// contract: runtime.md 1.11 "Unknown event type at ingress", I2
TEST(Runtime, WhateverComesThroughTheWrongDoorIsCountedAndRecordedOnce) {
  RuntimeWorld world(RecordingLevel::L0);
  std::uint64_t expected = 0;
  for (const EventKind kind : kinds_and_strangers()) {
    // What ends the session ends it for the kinds behind it, too: those are for the other tests.
    if (kind == EventKind::ended || kind == EventKind::shutdown_requested) continue;
    for (const EventSource door : {EventSource::seat, EventSource::worker, EventSource::host}) {
      expected += may_say(door, kind) ? 0 : 1;
      world.say(door, world.event(kind));
    }
    world.flush();
  }
  EXPECT_GT(expected, 2'300U);
  EXPECT_EQ(world.sut->counters().refused_at_the_door, expected);
  std::uint64_t recorded = 0;
  for (const Event& seen : world.recorded(EventKind::reject)) {
    recorded += seen.reason == Reason::schema_validation_error;
  }
  EXPECT_EQ(recorded, expected);
}

}  // namespace
}  // namespace phalarope
