// A recording of many sessions on several pipeline versions, some seated or moved while the others talked, replays from
// its segments with the digest it was made with; a difference names the session it is about.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <set>

#include "core/control/migration.hpp"
#include "core/engine/runtime.hpp"
#include "core/replay/fork.hpp"
#include "core/replay/recording_artifact.hpp"
#include "core/spec/plan_codec.hpp"
#include "hal/host/engine_step_function.hpp"
#include "hal/host/pipeline_names.hpp"
#include "hal/store/flusher.hpp"
#include "hal/store/recording_reader.hpp"
#include "tests/unit/engine/session/random_conversation.hpp"

namespace phalarope::hal {
namespace {

using phalarope::testing::a_conversation;
using phalarope::testing::small_pipeline;

constexpr std::size_t seats = 6;
constexpr std::size_t seated_at_once = 5;
constexpr std::uint16_t moving = 2;
constexpr Epoch moved_epoch{4};

class DeafPool final : public ExecutionPool {
 public:
  bool try_submit(NodeIndex, const Event&) override { return true; }
  void cancel(NodeIndex, const Event&) noexcept override {}
};

CompiledPipeline version(std::string_view name) {
  CompiledPipeline pipeline = small_pipeline();
  EXPECT_TRUE(pipeline.pipeline_version.assign(name));
  EXPECT_TRUE(pipeline.plan.pipeline_version.assign(name));
  return pipeline;
}

SessionStart named(std::size_t number, std::uint8_t pipeline) {
  SessionStart start;
  EXPECT_TRUE(start.set_session_id("caller-" + std::to_string(number)));
  start.pipeline = pipeline;
  start.first_symbol = static_cast<std::uint32_t>(1 + number * session_symbol_count);
  return start;
}

/// An engine with its runtime, its recorder and a flusher that writes small segments.
class CallCentre {
 public:
  explicit CallCentre(const std::string& folder) : folder_(folder) {
    const std::vector<CompiledPipeline> pipelines{version("pipeline-v1"), version("pipeline-v2")};
    std::vector<SessionStart> starts;
    for (std::size_t i = 0; i < seated_at_once; ++i) starts.push_back(named(i, static_cast<std::uint8_t>(i % 2)));
    engine_ = *Engine::create(arena_, {.pipelines = pipelines, .sessions = starts, .seats = seats});
    for (auto& line : lines_) {
      links_.push_back({.control = line->control,
                        .data = line->data,
                        .commands = line->commands,
                        .fence = line->fence,
                        .payloads = payloads_});
    }
    runtime_ = std::make_unique<EngineRuntime>(RuntimeWiring{.engine = *engine_,
                                                             .audio = links_,
                                                             .ingress = ingress_,
                                                             .operator_events = operator_events_,
                                                             .recorder = recorder_});
    runtime_->set_pool(pool_);
    for (const CompiledPipeline& pipeline : pipelines) recorder_.append_pipeline(spec::encode(pipeline));
    for (std::size_t i = 0; i < starts.size(); ++i) {
      starts[i].session_slot = static_cast<std::uint16_t>(i);
      recorder_.append_session(std::as_bytes(std::span(&starts[i], 1)));
    }
    FlusherConfig config;
    config.recording.directory = folder_;
    config.recording.segment_bytes = 256 * 1024;
    config.segment_age_max = milliseconds(2'000);
    flusher_ = std::make_unique<Flusher>(ring_, files_, nullptr, config, RecordingPoint{});
  }

  /// All talk at once; a caller hangs up in the middle, and another takes the seat; a third moves to a new placement.
  void talk(std::uint32_t seed) {
    std::vector<std::vector<Event>> logs;
    for (std::size_t slot = 0; slot < seats; ++slot)
      logs.push_back(a_conversation(seed + static_cast<std::uint32_t>(slot)));
    const std::size_t length = logs.front().size();
    for (std::size_t i = 0; i < length; ++i) {
      now_ns_ += milliseconds(20).value;
      for (std::size_t slot = 0; slot < seats; ++slot) {
        Event event = logs[slot][i];
        event.mono_ns = event.wall_ns = now_ns_;
        event.session_slot = static_cast<std::uint16_t>(slot);
        if (slot == moving && i > length / 3) event.authority_epoch = moved_epoch.value;
        if (event.kind != EventKind::tick) say(event);
      }
      if (i == length / 3) change_seats();
      while (runtime_->poll(Instant{now_ns_}, WallTime{now_ns_}) > 0) {
      }
      drain_commands();
      flusher_->flush_once(Instant{now_ns_}, WallTime{now_ns_});
    }
    EXPECT_EQ(flusher_->close(Instant{now_ns_}), 0);
    for (const Session& session : engine_->sessions()) turns_ += session.counters().turns_opened;
  }
  std::uint64_t turns() const { return turns_; }
  std::uint64_t segments() const { return flusher_->counters().segments_closed; }

 private:
  struct Line {
    SpscRing<Event, audio_control_events_max> control;
    SpscRing<Event, audio_data_events_max> data;
    SpscRing<Event, audio_commands_max> commands;
    Fence fence;
  };
  static std::vector<std::unique_ptr<Line>> make_lines() {
    std::vector<std::unique_ptr<Line>> lines;
    for (std::size_t i = 0; i < seats; ++i) lines.push_back(std::make_unique<Line>());
    return lines;
  }
  void say(const Event& event) {
    if (may_say(EventSource::worker, event.kind)) {
      EXPECT_TRUE(port_.try_send(event));
    } else {
      EXPECT_TRUE(lines_[event.session_slot]->control.try_push(event));
    }
  }
  void markers(std::uint16_t slot, Placement placement) {
    const control::Migration migration{.session_slot = slot, .placement = placement, .epoch = moved_epoch};
    for (const control::MigrationMarker& marker :
         control::migration_markers(migration, Instant{now_ns_}, WallTime{now_ns_})) {
      EXPECT_TRUE(operator_events_.try_push(marker.event));
    }
    while (runtime_->poll(Instant{now_ns_}, WallTime{now_ns_}) > 0) {
    }
  }
  void change_seats() {
    markers(moving, Placement::leaves);
    const SessionStart carried = engine_->sessions()[moving].carried_on();
    EXPECT_TRUE(engine_->sessions()[moving].ended());
    Event hangs_up{};
    hangs_up.kind = EventKind::shutdown_requested;
    hangs_up.mono_ns = hangs_up.wall_ns = now_ns_;
    hangs_up.session_slot = 1;
    EXPECT_TRUE(operator_events_.try_push(hangs_up));
    while (runtime_->poll(Instant{now_ns_}, WallTime{now_ns_}) > 0) {
    }
    EXPECT_EQ(runtime_->open_session(named(7, 0)), 1) << "the seat that was left";
    EXPECT_EQ(runtime_->open_session(carried), moving) << "the same session at its new placement";
    EXPECT_EQ(runtime_->open_session(named(8, 1)), seats - 1) << "the seat that was never taken";
    EXPECT_FALSE(runtime_->open_session(named(9, 1))) << "a full house";
    markers(moving, Placement::arrives);
    for (const std::uint16_t slot : {std::uint16_t{1}, moving, std::uint16_t{seats - 1}}) {
      Event connected{};
      connected.kind = EventKind::connected;
      connected.session_slot = slot;
      connected.mono_ns = connected.wall_ns = now_ns_;
      say(connected);
    }
  }
  void drain_commands() {
    Event command;
    for (auto& line : lines_) {
      while (line->commands.try_pop(command)) {
      }
    }
  }

  std::string folder_;
  std::vector<std::byte> region_ = std::vector<std::byte>(16 * 1024 * 1024);
  Arena arena_{region_};
  Engine* engine_ = nullptr;
  PayloadStore payloads_;
  std::vector<std::unique_ptr<Line>> lines_ = make_lines();
  std::vector<AudioLink> links_;
  std::span<std::byte> evidence_ = arena_.make_array<std::byte>(8 * 1024 * 1024);
  ByteRing ring_{evidence_};
  Recorder recorder_{ring_, RecorderConfig{}};
  Ingress ingress_{1024, 1};
  Ingress::Port port_ = *ingress_.attach();
  SpscRing<Event, operator_events_max> operator_events_;
  DeafPool pool_;
  std::unique_ptr<EngineRuntime> runtime_;
  PosixFileSystem files_;
  std::unique_ptr<Flusher> flusher_;
  std::int64_t now_ns_ = ns_per_second;
  std::uint64_t turns_ = 0;
};

class ManySessionsReplay : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/phalarope-many-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
    const std::uint32_t seed = std::random_device{}();
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    CallCentre centre(recording());
    centre.talk(seed);
    ASSERT_GT(centre.turns(), 2 * seats) << "the conversations must be worth the comparison";
    ASSERT_GT(centre.segments(), 1U) << "later segments repeat who sits where";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string recording() const { return folder_ + "/recording"; }
  std::string folder_;
};

// contract: I8; decisions.md D23
TEST_F(ManySessionsReplay, EveryOutputOfEverySessionIsTheRecordedOne) {
  PosixFileSystem files;
  RecordingReader reader(files, recording());
  EngineStep engine;
  const replay::ReplayReport report = replay::replay(reader, engine, {.name_pipeline = name_pipeline});
  EXPECT_EQ(report.verdict, replay::ReplayVerdict::identical) << replay::report_text(report);
  EXPECT_EQ(report.digest_recorded, report.digest_replayed);
  EXPECT_EQ(report.runs, 1U) << "two pipelines that stand together are one engine's";
  EXPECT_GT(report.outputs_recorded, 1'000U);
}

/// The recording, with one output of the last session bent.
class BentRecording final : public replay::RecordSource {
 public:
  explicit BentRecording(replay::RecordSource& source) : source_(source) {}
  std::optional<replay::Record> next() override {
    auto record = source_.next();
    if (!record || bent_ || record->header.type != RecordType::event) return record;
    std::memcpy(&event_, record->body.data(), sizeof event_);
    if (event_.session_slot != seats - 1 || event_.kind != EventKind::turn_open) return record;
    event_.argument_b += 1;
    bent_ = true;
    record->body = std::as_bytes(std::span(&event_, 1));
    return record;
  }
  const std::vector<replay::Damage>& damage() const override { return source_.damage(); }
  bool bent() const { return bent_; }

 private:
  replay::RecordSource& source_;
  Event event_;
  bool bent_ = false;
};

TEST_F(ManySessionsReplay, ADifferenceNamesItsSession) {
  PosixFileSystem files;
  RecordingReader reader(files, recording());
  BentRecording bent(reader);
  EngineStep engine;
  const replay::ReplayReport report = replay::replay(bent, engine, {.name_pipeline = name_pipeline});
  ASSERT_TRUE(bent.bent());
  ASSERT_EQ(report.differences.size(), 1U);
  EXPECT_EQ(report.differences[0].session, "caller-8");
  EXPECT_EQ(report.differences[0].field, "argument_b");
  EXPECT_THAT(replay::report_text(report), ::testing::HasSubstr("session caller-8"));
}

TEST_F(ManySessionsReplay, DecisionsCarryTheirOwnSessionAndPlan) {
  PosixFileSystem files;
  RecordingReader reader(files, recording());
  EngineStep engine;
  const replay::RecordedOutputs outputs = replay::rerun_outputs(reader, engine);
  EXPECT_EQ(outputs.recorded, outputs.replayed);
  const auto artifact = artifact_of(outputs.context, outputs.recorded, replay::EntryTimes::of_the_engine);
  std::map<std::string, std::set<std::string>> plans;
  for (const replay::TraceEntry& entry : artifact.trace) plans[entry.decision.session_id].insert(entry.plan_hash);
  ASSERT_EQ(plans.size(), seats + 1) << "the seat that changed hands had two sessions";
  for (const auto& [session, hashes] : plans) EXPECT_EQ(hashes.size(), 1U) << session;
  EXPECT_EQ(plans["caller-0"], plans["caller-7"]);
  EXPECT_EQ(plans["caller-1"], plans["caller-8"]);
  EXPECT_NE(plans["caller-0"], plans["caller-1"]) << "another pipeline version is another plan";
}

/// Nobody answers, nothing sounds: what is left is the engine and its neighbours.
class EmptyWorld final : public replay::ForkWorld {
 public:
  std::expected<std::vector<replay::WorldAnswer>, std::string> ask(const replay::WorldAsk&) override {
    return std::vector<replay::WorldAnswer>{};
  }
  void cancel(const Event&, bool) override {}
  void play(const Event&, std::span<const std::byte>) override {}
  void move_fence(const Event&) override {}
  void run_period(Instant, std::int64_t, std::vector<Event>&) override {}
  bool speaker_idle() const override { return true; }
  std::span<const std::int16_t> heard(std::int64_t, std::int64_t) override { return {}; }
};

class ManySessionsFork : public ManySessionsReplay {
 protected:
  void SetUp() override {
    ManySessionsReplay::SetUp();
    PosixFileSystem files;
    RecordingReader reader(files, recording());
    auto tapes = replay::read_tapes(reader);
    ASSERT_TRUE(tapes.has_value()) << tapes.error();
    ASSERT_EQ(tapes->size(), 1U);
    tape_ = std::move(tapes->front());
  }
  /// Before the n-th turn that the seat opened.
  replay::ForkPoint before_turn_of(std::uint16_t slot, int n) const {
    for (std::size_t i = 0; i < tape_.items.size(); ++i) {
      const Event& event = tape_.items[i].event;
      if (event.kind == EventKind::turn_open && event.session_slot == slot && --n == 0) return {tape_.step_of(i), slot};
    }
    ADD_FAILURE() << "the seat opened fewer turns";
    return {};
  }
  replay::ForkOutcome fork(const replay::ForkSettings& settings) {
    EngineStep engine;
    EmptyWorld world;
    replay::ForkSink sink;
    sink.on_step = [this](const Event& input, std::string_view, std::span<const Event> outputs) {
      if (input.kind != EventKind::pipeline_switched) given_[input.session_slot].push_back(content_of(input));
      for (const Event& output : outputs) given_[output.session_slot].push_back(content_of(output));
    };
    const auto outcome = replay::fork(tape_, settings, engine, world, sink);
    EXPECT_TRUE(outcome.has_value()) << outcome.error();
    return outcome.value_or(replay::ForkOutcome{});
  }
  /// An event without what only the common order decides.
  static Event content_of(Event event) {
    event.runtime_sequence = event.causal_parent = event.provider_invocation = event.sync_or_merge_group = 0;
    return event;
  }
  std::vector<Event> recorded_of(std::uint16_t slot) const {
    std::vector<Event> events;
    for (const replay::TapeItem& item : tape_.items) {
      if (item.kind != replay::TapeItem::Kind::seat && item.event.session_slot == slot) {
        events.push_back(content_of(item.event));
      }
    }
    return events;
  }

  replay::Tape tape_;
  std::map<std::uint16_t, std::vector<Event>> given_;
};

TEST_F(ManySessionsFork, ThatChangesNothingIsTheRecordedFutureOfEverySession) {
  const auto point = before_turn_of(2, 2);
  const replay::ForkOutcome same = fork({.point = point, .pipeline = tape_.pipelines[0], .first_symbol = 900});
  EXPECT_FALSE(same.first.has_value());
  EXPECT_EQ(same.live_steps, 0U);
  EXPECT_GT(same.past_outputs, 0U);
  for (std::uint16_t slot = 0; slot < seats; ++slot) EXPECT_EQ(given_[slot], recorded_of(slot)) << "seat " << slot;
}

// contract: I8
TEST_F(ManySessionsFork, PartsForOneSessionAndItsNeighboursGoOnAsRecorded) {
  CompiledPipeline other = version("pipeline-v3");
  other.interruption.duck_gain_permille = 7;
  const auto point = before_turn_of(2, 2);
  const replay::ForkOutcome parted = fork({.point = point, .pipeline = spec::encode(other), .first_symbol = 900});
  ASSERT_TRUE(parted.first.has_value()) << "somebody interrupts a voice sooner or later";
  EXPECT_GE(parted.first->item, point.item);
  EXPECT_EQ(tape_.items[parted.first->item].event.session_slot, 2);
  EXPECT_GT(parted.live_steps, 100U);
  EXPECT_NE(given_[2], recorded_of(2));
  for (std::uint16_t slot = 0; slot < seats; ++slot) {
    if (slot == 2) continue;
    EXPECT_EQ(given_[slot], recorded_of(slot)) << "seat " << slot;
  }
}

TEST_F(ManySessionsFork, APastThatIsNotTheRecordedOneIsNotForked) {
  const auto point = before_turn_of(2, 2);
  for (replay::TapeItem& item : tape_.items) {
    if (item.event.kind != EventKind::turn_open) continue;
    item.event.argument_b += 1;
    break;
  }
  EngineStep engine;
  EmptyWorld world;
  const auto refused = replay::fork(tape_, {.point = point}, engine, world);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error(), ::testing::HasSubstr("argument_b"));
}

}  // namespace
}  // namespace phalarope::hal
