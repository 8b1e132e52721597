// The tutor's session as a pure function: order, gates, actions, scoring, and that equal words give equal sessions.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "core/library/tutor_session.hpp"
#include "tests/unit/library/small_library.hpp"

namespace phalarope::library {
namespace {

TopicPack topic(const std::string& name = "first-aid") {
  std::ostringstream text;
  text << std::ifstream(std::string(PHALAROPE_SOURCE_DIR) + "/firmware_images/conf/topics/" + name + ".yaml").rdbuf();
  auto pack = parse_topic(text.str(), name);
  EXPECT_TRUE(pack) << (pack ? "" : pack.error());
  return *pack;
}

const LibraryFiles& shipped() {
  static const LibraryFiles library = shipped_library();
  return library;
}

TutorPlan plan_for(const std::string& stage, const std::string& energy, std::int64_t minutes) {
  TutorPlan plan;
  static const auto catalogue = std::make_shared<const Catalogue>(validate(shipped(), Contract::one, true).catalogue);
  plan.catalogue = catalogue;
  plan.topic = topic();
  plan.input.assessment_mode = plan.topic.assessment_mode;
  plan.input.stage = stage;
  plan.input.energy = energy;
  plan.input.time_available = minutes;
  plan.selection = *SelectorCatalogue::read(shipped())->select(Policy::scored_v1, plan.input);
  return plan;
}

/// Answers as a learner who knows all but what `wrong` says; anything else gets "good".
class Learner {
 public:
  explicit Learner(TutorRun& run) : run_(run) {}
  std::map<std::string, std::string> wrong;  // item id -> words

