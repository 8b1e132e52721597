// The fence: one ticket is heard at most once, and whoever sees it raised sees why.
//
// contract: I6, I7, runtime.md 7.2
#include "core/engine/turn/fence.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace phalarope {
namespace {

TEST(Fence, NobodyIsHeardBeforeTheFirstTurn) {
  const Fence sut;
  EXPECT_EQ(sut.current(), no_ticket);
  EXPECT_FALSE(sut.admits(no_ticket)) << "frames without a ticket are nobody's";
  EXPECT_FALSE(sut.admits(Ticket{1}));
}

TEST(Fence, OpeningAdmitsTheNewTicketAndNoOther) {
  Fence sut;
  const Ticket first = sut.open();
  EXPECT_TRUE(sut.admits(first));
  const Ticket second = sut.open();
  EXPECT_NE(first, second);
  EXPECT_FALSE(sut.admits(first));
  EXPECT_TRUE(sut.admits(second));
}

TEST(Fence, ARaisedFenceAdmitsNobodyAndTheTicketNeverComesBack) {
  Fence sut;
  const Ticket ticket = sut.open();
  sut.raise({.fade_frames = 128, .reason = Reason::barge_in});
  EXPECT_EQ(sut.current(), no_ticket);
  EXPECT_FALSE(sut.admits(ticket));
  for (int turns = 0; turns < 100; ++turns) {
    EXPECT_NE(sut.open(), ticket);
    EXPECT_FALSE(sut.admits(ticket));
  }
}

TEST(Fence, TicketsThatStepCountedAreAppliedAndMayLeaveGaps) {
  Fence sut;
  sut.set(Ticket{3});
  EXPECT_TRUE(sut.admits(Ticket{3}));
  sut.set(Ticket{7});
  EXPECT_TRUE(sut.admits(Ticket{7}));
  EXPECT_EQ(sut.highest(), Ticket{7});
  EXPECT_EQ(sut.open(), Ticket{8});
}

TEST(FenceDeathTest, ATicketIsNeverUsedTwice) {
  Fence sut;
  sut.set(Ticket{5});
  EXPECT_DEATH(sut.set(Ticket{5}), "never used twice");
  EXPECT_DEATH(sut.set(Ticket{4}), "never used twice");
  EXPECT_DEATH(sut.raise({.fade_frames = -1, .reason = Reason::barge_in}), "no negative length");
}

TEST(Fence, SaysWhyTheVoiceEnded) {
  Fence sut;
  static_cast<void>(sut.open());
  const FenceNotice interrupted{.fade_frames = 128, .reason = Reason::barge_in};
  sut.raise(interrupted);
  EXPECT_EQ(sut.notice(), interrupted);
  static_cast<void>(sut.open());
  EXPECT_EQ(sut.notice(), interrupted) << "a turn opened in the same audio period must not cut the fade";
  sut.silence();
  EXPECT_EQ(sut.notice(), FenceNotice{}) << "an answer that ended needs no fade";
}

// Forbidden: the audio side sees that a ticket fell silent, and not yet the fade that belongs to it. Every voice here
// is ended with a fade as long as its ticket number, and the engine waits for nobody.
TEST(Fence, WhoeverSeesTheTicketGoneSeesTheNoticeOfItsEndOrALaterOne) {
  Fence sut;
  constexpr std::uint64_t turns = 20'000;
  std::atomic<bool> done{false};
  std::thread audio([&] {
    Ticket playing = no_ticket;
    while (!done.load(std::memory_order_acquire)) {
      const Ticket now = sut.current();
      if (now == playing) continue;
      const FenceNotice notice = sut.notice();
      if (playing != no_ticket) {
        EXPECT_GE(notice.fade_frames, static_cast<std::int64_t>(playing.value)) << "the notice of an earlier voice";
      }
      if (now != no_ticket) {
        EXPECT_GT(now, playing) << "a ticket came back";
      }
      playing = now;
    }
  });
  for (std::uint64_t turn = 1; turn <= turns; ++turn) {
    sut.set(Ticket{turn}, {.fade_frames = static_cast<std::int64_t>(turn - 1), .reason = Reason::barge_in});
    if (turn % 3 != 0) sut.raise({.fade_frames = static_cast<std::int64_t>(turn), .reason = Reason::barge_in});
    if (turn % 64 == 0) std::this_thread::yield();
  }
  done.store(true, std::memory_order_release);
  audio.join();
}

}  // namespace
}  // namespace phalarope
