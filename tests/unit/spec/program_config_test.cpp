// Settings: layers, their order, and where each value came from.
#include "core/spec/program_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/spec/spec_samples.hpp"

namespace phalarope::spec {
namespace {

using testing::HasSubstr;

/// A settings directory of its own for each test.
class ProgramConfigTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* const info = testing::UnitTest::GetInstance()->current_test_info();
    directory_ = std::filesystem::path(testing::TempDir()) / (std::string("phalarope_config_") + info->name());
    std::filesystem::create_directories(directory_ / "conf.d");
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string write(const std::string& name, std::string_view text) {
    const auto path = directory_ / name;
    std::ofstream(path) << text;
    return path.string();
  }
  static std::string layer(const ResolvedConfig& resolved, std::string_view field) {
    for (const ResolvedField& one : resolved.fields) {
      if (one.field == field) return one.layer;
    }
    return "(no such field)";
  }

  std::filesystem::path directory_;
};

TEST_F(ProgramConfigTest, DefaultsNeedNoFile) {
  const auto resolved = resolve_config({});
  ASSERT_TRUE(resolved) << to_string(resolved.error());
  EXPECT_EQ(resolved->config.board, "auto");
  EXPECT_EQ(resolved->config.recording_directory, "/var/lib/phalarope/recordings");
  EXPECT_EQ(layer(*resolved, "board"), "default");
}

// contract: D21
TEST_F(ProgramConfigTest, LaterLayersWinFieldByFieldAndAreNamed) {
  const std::string file = write("phalarope.yaml",
                                 "spec: phalarope/v1\nboard: rpi4\nvoice: slt\nlog: {level: info}\n"
                                 "pipeline: mine.yaml\nrecording:\n  level: L0\n  directory: /r\n");
  write("conf.d/10-a.yaml", "board: rpi5\nrecording: {level: L1}\n");
  write("conf.d/20-b.yaml", "board: jetson-orin-nano\n");
  write("conf.d/ignored.txt", "board: nothing\n");
  const auto resolved = resolve_config({.file = file,
                                        .environment = {{"PHALAROPE_RECORDING_LEVEL", "L2"}, {"HOME", "/root"}},
                                        .command_line = {{"voice", "kal16"}}});
  ASSERT_TRUE(resolved) << to_string(resolved.error());
  const ProgramConfig& config = resolved->config;
  EXPECT_EQ(config.board, "jetson-orin-nano");
  EXPECT_EQ(config.recording_level, "L2");
  EXPECT_EQ(config.recording_directory, "/r") << "a neighbour's field stays";
  EXPECT_EQ(config.voice, "kal16");
  EXPECT_EQ(config.pipeline, (directory_ / "mine.yaml").string()) << "relative to the file that says it";
  EXPECT_EQ(layer(*resolved, "board"), (directory_ / "conf.d/20-b.yaml").string() + ":1");
  EXPECT_EQ(layer(*resolved, "recording.level"), "environment PHALAROPE_RECORDING_LEVEL");
  EXPECT_EQ(layer(*resolved, "recording.directory"), file + ":8");
  EXPECT_EQ(layer(*resolved, "voice"), "command line");
  EXPECT_EQ(layer(*resolved, "log.format"), "default");
}

TEST_F(ProgramConfigTest, RefusesWhatItDoesNotKnowWithTheNearestName) {
  const std::string file = write("phalarope.yaml", "bord: rpi4\nlog: {level: loud, colour: red}\n");
  const auto resolved = resolve_config({.file = file,
                                        .environment = {{"PHALAROPE_BORAD", "x"}, {"PHALAROPE_LOG_FORMAT", "xml"}},
                                        .command_line = {{"voise", "slt"}}});
  ASSERT_FALSE(resolved);
  const std::string all = to_string(resolved.error());
  EXPECT_THAT(all, HasSubstr(file + ":1:7: bord: unknown field. Did you mean \"board\"?"));
  EXPECT_THAT(all, HasSubstr("log.level: unknown value \"loud\""));
  EXPECT_THAT(all, HasSubstr("log.colour: unknown field"));
  EXPECT_THAT(all, HasSubstr("PHALAROPE_BORAD: unknown variable"));
  EXPECT_THAT(all, HasSubstr("did you mean \"PHALAROPE_BOARD\"?"));
  EXPECT_THAT(all, HasSubstr("voise: unknown setting"));
}

TEST_F(ProgramConfigTest, ChecksChoicesFromTheEnvironmentToo) {
  const auto resolved =
      resolve_config({.file = {}, .environment = {{"PHALAROPE_LOG_FORMAT", "xml"}}, .command_line = {}});
  ASSERT_FALSE(resolved);
  EXPECT_THAT(to_string(resolved.error()),
              HasSubstr("environment PHALAROPE_LOG_FORMAT: log.format: unknown value \"xml\""));
}

TEST_F(ProgramConfigTest, AMissingFileIsTold) {
  const auto resolved = resolve_config({.file = "/nowhere/phalarope.yaml", .environment = {}, .command_line = {}});
  ASSERT_FALSE(resolved);
  EXPECT_THAT(to_string(resolved.error()), HasSubstr("cannot be read"));
  EXPECT_EQ(resolved.error().size(), 1U) << to_string(resolved.error());
}

TEST_F(ProgramConfigTest, ShippedSettingsResolve) {
  const auto resolved = resolve_config(
      {.file = test::repository_file("firmware_images/conf/phalarope.yaml"), .environment = {}, .command_line = {}});
  ASSERT_TRUE(resolved) << to_string(resolved.error());
  EXPECT_EQ(resolved->config.pipeline, test::repository_file("firmware_images/conf/pipeline.yaml"));
}

TEST(SelectEnvironment, KeepsOnlyOurVariables) {
  char ours[] = "PHALAROPE_BOARD=rpi4=x";
  char other[] = "PATH=/bin";
  char* environment[] = {other, ours, nullptr};
  EXPECT_EQ(select_environment(environment), (NamedValues{{"PHALAROPE_BOARD", "rpi4=x"}}));
}

}  // namespace
}  // namespace phalarope::spec
