// Board profiles: the shipped ones load and hold together; each contradiction is told.
#include "core/spec/board_profile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/unit/spec/spec_samples.hpp"

namespace phalarope::spec {
namespace {

using testing::HasSubstr;

std::string complaints_with(const std::string& what, const std::string& replacement) {
  std::string text = test::text_of(test::repository_file("boards/rpi4.yaml"));
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  const auto board = parse_board_profile(text.replace(at, what.size(), replacement), "rpi4.yaml");
  return board ? std::string("(it loaded)") : to_string(board.error());
}

// contract: D20
TEST(BoardProfile, EveryShippedProfileLoadsAndBearsItsFilesName) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(test::repository_file("boards"))) {
    if (entry.path().extension() != ".yaml") continue;
    ++count;
    const auto board = load_board_profile(entry.path().string());
    ASSERT_TRUE(board) << to_string(board.error());
    EXPECT_EQ(board->name, entry.path().stem().string());
    EXPECT_LE(board->memory.sum_mib(), board->memory.budget_mib);
    EXPECT_LE(board->audio.device_queue_periods, device_queue_periods_max);
  }
  EXPECT_GE(count, 7U);
}

TEST(BoardProfile, ReadsWhatTheFileSays) {
  const auto board = load_board_profile(test::repository_file("boards/rpi4.yaml"));
  ASSERT_TRUE(board) << to_string(board.error());
  EXPECT_EQ(board->threads.audio.cores, std::vector<std::int64_t>{3});
  EXPECT_EQ(board->threads.audio.priority, 80);
  EXPECT_EQ(board->audio.capture_device, "plughw:CARD=seeed2micvoicec");
  EXPECT_EQ(board->audio.period_frames, 160);
  EXPECT_TRUE(board->speech_in_own_process);
}

// contract: D17, D20
TEST(BoardProfile, RefusesWhatContradictsItself) {
  EXPECT_THAT(complaints_with("heap_mib: 256", "heap_mib: 2560"),
              HasSubstr("memory.budget_mib: is less than its items"));
  EXPECT_THAT(complaints_with("ram_mib: 1900", "ram_mib: 500"), HasSubstr("is more than the board has"));
  EXPECT_THAT(complaints_with("priority: 80", "priority: 60"),
              HasSubstr("threads.audio: does not stand above the engine"));
  EXPECT_THAT(complaints_with("cores: [3]", "cores: [4]"),
              HasSubstr("threads.audio.cores[0]: is no core of this board"));
  EXPECT_THAT(complaints_with("period_frames: 160", "period_frames: 170"), HasSubstr("multiple of 160"));
  EXPECT_THAT(complaints_with("device_queue_periods: 3", "device_queue_periods: 4"), HasSubstr("Use 1 to 3"));
  EXPECT_THAT(complaints_with("disk_budget_mib: 512", "disk_budget_mib: 7"), HasSubstr("does not hold two segments"));
  EXPECT_THAT(complaints_with("isolation: own_process", "isolation: ownprocess"),
              HasSubstr("did you mean \"own_process\"?"));
  EXPECT_THAT(complaints_with("tail_ms", "tail"), HasSubstr("echo.tail: unknown field. Did you mean \"tail_ms\"?"));
  EXPECT_THAT(complaints_with("{cores: [0], priority: 0}", "{cores: [0], priority: 5}"),
              HasSubstr("Only audio and engine"));
}

TEST(BoardProfile, NamesBecomePaths) {
  EXPECT_EQ(board_profile_path("rpi4", "/b"), "/b/rpi4.yaml");
  EXPECT_EQ(board_profile_path("./mine", "/b"), "./mine");
  EXPECT_EQ(board_profile_path("mine.yaml", "/b"), "mine.yaml");
}

}  // namespace
}  // namespace phalarope::spec
