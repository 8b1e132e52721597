// Appendix C, the truth table, the diagnostics of 2.1 and the late-event rules from the outside: each case of
// scenario_rows.txt is a script and everything the report says about it; what is not written there must be absent.
//
// contract: T1, T2, T2a, T3, T4, T5, T5a, T6, T7, T8, T9, T10a, T10b, T10d, T11, T12, T13, T14
// contract: 2.1, 2.4, 2.6, 2.7, 3.3, 7.2, 7.3, 10.2, Appendix C, I2, I3, I6, I7, F1, F7, F9, D25
#include <fstream>
#include <set>

#include "tests/contract/scenario/scenario_text.hpp"

namespace phalarope::spec::test {
namespace {

struct Case {
  std::string name{};
  Json session_changes = Json::object();
  Json events = Json::array();
  std::string raw{};
  std::map<std::string, std::vector<std::string>> expected{};
};

std::vector<Case> read_cases() {
  const std::string path = std::string(PHALAROPE_SOURCE_DIR) + "/tests/contract/scenario/scenario_rows.txt";
  std::ifstream file(path);
  std::vector<Case> cases;
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const auto colon = line.find(": ");
    if (colon == std::string::npos) {
      ADD_FAILURE() << path << ":" << number << ": not `key: value`";
      continue;
    }
    const std::string key = line.substr(0, colon);
    const std::string value = line.substr(colon + 2);
    if (key == "case") {
      cases.push_back({.name = value + " (line " + std::to_string(number) + ")"});
    } else if (key == "session") {
      cases.back().session_changes = Json::parse(value);
    } else if (key == "events") {
      for (const Json& event : Json::parse(value)) {
        cases.back().events.push_back(event.is_string() ? Json{{"kind", event}} : event);
      }
    } else if (key == "line") {
      cases.back().raw = value;
    } else {
      cases.back().expected[key].push_back(value);
    }
  }
  return cases;
}

TEST(ScenarioRows, EveryScriptIsAnsweredAsTheContractSays) {
  const std::vector<Case> cases = read_cases();
  ASSERT_GT(cases.size(), 80U);
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    const Json answer = one.raw.empty() ? answer_to(one.events, one.session_changes) : answer_to(one.raw);
    EXPECT_EQ(text_of(answer), one.expected) << answer.dump(1);
    EXPECT_EQ(answer["ok"] == false, answer.contains("message")) << "a refused line carries a message";
    if (answer["ok"] == true) {
      EXPECT_EQ(answer["report"]["processed_events"], one.events.size()) << "late and refused ones count too";
    }
  }
}

TEST(ScenarioRows, EmptyListsAreLeftOut) {
  const Json report = answer_to(Json::array({{{"kind", "ingress_data"}}}))["report"];
  std::set<std::string> members;
  for (const auto& [name, value] : report.items()) members.insert(name);
  EXPECT_EQ(members, (std::set<std::string>{"generated_at_utc", "session_id", "turn_id", "pipeline_version",
                                            "processed_events", "ingress_records"}));
}

// contract: V4
TEST(ScenarioRows, AnOpenedTurnHasTheFrozenPlanOfTheDefaults) {
  const Json answer = answer_to(Json::array({{{"kind", "turn_open_proposed"}, {"authority_epoch", 7}}}),
                                {{"turn_id", "turn-vec-1"}, {"pipeline_version", "pipeline-v1"}});
  EXPECT_EQ(answer["report"]["open_results"][0]["plan_hash"],
            "6efe0f4e08dcfc94509d715672d0b518aff62727addf6ee129bddc221f2bf0ae");
}

TEST(ScenarioRows, ARefusalNamesTheTurnAndTheStates) {
  const Json error = answer_to(
      Json::array({{{"kind", "turn_open_proposed"}}, {{"kind", "cancel"}}, {{"kind", "terminal_success"}}}))["error"];
  EXPECT_EQ(error["message"],
            "turn \"t\" on \"terminal_success\": The turn is not in the state that this step starts from. Expected "
            "Active, actual Closed.");
}

TEST(ScenarioRows, TheSameLineAtTheSameTimeGivesTheSameBytes) {
  const std::string line =
      Json{{"session", session()}, {"events", {{{"kind", "turn_open_proposed"}}, {{"kind", "transport_disconnect"}}}}}
          .dump();
  const ScenarioTime time{.now_ms = now_ms, .generated_at_utc = "2026-01-01T00:00:00Z"};
  EXPECT_EQ(answer_scenario_line(line, 3, time), answer_scenario_line(line, 3, time));
}

}  // namespace
}  // namespace phalarope::spec::test
