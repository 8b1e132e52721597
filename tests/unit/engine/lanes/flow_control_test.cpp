// Flow control over all its inputs: three modes, both conditions, every missing input.
#include "core/engine/lanes/flow_control.hpp"

#include <gtest/gtest.h>

#include <string>

namespace phalarope {
namespace {

constexpr FlowInputs complete{.session = SymbolId{1}, .pipeline_version = SymbolId{2}, .edge = EdgeIndex{3}};

Event cause() {
  Event event{};
  event.runtime_sequence = 9;
  return event;
}

std::string told(const FlowInputs& inputs) {
  std::string text;
  const auto decided = decide_flow(inputs, cause());
  if (!decided) return "refused";
  for (const PressureSignal& signal : *decided) {
    text += text.empty() ? "" : " ";
    text += std::string(name_of(signal.event.kind)) + std::string(text_of(signal.suffix));
  }
  return text;
}

// contract: 5.4 rows
TEST(FlowControl, EveryModeSaysItsSignalsInTheContractsOrder) {
  struct Row {
    FlowMode mode;
    bool high, recovered;
    const char* signals;
  };
  constexpr Row rows[] = {
      {FlowMode::signal, false, false, ""},
      {FlowMode::signal, true, false, "flow_xoff-flow"},
      {FlowMode::signal, false, true, "flow_xon-flow-recovery"},
      {FlowMode::signal, true, true, "flow_xoff-flow flow_xon-flow-recovery"},
      {FlowMode::credit, false, false, ""},
      {FlowMode::credit, true, false, "flow_xoff-flow"},
      {FlowMode::credit, false, true, "credit_grant-credit"},
      {FlowMode::credit, true, true, "flow_xoff-flow credit_grant-credit"},
      {FlowMode::hybrid, false, false, ""},
      {FlowMode::hybrid, true, false, "flow_xoff-flow"},
      {FlowMode::hybrid, false, true, "flow_xon-flow-recovery credit_grant-credit"},
      {FlowMode::hybrid, true, true, "flow_xoff-flow flow_xon-flow-recovery credit_grant-credit"},
  };
  for (const Row& row : rows) {
    FlowInputs inputs = complete;
    inputs.mode = row.mode;
    inputs.high_watermark = row.high;
    inputs.recovered = row.recovered;
    EXPECT_EQ(told(inputs), row.signals) << static_cast<int>(row.mode) << row.high << row.recovered;
  }
}

// contract: 5.4, 1.5
TEST(FlowControl, ReasonsEmittersAndEdgesAreTheContracts) {
  FlowInputs inputs = complete;
  inputs.mode = FlowMode::hybrid;
  inputs.high_watermark = true;
  inputs.recovered = true;
  inputs.target_lane = Lane::telemetry;
  const auto decided = decide_flow(inputs, cause());
  ASSERT_TRUE(decided.has_value());
  for (const PressureSignal& signal : *decided) {
    EXPECT_EQ(signal.event.emitter, Emitter::flow_control);
    EXPECT_EQ(signal.event.edge, 3U);
    EXPECT_EQ(signal.event.target_lane, Lane::telemetry);
  }
  EXPECT_EQ((*decided)[0].event.reason, Reason::backpressure_asserted);
  EXPECT_EQ((*decided)[1].event.reason, Reason::none);
}

// contract: 5.4 "smaller requested amounts become 1"
TEST(FlowControl, ACreditGrantIsAtLeastOne) {
  for (const std::int64_t asked : {INT64_MIN, std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, std::int64_t{7}}) {
    FlowInputs inputs = complete;
    inputs.mode = FlowMode::credit;
    inputs.recovered = true;
    inputs.credit_items = asked;
    const auto decided = decide_flow(inputs, cause());
    ASSERT_TRUE(decided.has_value());
    EXPECT_EQ((*decided)[0].event.argument_a, asked < 1 ? 1 : asked);
  }
}

// contract: 5.4 "Required inputs"
TEST(FlowControl, EachMissingInputIsRefusedByName) {
  FlowInputs inputs = complete;
  inputs.session = {};
  EXPECT_EQ(decide_flow(inputs, cause()).error(), FlowError::session_missing);
  inputs = complete;
  inputs.pipeline_version = {};
  EXPECT_EQ(decide_flow(inputs, cause()).error(), FlowError::pipeline_version_missing);
  inputs = complete;
  inputs.edge = no_edge;
  EXPECT_EQ(decide_flow(inputs, cause()).error(), FlowError::edge_missing);
  EXPECT_EQ(decide_flow(complete, Event{}).error(), FlowError::event_id_missing);
  inputs = complete;
  inputs.target_lane = static_cast<Lane>(3);
  EXPECT_EQ(decide_flow(inputs, cause()).error(), FlowError::target_lane_unknown);
  inputs = complete;
  inputs.mode = static_cast<FlowMode>(3);
  EXPECT_EQ(decide_flow(inputs, cause()).error(), FlowError::mode_unknown);
}

// contract: 5.4 "Producer rule"
TEST(FlowControl, AProducerMaySendByTheRuleOfItsMode) {
  for (const bool stopped : {false, true}) {
    for (const std::int64_t credit : {0, 1}) {
      EXPECT_EQ(may_send(FlowMode::signal, stopped, credit), !stopped);
      EXPECT_EQ(may_send(FlowMode::credit, stopped, credit), credit > 0);
      EXPECT_EQ(may_send(FlowMode::hybrid, stopped, credit), !stopped && credit > 0);
    }
  }
}

// contract: 5.4 "Unset mode means signal; an unknown mode is an error"
TEST(FlowMode, AnUnsetNameIsSignalAndAnUnknownOneIsNone) {
  EXPECT_EQ(flow_mode_of(""), FlowMode::signal);
  EXPECT_EQ(flow_mode_of("signal"), FlowMode::signal);
  EXPECT_EQ(flow_mode_of("credit"), FlowMode::credit);
  EXPECT_EQ(flow_mode_of("hybrid"), FlowMode::hybrid);
  EXPECT_EQ(flow_mode_of("Credit"), std::nullopt);
}

}  // namespace
}  // namespace phalarope
