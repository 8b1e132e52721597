// A conversation is put together whole or refused with a sentence; it goes on with the recording it finds, closing what
// a power cut left open; and a node that never returns costs it neither its stop nor its process.
#include "hal/host/conversation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <thread>

#include "core/spec/pipeline_file.hpp"
#include "hal/audio/wav_device.hpp"
#include "hal/host/realtime_runner.hpp"
#include "hal/host/virtual_runner.hpp"
#include "hal/store/recording_reader.hpp"
#include "tests/unit/hal/host/host_world.hpp"

namespace phalarope::hal {
namespace {

using test::Door;
using test::WorkingNode;
using ::testing::HasSubstr;

constexpr WallTime some_day{1'767'225'600LL * ns_per_second};

/// A node that cannot start.
class BrokenNode final : public Node {
 public:
  std::optional<std::string_view> init() override { return "its model is missing; install it"; }
  void handle(const Event&, NodeContext&) override {}
  void cancel(Ticket) noexcept override {}
};

class ConversationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/phalarope-conversation-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  ConversationSettings settings() const {
    const std::string path = std::string(PHALAROPE_SOURCE_DIR) + "/firmware_images/conf/pipeline.yaml";
    auto pipeline = spec::load_pipeline(path);
    EXPECT_TRUE(pipeline.has_value());
    ConversationSettings made;
    made.pipeline = *pipeline;
    made.session_id = "kitchen";
    made.flusher.recording.directory = recording();
    return made;
  }
  std::string recording() const { return folder_ + "/recording"; }

  /// Nodes that take everything and say nothing, so that no model is needed.
  static NodeDecorator silent_nodes() {
    return [](NodeType, std::unique_ptr<Node>) { return std::make_unique<WorkingNode>(); };
  }
  std::shared_ptr<Conversation> make(const NodeDecorator& decorate = silent_nodes()) {
    auto made = Conversation::create(settings(), clock_, decorate);
    EXPECT_TRUE(made.has_value()) << made.error();
    return *made;
  }
  void poll(Conversation& conversation) {
    while (conversation.runtime().poll(clock_.now(), clock_.wall()) > 0) {
    }
  }
  enum class End { proper, cut_in_a_turn, cut_after_a_turn };
  /// One run on the folder: opens a turn, and then ends as it should, or is gone.
  void run(End end) {
    const auto conversation = make();
    InlinePool pool;
    for (auto& slot : conversation->take_slots()) pool.add(std::move(slot));
    conversation->runtime().set_pool(pool);
    conversation->record_opening();
    ASSERT_TRUE(conversation->tell(conversation->host_event(EventKind::connected, Emitter::connection)));
    ASSERT_TRUE(conversation->tell(conversation->host_event(EventKind::user_turn_requested, Emitter::operator_action)));
    poll(*conversation);
    ASSERT_TRUE(conversation->engine().sessions().front().turn_active());
    clock_.move_to(clock_.now() + milliseconds(2'000));
    if (end == End::cut_after_a_turn) {
      ASSERT_TRUE(
          conversation->tell(conversation->host_event(EventKind::user_cancel_requested, Emitter::operator_action)));
      poll(*conversation);
    }
    if (end != End::proper) {
      conversation->flusher().flush_once(clock_.now(), clock_.wall());
      clock_.move_to(clock_.now() + milliseconds(2'000));
      ASSERT_GT(conversation->flusher().flush_once(clock_.now(), clock_.wall()), 0U);
      return;
    }
    ASSERT_TRUE(conversation->tell(conversation->host_event(EventKind::shutdown_requested, Emitter::operator_action)));
    poll(*conversation);
    ASSERT_EQ(conversation->flusher().close(clock_.now(), clock_.wall()), 0);
  }

  struct Told {
    std::vector<RecordType> types;
    std::vector<Event> events;
    std::vector<std::uint64_t> sequences;
  };
  /// The whole folder; after a start that ended properly nothing in it is damaged.
  Told read_sound() {
    PosixFileSystem files;
    EXPECT_TRUE(verify(files, recording()).sound());
    return read();
  }
  Told read() {
    PosixFileSystem files;
    RecordingReader reader(files, recording());
    Told told;
    while (const auto record = reader.next()) {
      told.types.push_back(record->header.type);
      told.sequences.push_back(record->header.sequence);
      if (record->header.type != RecordType::event) continue;
      Event event;
      std::memcpy(&event, record->body.data(), sizeof event);
      told.events.push_back(event);
    }
    return told;
  }
  static std::vector<Event> of(const Told& told, EventKind kind) {
    std::vector<Event> found;
    for (const Event& event : told.events) {
      if (event.kind == kind) found.push_back(event);
    }
    return found;
  }

  VirtualClock clock_{some_day};
  std::string folder_;
};

TEST_F(ConversationTest, ASessionIdThatIsTooLongIsRefusedByName) {
  ConversationSettings wrong = settings();
  wrong.session_id = std::string(40, 'k');
  const auto made = Conversation::create(wrong, clock_, silent_nodes());
  ASSERT_FALSE(made.has_value());
  EXPECT_THAT(made.error(), HasSubstr("longer than 31 bytes; choose a shorter one"));
}

TEST_F(ConversationTest, AnArenaThatIsTooSmallIsRefusedWithItsCure) {
  for (const std::size_t kib : {16U, 2'000U, 4'000U}) {
    ConversationSettings wrong = settings();
    wrong.arena_bytes = kib * 1024;
    const auto made = Conversation::create(wrong, clock_, silent_nodes());
    ASSERT_FALSE(made.has_value()) << kib;
    EXPECT_THAT(made.error(), HasSubstr("raise memory.arena_mib")) << kib;
  }
}

TEST_F(ConversationTest, ANodeThatCannotStartIsNamed) {
  const auto made = Conversation::create(
      settings(), clock_, [](NodeType, std::unique_ptr<Node>) { return std::make_unique<BrokenNode>(); });
  ASSERT_FALSE(made.has_value());
  EXPECT_THAT(made.error(), HasSubstr(": its model is missing; install it"));
}

TEST_F(ConversationTest, ItsRecordingBeginsWithWhatAReplayNeeds) {
  run(End::proper);
  const Told told = read_sound();
  ASSERT_GT(told.types.size(), 17U);
  EXPECT_EQ(told.types[0], RecordType::pipeline);
  EXPECT_EQ(told.types[1], RecordType::session);
  for (std::size_t i = 2; i < 2 + session_symbol_count; ++i) EXPECT_EQ(told.types[i], RecordType::symbol);
  for (std::size_t i = 0; i < told.sequences.size(); ++i) ASSERT_EQ(told.sequences[i], i);
}

// contract: 10.1 row 3
TEST_F(ConversationTest, ASecondRunGoesOnWithSequenceAndTurnsAndOwesTheFirstNothing) {
  EXPECT_EQ(settings().flusher.block_wait, durable_state_staleness_max) << "what is declared is what the board does";
  run(End::proper);
  const std::size_t before = read().types.size();
  run(End::proper);
  const Told told = read_sound();
  for (std::size_t i = 0; i < told.sequences.size(); ++i) ASSERT_EQ(told.sequences[i], i);
  EXPECT_EQ(told.types[before], RecordType::pipeline);
  EXPECT_TRUE(of(told, EventKind::power_loss_found).empty());
  const auto opened = of(told, EventKind::turn_open);
  ASSERT_EQ(opened.size(), 2U);
  EXPECT_EQ(opened[1].turn_number, opened[0].turn_number + 1);
  EXPECT_GT(opened[1].ticket, opened[0].ticket) << "no ticket is ever used twice";
}

// contract: D19
TEST_F(ConversationTest, ATurnThatWasOpenWhenThePowerWentIsClosedBeforeTheNewRunBegins) {
  run(End::cut_in_a_turn);
  PosixFileSystem files;
  ASSERT_EQ(verify(files, recording()).open_turns.size(), 1U);
  const Event last = read().events.back();
  const std::size_t before = read().types.size();
  run(End::proper);

  const Told told = read_sound();
  for (std::size_t i = 0; i < told.sequences.size(); ++i) ASSERT_EQ(told.sequences[i], i);
  EXPECT_TRUE(verify(files, recording()).open_turns.empty());
  const std::size_t after_symbols = before + session_symbol_count;
  ASSERT_GT(told.types.size(), after_symbols + 4);
  EXPECT_EQ(told.types[after_symbols], RecordType::event);
  EXPECT_EQ(told.types[after_symbols + 1], RecordType::baseline) << "evidence first, then the words";
  EXPECT_EQ(told.types[after_symbols + 2], RecordType::event);
  EXPECT_EQ(told.types[after_symbols + 3], RecordType::event);
  EXPECT_EQ(told.types[after_symbols + 4], RecordType::pipeline);

  const auto found = of(told, EventKind::power_loss_found);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].turn_number, 1U);
  EXPECT_FALSE(found[0].has(EventFlag::output));
  EXPECT_EQ(found[0].runtime_sequence, last.runtime_sequence + 1) << "the old run's order goes on";
  EXPECT_EQ(found[0].mono_ns, last.mono_ns) << "the turn ended where its record ends";
  const auto aborts = of(told, EventKind::abort);
  ASSERT_GE(aborts.size(), 1U);
  EXPECT_EQ(aborts[0].reason, Reason::power_loss);
  EXPECT_EQ(aborts[0].turn_number, 1U);
  EXPECT_TRUE(aborts[0].has(EventFlag::output));
  EXPECT_EQ(aborts[0].causal_parent, static_cast<std::uint32_t>(found[0].runtime_sequence));
  EXPECT_EQ(of(told, EventKind::close).front().turn_number, 1U);
}

// contract: D19, evidence.md 1.1
TEST_F(ConversationTest, TheEvidenceOfATurnCutOffIsCompleteAndItsOwnSessions) {
  run(End::cut_in_a_turn);
  run(End::proper);
  PosixFileSystem files;
  RecordingReader reader(files, recording());
  std::vector<std::string> reasons;
  while (const auto record = reader.next()) {
    if (record->header.type != RecordType::baseline) continue;
    const auto* const evidence = flatbuffers::GetRoot<wire::TurnEvidence>(record->body.data());
    EXPECT_EQ(evidence->session_id()->str(), "kitchen");
    EXPECT_EQ(evidence->pipeline_version()->str(), settings().pipeline.plan.pipeline_version.view());
    reasons.push_back(evidence->terminal_reason() == nullptr ? "" : evidence->terminal_reason()->str());
  }
  ASSERT_EQ(reasons.size(), 2U);
  EXPECT_EQ(reasons[0], "power_loss");
}

// contract: D19
TEST_F(ConversationTest, EveryCutIsClosedByTheNextStartAndOnlyOnce) {
  run(End::cut_in_a_turn);
  run(End::cut_in_a_turn);
  run(End::proper);
  run(End::proper);
  const Told told = read_sound();
  const auto found = of(told, EventKind::power_loss_found);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].turn_number, 1U);
  EXPECT_EQ(found[1].turn_number, 2U);
  for (std::size_t i = 0; i < told.sequences.size(); ++i) ASSERT_EQ(told.sequences[i], i);
}

TEST_F(ConversationTest, ARecordingCutOffWithNoTurnOpenSaysOnlyThatItWas) {
  run(End::cut_after_a_turn);
  const std::size_t closes = of(read(), EventKind::close).size();
  run(End::proper);
  const Told told = read_sound();
  const auto found = of(told, EventKind::power_loss_found);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].turn_number, 0U);
  EXPECT_EQ(found[0].scope, Scope::session);
  EXPECT_EQ(of(told, EventKind::close).size(), closes + 1) << "the new run's own turn";
}

