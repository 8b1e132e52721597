// Lines of `replay compare`: the contract's example, the order of answers, and every way a line can be bad.
#include "firmware_images/phalarope/compare_lines.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>

namespace phalarope::program {
namespace {

using Json = nlohmann::json;

Json entry(int number = 1) {
  const std::string text = std::to_string(number);
  return {{"plan_hash", "p"},
          {"snapshot_provenance_ref", "s"},
          {"decision",
           {{"outcome_kind", "admit"},
            {"phase", "pre_turn"},
            {"scope", "turn"},
            {"session_id", "kitchen"},
            {"turn_id", "turn-" + text},
            {"event_id", "event-" + text},
            {"runtime_timestamp_ms", 1},
            {"wall_clock_timestamp_ms", 2},
            {"timestamp_ms", 1},
            {"emitted_by", "RK-25"},
            {"authority_epoch", 7},
            {"reason", "r"}}},
          {"lane", "ControlLane"},
          {"runtime_sequence", number},
          {"provider_id", "a"},
          {"provider_model", "m"},
          {"ordering_marker", "runtime_sequence:" + text},
          {"authority_epoch", 7},
          {"runtime_timestamp_ms", 100}};
}

Json cursor(int number = 1) {
  const std::string text = std::to_string(number);
  return {{"session_id", "kitchen"},
          {"turn_id", "turn-" + text},
          {"lane", "ControlLane"},
          {"runtime_sequence", number},
          {"event_id", "event-" + text}};
}

Json artifact() {
  return {{"trace", {entry(1), entry(2)}},
          {"decision_outcomes", {entry(1)["decision"]}},
          {"lineage", {{{"event_id", "event-1"}, {"merge_group_id", "g"}, {"dropped", false}}}}};
}

Json line() {
  return {{"mode", "re_simulate_nodes"},
          {"cursor", cursor()},
          {"compare_tolerance_ms", 0},
          {"baseline", artifact()},
          {"candidate", artifact()},
          {"appended_divergences", Json::array()},
          {"policy", {{"timing_tolerance_ms", 15}, {"expected", Json::array()}}}};
}

Json answer(const std::string& text) { return Json::parse(answer_compare_line(text, 4)); }
Json answer(const Json& json) { return answer(json.dump()); }

Json changed(const std::string& path, const Json& value) {
  Json json = line();
  json[Json::json_pointer(path)] = value;
  return json;
}
Json without(const std::string& path) {
  Json json = line();
  const Json::json_pointer pointer(path);
  json[pointer.parent_pointer()].erase(pointer.back());
  return json;
}

void expect_refused(const Json& got, const std::string& error, const std::string& what) {
  EXPECT_EQ(got["index"], 4) << what;
  EXPECT_EQ(got["ok"], false) << what;
  EXPECT_EQ(got.value("error", ""), error) << what;
  EXPECT_FALSE(got.value("message", "").empty()) << what;
}

// contract: cli-conformance 5
TEST(CompareLine, AnUnknownModeIsRefusedAsInTheExample) {
  expect_refused(answer(std::string(
                     R"({"mode":"rewind_tape","compare_tolerance_ms":0,"baseline":{"trace":[],"decision_outcomes":[],)"
                     R"("lineage":[]},"candidate":{"trace":[],"decision_outcomes":[],"lineage":[]},)"
                     R"("policy":{"timing_tolerance_ms":0,"expected":[]}})")),
                 "invalid_request", "example");
}

// contract: cli-conformance 5
TEST(CompareLine, EqualArtifactsPassInEveryModeUnderEveryName) {
  for (const char* mode : {"re_simulate_nodes", "playback_recorded_provider_outputs", "replay_decisions",
                           "recompute_decisions", "audit", "regression"}) {
    const Json got = answer(changed("/mode", mode));
    EXPECT_EQ(got["ok"], true) << mode << got;
    EXPECT_EQ(got["pass"], true) << mode;
    for (const char* list : {"divergences", "failing", "unexplained", "missing_expected"}) {
      EXPECT_EQ(got[list], Json::array()) << list;
    }
    EXPECT_EQ(got["cursor"], cursor(2)) << mode;
  }
}

// contract: cli-conformance 5, evidence 2.2
TEST(CompareLine, DivergencesComeAsCursorComparisonLineageAppended) {
  Json bent = line();
  bent["candidate"]["trace"][0]["decision"]["event_id"] = "other";
  bent["candidate"]["trace"][1]["runtime_timestamp_ms"] = 150;
  bent["candidate"]["lineage"] = Json::array();
  bent["appended_divergences"] = {{{"class", "WEATHER"}, {"scope", ""}, {"message", ""}}};
  bent["policy"]["expected"] = {{{"class", "ORDERING_DIVERGENCE"}, {"scope", "turn:turn-1"}, {"approved", true}},
                                {{"class", "OUTCOME_DIVERGENCE"}, {"scope", "turn:nowhere"}}};
  const Json got = answer(bent);
  const auto classes_of = [](const Json& list) {
    std::vector<std::string> names;
    for (const Json& one : list) names.push_back(one["message_class"]);
    return names;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(classes_of(got["divergences"]),
            (Names{"cursor_boundary", "decision", "timing", "lineage_absent", "appended"}));
  EXPECT_EQ(classes_of(got["failing"]),
            (Names{"decision", "timing", "lineage_absent", "appended", "missing_expected"}));
  EXPECT_EQ(classes_of(got["unexplained"]), (Names{"decision", "lineage_absent"}));
  EXPECT_EQ(got["divergences"][2]["diff_ms"], 50);
  EXPECT_FALSE(got["divergences"][1].contains("diff_ms"));
  EXPECT_EQ(got["failing"][0]["expected"], false);
  EXPECT_EQ(got["missing_expected"], Json::parse(R"([{"class":"OUTCOME_DIVERGENCE","scope":"turn:nowhere"}])"));
  EXPECT_EQ(got["pass"], false);
}

// contract: evidence 2.6
TEST(CompareLine, AppendedDivergencesAreNotValidated) {
  for (const char* text : {R"({})", R"({"class":"","scope":"","message":""})", R"({"class":"X","diff_ms":-5})",
                           R"({"class":"TIMING_DIVERGENCE","scope":"s","message":"m"})",
                           R"({"class":"X","scope":"s","message":"m","expected":true,"more":null})"}) {
    const Json got = answer(changed("/appended_divergences", Json::array({Json::parse(text)})));
    EXPECT_EQ(got["ok"], true) << text;
    EXPECT_EQ(got["divergences"].size(), 1U) << text;
    EXPECT_EQ(got["pass"], false) << text;
  }
  EXPECT_EQ(answer(changed("/appended_divergences", {{{"class", "TIMING_DIVERGENCE"}, {"diff_ms", 15}}}))["pass"],
            true);
}

// contract: cli-conformance 1
TEST(CompareLine, ListsMayBeLeftOutWhenEmpty) {
  const Json got = answer(std::string(R"({"mode":"audit","compare_tolerance_ms":-1,"baseline":{},"candidate":{},)"
                                      R"("policy":{"timing_tolerance_ms":-1}})"));
  EXPECT_EQ(got["ok"], true) << got;
  EXPECT_EQ(got["pass"], true);
  EXPECT_FALSE(got.contains("cursor"));
}

// contract: cli-conformance 5, evidence 2.3
TEST(CompareLine, ACursorThatTheBaselineDoesNotHaveIsAnErrorOfItsOwn) {
  expect_refused(answer(changed("/cursor", cursor(3))), "cursor_not_found", "cursor 3");
  expect_refused(answer(changed("/cursor/lane", "DataLane")), "cursor_not_found", "lane");
}

// contract: cli-conformance 1, 5
TEST(CompareLine, MissingMembersAreNamed) {
  for (const char* path : {"/mode",
                           "/compare_tolerance_ms",
                           "/baseline",
                           "/candidate",
                           "/policy",
                           "/policy/timing_tolerance_ms",
                           "/cursor/session_id",
                           "/cursor/turn_id",
                           "/cursor/lane",
                           "/cursor/runtime_sequence",
                           "/cursor/event_id",
                           "/baseline/trace/1/plan_hash",
                           "/baseline/trace/1/snapshot_provenance_ref",
                           "/baseline/trace/1/decision",
                           "/baseline/trace/1/lane",
                           "/baseline/trace/1/runtime_sequence",
                           "/baseline/trace/1/provider_id",
                           "/candidate/trace/0/provider_model",
                           "/candidate/trace/0/ordering_marker",
                           "/candidate/trace/0/authority_epoch",
                           "/candidate/trace/0/runtime_timestamp_ms",
                           "/candidate/trace/0/decision/reason",
                           "/candidate/decision_outcomes/0/event_id",
                           "/baseline/lineage/0/event_id",
                           "/baseline/lineage/0/merge_group_id",
                           "/baseline/lineage/0/dropped"}) {
    expect_refused(answer(without(path)), "invalid_request", path);
  }
  for (const char* path :
       {"/cursor", "/appended_divergences", "/policy/expected", "/baseline/trace/0/decision/timestamp_ms",
        "/baseline/trace/0/decision/authority_epoch", "/baseline/decision_outcomes"}) {
    EXPECT_EQ(answer(without(path))["ok"], true) << path;
  }
}

// contract: cli-conformance 1, 5
TEST(CompareLine, WrongTypesUnknownMembersAndNumbersOutOfRangeAreBadLines) {
  const std::pair<const char*, Json> bad[] = {
      {"/mode", 1},
      {"/mode", nullptr},
      {"/more", 1},
      {"/cursor", nullptr},
      {"/cursor/runtime_sequence", -1},
      {"/cursor/runtime_sequence", "1"},
      {"/cursor/lane", "controllane"},
      {"/cursor/event_id", ""},
      {"/cursor/more", 1},
      {"/compare_tolerance_ms", 1.0},
      {"/compare_tolerance_ms", true},
      {"/compare_tolerance_ms", 9223372036854775808U},
      {"/baseline", Json::array()},
      {"/baseline/trace", Json::object()},
      {"/baseline/trace/0", 1},
      {"/baseline/trace/0/plan_hash", nullptr},
      {"/baseline/trace/0/lane", 3},
      {"/baseline/trace/0/runtime_sequence", nullptr},
      {"/baseline/trace/0/more", 1},
      {"/baseline/trace/0/decision", Json::object()},
      {"/baseline/trace/0/decision/outcome_kind", "nod"},
      {"/baseline/trace/0/decision/emitted_by", "RK-24"},
      {"/baseline/trace/0/decision/turn_id", ""},
      {"/baseline/trace/0/decision/runtime_timestamp_ms", -1},
      {"/baseline/trace/0/decision/more", 1},
      {"/candidate/decision_outcomes/0/phase", "active"},
      {"/candidate/lineage/0/dropped", "no"},
      {"/candidate/lineage/0/more", 1},
      {"/candidate/more", 1},
      {"/appended_divergences", Json::object()},
      {"/appended_divergences/0", "PLAN_DIVERGENCE"},
      {"/appended_divergences/0/diff_ms", "5"},
      {"/policy", nullptr},
      {"/policy/more", 1},
      {"/policy/timing_tolerance_ms", "15"},
      {"/policy/expected/0", {{"class", "PLAN_DIVERGENCE"}}},
      {"/policy/expected/0", {{"class", "PLAN_DIVERGENCE"}, {"scope", "s"}, {"approved", 1}}},
      {"/policy/expected/0", {{"class", "PLAN_DIVERGENCE"}, {"scope", "s"}, {"reason", ""}}}};
  for (const auto& [path, value] : bad) {
    expect_refused(answer(changed(path, value)), "invalid_request", path + value.dump());
  }
}

// contract: cli-conformance 1
TEST(CompareLine, WhatIsNoObjectOrHoldsAMemberTwiceIsABadLine) {
  const std::string twice = line().dump();
  for (const std::string& text :
       {std::string("nope"), std::string("[]"), std::string("1"), std::string("null"), std::string("{"), twice + "1",
        "{\"mode\":\"audit\"," + twice.substr(1), std::string("{\"mode\":\"\xff\"}")}) {
    expect_refused(answer(text), "invalid_request", text);
  }
}

// contract: cli-conformance 1
TEST(CompareLine, TheLargestNumbersPassThroughUnharmed) {
  Json bent = changed("/candidate/trace/1/runtime_timestamp_ms", std::numeric_limits<std::int64_t>::min());
  bent["baseline"]["trace"][1]["runtime_timestamp_ms"] = std::numeric_limits<std::int64_t>::max();
  bent["compare_tolerance_ms"] = std::numeric_limits<std::int64_t>::min();
  const Json got = answer(bent);
  EXPECT_EQ(got["divergences"][0]["diff_ms"], std::numeric_limits<std::int64_t>::max());
}

RC_GTEST_PROP(CompareLineProperty, EveryAppendedDivergenceAppearsLastAndInOrder, ()) {
  Json bent = line();
  if (*rc::gen::arbitrary<bool>()) bent["candidate"]["trace"][1]["plan_hash"] = "other";
  std::vector<std::string> classes;
  for (int left = *rc::gen::inRange(0, 5); left > 0; --left) {
    classes.push_back(*rc::gen::element<std::string>("PLAN_DIVERGENCE", "TIMING_DIVERGENCE", "", "x\"y"));
    bent["appended_divergences"].push_back({{"class", classes.back()}, {"scope", "s"}, {"message", "m"}});
  }
  const Json got = answer(bent);
  const Json& all = got["divergences"];
  RC_ASSERT(all.size() >= classes.size());
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const Json& one = all[all.size() - classes.size() + i];
    RC_ASSERT(one["class"] == classes[i]);
    RC_ASSERT(one["message_class"] == "appended");
  }
}

}  // namespace
}  // namespace phalarope::program
