// A node's process is killed or stuck in the middle of a turn, time after time, under a whole engine: each turn ends by
// name within its budget and the grace, the next one works again soon, and nothing stays behind (Q24, Q25).
//
// Fault model: the synthesiser is a program of its own (hostile_node.cpp) that crashes, exits, hangs, stops, floods or
// writes nonsense when it is asked to speak. Recogniser and dialogue are well; the test's thread is the engine's.
// 30 faults; PHALAROPE_WORKER_FAULTS=1000 is the long form (./dev test worker).
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>

#include "core/spec/pipeline_file.hpp"
#include "hal/host/conversation.hpp"
#include "hal/host/thread_pool.hpp"
#include "hal/store/recording_reader.hpp"
#include "tests/integration/external/external_world.hpp"

namespace phalarope::hal {
namespace {

constexpr Duration node_timeout = milliseconds(300);
constexpr Duration back_within = milliseconds(3'000);
/// What a machine that does ten other things at once may add to a bound; the bound itself is asserted beside it.
constexpr Duration machine_share = milliseconds(400);
constexpr std::array habits = {"crash", "hang", "exit", "kill_me", "stop", "wrong_ticket", "spin", "close_everything"};

std::size_t faults_wanted() {
  const char* const wanted = std::getenv("PHALAROPE_WORKER_FAULTS");
  return wanted != nullptr ? std::strtoul(wanted, nullptr, 10) : 30;
}

/// Says to the next stage what it is told to.
class SayingNode final : public Node {
 public:
  SayingNode(EventKind when, EventKind says, const std::string& text) : when_(when), says_(says), text_(text) {}
  std::optional<std::string_view> init() override { return std::nullopt; }
  void cancel(Ticket) noexcept override {}
  void handle(const Event& command, NodeContext& context) override {
    if (command.kind != when_) return;
    Event said{};
    said.kind = says_;
    said.payload_class = PayloadClass::text_raw;
    said.argument_a = says_ == EventKind::recognition_final ? static_cast<std::int64_t>(UtteranceClass::words) : 0;
    said.argument_b = says_ == EventKind::recognition_final ? 1000 : 0;
    said.payload = *context.put_text(text_);
    ASSERT_TRUE(context.emit(said));
    if (says_ != EventKind::dialogue_sentence) return;
    Event done{};
    done.kind = EventKind::dialogue_done;
    done.argument_a = 1;
    ASSERT_TRUE(context.emit(done));
  }

 private:
  EventKind when_;
  EventKind says_;
  const std::string& text_;
};

/// One engine with its nodes, stepped by the calling thread as the engine thread would.
class EngineWithWorker {
 public:
  explicit EngineWithWorker(const std::string& folder) {
    auto pipeline = spec::load_pipeline(std::string(PHALAROPE_SOURCE_DIR) + "/firmware_images/conf/pipeline.yaml");
    ConversationSettings settings;
    settings.pipeline = *pipeline;
    settings.flusher.recording.directory = folder;
    ExternalNodeSettings node = test::settings_of(HOSTILE_NODE, NodeType::synthesiser);
    node.name = "synthesiser";
    node.limits.timeout = node_timeout;
    node.restarts = {};  // what a board has
    settings.external.push_back(std::move(node));
    conversation =
        *Conversation::create(std::move(settings), clock, [this](NodeType type, std::unique_ptr<Node> node_) {
          if (type == NodeType::recogniser) {
            node_ = std::make_unique<SayingNode>(EventKind::command_recognise_finalise, EventKind::recognition_final,
                                                 words);
          } else if (type == NodeType::dialogue) {
            node_ = std::make_unique<SayingNode>(EventKind::command_dialogue_ask, EventKind::dialogue_sentence, habit);
          } else {
            external = static_cast<ExternalNode*>(node_.get());
          }
          return node_;
        });
    pool.emplace(ThreadPool::Settings{}, *conversation->attach_to_ingress());
    for (auto& slot : conversation->take_slots()) pool->add(std::move(slot));
    conversation->runtime().set_pool(*pool);
    conversation->record_opening();
    conversation->start_nodes();
    pool->start();
    tell(EventKind::connected, 0);
  }
  ~EngineWithWorker() {
    tell(EventKind::shutdown_requested, 0);
    poll();
    static_cast<void>(pool->stop());
    conversation->stop_nodes();
    EXPECT_EQ(conversation->flusher().close(clock.now(), clock.wall()), 0);
  }

  void tell(EventKind kind, std::int64_t argument) {
    Event event = conversation->host_event(kind, kind == EventKind::connected ? Emitter::connection : Emitter::device);
    event.argument_a = argument;
    ASSERT_TRUE(conversation->tell(event));
  }
  /// Speech comes through the audio thread's door alone; no such thread runs here, so the ring is the test's.
  void speak(EventKind kind) {
    Event event = conversation->host_event(kind, Emitter::device);
    event.argument_a = utterance;
    ASSERT_TRUE(conversation->audio_link().control.try_push(event));
  }
  void poll() {
    while (conversation->runtime().poll(clock.now(), clock.wall()) > 0) {
    }
    conversation->flusher().flush_once(clock.now(), clock.wall());
  }
  bool turn_active() { return conversation->engine().sessions().front().turn_active(); }
  /// Speaks, and waits for the turn's end; how long that took.
  Duration run_turn(const std::string& with_habit) {
    habit = with_habit;
    ++utterance;
    speak(EventKind::speech_started);
    speak(EventKind::speech_ended);
    const Instant begun = clock.now();
    do {
      poll();
      std::this_thread::sleep_for(std::chrono::microseconds(500));
    } while (turn_active() && clock.now() - begun < milliseconds(10'000));
    return clock.now() - begun;
  }

  /// A turn whose synthesiser does its work (it has nothing to say, so the turn ends as soon as it said so).
  bool turn_goes_well() {
    const std::uint64_t failed = external->facts().calls_failed;
    run_turn("well");
    return !turn_active() && external->facts().calls_failed == failed;
  }

  HostClock clock;
  std::string words = "words";
  std::string habit;
  std::int64_t utterance = 0;
  ExternalNode* external = nullptr;
  std::shared_ptr<Conversation> conversation;
  std::optional<ThreadPool> pool;
};

class WorkerFault : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/phalarope-worker-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  /// How each turn ended, as recorded.
  std::vector<Event> recorded(EventKind kind) {
    PosixFileSystem files;
    EXPECT_TRUE(verify(files, folder_).sound());
    RecordingReader reader(files, folder_);
    std::vector<Event> found;
    while (const auto record = reader.next()) {
      Event event;
      if (record->header.type != RecordType::event) continue;
      std::memcpy(&event, record->body.data(), sizeof event);
      if (event.kind == kind) found.push_back(event);
    }
    return found;
  }

  std::string folder_;
};

// contract: 11.2 row 3, 6.4, D18
TEST_F(WorkerFault, EachTurnEndsByNameInItsTimeAndTheWorkerIsBack) {
  const std::size_t faults = faults_wanted();
  const std::size_t files_before = test::open_files();
  Duration longest_turn{};
  Duration longest_absence{};
  {
    EngineWithWorker sut(folder_);
    for (std::size_t i = 0; i < faults; ++i) {
      const char* const habit = habits[i % habits.size()];
      const Duration took = sut.run_turn(habit);
      ASSERT_FALSE(sut.turn_active()) << habit;
      longest_turn = std::max(longest_turn, took);
      ASSERT_LT(took, node_timeout + cancel_grace_default + machine_share) << habit;
      const Instant gone_at = sut.clock.now();
      while (!sut.turn_goes_well() && sut.clock.now() - gone_at < back_within) {
      }
      const Duration absence = sut.clock.now() - gone_at;
      longest_absence = std::max(longest_absence, absence);
      ASSERT_LT(absence, back_within) << habit;
    }
    EXPECT_EQ(test::children(), 1U);
  }
  EXPECT_EQ(test::children(), 0U);
  EXPECT_EQ(test::processes_left_of(HOSTILE_NODE), 0U);
  EXPECT_EQ(test::open_files(), files_before);
  const std::vector<Event> aborts = recorded(EventKind::abort);
  EXPECT_GE(aborts.size(), faults);
  EXPECT_GE(recorded(EventKind::commit).size(), faults);
  for (const Event& abort : aborts) EXPECT_EQ(abort.reason, Reason::node_timeout_or_failure);
  EXPECT_EQ(recorded(EventKind::turn_open).size(), recorded(EventKind::close).size()) << "every turn has one end";
  RecordProperty("longest_turn_ms", std::to_string(to_ms(longest_turn)));
  std::printf("%zu faults: longest turn %lld ms, longest absence %lld ms\n", faults,
              static_cast<long long>(to_ms(longest_turn)), static_cast<long long>(to_ms(longest_absence)));
}

}  // namespace
}  // namespace phalarope::hal
