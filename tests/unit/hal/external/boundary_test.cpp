// The boundary's checks, in the contract's order; and the fault table, which arbitration and people read.
#include "hal/external/boundary.hpp"

#include <gtest/gtest.h>

#include <set>

#include "core/spec/plan_codec.hpp"
#include "hal/external/external_node.hpp"
#include "hal/external/fault.hpp"
#include "hal/external/sdk/phalarope_node.h"
#include "hal/host/pipeline_facts.hpp"
#include "tests/unit/engine/session/engine_driver.hpp"

namespace phalarope::hal {
namespace {

constexpr ExternalRequest good{
    .session = "s", .node = "n", .invocation = "i", .epoch = 1, .cpu_units = 1, .memory_mib = 256};

ExternalRequest with(auto change) {
  ExternalRequest request = good;
  change(request);
  return request;
}

// contract: 11.2 row 2
TEST(Boundary, LimitsOfZeroOrLessTakeTheContractsDefaults) {
  const ExternalLimits limits = with_defaults({.timeout = Duration{-1}, .cpu_units_max = 0, .memory_mib_max = -5});
  EXPECT_EQ(limits.timeout, milliseconds(500));
  EXPECT_EQ(limits.cpu_units_max, 1);
  EXPECT_EQ(limits.memory_mib_max, 256);
  EXPECT_EQ(with_defaults({.timeout = milliseconds(1), .cpu_units_max = 2, .memory_mib_max = 3}).memory_mib_max, 3);
}

// contract: 11.2 row 1, 11.2 row 2
TEST(Boundary, ARequestIsWholeOrRefusedByTheFirstThingThatIsMissing) {
  using R = BoundaryRefusal;
  EXPECT_TRUE(check_request(good, {}));
  EXPECT_EQ(check_request(with([](auto& r) { r.session = r.node = " "; }), {}).error(), R::session_blank);
  EXPECT_EQ(check_request(with([](auto& r) {
                            r.node = "\t";
                            r.invocation = "";
                          }),
                          {})
                .error(),
            R::node_blank);
  EXPECT_EQ(check_request(with([](auto& r) {
                            r.invocation = "";
                            r.epoch = -1;
                          }),
                          {})
                .error(),
            R::invocation_blank);
  EXPECT_EQ(check_request(with([](auto& r) {
                            r.epoch = -1;
                            r.cpu_units = -1;
                          }),
                          {})
                .error(),
            R::epoch_negative);
  EXPECT_EQ(check_request(with([](auto& r) { r.memory_mib = -1; }), {}).error(), R::resources_negative);
  EXPECT_EQ(check_request(with([](auto& r) { r.cpu_units = 2; }), {}).error(), R::external_resource_limit);
  EXPECT_EQ(check_request(with([](auto& r) { r.memory_mib = 257; }), {}).error(), R::external_resource_limit);
  EXPECT_TRUE(check_request(with([](auto& r) { r.memory_mib = 257; }), {.memory_mib_max = 300}));
}

// contract: 11.2 row 5
TEST(Boundary, ACancelNeedsAnInvocationAndAReason) {
  EXPECT_TRUE(check_cancel("i", "barge_in"));
  EXPECT_EQ(check_cancel(" ", "").error(), BoundaryRefusal::invocation_blank);
  EXPECT_EQ(check_cancel("i", " \n").error(), BoundaryRefusal::reason_blank);
}

// contract: 11.2 row 4
TEST(Boundary, TheAnswerIsLabelledAndABlankInvocationMeansTheRequests) {
  EXPECT_EQ(answered_invocation(" ", good), "i");
  EXPECT_EQ(answered_invocation("other", good), "other");
  const BoundaryLabels labels = boundary_labels(good);
  EXPECT_EQ(labels[0], std::pair(std::string_view("boundary"), std::string("external_node")));
  EXPECT_EQ(labels[1].second, "n");
  EXPECT_EQ(labels[2], std::pair(std::string_view("cpu_units"), std::string("1")));
  EXPECT_EQ(labels[3], std::pair(std::string_view("memory_mb"), std::string("256")));
}

// contract: 11.2 row 4
TEST(Boundary, TelemetryLearnsWhichNodesAreProgramsOfTheirOwn) {
  ExternalNodeSettings settings;
  settings.name = "dialogue";
  settings.cpu_units = 1;
  settings.child.memory_mib = 64;
  telemetry::Attributes labels;
  for (auto& [key, value] : boundary_labels(settings)) labels.emplace(key, std::move(value));
  const auto facts =
      pipeline_reader({{"dialogue", labels}, {"nobody", labels}})(spec::encode(phalarope::testing::small_pipeline()));
  const auto& dialogue = facts.nodes[telemetry::index_of(Modality::llm)];
  EXPECT_EQ(dialogue.id, "dialogue");
  EXPECT_EQ(dialogue.type, "dialogue");
  EXPECT_EQ(dialogue.boundary.at("boundary"), "external_node");
  EXPECT_EQ(dialogue.boundary.at("memory_mb"), "64");
  EXPECT_TRUE(facts.nodes[telemetry::index_of(Modality::tts)].boundary.empty());
}

TEST(ExternalFaults, EachHasAnIdOfItsOwnASentenceAndACodeThatLeadsBack) {
  std::set<std::string_view> ids;
  for (const ExternalFaultRow& row : external_faults::rows) {
    EXPECT_TRUE(ids.insert(row.id).second) << row.id;
    EXPECT_EQ(row.sentence.empty(), row.fault == ExternalFault::none);
    EXPECT_EQ(row.outcome == OutcomeClass::success, row.fault == ExternalFault::none);
    EXPECT_GE(code_of(row.fault), external_fault_code_first) << "1 and 2 are the host's own";
  }
}

TEST(Sdk, ItsKindsAreTheEngines) {
  const std::pair<phal_kind, EventKind> same[] = {
      {PHAL_RECOGNITION_PARTIAL, EventKind::recognition_partial},
      {PHAL_RECOGNITION_FINAL, EventKind::recognition_final},
      {PHAL_DIALOGUE_SENTENCE, EventKind::dialogue_sentence},
      {PHAL_DIALOGUE_DONE, EventKind::dialogue_done},
      {PHAL_SYNTHESIS_FRAME, EventKind::synthesis_frame},
      {PHAL_SYNTHESIS_WORD, EventKind::synthesis_word},
      {PHAL_SYNTHESIS_DONE, EventKind::synthesis_done},
      {PHAL_TOOL_STARTED, EventKind::tool_started},
      {PHAL_TOOL_ENDED, EventKind::tool_ended},
      {PHAL_COMMAND_RECOGNISE_START, EventKind::command_recognise_start},
      {PHAL_COMMAND_RECOGNISE_AUDIO, EventKind::command_recognise_audio},
      {PHAL_COMMAND_RECOGNISE_FINALISE, EventKind::command_recognise_finalise},
      {PHAL_COMMAND_RECOGNISE_ABANDON, EventKind::command_recognise_abandon},
      {PHAL_COMMAND_DIALOGUE_ASK, EventKind::command_dialogue_ask},
      {PHAL_COMMAND_SYNTHESISE, EventKind::command_synthesise},
      {PHAL_COMMAND_NODE_CREDIT, EventKind::command_node_credit},
      {PHAL_COMMAND_HEARD, EventKind::command_heard},
      {PHAL_COMMAND_APOLOGY, EventKind::command_apology},
  };
  for (const auto& [sdk, engine] : same) EXPECT_EQ(static_cast<int>(sdk), static_cast<int>(engine));
}

}  // namespace
}  // namespace phalarope::hal
