// The shipped documents: spec, policy, the set's links, the contract fixtures; and each kind of break.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "core/spec/exchange_documents.hpp"
#include "firmware_images/gates/artifact_files.hpp"
#include "firmware_images/gates/artifact_set.hpp"
#include "firmware_images/gates/contract_fixtures.hpp"
#include "tests/unit/firmware_images/gates/gate_samples.hpp"

namespace phalarope::gates {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using spec::ValidationMode;

Json shipped(const std::string& path) {
  const auto text = read_file(test::repository("firmware_images/artifacts/" + path));
  EXPECT_TRUE(text) << text.error();
  return Json::parse(*text);
}

/// `field: what` of the first problem; empty when there is none.
std::string first(const spec::Diagnostics& problems) {
  return problems.empty() ? std::string() : problems.front().field + ": " + problems.front().what;
}
std::string spec_problem(const Json& json, ValidationMode mode = ValidationMode::strict) {
  return first(spec::judge_spec_artifact(json.dump(), "spec.json", mode));
}
std::string policy_problem(const Json& json, ValidationMode mode = ValidationMode::strict) {
  return first(spec::judge_policy_bundle(json.dump(), "policy.json", mode));
}

// contract: evidence 4.2
TEST(SpecArtifact, OneBadDocumentARule) {
  const Json sound = shipped("pipelines/specs/voice_assistant_spec_v1.json");
  EXPECT_EQ(spec_problem(sound), "");
  const auto with = [&](const std::function<void(Json&)>& bend) {
    Json bent = sound;
    bend(bent);
    return spec_problem(bent);
  };
  EXPECT_EQ(with([](Json& j) { j["schema_version"] = "phalarope.pipeline.spec.v2"; }),
            "schema_version: is \"phalarope.pipeline.spec.v2\"");
  EXPECT_EQ(with([](Json& j) { j["spec_id"] = "  "; }), "spec_id: is blank");
  EXPECT_EQ(with([](Json& j) { j.erase("graph_definition_ref"); }), "graph_definition_ref: is missing");
  EXPECT_EQ(with([](Json& j) {
              j["nodes"] = Json::array();
              j["edges"] = Json::array();
            }),
            "nodes: is empty");
  EXPECT_EQ(with([](Json& j) { j["nodes"][2]["modality"] = "sst"; }), "nodes[2].modality: unknown value \"sst\"");
  EXPECT_EQ(with([](Json& j) { j["nodes"][1]["node_id"] = "stt"; }), "nodes[1].node_id: stands twice: \"stt\"");
  EXPECT_EQ(with([](Json& j) { j["nodes"][0].erase("modality"); }), "nodes[0].modality: is missing");
  EXPECT_EQ(with([](Json& j) { j["edges"][0]["from"] = "ears"; }), "edges[0].from: no node is called \"ears\"");
  EXPECT_EQ(with([](Json& j) { j["edges"].push_back(j["edges"][0]); }), "edges[2]: stands twice: stt->llm");
  EXPECT_EQ(with([](Json& j) { j["edges"][0]["to"] = "stt"; }), "") << "a self-edge is allowed here";
  EXPECT_EQ(with([](Json& j) {
              j["nodes"][0]["kind"] = "Provider";
              j["nodes"][0]["modality"] = "STT";
            }),
            "");
  EXPECT_EQ(with([](Json& j) { j["edges"][0]["colour"] = "red"; }), "edges[0].colour: unknown field");
}

// contract: evidence 4.2
TEST(SpecArtifact, RelaxedTakesUnknownFieldsAndLaterSchemas) {
  Json later = shipped("pipelines/specs/voice_assistant_spec_v1.json");
  later["schema_version"] = "phalarope.pipeline.spec.v9";
  later["nodes"][0]["mood"] = "calm";
  EXPECT_EQ(spec_problem(later, ValidationMode::relaxed), "");
  later["schema_version"] = "other.spec.v1";
  EXPECT_NE(spec_problem(later, ValidationMode::relaxed), "");
  EXPECT_EQ(spec::validation_mode_named(""), ValidationMode::strict);
  EXPECT_EQ(spec::validation_mode_named("ReLaXeD"), ValidationMode::relaxed);
  EXPECT_FALSE(spec::validation_mode_named("loose").has_value());
}

// contract: evidence 4.2
TEST(PolicyBundle, OneBadDocumentARule) {
  const Json sound = shipped("pipelines/policies/voice_assistant_policy_v1.json");
  EXPECT_EQ(policy_problem(sound), "");
  const auto with = [&](const std::function<void(Json&)>& bend) {
    Json bent = sound;
    bend(bent);
    return policy_problem(bent);
  };
  EXPECT_EQ(with([](Json& j) { j.erase("policy_resolution_snapshot"); }), "policy_resolution_snapshot: is missing");
  EXPECT_EQ(with([](Json& j) { j["allowed_adaptive_actions"][0] = "pray"; }),
            "allowed_adaptive_actions[0]: unknown value \"pray\"");
  EXPECT_EQ(with([](Json& j) { j["allowed_adaptive_actions"][1] = "RETRY"; }),
            "allowed_adaptive_actions[1]: stands twice: \"RETRY\"");
  EXPECT_EQ(with([](Json& j) { j["allowed_adaptive_actions"] = Json::array(); }), "allowed_adaptive_actions: is empty");
  EXPECT_EQ(with([](Json& j) { j["provider_bindings"] = Json::object(); }), "provider_bindings: is empty");
  EXPECT_EQ(with([](Json& j) { j["provider_bindings"]["stt"] = " "; }), "provider_bindings[\"stt\"]: is blank");
  EXPECT_EQ(with([](Json& j) { j["recording_policy"]["recording_level"] = "L3"; }),
            "recording_policy.recording_level: unknown value \"L3\"");
  EXPECT_EQ(with([](Json& j) { j["recording_policy"]["allowed_replay_modes"] = {"audit", "audit"}; }),
            "recording_policy.allowed_replay_modes[1]: stands twice: \"audit\"");
  EXPECT_EQ(with([](Json& j) { j["recording_policy"]["allowed_replay_modes"] = {"rewind"}; }),
            "recording_policy.allowed_replay_modes[0]: unknown value \"rewind\"");
  EXPECT_EQ(with([](Json& j) { j["recording_policy"]["allowed_replay_modes"] = {"replay_decisions"}; }), "");
}

/// A copy of the shipped set that a test may bend.
class ArtifactSet : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("phalarope-set-" + std::to_string(::getpid()));
    fs::remove_all(root_);
    fs::copy(test::repository("firmware_images/artifacts"), root_, fs::copy_options::recursive);
  }
  void TearDown() override { fs::remove_all(root_); }

  std::vector<std::string> judge_with(const std::string& file, const std::function<void(Json&)>& bend) {
    SetUp();
    Json json = shipped(file);
    bend(json);
    EXPECT_EQ(write_file(root_ / file, json.dump()), "");
    return judge_artifact_set(root_, "deploy/profiles/mvp-single-region/rollout.json");
  }
  fs::path root_;
};

