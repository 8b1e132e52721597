// kill -9 of a process that records: the next start reads what was promised and goes on (Q18).
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "tests/fault/evidence/small_recording.hpp"

namespace phalarope::testing {
namespace {

/// What the child has promised so far, visible to the parent after the child is dead.
struct Promise {
  std::atomic<std::uint64_t> flushed{0};
  std::atomic<std::uint64_t> appended{0};
};

[[noreturn]] void record_until_killed(const std::string& directory, Promise& promise, std::uint64_t seed) {
  hal::PosixFileSystem files;
  const hal::Recovery recovery = hal::recover(files, directory);
  SmallRecording sut(files, {.directory = directory, .segment_bytes = 256 * 1024, .seed = seed}, recovery.point);
  sut.appended = sut.flushed = promise.flushed.load();
  for (;;) {
    for (int i = 0; i < 30; ++i) sut.recorder.append_event(numbered_event(sut.appended++));
    promise.appended.store(sut.appended);
    sut.flush();
    promise.flushed.store(sut.flushed);
  }
}

// contract: Q18
TEST(Kill, EveryRestartAfterKillNineReadsWhatWasPromised) {
  char name[] = "/tmp/phalarope-kill-XXXXXX";
  ASSERT_NE(::mkdtemp(name), nullptr);
  const std::string directory = std::string(name) + "/recording";
  void* const shared = ::mmap(nullptr, sizeof(Promise), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  auto& promise = *new (shared) Promise;
  std::mt19937_64 random(20);
  hal::PosixFileSystem files;
  for (int life = 0; life < 8; ++life) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) record_until_killed(directory, promise, static_cast<std::uint64_t>(life) + 1);
    ::usleep(static_cast<useconds_t>(20'000 + random() % 60'000));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    const ReadBack found = read_back(files, directory);
    ASSERT_TRUE(is_prefix(found.numbers)) << "life " << life;
    ASSERT_GE(found.numbers.size(), promise.flushed.load()) << "life " << life;
    ASSERT_LE(found.numbers.size(), promise.appended.load()) << "life " << life;
    promise.flushed.store(found.numbers.size());
  }
  const hal::Recovery recovery = hal::recover(files, directory);
  EXPECT_EQ(recovery.error, 0);
  EXPECT_TRUE(hal::verify(files, directory).sound());
  std::vector<std::string> names;
  ASSERT_EQ(files.list(directory, names), 0);
  for (const std::string& file : names) files.remove(directory + "/" + file);
  ::rmdir(directory.c_str());
  ::rmdir(name);
  ::munmap(shared, sizeof(Promise));
}

}  // namespace
}  // namespace phalarope::testing
