// A scenario line as bytes: whatever it holds, the answer is one line of JSON.
#include "core/spec/scenario/scenario_lines.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/spec/scenario/scenario_engine.hpp"

namespace phalarope::spec {
namespace {

using Json = nlohmann::json;

std::string line_of(const std::string& events) {
  return R"({"session":{"session_id":"s","turn_id":"t","pipeline_version":"p","authority_epoch":1,)"
         R"("default_data_class":"text_raw","transport":"tin"},"events":)" +
         events + "}";
}
std::string answer_to(const std::string& line, std::size_t index = 0) {
  return answer_scenario_line(line, index, {.now_ms = 1, .generated_at_utc = "2026-01-01T00:00:00Z"});
}

TEST(ScenarioLines, TheAnswerBearsItsIndexAndTheGivenTime) {
  const Json answer = Json::parse(answer_to(line_of(R"([{"kind":"connected"}])"), 41));
  EXPECT_EQ(answer["index"], 41);
  EXPECT_EQ(answer["ok"], true);
  EXPECT_EQ(answer["report"]["generated_at_utc"], "2026-01-01T00:00:00Z");
}

TEST(ScenarioLines, NoBytesBreakTheAnswer) {
  const std::string good = line_of(R"([{"kind":"connected"}])");
  for (const std::string& line :
       {std::string("\xEF\xBB\xBF") + good, good + std::string("\0", 1), good + std::string("\0{", 2),
        std::string("\0", 1), std::string("nul"), good + ",", line_of("[{\"kind\":\"\xFF\"}]"),
        line_of(R"([{"kind":"\ud800"}])"), line_of(std::string(1000, '[')), std::string(1'000'000, '{')}) {
    const std::string text = answer_to(line);
    EXPECT_EQ(text.find('\n'), std::string::npos);
    const Json answer = Json::parse(text);
    EXPECT_EQ(answer["ok"], false) << answer;
    EXPECT_TRUE(answer["error"]["event_index"].is_null());
    EXPECT_FALSE(answer["message"].get<std::string>().empty());
  }
}

TEST(ScenarioLines, IdsOfAnyTextComeBackAsGiven) {
  const std::string id = "q\"uo\\te \x01\x7F <&> \u2028 \U0001F426 \xC2\xA0x";
  const Json events = Json::array({{{"kind", "turn_open_proposed"}, {"turn_id", id}, {"event_id", id}}});
  const Json answer = Json::parse(answer_to(line_of(events.dump())));
  EXPECT_EQ(answer["report"]["open_results"][0]["control_signals"][0]["turn_id"], id);
  EXPECT_EQ(answer["report"]["open_results"][0]["event_id"], id);
}

TEST(ScenarioLines, AHugeLineIsAnsweredInFull) {
  constexpr std::size_t turns = 600;
  Json events = Json::array({{{"kind", "connected"}, {"reason", std::string(1'000'000, 'x')}}});
  for (std::size_t i = 0; i < turns; ++i) {
    const std::string id = "turn-" + std::to_string(i);
    events.push_back({{"kind", "turn_open_proposed"}, {"turn_id", id}});
    events.push_back({{"kind", i % 2 == 0 ? "terminal_success" : "cancel"}, {"turn_id", id}});
  }
  for (std::size_t i = 0; i < turns; ++i) {
    events.push_back({{"kind", "output"}, {"turn_id", "turn-" + std::to_string(i)}});
  }
  const Json answer = Json::parse(answer_to(line_of(events.dump())));
  const Json& report = answer["report"];
  EXPECT_EQ(report["processed_events"], events.size());
  ASSERT_EQ(report["output_decisions"].size(), turns);
  for (std::size_t i = 0; i < turns; ++i) EXPECT_EQ(report["output_decisions"][i]["accepted"], i % 2 == 0);
}

TEST(ScenarioLines, BeyondTheTurnsRememberedTheOldestIsClosedForGood) {
  Json events = Json::array();
  for (std::size_t i = 0; i <= scenario_turns_max; ++i) {
    events.push_back({{"kind", "turn_open_proposed"}, {"turn_id", std::to_string(i)}, {"plan_unavailable", true}});
  }
  events.push_back({{"kind", "turn_open_proposed"}, {"turn_id", "1"}, {"plan_unavailable", true}});
  EXPECT_EQ(Json::parse(answer_to(line_of(events.dump())))["ok"], true);
  events.push_back({{"kind", "turn_open_proposed"}, {"turn_id", "0"}});
  const Json answer = Json::parse(answer_to(line_of(events.dump())));
  EXPECT_EQ(answer["error"]["diagnostic"], "turn_not_idle");
  EXPECT_EQ(answer["error"]["event_index"], events.size() - 1);
}

}  // namespace
}  // namespace phalarope::spec