// contract: evidence 5.3
TEST_F(ArtifactSet, TheShippedSetHangsTogether) {
  const auto violations = judge_artifact_set(root_, "deploy/profiles/mvp-single-region/rollout.json");
  EXPECT_TRUE(violations.empty()) << violations.front();
}

// contract: evidence 5.3
TEST_F(ArtifactSet, EachLinkThatBreaksIsTold) {
  const std::string bundle = "pipelines/bundles/voice_assistant_bundle_v1.json";
  EXPECT_FALSE(judge_with(bundle, [](Json& j) { j["policy_ref"] = ""; }).empty());
  EXPECT_FALSE(judge_with(bundle, [](Json& j) { j["spec_ref"] = "pipelines/specs/gone.json"; }).empty());
  EXPECT_FALSE(judge_with(bundle, [](Json& j) { j["pipeline_version"] = "pipeline-v2"; }).empty());
  EXPECT_FALSE(judge_with("pipelines/rollouts/voice_assistant_rollout_v1.json", [](Json& j) {
                 j["default_pipeline_version"] = "pipeline-v0";
               }).empty());
  EXPECT_FALSE(judge_with("pipelines/profiles/voice_assistant_profile_v1.json", [](Json& j) {
                 j["execution_profile"] = "edge/v1";
               }).empty());
  EXPECT_FALSE(judge_with("pipelines/policies/voice_assistant_policy_v1.json", [](Json& j) {
                 j["provider_bindings"].erase("tts");
               }).empty());
  EXPECT_FALSE(judge_with("pipelines/compat/voice_assistant_compat_v1.json", [](Json& j) {
                 j["transport_matrix"][0]["supported"] = false;
               }).empty());
  EXPECT_FALSE(judge_with("pipelines/replay/voice_assistant_replay_v1.json", [](Json& j) {
                 j["schema_version"] = "phalarope.replay.manifest.v2";
               }).empty());
}

// contract: evidence 4.3
TEST(ContractFixtures, TheShippedOnesAreJudgedAlikeByBothJudges) {
  const auto report =
      judge_contract_fixtures(test::repository("tests/contract/fixtures"), test::repository("schemas/json"));
  ASSERT_TRUE(report) << report.error();
  EXPECT_TRUE(report->passed()) << report->failures.front();
  EXPECT_GE(report->total, 41);
  EXPECT_FALSE(judge_contract_fixtures("/nowhere", test::repository("schemas/json")));
  EXPECT_FALSE(judge_contract_fixtures(test::repository("tests/contract/fixtures"), "/nowhere"));
}

// contract: evidence 4.3
TEST(ContractFixtures, AFixtureOnTheWrongSideFails) {
  const fs::path root = fs::temp_directory_path() / ("phalarope-fixtures-" + std::to_string(::getpid()));
  fs::remove_all(root);
  fs::copy(test::repository("tests/contract/fixtures"), root, fs::copy_options::recursive);
  fs::rename(root / "turn_transition/invalid/commit_from_idle.json", root / "turn_transition/valid/wrong.json");
  const auto report = judge_contract_fixtures(root, test::repository("schemas/json"));
  ASSERT_TRUE(report) << report.error();
  EXPECT_EQ(report->failures.size(), 2U) << "both judges refuse it";
  fs::remove_all(root);
}

}  // namespace
}  // namespace phalarope::gates
