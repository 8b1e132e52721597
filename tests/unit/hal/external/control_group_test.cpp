// A control group where the system delegates one: a process that joins is ended with it, and the group goes away.
#include "hal/external/control_group.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace phalarope::hal {
namespace {

class ControlGroupTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!sut_) GTEST_SKIP() << "no control group may be made below `" << own_control_group() << "`";
  }
  std::unique_ptr<ControlGroup> sut_ = ControlGroup::make({.memory_mib = 64, .cpu_units = 1, .processes = 8});
};

TEST_F(ControlGroupTest, WhoJoinsIsEndedWithIt) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool joined = ::write(sut_->procs_fd(), "0", 1) == 1;
    while (joined) ::pause();
    ::_exit(1);
  }
  for (int i = 0; i < 1000 && sut_->empty(); ++i) ::usleep(1'000);
  EXPECT_FALSE(sut_->empty());
  ASSERT_TRUE(sut_->kill());
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  for (int i = 0; i < 1000 && !sut_->empty(); ++i) ::usleep(1'000);
  EXPECT_TRUE(sut_->empty());
}

TEST_F(ControlGroupTest, GoesAwayWithItsOwner) {
  const std::string path = sut_->path();
  struct stat there{};
  EXPECT_EQ(::stat(path.c_str(), &there), 0);
  sut_.reset();
  EXPECT_NE(::stat(path.c_str(), &there), 0);
}

TEST_F(ControlGroupTest, TellsWhichLimitsTookEffect) {
  struct stat there{};
  for (const char* file : {"memory.max", "pids.max", "cpu.max"}) {
    const bool controlled = ::stat((sut_->path() + "/" + file).c_str(), &there) == 0;
    EXPECT_EQ(sut_->has(file), controlled) << file;
  }
}

}  // namespace
}  // namespace phalarope::hal