// decisions.md D18: ASan and TSan see what the worker touches after everything is gone.
TEST_F(ConversationTest, ANodeThatNeverReturnsCostsNeitherTheStopNorTheProcess) {
  // Outlives the conversation, as the code of a library would.
  static Door door;
  static std::atomic<bool> begun{false};
  static std::atomic<bool> returned{false};
  const NodeDecorator stuck = [](NodeType type, std::unique_ptr<Node>) -> std::unique_ptr<Node> {
    if (type != NodeType::recogniser) return std::make_unique<WorkingNode>();
    return std::make_unique<WorkingNode>([](const Event&, NodeContext& context) {
      begun = true;
      door.pass();
      static_cast<void>(context.emit(Event{}));
      returned = true;
    });
  };
  static const HostClock clock;
  {
    auto made = Conversation::create(settings(), clock, stuck);
    ASSERT_TRUE(made.has_value()) << made.error();
    WavDevice device({.microphone = {{.samples = std::vector<std::int16_t>(160), .at_frame = 16'000 * 60}},
                      .pace = Pace::real_time});
    RealtimeSettings realtime;
    realtime.lock_memory = false;
    RealtimeRunner sut(**made, device, realtime);
    // Speech comes from the audio thread alone; until that runs, the ring is the test's.
    Event speech = (*made)->host_event(EventKind::speech_started, Emitter::device);
    speech.argument_a = 1;
    ASSERT_TRUE((*made)->audio_link().control.try_push(speech));
    ASSERT_TRUE(sut.start().has_value());
    const Instant give_up = monotonic_now() + milliseconds(20'000);
    while (!begun && monotonic_now() < give_up) std::this_thread::yield();
    ASSERT_TRUE(begun);
    const Instant stopping = monotonic_now();
    EXPECT_EQ(sut.stop(), 0) << "the evidence is closed all the same";
    EXPECT_LT((monotonic_now() - stopping).value, milliseconds(15'000).value);
  }
  PosixFileSystem files;
  const VerifyReport report = verify(files, recording());
  EXPECT_TRUE(report.sound() && report.totals.closed);
  door.open();
  const Instant give_up = monotonic_now() + milliseconds(20'000);
  while (!returned && monotonic_now() < give_up) std::this_thread::yield();
  EXPECT_TRUE(returned);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

}  // namespace
}  // namespace phalarope::hal
