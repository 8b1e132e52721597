// Which graphs are refused and by which name, and that the order of a sound graph is the one of rule 1.
#include "core/engine/graph/graph_check.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <initializer_list>
#include <string>

namespace phalarope {
namespace {

NodeDefinition node(std::string_view id, Lane lane = Lane::data) {
  NodeDefinition made;
  EXPECT_TRUE(made.id.assign(id));
  made.type = NodeType::dialogue;
  made.lane = lane;
  return made;
}
void add(GraphDefinition& graph, const NodeDefinition& made) { ASSERT_TRUE(graph.nodes.push_back(made)); }
void link(GraphDefinition& graph, std::uint8_t from, std::uint8_t to, Lane lane = Lane::data) {
  EdgeDefinition edge;
  edge.from = NodeIndex{from};
  edge.to = NodeIndex{to};
  edge.lane = lane;
  ASSERT_TRUE(graph.edges.push_back(edge));
}
GraphDefinition chain(std::initializer_list<std::string_view> ids) {
  GraphDefinition graph;
  for (const auto id : ids) add(graph, node(id));
  for (std::size_t i = 1; i < ids.size(); ++i) {
    link(graph, static_cast<std::uint8_t>(i - 1), static_cast<std::uint8_t>(i));
  }
  return graph;
}
void expect_only(const GraphDefinition& graph, GraphFault fault, GraphPart part, std::uint8_t index) {
  const auto problems = check_graph(graph);
  ASSERT_EQ(problems.size(), 1U) << describe(fault).id;
  EXPECT_EQ(problems[0], (GraphProblem{fault, part, index})) << describe(problems[0].fault).id;
  const auto order = order_of(graph);
  ASSERT_FALSE(order.has_value());
  EXPECT_EQ(order.error().fault, fault);
}

// contract: runtime.md 6.2
TEST(GraphCheck, AGraphWithoutNodesIsRefused) { expect_only({}, GraphFault::no_nodes, GraphPart::graph, 0); }

TEST(GraphCheck, ABlankNodeIdIsRefused) {
  auto graph = chain({"a", " \t"});
  expect_only(graph, GraphFault::node_id_empty, GraphPart::node, 1);
}

TEST(GraphCheck, ADuplicateNodeIdIsRefusedAtTheSecond) {
  auto graph = chain({"a", "b", "a"});
  expect_only(graph, GraphFault::node_id_duplicate, GraphPart::node, 2);
}

TEST(GraphCheck, ANodeWithoutTypeIsRefused) {
  auto graph = chain({"a"});
  graph.nodes[0].type = NodeType::none;
  expect_only(graph, GraphFault::node_type_empty, GraphPart::node, 0);
}

TEST(GraphCheck, AnInvalidLaneIsRefusedOnNodeAndEdge) {
  auto graph = chain({"a", "b"});
  graph.nodes[1].lane = static_cast<Lane>(3);
  expect_only(graph, GraphFault::lane_invalid, GraphPart::node, 1);
  graph.nodes[1].lane = Lane::telemetry;
  graph.edges[0].lane = static_cast<Lane>(9);
  expect_only(graph, GraphFault::lane_invalid, GraphPart::edge, 0);
}

TEST(GraphCheck, AnUnknownModalityIsRefused) {
  auto graph = chain({"a"});
  graph.nodes[0].modality = static_cast<Modality>(7);
  expect_only(graph, GraphFault::modality_unknown, GraphPart::node, 0);
}

TEST(GraphCheck, ANegativeConcurrencyLimitIsRefused) {
  auto graph = chain({"a"});
  graph.nodes[0].concurrency_limit = -1;
  expect_only(graph, GraphFault::concurrency_limit_negative, GraphPart::node, 0);
}

TEST(GraphCheck, AnEdgeNeedsTwoKnownAndDifferentEnds) {
  auto graph = chain({"a", "b"});
  graph.edges[0].to = no_node;
  expect_only(graph, GraphFault::edge_end_empty, GraphPart::edge, 0);
  graph.edges[0].to = NodeIndex{2};
  expect_only(graph, GraphFault::edge_node_unknown, GraphPart::edge, 0);
  graph.edges[0].to = NodeIndex{0};
  expect_only(graph, GraphFault::edge_to_itself, GraphPart::edge, 0);
}

TEST(GraphCheck, ACycleNamesANodeThatLiesOnIt) {
  auto graph = chain({"a", "b", "c", "behind"});
  link(graph, 2, 1);  // b -> c -> b; `behind` waits for ever too, but is not to blame
  const auto problems = check_graph(graph);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].fault, GraphFault::cycle);
  EXPECT_TRUE(problems[0].index == 1 || problems[0].index == 2) << int{problems[0].index};
}

