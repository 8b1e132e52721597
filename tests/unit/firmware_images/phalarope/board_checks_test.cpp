// A folder stands for a board: each check finds what is wrong in its /proc and /sys, and says the cure.
#include "firmware_images/phalarope/board_checks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace phalarope::program {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

/// A healthy Raspberry Pi 4 with its HAT; each test bends one file.
class BoardChecks : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(::testing::TempDir()) / ("board-" + std::to_string(::getpid()));
    fs::remove_all(root_);
    const auto board = spec::load_board_profile(std::string(PHALAROPE_SOURCE_DIR) + "/boards/rpi4.yaml");
    ASSERT_TRUE(board);
    board_ = *board;
    put("/sys/devices/system/cpu/online", "0-3");
    put("/sys/devices/system/cpu/isolated", "3");
    put("/sys/devices/system/cpu/cpu3/cpufreq/scaling_governor", "performance");
    put("/proc/sys/kernel/sched_rt_runtime_us", "950000");
    put("/proc/swaps", "Filename Type Size Used Priority\n/dev/zram0 partition 1 0 100");
    put("/proc/meminfo", "MemTotal:        1892000 kB\nMemFree: 1 kB\nMemAvailable:    1500000 kB");
    put("/sys/kernel/realtime", "1");
    put("/sys/class/thermal/thermal_zone0/temp", "51000");
    put("/sys/devices/platform/soc/soc:firmware/get_throttled", "0");
    put("/proc/asound/cards",
        " 0 [Headphones     ]: bcm2835 - bcm2835\n                      bcm2835\n"
        " 1 [seeed2micvoicec]: seeed-2mic-voice - seeed-2mic-voicecard");
  }
  void TearDown() override { fs::remove_all(root_); }

  void put(const std::string& path, const std::string& text) {
    const fs::path file = root_.string() + path;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text << '\n';
  }
  std::vector<Finding> found() const { return board_findings(board_, MachineFiles(root_.string())); }
  Finding finding(const std::string& what) const {
    for (Finding& finding : found()) {
      if (finding.what == what) return finding;
    }
    ADD_FAILURE() << "no finding is called " << what;
    return {};
  }
  void expect(const std::string& what, Verdict verdict, const std::string& cure) const {
    const Finding told = finding(what);
    EXPECT_EQ(told.verdict, verdict) << what << ": " << told.value;
    EXPECT_THAT(told.cure, HasSubstr(cure)) << what;
  }

  fs::path root_;
  spec::BoardProfile board_;
};

TEST_F(BoardChecks, AHealthyBoardHasNothingToCure) {
  for (const Finding& finding : found())
    EXPECT_EQ(finding.verdict, Verdict::good) << finding.what << ": " << finding.value;
}

TEST_F(BoardChecks, AMachineThatTellsNothingIsNotCalledBadButForItsCard) {
  fs::remove_all(root_);
  for (const Finding& finding : found()) {
    const bool card = finding.what.find("of the profile") != std::string::npos;
    EXPECT_EQ(finding.verdict == Verdict::bad, card) << finding.what;
  }
}

TEST_F(BoardChecks, FewerCoresThanTheProfileHasAreBad) {
  put("/sys/devices/system/cpu/online", "0-1,3");
  expect("cores", Verdict::bad, "maxcpus=");
}

TEST_F(BoardChecks, ACoreThatIsNotIsolatedIsNamedWithTheKernelsWord) {
  put("/sys/devices/system/cpu/isolated", "");
  expect("isolated cores", Verdict::note, "isolcpus=3");
}

TEST_F(BoardChecks, AGovernorThatSavesPowerOnThePinnedCoreIsNoted) {
  put("/sys/devices/system/cpu/cpu3/cpufreq/scaling_governor", "powersave");
  expect("clock governor", Verdict::note, "performance");
}

TEST_F(BoardChecks, ThrottlingThatStarvesTheSoundIsBad) {
  put("/proc/sys/kernel/sched_rt_runtime_us", "500000");
  expect("real-time throttling", Verdict::bad, "950000");
  put("/proc/sys/kernel/sched_rt_runtime_us", "-1");
  expect("real-time throttling", Verdict::good, "");
}

TEST_F(BoardChecks, SwapOnADiskIsNotedAndZramIsNot) {
  put("/proc/swaps", "Filename Type Size Used Priority\n/var/swap file 102396 0 -2");
  expect("swap", Verdict::note, "swapoff");
  EXPECT_THAT(finding("swap").value, HasSubstr("/var/swap"));
}

TEST_F(BoardChecks, ASmallerBoardThanTheProfilesIsBad) {
  put("/proc/meminfo", "MemTotal: 920000 kB\nMemAvailable: 400000 kB");
  expect("memory of the board", Verdict::bad, "board:");
  expect("memory left for the budget", Verdict::bad, "budget_mib");
}

TEST_F(BoardChecks, UnderVoltageAndHeatAreToldByTheFirmware) {
  put("/sys/devices/platform/soc/soc:firmware/get_throttled", "0x50005");
  expect("power", Verdict::bad, "power supply");
  put("/sys/devices/platform/soc/soc:firmware/get_throttled", "50000");
  expect("power", Verdict::note, "power supply");
  put("/sys/devices/platform/soc/soc:firmware/get_throttled", "4");
  expect("power", Verdict::bad, "heat sink");
  put("/sys/class/thermal/thermal_zone1/temp", "84000");
  expect("temperature", Verdict::note, "fan");
}

TEST_F(BoardChecks, UnderVoltageIsAlsoTakenFromTheKernelsSensor) {
  put("/sys/class/hwmon/hwmon2/name", "rpi_volt");
  put("/sys/class/hwmon/hwmon2/in0_lcrit_alarm", "1");
  expect("power", Verdict::bad, "power supply");
}

TEST_F(BoardChecks, AMissingCardIsToldWithTheNamesThatAreThere) {
  put("/proc/asound/cards", " 0 [Speakerphone   ]: USB-Audio - Speakerphone");
  expect("microphone of the profile", Verdict::bad, "plughw:CARD=Speakerphone");
  put("/proc/asound/cards", "--- no soundcards ---");
  expect("microphone of the profile", Verdict::bad, "dtoverlay=");
}

TEST_F(BoardChecks, ACardByNumberIsNotedBecauseItChanges) {
  board_.audio.playback_device = "hw:1";
  expect("loudspeaker of the profile", Verdict::note, "plughw:CARD=seeed2micvoicec");
}

TEST(CoresIn, ReadsRangesAndRefusesWhatIsNone) {
  EXPECT_EQ(cores_in("0-2,5"), (std::vector<std::int64_t>{0, 1, 2, 5}));
  EXPECT_EQ(cores_in("3"), (std::vector<std::int64_t>{3}));
  for (const char* const bad : {"", "x", "1-", "-1", "0-99999999999", "0-1,y"})
    EXPECT_TRUE(cores_in(bad).empty()) << bad;
}

}  // namespace
}  // namespace phalarope::program
