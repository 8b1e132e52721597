// Flow control: what is said to a producer when its queue is high, and when it is well again.
//
//     mode      producer may send          at high watermark   at recovery
//     signal    unless flow_xoff           flow_xoff           flow_xon
//     credit    with credit                flow_xoff           credit_grant(amount >= 1)
//     hybrid    unless flow_xoff, with     flow_xoff           flow_xon, then credit_grant
//               credit
//
// If both conditions hold in one evaluation, flow_xoff precedes the recovery signals.
// Pure. Mode and thresholds come only from the frozen plan; who keeps count of credit is the producer's side.
// Contract: runtime.md 5.4; I5, I8.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/engine/base/enforce.hpp"
#include "core/engine/base/event.hpp"
#include "core/engine/base/fixed_vector.hpp"
#include "core/engine/base/result.hpp"
#include "core/engine/lanes/flow_mode.hpp"
#include "core/engine/lanes/lane.hpp"
#include "core/engine/lanes/pressure_signal.hpp"

namespace phalarope {

enum class FlowError : std::uint8_t {
  session_missing,
  pipeline_version_missing,
  edge_missing,
  event_id_missing,
  target_lane_unknown,
  mode_unknown
};
constexpr const char* describe(FlowError error) noexcept {
  switch (error) {
    case FlowError::session_missing:
      return "session_missing: flow control speaks for a session";
    case FlowError::pipeline_version_missing:
      return "pipeline_version_missing: flow control needs the pipeline version";
    case FlowError::edge_missing:
      return "edge_missing: flow control speaks of one edge";
    case FlowError::event_id_missing:
      return "event_id_missing: flow control answers an event";
    case FlowError::target_lane_unknown:
      return "target_lane_unknown: the lane is not control, data or telemetry";
    case FlowError::mode_unknown:
      return "mode_unknown: the mode is not signal, credit or hybrid";
  }
  return "";
}

struct FlowInputs {
  SymbolId session{};           // 0 is "not set" and refused
  SymbolId pipeline_version{};  // 0 is "not set" and refused
  EdgeIndex edge = no_edge;
  Lane target_lane = Lane::data;
  FlowMode mode = FlowMode::signal;
  bool high_watermark = false;
  bool recovered = false;
  std::int64_t credit_items = 1;  // asked for at recovery; less than 1 becomes 1
};

constexpr std::size_t flow_signals_max = 3;
using FlowDecision = FixedVector<PressureSignal, flow_signals_max>;

constexpr bool grants_by_signal(FlowMode mode) noexcept {
  switch (mode) {
    case FlowMode::signal:
    case FlowMode::hybrid:
      return true;
    case FlowMode::credit:
      return false;
  }
  return false;
}
constexpr bool grants_by_credit(FlowMode mode) noexcept {
  switch (mode) {
    case FlowMode::credit:
    case FlowMode::hybrid:
      return true;
    case FlowMode::signal:
      return false;
  }
  return false;
}

/// The producer's rule. `stopped`: the last of flow_xoff and flow_xon was flow_xoff. In credit mode a grant is the
/// recovery, so credit alone decides.
constexpr bool may_send(FlowMode mode, bool stopped, std::int64_t credit_items) noexcept {
  switch (mode) {
    case FlowMode::signal:
      return !stopped;
    case FlowMode::credit:
      return credit_items > 0;
    case FlowMode::hybrid:
      return !stopped && credit_items > 0;
  }
  return false;
}

/// The signals that answer `cause`, in the contract's order.
constexpr Result<FlowDecision, FlowError> decide_flow(const FlowInputs& inputs, const Event& cause) noexcept {
  if (inputs.session.value == 0) return refuse(FlowError::session_missing);
  if (inputs.pipeline_version.value == 0) return refuse(FlowError::pipeline_version_missing);
  if (inputs.edge == no_edge) return refuse(FlowError::edge_missing);
  if (cause.runtime_sequence == 0) return refuse(FlowError::event_id_missing);
  if (!valid(inputs.target_lane)) return refuse(FlowError::target_lane_unknown);
  if (!grants_by_signal(inputs.mode) && !grants_by_credit(inputs.mode)) return refuse(FlowError::mode_unknown);

  FlowDecision decision;
  const auto tell = [&](EventKind kind, Reason reason, IdSuffix suffix, std::int64_t amount) {
    PressureSignal signal = pressure_signal(cause, kind, Emitter::flow_control, reason, inputs.target_lane, suffix);
    signal.event.edge = inputs.edge.value;
    signal.event.argument_a = amount;
    PHAL_ENFORCE(decision.push_back(signal), "flow control says at most three signals");
  };
  if (inputs.high_watermark) tell(EventKind::flow_xoff, Reason::backpressure_asserted, IdSuffix::flow, 0);
  if (inputs.recovered && grants_by_signal(inputs.mode)) {
    tell(EventKind::flow_xon, Reason::none, IdSuffix::flow_recovery, 0);
  }
  if (inputs.recovered && grants_by_credit(inputs.mode)) {
    tell(EventKind::credit_grant, Reason::none, IdSuffix::credit, std::max<std::int64_t>(inputs.credit_items, 1));
  }
  return decision;
}

}  // namespace phalarope
