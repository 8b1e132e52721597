// The connection machine from the outside: every state and "never connected" against every signal, as scripts.
//
// contract: 2.2, 2.3, F6
#include "tests/contract/scenario/scenario_text.hpp"

namespace phalarope::spec::test {
namespace {

constexpr const char* signals[] = {"connected", "reconnecting", "disconnected", "ended", "silence", "stall"};

/// The shortest script into a state.
std::vector<std::string> way_to(const std::string& state) {
  if (state == "never connected") return {};
  if (state == "connected") return {"connected"};
  return {"connected", state};
}

TEST(ScenarioConnection, OfAllStatesAndSignalsTheLegalOnesAreEmittedUnderTheirName) {
  std::size_t accepted = 0;
  for (const std::string state :
       {"never connected", "disconnected", "connected", "reconnecting", "silence", "stall", "ended"}) {
    for (const std::string signal : signals) {
      SCOPED_TRACE(state + " x " + signal);
      Json events = Json::array();
      for (const std::string& step : way_to(state)) events.push_back({{"kind", step}});
      const std::size_t index = events.size();
      events.push_back({{"kind", signal}});
      const Json answer = answer_to(events);
      if (state == "ended" || (state == "never connected" && signal != "connected")) {
        EXPECT_EQ(answer["ok"], false);
        EXPECT_EQ(answer["error"]["event_index"], index);
        EXPECT_EQ(answer["error"]["diagnostic"], state == "ended" ? "connection_ended" : "connection_not_established");
        continue;
      }
      ++accepted;
      ASSERT_EQ(answer["ok"], true) << answer;
      const Json& said = answer["report"]["control_signals"];
      ASSERT_EQ(said.size(), index + 1);
      const std::string id = "evt-can-00" + std::to_string(index + 1) + "-" + signal;
      const std::string number = std::to_string(index + 1);
      EXPECT_EQ(signal_text(said.back()), signal + "(can_" + signal + ") RK-23 " + id + " session:- session #" +
                                              number + " @" + number + " +" +
                                              std::to_string(now_ms + static_cast<int>(index)) + " e5");
    }
  }
  EXPECT_EQ(accepted, 1U + 5U * 6U);
}

TEST(ScenarioConnection, ATurnIdIsGivenOnlyIfTheEventGivesOne) {
  const Json answer = answer_to(Json::array({{{"kind", "connected"}, {"turn_id", "u"}, {"reason", "rang"}}}));
  EXPECT_EQ(signal_text(answer["report"]["control_signals"][0]),
            "connected(rang) RK-23 evt-can-001-connected turn:u turn #1 @1 +5000 e5");
}

}  // namespace
}  // namespace phalarope::spec::test
