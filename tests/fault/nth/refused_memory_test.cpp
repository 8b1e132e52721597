// The N-th allocation of a start, of a turn, or of a flush is refused, N until none is: an error that is thrown and
// leaves nothing behind, or one that is counted and costs no record (Q17). With a sanitizer nothing leaks either.
//
// The whole program, its libraries included, is judged from outside by nth_test.py; here every allocation is tried.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <new>

#include "core/spec/pipeline_file.hpp"
#include "hal/host/conversation.hpp"
#include "hal/host/inline_pool.hpp"
#include "tests/fault/evidence/small_recording.hpp"

namespace {

std::atomic<std::int64_t> live_allocations{0};
std::int64_t until_refused = 0;  // 0: none is

void* taken(std::size_t bytes, std::size_t alignment) {
  if (until_refused > 0 && --until_refused == 0) return nullptr;
  void* const memory = alignment == 0 ? std::malloc(bytes == 0 ? 1 : bytes)
                                      : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (memory != nullptr) live_allocations.fetch_add(1);
  return memory;
}
void* taken_or_thrown(std::size_t bytes, std::size_t alignment = 0) {
  void* const memory = taken(bytes, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void given_back(void* memory) noexcept {
  if (memory != nullptr) live_allocations.fetch_sub(1);
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t bytes) { return taken_or_thrown(bytes); }
void* operator new[](std::size_t bytes) { return taken_or_thrown(bytes); }
void* operator new(std::size_t bytes, std::align_val_t to) { return taken_or_thrown(bytes, std::size_t(to)); }
void* operator new[](std::size_t bytes, std::align_val_t to) { return taken_or_thrown(bytes, std::size_t(to)); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return taken(bytes, 0); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return taken(bytes, 0); }
void operator delete(void* memory) noexcept { given_back(memory); }
void operator delete[](void* memory) noexcept { given_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { given_back(memory); }
void operator delete[](void* memory, std::size_t) noexcept { given_back(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { given_back(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { given_back(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { given_back(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { given_back(memory); }

namespace phalarope::testing {
namespace {

constexpr WallTime some_day{1'767'225'600LL * ns_per_second};

/// Takes everything and says nothing, so that no model is needed.
class SilentNode final : public Node {
 public:
  std::optional<std::string_view> init() override { return std::nullopt; }
  void handle(const Event&, NodeContext&) override {}
  void cancel(Ticket) noexcept override {}
};

class RefusedMemory : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/phalarope-refused-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string recording() const { return folder_ + "/recording"; }

  /// Runs `act` with the nth of its allocations refused; what it left behind, and whether one was refused.
  struct Outcome {
    bool refused = false;
    bool thrown = false;
    std::int64_t left_behind = 0;
  };
  static Outcome refuse_nth(std::int64_t nth, const std::function<void()>& act) {
    Outcome outcome;
    const std::int64_t before = live_allocations.load();
    until_refused = nth;
    try {
      act();
    } catch (const std::bad_alloc&) {
      outcome.thrown = true;
    }
    outcome.refused = until_refused <= 0;
    until_refused = 0;
    outcome.left_behind = live_allocations.load() - before;
    return outcome;
  }

  std::string folder_;
};

hal::ConversationSettings settings_for(const std::string& recording) {
  const std::string path = std::string(PHALAROPE_SOURCE_DIR) + "/firmware_images/conf/pipeline.yaml";
  auto pipeline = spec::load_pipeline(path);
  EXPECT_TRUE(pipeline.has_value());
  hal::ConversationSettings made;
  made.pipeline = *pipeline;
  made.flusher.recording.directory = recording;
  made.flusher.recording.segment_bytes = 256 * 1024;
  made.arena_bytes = 12 * 1024 * 1024;
  return made;
}

/// A start, a turn that is cancelled, an end; refused with a sentence, or every turn that was opened is closed.
void converse(const hal::ConversationSettings& settings) {
  hal::VirtualClock clock(some_day);
  const hal::NodeDecorator silent = [](NodeType, std::unique_ptr<Node>) { return std::make_unique<SilentNode>(); };
  const auto made = hal::Conversation::create(settings, clock, silent);
  if (!made) {
    EXPECT_FALSE(made.error().empty());
    return;
  }
  hal::Conversation& conversation = **made;
  hal::InlinePool pool;
  for (auto& slot : conversation.take_slots()) pool.add(std::move(slot));
  conversation.runtime().set_pool(pool);
  conversation.record_opening();
  for (const EventKind kind : {EventKind::connected, EventKind::user_turn_requested, EventKind::user_cancel_requested,
                               EventKind::shutdown_requested}) {
    ASSERT_TRUE(conversation.tell(conversation.host_event(kind, Emitter::operator_action)));
    while (conversation.runtime().poll(clock.now(), clock.wall()) + pool.run_pending() > 0) {
    }
    clock.move_to(clock.now() + milliseconds(2'000));
    conversation.flusher().flush_once(clock.now(), clock.wall());
  }
  EXPECT_FALSE(conversation.engine().sessions().front().turn_active());
  if (conversation.flusher().close(clock.now(), clock.wall()) != 0) {
    clock.move_to(clock.now() + milliseconds(2'000));
    EXPECT_EQ(conversation.flusher().close(clock.now(), clock.wall()), 0) << "it is only the first try that failed";
  }
}

// contract: Q17
TEST_F(RefusedMemory, TheNthAllocationOfAConversationIsAnErrorAndLeavesNothingBehind) {
  const hal::ConversationSettings settings = settings_for(recording());
  converse(settings);  // what is made once for the process is made
  std::int64_t nth = 1;
  for (;; ++nth) {
    std::filesystem::remove_all(recording());
    const Outcome outcome = refuse_nth(nth, [&] { converse(settings); });
    ASSERT_EQ(outcome.left_behind, 0) << "allocation " << nth;
    if (!outcome.refused) break;
  }
  EXPECT_GT(nth, 100);
  RecordProperty("allocations", std::to_string(nth - 1));
}

// contract: Q17
TEST_F(RefusedMemory, TheNthAllocationOfTheFlusherIsCountedAndCostsNoRecord) {
  constexpr int blocks = 12;
  constexpr int events_in_a_block = 20;
  for (std::int64_t nth = 1;; ++nth) {
    hal::PosixFileSystem files;
    std::filesystem::remove_all(recording());
    SmallRecording sut(files, {.directory = recording(), .segment_bytes = 64 * 1024, .seed = 3});
    const Outcome outcome = refuse_nth(nth, [&] {
      for (int block = 0; block < blocks; ++block) sut.append_and_flush(events_in_a_block);
      for (int tries = 0; tries < 3 && sut.close() != 0; ++tries) {
      }
    });
    ASSERT_FALSE(outcome.thrown) << "allocation " << nth;
    const ReadBack found = read_back(files, recording());
    ASSERT_EQ(found.numbers.size(), std::size_t{blocks * events_in_a_block}) << "allocation " << nth;
    ASSERT_TRUE(is_prefix(found.numbers)) << "allocation " << nth;
    if (!outcome.refused) {
      EXPECT_GT(nth, 20);
      return;
    }
    ASSERT_GT(sut.flusher.counters().write_errors, 0U) << "allocation " << nth << " was refused and nobody counted it";
    ASSERT_EQ(sut.flusher.counters().last_errno, ENOMEM);
  }
}

}  // namespace
}  // namespace phalarope::testing
