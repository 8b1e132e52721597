// The published JSON Schemas against the parsers: shipped files pass both, and what a schema refuses the parser does
// too.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/spec/board_profile.hpp"
#include "core/spec/document.hpp"
#include "tests/unit/spec/schema_judge.hpp"
#include "tests/unit/spec/spec_samples.hpp"

namespace phalarope::spec {
namespace {

using Json = nlohmann::json;

Json json_of(std::string_view yaml) {
  Diagnostics diagnostics;
  const Document document = parse_document(yaml, "file", diagnostics);
  EXPECT_TRUE(diagnostics.empty()) << to_string(diagnostics);
  return Json::parse(to_json(document));
}

TEST(JsonSchema, EveryShippedFilePassesItsSchema) {
  EXPECT_EQ(test::schema_complaints(
                "pipeline", json_of(test::text_of(test::repository_file("firmware_images/conf/pipeline.yaml")))),
            "");
  EXPECT_EQ(test::schema_complaints(
                "phalarope", json_of(test::text_of(test::repository_file("firmware_images/conf/phalarope.yaml")))),
            "");
  for (const auto& entry : std::filesystem::directory_iterator(test::repository_file("boards"))) {
    if (entry.path().extension() != ".yaml") continue;
    EXPECT_EQ(test::schema_complaints("board", json_of(test::text_of(entry.path().string()))), "") << entry.path();
  }
}

TEST(JsonSchema, TheSecondFormPassesItsSchemaAndBreaksTheFirst) {
  const std::string text = test::text_of(test::repository_file("firmware_images/conf/pipeline-v2.yaml"));
  test::compiled(text);
  EXPECT_EQ(test::schema_complaints("pipeline-v2", json_of(text)), "");
  EXPECT_NE(test::schema_complaints("pipeline", json_of(text)), "");
  for (const char* wound : {"type: gate", "when_fails:", "modules:", "policy:", "comment:", "at_least:"}) {
    std::string wounded = text;
    const auto at = wounded.find(wound);
    ASSERT_NE(at, std::string::npos) << wound;
    wounded.insert(at + std::string_view(wound).size() - 1, "x");
    EXPECT_NE(test::schema_complaints("pipeline-v2", json_of(wounded)), "") << wound;
    EXPECT_NE(test::complaints(wounded), "(it compiled)") << wound;
  }
}

TEST(JsonSchema, NodesAsProgramsAreJudgedAsTheReaderJudgesThem) {
  const std::string text = test::text_of(test::repository_file("firmware_images/conf/pipeline-espeak.yaml"));
  EXPECT_EQ(test::schema_complaints("pipeline-v2", json_of(text)), "");
  EXPECT_NE(test::schema_complaints("pipeline", json_of(text)), "");
  for (const auto& [good, wound] : {std::pair("cancel_grace_ms: 75", "cancel_grace_ms: 76"),
                                    {"files: 64", "fils: 64"},
                                    {"memory_mib: 256", "memory_mib: 7"},
                                    {"regain_ms: 10000", "regain_ms: soon"},
                                    {"command: [espeak_node, /usr/bin/espeak-ng, en-us]", "command: []"},
                                    {"command: [", "commands: ["}}) {
    std::string wounded = text;
    const auto at = wounded.find(good);
    ASSERT_NE(at, std::string::npos) << good;
    wounded.replace(at, std::string_view(good).size(), wound);
    EXPECT_NE(test::schema_complaints("pipeline-v2", json_of(wounded)), "") << wound;
    EXPECT_NE(test::complaints(wounded), "(it compiled)") << wound;
  }
}

TEST(JsonSchema, FullPipelinePassesParserAndSchema) {
  const std::string text = test::with_added(test::all_overrides);
  test::compiled(text);
  EXPECT_EQ(test::schema_complaints("pipeline", json_of(text)), "");
}

TEST(JsonSchema, SchemaAndParserRefuseTheSameWounds) {
  const std::string wounds[] = {
      test::with("version: p1", "verson: p1"),
      test::with("pipeline/v1", "pipeline/v3"),
      test::with("simple/v1", "simple/v2"),
      test::with("type: microphone", "type: micro"),
      test::with("type: dialogue", "type: dialogue, budget_ms: 0"),
      test::with("type: dialogue", "type: dialogue, budget_ms: \"15\""),
      test::with_added("interruption: {fade_ms: 11}\n"),
      test::with_added("adaptive_actions: [retry, retry]\n"),
      test::with_added("recording: {level: L1, replay_modes: []}\n"),
      test::with_added("overrides: {node_execution_policies: {}}\n"),
  };
  for (const std::string& text : wounds) {
    EXPECT_NE(test::schema_complaints("pipeline", json_of(text)), "") << text;
    EXPECT_NE(test::complaints(text), "(it compiled)") << text;
  }
}

}  // namespace
}  // namespace phalarope::spec
