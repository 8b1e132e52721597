// Who waits for what: routes along the edges, states of nodes, deadlines that restart at progress, cancel.
#include "core/engine/graph/executor.hpp"

#include <gtest/gtest.h>

namespace phalarope {
namespace {

constexpr std::uint8_t mic = 0;
constexpr std::uint8_t stt = 1;
constexpr std::uint8_t llm = 2;
constexpr std::uint8_t tts = 3;
constexpr std::uint8_t speaker = 4;

class Executor : public testing::Test {
 protected:
  void SetUp() override {
    const std::pair<const char*, NodeType> nodes[] = {{"mic", NodeType::microphone},
                                                      {"stt", NodeType::recogniser},
                                                      {"llm", NodeType::dialogue},
                                                      {"tts", NodeType::synthesiser},
                                                      {"speaker", NodeType::playback}};
    for (const auto& [id, type] : nodes) {
      NodeDefinition node;
      ASSERT_TRUE(node.id.assign(id));
      node.type = type;
      ASSERT_TRUE(graph.nodes.push_back(node));
    }
    for (std::uint8_t i = 0; i < 4; ++i) {
      EdgeDefinition edge;
      edge.from = NodeIndex{i};
      edge.to = NodeIndex{static_cast<std::uint8_t>(i + 1)};
      ASSERT_TRUE(graph.edges.push_back(edge));
    }
    for (auto& patience : patiences) patience = {.first_result = milliseconds(1000), .gap = milliseconds(300)};
    ASSERT_TRUE(sut.configure(graph, patiences, {}).has_value());
  }

  static Event event(EventKind kind, std::uint8_t node, std::int64_t at_ms) {
    Event made{};
    made.kind = kind;
    made.node = node;
    made.mono_ns = at_ms * ns_per_ms;
    made.turn_number = 1;
    made.ticket = 42;
    made.runtime_sequence = 9;
    return made;
  }
  /// Routes a result and hands out every command it gives.
  GraphCommands pass(EventKind kind, std::uint8_t node, std::int64_t at_ms) {
    GraphCommands commands;
    EXPECT_TRUE(sut.route(event(kind, node, at_ms), commands).has_value()) << name_of(kind);
    for (const Event& command : commands) sut.commanded(command);
    return commands;
  }
  RouteRefusal refused(EventKind kind, std::uint8_t node) {
    GraphCommands commands;
    const auto answer = sut.route(event(kind, node, 0), commands);
    EXPECT_FALSE(answer.has_value());
    EXPECT_TRUE(commands.empty()) << "refusing gives nothing";
    return answer.error();
  }
  NodeRunState state(std::uint8_t node) const { return sut.state(NodeIndex{node}); }

