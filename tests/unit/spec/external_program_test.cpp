// `external:` of a node: what is said and what is left out reaches whoever starts the program; every mistake has its
// place; and no plan, hash or recording changes by where a node runs.
#include "core/spec/external_program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/spec/pipeline_file.hpp"
#include "core/spec/plan_codec.hpp"
#include "tests/unit/spec/spec_samples.hpp"

namespace phalarope::spec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string v2(std::string_view external) {
  std::string text = test::with("type: dialogue", "type: dialogue, external: " + std::string(external));
  return text.replace(text.find("pipeline/v1"), 11, "pipeline/v2");
}

LoadedPipeline loaded(std::string_view text, const std::string& file = "/etc/phalarope/p.yaml") {
  Diagnostics diagnostics;
  const auto result = compile_with_programs(parse_document(text, file, diagnostics), diagnostics);
  EXPECT_TRUE(result) << to_string(result.error());
  return *result;
}

// contract: 11.2 row 2
TEST(ExternalProgram, WhatIsNotSaidIsTheContracts) {
  const auto programs = loaded(v2("{command: [/bin/echo_node]}")).programs;
  ASSERT_EQ(programs.size(), 1U);
  EXPECT_EQ(programs[0].node.view(), "mind");
  EXPECT_EQ(programs[0].type, NodeType::dialogue);
  EXPECT_EQ(programs[0].progress_ms, 500);
  EXPECT_EQ(programs[0].hook_ms, 250);
  EXPECT_EQ(programs[0].cancel_grace_ms, 75);
  EXPECT_EQ(programs[0].memory_mib, 256);
  EXPECT_EQ(programs[0].cpu_units, 1);
}

// contract: D11
TEST(ExternalProgram, TheCopyleftVoiceIsAProcessOfItsOwnAndTheBuiltInOneIsNot) {
  const std::string conf = test::repository_file("firmware_images/conf/");
  const auto espeak = loaded(test::text_of(conf + "pipeline-espeak.yaml"));
  ASSERT_EQ(espeak.programs.size(), 1U);
  EXPECT_EQ(espeak.programs[0].type, NodeType::synthesiser);
  const auto shipped = loaded(test::text_of(conf + "pipeline.yaml"));
  EXPECT_TRUE(shipped.programs.empty());
  const auto& bindings = shipped.pipeline.plan.overrides.provider_bindings;
  EXPECT_TRUE(std::any_of(bindings.begin(), bindings.end(), [](const ProviderBinding& binding) {
    return binding.modality.view() == "tts" && binding.provider.view() == "flite";
  }));
  EXPECT_THAT(test::text_of(test::repository_file("LICENSE")), HasSubstr("Apache License"));
}

TEST(ExternalProgram, WhatIsSaidArrives) {
  const auto programs = loaded(v2("{command: [./my node, -v, 3], environment: {MODEL: /m, N: 7}, timeouts: "
                                  "{progress_ms: 900, call_max_ms: 2000, cancel_grace_ms: 20, hook_ms: 1, start_ms: 2},"
                                  "limits: {memory_mib: 64, cpu_units: 2, cpu_seconds: 5, files: 32, processes: 4},"
                                  "restarts: {in_a_row_max: 3, regain_ms: 500}}"))
                            .programs;
  ASSERT_EQ(programs.size(), 1U);
  EXPECT_THAT(programs[0].command, ElementsAre("/etc/phalarope/my node", "-v", "3"));
  EXPECT_THAT(programs[0].environment, ElementsAre("MODEL=/m", "N=7"));
  EXPECT_EQ(programs[0].call_max_ms, 2000);
  EXPECT_EQ(programs[0].cpu_seconds, 5);
  EXPECT_EQ(programs[0].processes, 4);
  EXPECT_EQ(programs[0].restarts_in_a_row_max, 3);
  EXPECT_THAT(list_settings(programs[0]),
              ::testing::Contains(std::pair(std::string("mind.limits.memory_mib"), std::string("64"))));
}

TEST(ExternalProgram, ABareNameStaysANameAndAPathIsBesideItsFile) {
  EXPECT_EQ(loaded(v2("{command: [echo_node]}")).programs[0].command[0], "echo_node");
  EXPECT_EQ(loaded(v2("{command: [../nodes/mine]}")).programs[0].command[0], "/etc/nodes/mine");
}

TEST(ExternalProgram, NoPlanChangesByWhereANodeRuns) {
  const LoadedPipeline with = loaded(v2("{command: [/bin/echo_node], limits: {memory_mib: 64}}"));
  EXPECT_EQ(encode(with.pipeline), encode(test::compiled(test::small_pipeline)));
}

// contract: D15
TEST(ExternalProgram, TheFirstFormKnowsNothingOfIt) {
  EXPECT_THAT(test::complaints(test::with("type: dialogue", "type: dialogue, external: {command: [x]}")),
              HasSubstr("external: unknown field"));
}

TEST(ExternalProgram, EveryMistakeHasItsPlace) {
  EXPECT_THAT(test::complaints(v2("{}")), HasSubstr("external.command: is missing"));
  EXPECT_THAT(test::complaints(v2("{command: []}")), HasSubstr("names no program"));
  EXPECT_THAT(test::complaints(v2("{command: [\"\"]}")), HasSubstr("empty name"));
  EXPECT_THAT(test::complaints(v2("{command: [x], colour: 1}")), HasSubstr("external.colour: unknown field"));
  EXPECT_THAT(test::complaints(v2("{command: [x], timeouts: {cancel_grace_ms: 76}}")),
              HasSubstr("external.timeouts.cancel_grace_ms"));
  EXPECT_THAT(test::complaints(v2("{command: [x], timeouts: {progress_ms: 200, call_max_ms: 100}}")),
              HasSubstr("progress_ms at most call_max_ms"));
  EXPECT_THAT(test::complaints(v2("{command: [x], environment: {\"A=B\": c}}")), HasSubstr("Use NAME: value"));
  std::string microphone = test::with("type: microphone", "type: microphone, external: {command: [x]}");
  microphone.replace(microphone.find("pipeline/v1"), 11, "pipeline/v2");
  EXPECT_THAT(test::complaints(microphone), HasSubstr("belongs to a recogniser, dialogue or synthesiser"));
}

TEST(ExternalProgram, ANodeInsideAModuleMayBeOne) {
  const auto programs = loaded(R"(spec: pipeline/v2
version: p1
modules:
  voice/v1:
    parameters: {program: none}
    nodes:
      - {id: say, type: synthesiser, external: {command: [$(program)]}}
    edges: []
    takes: say
nodes:
  - {id: mic, type: microphone}
  - {id: ears, type: recogniser}
  - {id: mind, type: dialogue}
  - {id: mouth, module: voice/v1, with: {program: espeak_node}}
edges:
  - {from: mic, to: ears}
  - {from: ears, to: mind}
  - {from: mind, to: mouth}
)")
                            .programs;
  ASSERT_EQ(programs.size(), 1U);
  EXPECT_EQ(programs[0].node.view(), "mouth.say");
  EXPECT_EQ(programs[0].command[0], "espeak_node");
}

}  // namespace
}  // namespace phalarope::spec
