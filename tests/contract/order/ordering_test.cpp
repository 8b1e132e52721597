// In what order things are said: along an edge, across a node's edges, over the whole log, and around a cancel.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "tests/unit/engine/session/engine_driver.hpp"

namespace phalarope {
namespace {

using phalarope::testing::EngineDriver;
using ::testing::ElementsAre;
using K = EventKind;

/// Two turns, the first of three sentences and interrupted, then a device that stays away: every kind of end but one.
void long_conversation(EngineDriver& driver) {
  driver.user_says(UtteranceClass::words);
  for (std::int64_t sentence = 0; sentence < 3; ++sentence) driver.sentence(sentence);
  for (std::int64_t frame = 0; frame < 4; ++frame) {
    driver.synthesised_frame(frame * 320);
    driver.pass(5);
  }
  driver.playback(K::playback_started);
  driver.sentence_voiced();
  driver.synthesised_frame(4 * 320);
  driver.user_speaks(200);
  driver.frame();
  driver.heard_partially(UtteranceClass::words);
  driver.frame();
  driver.user_stops();
  driver.frame();
  driver.recognised(UtteranceClass::words);
  driver.sentence(0);
  driver.say(driver.event(K::disconnected));
  driver.wait(31'000);
}

// contract: 1.11 row 1
TEST(Ordering, WhatTravelsAlongAnEdgeKeepsItsOrder) {
  EngineDriver driver;
  long_conversation(driver);
  std::map<std::tuple<std::uint8_t, std::uint8_t, Lane>, std::uint64_t> last;  // node, edge, lane
  std::size_t seen = 0;
  for (const Event& event : driver.all) {
    if (!event.has(EventFlag::output) || event.node == no_node.value) continue;
    auto& before = last[{event.node, event.edge, event.lane}];
    EXPECT_GT(event.runtime_sequence, before) << name_of(event.kind);
    before = event.runtime_sequence;
    ++seen;
  }
  EXPECT_GT(seen, 20U);
  std::vector<std::int64_t> played;
  std::vector<std::int64_t> voiced;
  for (const Event& event : driver.all) {
    if (event.kind == K::command_play_frame) played.push_back(event.argument_a);
    if (event.kind == K::command_synthesise && event.turn_number == 1) voiced.push_back(event.argument_a);
  }
  EXPECT_THAT(played, ElementsAre(0, 320, 640, 960, 1280));
  EXPECT_THAT(voiced, ElementsAre(0, 1)) << "the third sentence fell with its turn";
}

/// microphone ─▶ recogniser ─▶ two dialogues: a node that writes to two edges.
GraphDefinition forked_graph() {
  GraphDefinition graph;
  const std::pair<const char*, NodeType> nodes[] = {{"microphone", NodeType::microphone},
                                                    {"recogniser", NodeType::recogniser},
                                                    {"chain", NodeType::dialogue},
                                                    {"model", NodeType::dialogue}};
  for (const auto& [id, type] : nodes) {
    NodeDefinition node;
    EXPECT_TRUE(node.id.assign(id));
    node.type = type;
    EXPECT_TRUE(graph.nodes.push_back(node));
  }
  const std::pair<std::uint8_t, std::uint8_t> edges[] = {{0, 1}, {1, 2}, {1, 3}};
  for (const auto& [from, to] : edges) {
    EdgeDefinition edge;
    edge.from = NodeIndex{from};
    edge.to = NodeIndex{to};
    EXPECT_TRUE(graph.edges.push_back(edge));
  }
  return graph;
}

// contract: 1.11 row 2
TEST(Ordering, ANodeThatWritesToSeveralEdgesKeepsTheOrderOnEach) {
  const GraphDefinition graph = forked_graph();
  GraphPatience patience{};
  patience.fill({.first_result = milliseconds(1000), .gap = milliseconds(1000)});
  GraphExecutor executor;
  ASSERT_TRUE(executor.configure(graph, patience, {}).has_value());
  std::map<std::uint8_t, std::vector<std::uint32_t>> causes;  // by edge
  for (std::uint32_t result = 1; result <= 5; ++result) {
    Event asked{};
    asked.kind = K::command_recognise_finalise;
    asked.node = 1;
    executor.commanded(asked);
    Event words{};
    words.kind = K::recognition_final;
    words.node = 1;
    words.runtime_sequence = result;
    GraphCommands commands;
    ASSERT_TRUE(executor.route(words, commands).has_value());
    for (const Event& command : commands) causes[command.edge].push_back(command.causal_parent);
  }
  ASSERT_EQ(causes.size(), 2U);
  for (const auto& [edge, parents] : causes) EXPECT_THAT(parents, ElementsAre(1, 2, 3, 4, 5)) << "edge " << int{edge};
}

// contract: 1.11 row 3
TEST(Ordering, TheLogSortedByTheReplaysKeyIsTheLog) {
  EngineDriver driver;
  long_conversation(driver);
  const auto key = [](const Event& event) {
    return std::tuple(event.mono_ns / ns_per_ms, event.runtime_sequence);  // an event's id grows with its sequence
  };
  std::vector<Event> sorted = driver.all;
  std::reverse(sorted.begin(), sorted.end());
  std::sort(sorted.begin(), sorted.end(), [&](const Event& a, const Event& b) { return key(a) < key(b); });
  ASSERT_GT(sorted.size(), 50U);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    ASSERT_EQ(sorted[i], driver.all[i]) << "entry " << i << ", " << name_of(driver.all[i].kind);
  }
}

// contract: 1.11 row 4, I6, 7.2, 12.2
TEST(Ordering, AnAcceptedCancelPrecedesWhateverIsAcceptedLaterOfItsScope) {
  EngineDriver driver;
  driver.until_speaking();
  const std::uint64_t cancelled_ticket = driver.ticket;
  Event late = driver.result(K::synthesis_frame, testing::synthesiser_node);
  driver.say(driver.event(K::user_cancel_requested));
  std::vector<K> order;
  for (const Event& event : driver.given) {
    if (event.kind == K::command_fence || event.kind == K::cancel || event.kind == K::abort)
      order.push_back(event.kind);
  }
  EXPECT_THAT(order, ElementsAre(K::cancel, K::command_fence, K::abort)) << "the fence before the terminal";
  late.payload = driver.payload();
  driver.say(late);
  driver.user_says(UtteranceClass::words);
  driver.sentence(0);
  driver.synthesised_frame(0);  // of the next turn
  std::uint64_t cancelled_at = 0;
  for (const Event& event : driver.all) {
    if (event.kind == K::cancel) cancelled_at = event.runtime_sequence;
    const bool output = event.kind == K::output_accepted || event.kind == K::command_play_frame;
    if (output && event.ticket == cancelled_ticket) {
      EXPECT_EQ(cancelled_at, 0U) << "accepted after its cancel";
    }
  }
  EXPECT_EQ(driver.count(K::command_play_frame), 2U) << "one before the cancel, one of the next turn";
}

// contract: 1.11 row 5
TEST(Ordering, EachPayloadIsDeliveredAtMostOnce) {
  EngineDriver driver;
  long_conversation(driver);
  std::map<std::uint32_t, int> handed_out;
  for (const Event& event : driver.all) {
    if (event.has(EventFlag::output) && event.payload.present()) ++handed_out[event.payload.generation];
  }
  EXPECT_GT(handed_out.size(), 10U);
  for (const auto& [payload, times] : handed_out) EXPECT_EQ(times, 1) << "payload " << payload;
}

}  // namespace
}  // namespace phalarope