  GraphDefinition graph;
  GraphPatience patiences{};
  GraphExecutor sut;
};

// contract: F-018
TEST_F(Executor, AConditionLetsPassOnlyTheResultsItAdmits) {
  graph.edges[1].when = {.confidence_permille = {.min = 600, .max = 1000}};
  ASSERT_TRUE(sut.configure(graph, patiences, {}).has_value());
  const std::pair<std::int64_t, std::size_t> cases[] = {{400, 0}, {599, 0}, {600, 1}, {900, 1}, {1000, 1}};
  for (const auto& [confidence, commands_given] : cases) {
    sut.begin();
    pass(EventKind::speech_started, mic, 0);
    Event result = event(EventKind::recognition_final, stt, 10);
    result.argument_a = static_cast<std::int64_t>(UtteranceClass::words);
    result.argument_b = confidence;
    GraphCommands commands;
    ASSERT_TRUE(sut.route(result, commands).has_value());
    EXPECT_EQ(commands.size(), commands_given) << confidence;
  }
}

TEST_F(Executor, AnEdgeWithoutConditionAsksNothingOfTheResult) {
  pass(EventKind::speech_started, mic, 0);
  Event result = event(EventKind::recognition_final, stt, 10);
  result.argument_b = 5000;  // no recogniser should say so, and no edge should lose its words for it
  GraphCommands commands;
  ASSERT_TRUE(sut.route(result, commands).has_value());
  EXPECT_EQ(commands.size(), 1U);
}

TEST_F(Executor, AResultBecomesTheCommandOfTheNodeBehindTheEdge) {
  EXPECT_EQ(pass(EventKind::speech_started, mic, 0)[0].kind, EventKind::command_recognise_start);
  EXPECT_EQ(pass(EventKind::audio_frame, mic, 20)[0].kind, EventKind::command_recognise_audio);
  EXPECT_EQ(pass(EventKind::speech_ended, mic, 40)[0].kind, EventKind::command_recognise_finalise);
  EXPECT_TRUE(pass(EventKind::recognition_partial, stt, 50).empty());
  const auto ask = pass(EventKind::recognition_final, stt, 60);
  ASSERT_EQ(ask.size(), 1U);
  EXPECT_EQ(ask[0].kind, EventKind::command_dialogue_ask);
  EXPECT_EQ(ask[0].node, llm);
  EXPECT_EQ(ask[0].edge, 1);
  EXPECT_EQ(ask[0].ticket, 42U);
  EXPECT_EQ(ask[0].causal_parent, 9U);
  EXPECT_EQ(pass(EventKind::dialogue_sentence, llm, 70)[0].kind, EventKind::command_synthesise);
  const auto play = pass(EventKind::synthesis_frame, tts, 80);
  EXPECT_EQ(play[0].kind, EventKind::command_play_frame);
  EXPECT_EQ(play[0].node, speaker);
}

TEST_F(Executor, ArgumentsThatMeanSomethingElseAreNotHandedOn) {
  pass(EventKind::speech_started, mic, 0);
  Event final = event(EventKind::recognition_final, stt, 1);
  final.argument_a = 1;
  final.argument_b = 930;  // confidence; the dialogue reads samples heard here
  GraphCommands commands;
  ASSERT_TRUE(sut.route(final, commands).has_value());
  EXPECT_EQ(commands[0].argument_a, 1);
  EXPECT_EQ(commands[0].argument_b, 0);
}

TEST_F(Executor, ANodeThatWasAskedForNothingIsRefusedByName) {
  EXPECT_EQ(refused(EventKind::dialogue_sentence, llm), RouteRefusal::node_not_running);
  EXPECT_EQ(refused(EventKind::dialogue_sentence, 9), RouteRefusal::node_unknown);
}

TEST_F(Executor, ANodeIsDoneWhenItOwesNothingMore) {
  sut.commanded(event(EventKind::command_synthesise, tts, 0));
  sut.commanded(event(EventKind::command_synthesise, tts, 5));
  pass(EventKind::synthesis_done, tts, 10);
  EXPECT_EQ(state(tts), NodeRunState::running) << "a second sentence is still owed";
  EXPECT_FALSE(sut.quiet());
  pass(EventKind::synthesis_done, tts, 20);
  EXPECT_EQ(state(tts), NodeRunState::done);
  EXPECT_TRUE(sut.quiet());
  sut.commanded(event(EventKind::command_synthesise, tts, 30));
  EXPECT_EQ(state(tts), NodeRunState::running);
}

TEST_F(Executor, ListeningHasNoDeadlineUntilTheSpeechIsOver) {
  pass(EventKind::speech_started, mic, 0);
  pass(EventKind::audio_frame, mic, 20);
  EXPECT_EQ(state(stt), NodeRunState::running);
  EXPECT_FALSE(sut.next_deadline().has_value());
  pass(EventKind::speech_ended, mic, 5000);
  EXPECT_EQ(sut.next_deadline(), Instant{6000 * ns_per_ms});
}

// decisions.md D2
TEST_F(Executor, TheDeadlineRestartsAtEachSignOfProgress) {
  sut.commanded(event(EventKind::command_dialogue_ask, llm, 0));
  EXPECT_EQ(sut.next_deadline(), Instant{1000 * ns_per_ms}) << "first result";
  pass(EventKind::dialogue_sentence, llm, 900);
  sut.on_deadline(event(EventKind::tick, no_node.value, 0));
  EXPECT_EQ(sut.next_deadline(), Instant{1200 * ns_per_ms}) << "then the gap";
}

TEST_F(Executor, TheEarliestDeadlineOfAllNodesCounts) {
  sut.commanded(event(EventKind::command_dialogue_ask, llm, 0));
  sut.commanded(event(EventKind::command_synthesise, tts, 100));
  EXPECT_EQ(sut.next_deadline(), Instant{1000 * ns_per_ms});
}

// contract: F2
TEST_F(Executor, AnOverdueNodeFailsOnceWithTheShapeOf64) {
  sut.commanded(event(EventKind::command_dialogue_ask, llm, 0));
  EXPECT_FALSE(sut.on_deadline(event(EventKind::tick, no_node.value, 999)).has_value());
  const auto timeout = sut.on_deadline(event(EventKind::tick, no_node.value, 1000));
  ASSERT_TRUE(timeout.has_value());
  EXPECT_EQ(timeout->node, NodeIndex{llm});
  EXPECT_TRUE(timeout->failure.terminal());
  EXPECT_EQ(timeout->failure.signals.size(), 2U);
  EXPECT_EQ(timeout->failure.signals[0].node, llm);
  EXPECT_EQ(state(llm), NodeRunState::failed);
  EXPECT_FALSE(sut.on_deadline(event(EventKind::tick, no_node.value, 2000)).has_value());
  EXPECT_EQ(refused(EventKind::dialogue_sentence, llm), RouteRefusal::node_failed);
}

TEST_F(Executor, AnAllowedFallbackKeepsTheTurnAliveWithoutTheNode) {
  ASSERT_TRUE(sut.configure(graph, patiences, {.degrade = false, .fallback = true}).has_value());
  sut.commanded(event(EventKind::command_dialogue_ask, llm, 0));
  const auto timeout = sut.on_deadline(event(EventKind::tick, no_node.value, 1000));
  ASSERT_TRUE(timeout.has_value());
  EXPECT_FALSE(timeout->failure.terminal());
  EXPECT_EQ(timeout->failure.action, BudgetAction::fallback);
}

TEST_F(Executor, ANodeThatSaysItFailedEarlyEndsTheTurn) {
  ASSERT_TRUE(sut.configure(graph, patiences, {.degrade = true, .fallback = true}).has_value());
  sut.commanded(event(EventKind::command_dialogue_ask, llm, 0));
  const auto shaped = sut.on_failed(event(EventKind::node_failed, llm, 10));
  ASSERT_TRUE(shaped.has_value());
  EXPECT_TRUE(shaped->terminal());
  EXPECT_EQ(sut.on_failed(event(EventKind::node_failed, llm, 20)).error(), RouteRefusal::node_failed);
}

// contract: I6
TEST_F(Executor, CancelTellsEveryRunningNodeAndFencesItsResults) {
  sut.commanded(event(EventKind::command_dialogue_ask, llm, 0));
  sut.commanded(event(EventKind::command_synthesise, tts, 0));
  GraphCommands commands;
  sut.cancel(event(EventKind::cancel, no_node.value, 50), 1, commands);
  ASSERT_EQ(commands.size(), 2U);
  EXPECT_EQ(commands[0].kind, EventKind::command_node_cancel);
  EXPECT_EQ(commands[0].node, llm);
  EXPECT_EQ(commands[1].node, tts);
  EXPECT_EQ(commands[1].argument_a, 1);
  EXPECT_EQ(state(stt), NodeRunState::idle) << "a node that was not running is not told";
  EXPECT_EQ(refused(EventKind::synthesis_frame, tts), RouteRefusal::node_cancelled);
  EXPECT_FALSE(sut.next_deadline().has_value());
  sut.begin();
  EXPECT_EQ(state(tts), NodeRunState::idle) << "nothing leaks into the next turn";
}

TEST_F(Executor, NothingIsRoutedIntoAFailedNode) {
  sut.commanded(event(EventKind::command_dialogue_ask, llm, 0));
  sut.commanded(event(EventKind::command_synthesise, tts, 0));
  ASSERT_TRUE(sut.on_failed(event(EventKind::node_failed, tts, 1)).has_value());
  EXPECT_TRUE(pass(EventKind::dialogue_sentence, llm, 2).empty());
}

TEST_F(Executor, AbandonedRecognitionOwesNothing) {
  pass(EventKind::speech_started, mic, 0);
  pass(EventKind::speech_ended, mic, 10);
  sut.commanded(event(EventKind::command_recognise_abandon, stt, 20));
  EXPECT_TRUE(sut.quiet());
  EXPECT_EQ(state(stt), NodeRunState::idle);
}

// contract: D2, 4.4 row 7
TEST_F(Executor, PatienceIsTheNodesOwnBudgetElseItsProvidersDeadlinesWithinThePlansDefault) {
  graph.nodes[stt].modality = Modality::stt;
  graph.nodes[llm].modality = Modality::llm;
  graph.nodes[tts].modality = Modality::tts;
  ProviderDeadlines deadlines;
  EXPECT_EQ(deadlines.llm.first_output_ms, 1000) << "simple/v1's provider invocation timeout";
  deadlines.stt = {.connect_ms = 1, .first_output_ms = 700, .gap_ms = 600};
  deadlines.llm = {.connect_ms = 1, .first_output_ms = 10'000, .gap_ms = 8000};
  graph.nodes[tts].node_budget_ms = 4321;
  const auto patience = patience_of(graph, deadlines, milliseconds(9000));
  EXPECT_EQ(patience[stt].first_result, milliseconds(700));
  EXPECT_EQ(patience[stt].gap, milliseconds(600));
  EXPECT_EQ(patience[llm].first_result, milliseconds(9000)) << "no longer than the plan allows a node";
  EXPECT_EQ(patience[llm].gap, milliseconds(8000));
  EXPECT_EQ(patience[tts].first_result, milliseconds(4321));
  EXPECT_EQ(patience[tts].gap, milliseconds(4321));
  EXPECT_EQ(patience[speaker].gap, milliseconds(9000)) << "no provider";
}

// contract: D2
TEST_F(Executor, WhoWaitsForCreditIsNotSilentByItsOwnFault) {
  sut.commanded(event(EventKind::command_synthesise, tts, 0));
  sut.set_waiting(NodeIndex{tts}, true, Instant{0});
  EXPECT_EQ(sut.next_deadline(), std::nullopt);
  EXPECT_EQ(sut.on_deadline(event(EventKind::tick, no_node.value, 5000)), std::nullopt);
  sut.set_waiting(NodeIndex{tts}, false, Instant{5000 * ns_per_ms});
  EXPECT_EQ(sut.next_deadline(), Instant{6000 * ns_per_ms}) << "counted from the end of the wait";
  sut.set_waiting(NodeIndex{tts}, false, Instant{5500 * ns_per_ms});
  EXPECT_EQ(sut.next_deadline(), Instant{6000 * ns_per_ms}) << "to be told again changes nothing";
  sut.set_waiting(no_node, true, Instant{0});
  EXPECT_TRUE(sut.on_deadline(event(EventKind::tick, no_node.value, 6000)).has_value());
}

TEST_F(Executor, ANoticeMakesNobodyRun) {
  for (const auto notice : {EventKind::command_node_credit, EventKind::command_node_cancel,
                            EventKind::command_release_payload, EventKind::command_heard}) {
    sut.commanded(event(notice, tts, 0));
    EXPECT_EQ(state(tts), NodeRunState::idle) << name_of(notice);
  }
  sut.commanded(event(EventKind::command_synthesise, no_node.value, 0));
  EXPECT_TRUE(sut.quiet()) << "a command for nobody";
}

// contract: I6, 7.1
TEST_F(Executor, ACancelledNodeIsGivenNothingAndFailsNoMore) {
  sut.commanded(event(EventKind::command_dialogue_ask, llm, 0));
  sut.commanded(event(EventKind::command_synthesise, tts, 0));
  GraphCommands commands;
  sut.cancel(event(EventKind::cancel, no_node.value, 50), 1, commands);
  sut.commanded(event(EventKind::command_synthesise, tts, 60));
  EXPECT_EQ(state(tts), NodeRunState::cancelled);
  EXPECT_EQ(sut.on_failed(event(EventKind::node_failed, tts, 70)).error(), RouteRefusal::node_cancelled);
  EXPECT_EQ(sut.on_failed(event(EventKind::node_failed, 9, 70)).error(), RouteRefusal::node_unknown);
}

TEST_F(Executor, ARunningNodeThatOwesNothingIsQuietAndNeverOverdue) {
  pass(EventKind::speech_started, mic, 0);
  ASSERT_EQ(state(stt), NodeRunState::running);
  EXPECT_TRUE(sut.quiet());
  EXPECT_FALSE(sut.on_deadline(event(EventKind::tick, no_node.value, 100'000)).has_value());
}

TEST_F(Executor, AFailureBeforeItsLastSignOfLifeCountsAsNoSilence) {
  ASSERT_TRUE(sut.configure(graph, patiences, {.degrade = false, .fallback = true}).has_value());
  sut.commanded(event(EventKind::command_dialogue_ask, llm, 100));
  const auto shaped = sut.on_failed(event(EventKind::node_failed, llm, 40));  // a worker's clock is its own
  ASSERT_TRUE(shaped.has_value());
  EXPECT_TRUE(shaped->terminal()) << "no time has passed, so no budget is exhausted";
}

TEST(ExecutorBeforeItsGraph, KnowsNobody) {
  const GraphExecutor sut;
  EXPECT_EQ(sut.find(NodeType::dialogue), no_node);
  EXPECT_TRUE(sut.quiet());
  EXPECT_FALSE(sut.next_deadline().has_value());
  GraphExecutor refusing;
  GraphCommands commands;
  Event result{};
  result.node = 0;
  EXPECT_EQ(refusing.route(result, commands).error(), RouteRefusal::node_unknown);
}

TEST_F(Executor, AGraphWithProblemsIsRefused) {
  graph.edges[0].to = graph.edges[0].from;
  EXPECT_EQ(sut.configure(graph, patiences, {}).error().fault, GraphFault::edge_to_itself);
}

TEST_F(Executor, FindsTheFirstNodeOfAType) {
  EXPECT_EQ(sut.find(NodeType::dialogue), NodeIndex{llm});
  EXPECT_EQ(sut.find(NodeType::telemetry), no_node);
}

// contract: 7.1 row 3
TEST_F(Executor, OneNodeIsCancelledOnceAndOnlyWhileItCouldStillSaySomething) {
  GraphCommands commands;
  const Event about = event(EventKind::cancel, no_node.value, 5);
  EXPECT_FALSE(sut.cancel_node(NodeIndex{9}, about, 1, commands));
  sut.commanded(event(EventKind::command_dialogue_ask, llm, 0));
  ASSERT_TRUE(sut.on_failed(event(EventKind::node_failed, llm, 1)).has_value());
  EXPECT_FALSE(sut.cancel_node(NodeIndex{llm}, about, 1, commands)) << "it has failed already";
  EXPECT_TRUE(sut.cancel_node(NodeIndex{tts}, about, 1, commands));
  EXPECT_TRUE(commands.empty()) << "a node that does not run is not told";
  EXPECT_FALSE(sut.cancel_node(NodeIndex{tts}, about, 1, commands));
  EXPECT_EQ(state(tts), NodeRunState::cancelled);
}

}  // namespace
}  // namespace phalarope
