// kill -9 of a process that records: the next start reads what was promised, marks the turn that was open, goes on, and
// is ready at once (Q18). 30 lives in the short form; `./dev test fault kill --count 1000`.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>

#include "hal/host/clock.hpp"
#include "hal/host/power_loss_record.hpp"
#include "tests/fault/evidence/small_recording.hpp"
#include "tests/fault/long_form.hpp"

namespace phalarope::testing {
namespace {

constexpr Duration ready_max = milliseconds(2'000);

/// What the child has promised so far, visible to the parent after the child is dead.
struct Promise {
  std::atomic<std::uint64_t> flushed{0};
  std::atomic<std::uint64_t> appended{0};
  std::atomic<std::uint32_t> turn{0};          // of this life, the newest whose opening was flushed
  std::atomic<std::uint32_t> turn_closing{0};  // of this life, the newest whose close may have been flushed
  std::atomic<std::int64_t> ready_ns_max{0};   // from the start to the first record of a life, over all lives
};

Event of_turn(EventKind kind, std::uint32_t turn) {
  Event event = numbered_event(0, kind, Lane::control);
  event.turn_number = turn;
  event.runtime_sequence = turn;
  return event;
}

[[noreturn]] void record_until_killed(const std::string& directory, Promise& promise, std::uint64_t seed) {
  const Instant begun = hal::monotonic_now();
  hal::PosixFileSystem files;
  const hal::Recovery recovery = hal::recover(files, directory);
  SmallRecording sut(files, {.directory = directory, .segment_bytes = 256 * 1024, .seed = seed}, recovery.point);
  sut.appended = sut.flushed = promise.flushed.load();
  SessionStart session;
  static_cast<void>(session.set_session_id("killed"));
  hal::close_open_turns(sut.recorder, recovery, session, hal::wall_now());
  promise.ready_ns_max.store(std::max(promise.ready_ns_max.load(), (hal::monotonic_now() - begun).value));
  for (std::uint32_t turn = recovery.report.last_turn_of(0) + 1;; ++turn) {
    sut.recorder.append_event(of_turn(EventKind::turn_open, turn));
    sut.flush();
    promise.turn.store(turn);
    for (int i = 0; i < 30; ++i) sut.recorder.append_event(numbered_event(sut.appended++));
    promise.appended.store(sut.appended);
    sut.flush();
    promise.flushed.store(sut.flushed);
    promise.turn_closing.store(turn);
    sut.recorder.append_event(of_turn(EventKind::close, turn));
    sut.flush();
  }
}

// contract: Q18, D19
TEST(Kill, EveryRestartAfterKillNineReadsWhatWasPromisedAndMarksTheOpenTurn) {
  char name[] = "/tmp/phalarope-kill-XXXXXX";
  ASSERT_NE(::mkdtemp(name), nullptr);
  void* const shared = ::mmap(nullptr, sizeof(Promise), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  auto& promise = *new (shared) Promise;
  std::mt19937_64 random(20);
  hal::PosixFileSystem files;
  const std::uint64_t lives = rounds(30, 1'000);
  constexpr std::uint64_t lives_of_a_recording = 50;  // then a new folder: each restart reads all of it
  std::uint64_t turns_marked = 0;
  std::string directory;
  for (std::uint64_t life = 0; life < lives; ++life) {
    if (life % lives_of_a_recording == 0) {
      directory = std::string(name) + "/recording-" + std::to_string(life);
      promise.flushed = promise.appended = 0;
      promise.turn = promise.turn_closing = 0;
    }
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) record_until_killed(directory, promise, life + 1);
    ::usleep(static_cast<useconds_t>(2'000 + random() % 60'000));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    const ReadBack found = read_back(files, directory);
    ASSERT_TRUE(is_prefix(found.numbers)) << "life " << life;
    ASSERT_GE(found.numbers.size(), promise.flushed.load()) << "life " << life;
    ASSERT_LE(found.numbers.size(), std::max(promise.appended.load(), promise.flushed.load() + 30)) << "life " << life;
    promise.flushed.store(found.numbers.size());
    const hal::VerifyReport report = hal::verify(files, directory);
    const std::uint32_t open = promise.turn.load();
    if (open > promise.turn_closing.load()) {
      const bool marked = std::any_of(report.open_turns.begin(), report.open_turns.end(),
                                      [open](const hal::OpenTurn& turn) { return turn.turn_number == open; });
      ASSERT_TRUE(marked) << "life " << life << ": turn " << open << " was open and is not marked";
      ++turns_marked;
    }
    ASSERT_LE(report.open_turns.size(), 1U) << "life " << life << ": a restart left an older turn open";
    // Whatever is open is closed by the next life, and promised by nobody.
    promise.turn = promise.turn_closing = 0;
  }
  const hal::Recovery recovery = hal::recover(files, directory);
  EXPECT_EQ(recovery.error, 0);
  EXPECT_TRUE(hal::verify(files, directory).sound());
  EXPECT_LT(promise.ready_ns_max.load(), ready_max.value);
  RecordProperty("lives", std::to_string(lives));
  RecordProperty("open_turns_marked", std::to_string(turns_marked));
  RecordProperty("ready_us_max", std::to_string(promise.ready_ns_max.load() / 1000));
  std::filesystem::remove_all(name);
  ::munmap(shared, sizeof(Promise));
}

}  // namespace
}  // namespace phalarope::testing