  void go() {
    TutorReply reply = run_.begin();
    said.push_back(reply.text);
    for (int i = 0; i < 120 && !reply.over; ++i) {
      reply = run_.hear({Said::words, answer_to(reply.text), 1'250});
      said.push_back(reply.text);
    }
  }
  std::vector<std::string> said;

 private:
  std::string answer_to(const std::string& prompt) {
    if (prompt.ends_with("High, medium or low?")) return "high";
    for (const TopicItem& item : run_.plan().topic.items) {
      if (!prompt.ends_with(item.prompt)) continue;
      return wrong.contains(item.id) ? wrong[item.id] : item.accept.front();
    }
    return "good";
  }
  TutorRun& run_;
};

std::size_t told(const TutorRun& run, const std::string& kind, const std::string& detail) {
  return static_cast<std::size_t>(std::ranges::count_if(
      run.events(), [&](const TutorEvent& event) { return event.kind == kind && event.detail.starts_with(detail); }));
}

TEST(TopicPack, TheShippedOnesAreReadAndABrokenOneNamesItsLine) {
  EXPECT_EQ(topic("unit-conversions").items.size(), 5U);
  const auto bad = parse_topic(
      "topic_id: t\ntitle: t\nassessment_mode: songs\nobjectives: []\nitems:\n  - {item_id: a}\n", "t.yaml");
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().find("t.yaml:3: assessment_mode: 'songs' is not known"), std::string::npos);
  EXPECT_NE(bad.error().find("t.yaml:6: prompt: a text is missing"), std::string::npos);
}

TEST(Scoring, EqualTextOrAllKeywordsAreRight) {
  const TopicPack pack = topic();
  EXPECT_TRUE(is_right(*pack.item("fa-where"), "Um, in the middle of the chest!"));
  EXPECT_TRUE(is_right(*pack.item("fa-where"), "chest, right in the middle"));
  EXPECT_FALSE(is_right(*pack.item("fa-where"), "on the chest"));
  EXPECT_FALSE(is_right(*pack.item("fa-where"), ""));
  EXPECT_FALSE(is_right(*pack.item("fa-ratio"), "thirtyish"));
}

TEST(Scoring, TheErrorTypeIsTheFirstThatFits) {
  const TopicPack pack = topic();
  EXPECT_EQ(error_type_of(pack, *pack.item("fa-call"), "call the doctor"), "Confusion");
  EXPECT_EQ(error_type_of(pack, *pack.item("fa-ratio"), "one hundred"), "Confusion");
  EXPECT_EQ(error_type_of(pack, *pack.item("fa-ratio"), ""), "Procedure");
  EXPECT_EQ(error_type_of(pack, *pack.item("fa-call"), ""), "Recall");
  EXPECT_EQ(error_type_of(pack, *pack.item("fa-where"), "left arm"), "Representation");
}

// contract: CL-B3
TEST(TutorRun, AGoodLearnerGoesThroughEveryBlockAndPassesTheGates) {
  TutorRun run(plan_for("first_exposure", "medium", 20));
  Learner learner(run);
  learner.go();
  EXPECT_EQ(run.plan().selection.chain_id, "C-QF-001");
  EXPECT_EQ(run.closed_as(), "completed") << testing::PrintToString(learner.said);
  EXPECT_TRUE(run.rows().empty());
  EXPECT_EQ(told(run, "chain.step_begin", ""), 6U);
  EXPECT_EQ(told(run, "chain.gate", "prime_artifacts_present pass"), 1U);
  EXPECT_EQ(told(run, "chain.gate", "reference_targets_ready pass"), 1U);
  EXPECT_EQ(told(run, "chain.gate", "retrieve_after_reference_only pass"), 1U);
  EXPECT_EQ(told(run, "chain.gate", "exit_requires_rsr_or_remediation pass"), 1U);
}

// contract: CL-B6
TEST(TutorRun, AMissIsARowOf13ColumnsAndIsAskedAgain) {
  TutorRun run(plan_for("first_exposure", "medium", 20));
  Learner learner(run);
  learner.wrong = {{"fa-ratio", "one hundred times"}};
  learner.go();
  ASSERT_EQ(run.rows().size(), 1U);
  EXPECT_EQ(error_log_line(run.rows()[0]),
            "first-aid,fa-ratio,Confusion,retrieve,,1.2,asked again in M-OVR-001,procedure,C-QF-001,low,new,v1.0,0\n");
  EXPECT_EQ(run.closed_as(), "completed");
}

TEST(TutorRun, CalibrationAsksHowSureAndTagsTheRow) {
  TutorRun run(plan_for("first_exposure", "high", 55));
  TutorPlan plan = run.plan();
  plan.input.assessment_mode = "definition";
  plan.selection = *SelectorCatalogue::read(shipped())->select(Policy::scored_v1, plan.input);
  TutorRun full(plan);
  Learner learner(full);
  learner.wrong = {{"fa-call", "call the doctor"}};
  learner.go();
  EXPECT_EQ(full.plan().selection.chain_id, "C-FE-001");
  EXPECT_EQ(told(full, "chain.gate", "calibrate_attempt_completed pass"), 1U);
  ASSERT_FALSE(full.rows().empty());
  EXPECT_EQ(at(full.rows()[0], ErrorColumn::confidence), "H");
  EXPECT_EQ(at(full.rows()[0], ErrorColumn::stage_detected), "calibrate");
}

TEST(TutorRun, PreparationThatIsSkippedClosesTheRunByName) {
  TutorRun run(plan_for("first_exposure", "medium", 20));
  TutorReply reply = run.begin();
  for (int i = 0; i < 20 && !reply.over; ++i) reply = run.hear({Said::words, "skip", {}});
  EXPECT_EQ(run.closed_as(), "gate_unsatisfied");
  EXPECT_NE(reply.text.find("the preparation was left out"), std::string::npos);
}

// contract: CL-B3
TEST(TutorRun, RecallWithoutTargetsIsMendedByTheFailureAction) {
  TutorPlan plan = plan_for("first_exposure", "medium", 20);
  plan.selection.run_blocks = {"M-PRE-007", "M-RET-001", "M-OVR-001"};
  TutorRun run(plan);
  Learner learner(run);
  learner.wrong = {{"fa-ratio", "no idea"}};
  learner.go();
  EXPECT_EQ(told(run, "chain.gate", "retrieve_after_reference_only fail"), 1U);
  EXPECT_EQ(told(run, "chain.action", "inject_reference_targets_before_retrieve done"), 1U);
  EXPECT_EQ(told(run, "chain.gate", "retrieve_after_reference_only pass"), 1U);
  EXPECT_EQ(at(run.rows().at(0), ErrorColumn::dependency_fix_applied), "1");
  EXPECT_EQ(run.closed_as(), "completed");
}

TEST(TutorRun, TooManyMissesGetTheirMethodBeforeTheExit) {
  TutorPlan plan = plan_for("first_exposure", "medium", 20);
  plan.selection.run_blocks = {"M-PRE-007", "M-REF-003", "M-REF-004", "M-RET-001"};
  TutorRun run(plan);
  Learner learner(run);
  learner.wrong = {{"fa-safe", "no"}, {"fa-ratio", "no"}};
  learner.go();
  EXPECT_EQ(told(run, "chain.action", "substitute_by_error_type_mapping done"), 1U);
  EXPECT_EQ(told(run, "chain.step_begin", "4 M-RET-006"), 1U);
  EXPECT_EQ(run.closed_as(), "completed");
}

TEST(TutorRun, TheCommandsWorkInEveryStep) {
  TutorRun run(plan_for("first_exposure", "medium", 20));
  const std::string first = run.begin().text;
  const std::string prompt = run.hear({Said::words, "say that again", {}}).text;
  EXPECT_TRUE(first.ends_with(prompt));
  EXPECT_EQ(run.hear({Said::words, "pause", {}}).text, "We pause. Say go on when you are ready.");
  EXPECT_EQ(run.hear({Said::words, "something", {}}).text, "We pause. Say go on when you are ready.");
  EXPECT_EQ(run.hear({Said::words, "go on", {}}).text, prompt);
  EXPECT_TRUE(run.hear({Said::words, "finish lesson", {}}).over);
  EXPECT_EQ(run.closed_as(), "stopped");
}

// contract: CL-B5
TEST(TutorRun, WhatWasMissedLastTimeIsAskedFirst) {
  TutorPlan plan = plan_for("review", "medium", 15);
  plan.items_first = {"fa-until"};
  TutorRun run(plan);
  Learner learner(run);
  learner.go();
  const auto asked = std::ranges::find_if(run.events(), [](const TutorEvent& e) { return e.kind == "chain.item"; });
  EXPECT_TRUE(asked->detail.starts_with("fa-until")) << asked->detail;
  EXPECT_EQ(run.plan().selection.chain_id, "C-QD-001");
}

TutorSession session_with(TutorMemory memory) {
  TutorMaterial material{.catalogue = plan_for("review", "medium", 15).catalogue,
                         .selector = *SelectorCatalogue::read(shipped()),
                         .topics = {topic(), topic("unit-conversions")}};
  return {std::move(material), std::move(memory)};
}

// contract: CL-B5, CL-B7
TEST(TutorSession, AsksForTheTopicAndChoosesByWhatItRemembers) {
  const auto chain_after = [](TutorMemory memory) {
    TutorSession session = session_with(std::move(memory));
    EXPECT_EQ(session.hear({Said::words, "hello", {}}).text,
              "Which topic do you want to learn: first aid, or unit conversions?");
    (void)session.hear({Said::words, "the first aid please", {}});
    return session.run()->plan().input.stage + " " + session.run()->plan().selection.chain_id;
  };
  EXPECT_EQ(chain_after({}), "first_exposure C-QF-001");
  EXPECT_EQ(chain_after({.error_log = {}, .earlier_sessions = {{"first-aid", 1}}, .minutes = 30}),
            "consolidation C-MR-001");
  ErrorRow row;
  at(row, ErrorColumn::topic_id) = "first-aid";
  at(row, ErrorColumn::item_id) = "fa-ratio";
  at(row, ErrorColumn::error_type) = "Confusion";
  at(row, ErrorColumn::assessment_mode) = "procedure";
  EXPECT_EQ(chain_after({.error_log = {row}, .earlier_sessions = {}}), "review C-QD-001");
  at(row, ErrorColumn::topic_id) = "another";
  EXPECT_EQ(chain_after({.error_log = {row}, .earlier_sessions = {}}), "first_exposure C-QF-001");
}

// contract: CL-B7
TEST(TutorSession, NoSelectorErrorKeepsItFromStarting) {
  LibraryFiles nothing;
  nothing.has_chains = true;
  TutorMaterial material{.catalogue = plan_for("review", "medium", 15).catalogue,
                         .selector = *SelectorCatalogue::read(nothing),
                         .topics = {topic()}};
  TutorSession session(std::move(material), {});
  EXPECT_FALSE(session.hear({Said::words, "first aid", {}}).over);
  EXPECT_TRUE(session.run());
}

RC_GTEST_PROP(TutorRun, AnyWordsEndWithinTheBoundAndTwiceTheSame, ()) {
  const auto words = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("thirty compressions", "call the ambulance", "skip", "repeat", "pause", "go on",
                                    "i don't know", "high", "", "good"));
  static const TutorPlan plan = plan_for("first_exposure", "medium", 20);
  const auto session = [&] {
    TutorRun run(plan);
    std::string all = run.begin().text;
    for (std::size_t i = 0; i < tutor_steps_max + 2; ++i) {
      const std::string word = words.empty() ? "good" : words[i % words.size()];
      all += run.hear({word.empty() ? Said::not_understood : Said::words, word, {}}).text;
    }
    RC_ASSERT(run.over());
    RC_ASSERT(told(run, "chain.closed", "") == 1U);
    for (const ErrorRow& row : run.rows()) all += error_log_line(row);
    return all;
  };
  RC_ASSERT(session() == session());
}

}  // namespace
}  // namespace phalarope::library
