// Fence under the explorer: two interruptions, and an audio thread that looks twice.
#include <gtest/gtest.h>

#include <cstdint>

#include "fence_twins.hpp"
#include "tests/model/judge.hpp"

namespace phalarope::model {
namespace {

constexpr std::int64_t first_fade_frames = 80;
constexpr std::int64_t second_fade_frames = 160;

template <typename Fence>
struct FenceWorld {
  static constexpr std::size_t threads = 2;
  Fence fence;
  Ticket first = fence.open();

  void run(std::size_t thread) {
    if (thread == 1) {
      fence.raise({.fade_frames = first_fade_frames, .reason = Reason::barge_in});
      const Ticket second = fence.open();
      check(second != first, "no ticket is used twice");
      fence.raise({.fade_frames = second_fade_frames, .reason = Reason::barge_in});
      return;
    }
    bool silent = false;
    for (int period = 0; period < 2; ++period) {
      const bool heard = fence.admits(first);
      check(!(silent && heard), "what fell silent stays silent");
      silent = silent || !heard;
      if (!heard) {
        const auto notice = fence.notice();
        check(notice.fade_frames >= first_fade_frames, "whoever sees the fence raised sees how softly");
        check(notice.reason == Reason::barge_in, "whoever sees the fence raised sees why");
      }
    }
  }
  void finish() {
    check(fence.current().value == 0, "the last interruption holds");
    check(fence.notice().fade_frames == second_fade_frames, "the last notice stands");
  }
};

TEST(Fence, ShowsWhyAndHowSoftlyToWhoeverSeesItRaised) {
  EXPECT_TRUE(sound<FenceWorld<twins::fence::Original::Fence>>());
}
#define TWIN_FAILS(twin) \
  TEST(FenceTwin, twin) { EXPECT_TRUE(broken<FenceWorld<twins::fence::twin::Fence>>()); }
FENCE_FAILING_TWINS(TWIN_FAILS)

}  // namespace
}  // namespace phalarope::model