TEST(GraphCheck, AllProblemsAreListedNodesFirst) {
  auto graph = chain({"a", "a"});
  graph.nodes[0].concurrency_limit = -2;
  graph.edges[0].to = NodeIndex{9};
  const auto problems = check_graph(graph);
  ASSERT_EQ(problems.size(), 3U);
  EXPECT_EQ(problems[0].fault, GraphFault::concurrency_limit_negative);
  EXPECT_EQ(problems[1].fault, GraphFault::node_id_duplicate);
  EXPECT_EQ(problems[2].fault, GraphFault::edge_node_unknown);
}

TEST(GraphCheck, TheListOfProblemsIsBounded) {
  GraphDefinition graph;
  for (std::size_t i = 0; i < graph_nodes_max; ++i) {
    NodeDefinition bad;
    bad.lane = static_cast<Lane>(7);
    bad.concurrency_limit = -1;
    add(graph, bad);
  }
  EXPECT_EQ(check_graph(graph).size(), graph_problems_max);
}

// contract: 6.2 rule 1
TEST(GraphOrder, AmongReadyNodesTheHighestLaneComesFirst) {
  GraphDefinition graph;
  add(graph, node("telemetry", Lane::telemetry));
  add(graph, node("data", Lane::data));
  add(graph, node("control", Lane::control));
  const auto order = order_of(graph);
  ASSERT_TRUE(order.has_value());
  EXPECT_EQ((*order)[0], NodeIndex{2});
  EXPECT_EQ((*order)[1], NodeIndex{1});
  EXPECT_EQ((*order)[2], NodeIndex{0});
}

// contract: 6.2 rule 1
TEST(GraphOrder, TiesGoByReadinessThenByDeclaration) {
  GraphDefinition graph;
  for (const auto id : {"a", "b", "c", "d"}) add(graph, node(id));
  link(graph, 1, 0);  // a becomes ready only after b, and so after c and d, which were ready before
  const auto order = order_of(graph);
  ASSERT_TRUE(order.has_value());
  const NodeIndex expected[] = {NodeIndex{1}, NodeIndex{2}, NodeIndex{3}, NodeIndex{0}};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ((*order)[i], expected[i]) << i;
}

TEST(GraphOrder, InAnyGraphWithoutACycleEveryNodeStandsBehindItsPredecessors) {
  const bool held = rc::check([] {
    GraphDefinition graph;
    const int count = *rc::gen::inRange(1, static_cast<int>(graph_nodes_max) + 1);
    for (int i = 0; i < count; ++i) {
      add(graph, node("n" + std::to_string(i), static_cast<Lane>(*rc::gen::inRange(0, 3))));
    }
    const int edges = count < 2 ? 0 : *rc::gen::inRange(0, static_cast<int>(graph_edges_max) + 1);
    for (int i = 0; i < edges; ++i) {  // always from a lower to a higher index: no circle
      const int from = *rc::gen::inRange(0, count - 1);
      link(graph, static_cast<std::uint8_t>(from), static_cast<std::uint8_t>(*rc::gen::inRange(from + 1, count)));
    }
    const auto order = order_of(graph);
    RC_ASSERT(order.has_value());
    RC_ASSERT(order->size() == static_cast<std::size_t>(count));
    std::array<std::size_t, graph_nodes_max> place{};
    for (std::size_t i = 0; i < order->size(); ++i) place[(*order)[i].value] = i;
    for (const auto& edge : graph.edges) RC_ASSERT(place[edge.from.value] < place[edge.to.value]);
  });
  EXPECT_TRUE(held);
}

TEST(GraphFaults, EveryFaultHasItsOwnIdAndASentence) {
  for (const auto& row : graph_fault_rows) {
    EXPECT_TRUE(row.id.starts_with("graph_"));
    EXPECT_TRUE(row.sentence.ends_with(".")) << row.sentence;
    for (const auto& other : graph_fault_rows) EXPECT_TRUE(&row == &other || row.id != other.id);
  }
}

TEST(GraphCheck, AnEdgeNeedsBothItsEndsAndTheyMustExist) {
  for (const bool from : {true, false}) {
    auto graph = chain({"a", "b"});
    (from ? graph.edges[0].from : graph.edges[0].to) = no_node;
    expect_only(graph, GraphFault::edge_end_empty, GraphPart::edge, 0);
    (from ? graph.edges[0].from : graph.edges[0].to) = NodeIndex{2};
    expect_only(graph, GraphFault::edge_node_unknown, GraphPart::edge, 0);
  }
}

TEST(GraphCheck, ATypeThatDoesNotExistIsRefused) {
  auto graph = chain({"a"});
  graph.nodes[0].type = static_cast<NodeType>(static_cast<std::uint8_t>(NodeType::telemetry) + 1);
  expect_only(graph, GraphFault::node_type_empty, GraphPart::node, 0);
}

}  // namespace
}  // namespace phalarope
