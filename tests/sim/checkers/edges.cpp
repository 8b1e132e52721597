#include "tests/sim/checkers/edges.hpp"

#include <algorithm>

#include "core/engine/graph/edge_rule.hpp"
#include "tests/sim/probes.hpp"

namespace phalarope::sim {
namespace {

bool waits_on_an_edge(EventKind kind) {
  return kind == EventKind::dialogue_sentence || kind == EventKind::synthesis_frame;
}

bool gives(const Stepped& step, EventKind kind) {
  return std::any_of(step.outputs.begin(), step.outputs.end(), [kind](const Event& e) { return e.kind == kind; });
}

std::string_view probe_of(EdgeStrategy strategy) {
  switch (strategy) {
    case EdgeStrategy::drop:
      return "edge_dropped";
    case EdgeStrategy::merge:
      return "edge_not_mergeable";
    case EdgeStrategy::sample:
      return "edge_sampled";
    case EdgeStrategy::latest_only:
      return "edge_replaced";
    case EdgeStrategy::block:
      return "edge_shed_after_waiting";
  }
  return "";
}

}  // namespace

void EdgeChecker::seated(std::uint16_t slot, const SeatFacts& facts) {
  Seat& seat = seats_[slot] = Seat{};
  const GraphDefinition& graph = facts.pipeline->graph;
  for (std::size_t i = 0; i < graph.edges.size(); ++i) {
    seat.producer[i] = graph.edges[i].from.value;
    const NodeType producer = graph.nodes[graph.edges[i].from.value].type;
    seat.kept[i] = producer == NodeType::dialogue || producer == NodeType::synthesiser;
    seat.probe[i] = probe_of(edge_rule_of(facts.prepared->plan, graph, graph.edges[i]).strategy);
  }
}

void EdgeChecker::step(const Stepped& step) {
  Seat& seat = seats_[step.input.session_slot];
  // Refused at the session's door, under its own name.
  if (!gives(step, EventKind::stale_epoch_reject)) take(seat, step.input);
  for (const Event& output : step.outputs) {
    switch (output.kind) {
      case EventKind::turn_open:
        seat.ticket = output.ticket;
        seat.stopped = {};
        seat.last_out = {};
        break;
      case EventKind::command_synthesise:
      case EventKind::command_play_frame:
        hand_on(seat, output);
        break;
      case EventKind::command_release_payload:
        release(seat, step, output);
        break;
      case EventKind::drop_notice:
        notice(seat, output);
        break;
      case EventKind::flow_xoff:
      case EventKind::flow_xon:
      case EventKind::credit_grant:
        pressure(seat, output);
        break;
      case EventKind::close:
        close(seat, output);
        break;
      default:
        break;  // says nothing of edges
    }
  }
}

void EdgeChecker::take(Seat& seat, const Event& input) {
  if (!waits_on_an_edge(input.kind) || !input.payload.present()) return;
  if (seat.ticket == 0 || input.ticket != seat.ticket) return;  // nobody's: refused before it comes to an edge
  seat.inside[payload_key(input.payload)] = {
      .node = input.node, .transport_sequence = input.transport_sequence, .runtime_sequence = input.runtime_sequence};
}

void EdgeChecker::hand_on(Seat& seat, const Event& command) {
  const auto found = seat.inside.find(payload_key(command.payload));
  if (found == seat.inside.end()) return;  // an apology has no sentence; I5 of the payloads sees the rest
  const Item item = found->second;
  seat.inside.erase(found);
  std::uint64_t& last = seat.last_out[item.node];
  if (item.runtime_sequence <= last) verdicts_.say("1.11", "an edge gives a later item first", command);
  last = item.runtime_sequence;
  if (!command.has(EventFlag::has_range)) return;
  probes_.count("edge_merged");
  const auto sequence = static_cast<std::int64_t>(item.runtime_sequence);
  const bool inside_the_span = command.range_start <= sequence && sequence <= command.range_end;
  if (!inside_the_span || command.sync_or_merge_group == 0) {
    verdicts_.say("5.6", "a merged item is not among the sources it names", command);
  }
}

void EdgeChecker::release(Seat& seat, const Stepped& step, const Event& output) {
  const std::uint64_t key = payload_key(output.payload);
  const auto found = seat.inside.find(key);
  if (found == seat.inside.end()) return;
  const Item item = found->second;
  seat.inside.erase(found);
  const Number number{item.node, item.transport_sequence};
  // A frame of a node that has failed, or was asked for nothing, is refused as late and told once for its ticket.
  const bool refused_late = step.input.kind == EventKind::synthesis_frame && payload_key(step.input.payload) == key;
  const bool flushed = gives(step, EventKind::close);
  if (flushed) probes_.count("edge_flushed");  // the end of its turn tells of it
  (refused_late || flushed ? seat.maybe_untold : seat.untold).insert(number);
}

void EdgeChecker::notice(Seat& seat, const Event& output) {
  const bool of_an_edge = output.edge < seat.producer.size();
  if (of_an_edge && !seat.kept[output.edge]) return;
  const std::uint8_t node = of_an_edge ? seat.producer[output.edge] : output.node;
  for (std::int64_t sequence = output.range_start; sequence <= output.range_end; ++sequence) {
    const bool dropped = seat.untold.erase({node, sequence}) + seat.maybe_untold.erase({node, sequence}) > 0;
    if (!dropped && of_an_edge) verdicts_.say("I5", "a notice covers what was not dropped, or was told", output);
  }
  if (of_an_edge) probes_.count(seat.probe[output.edge]);
}

void EdgeChecker::pressure(Seat& seat, const Event& output) {
  if (output.edge >= seat.stopped.size()) return;  // a lane's
  bool& stopped = seat.stopped[output.edge];
  if (output.kind == EventKind::flow_xoff) {
    if (stopped) verdicts_.say("I5", "an edge stops its producer twice", output);
    stopped = true;
    return;
  }
  // In hybrid mode the grant follows the xon that has taken the pressure back.
  const bool follows_xon = output.kind == EventKind::credit_grant && !stopped;
  if (!stopped && !follows_xon) verdicts_.say("I5", "an edge lets go whom it had not stopped", output);
  stopped = false;
}

void EdgeChecker::close(Seat& seat, const Event& output) {
  if (!seat.inside.empty()) verdicts_.say("I5", "an item outlives the turn it waited for", output);
  if (!seat.untold.empty()) verdicts_.say("I5", "an item was dropped and never told", output);
  seat.inside.clear();
  seat.untold.clear();
  seat.maybe_untold.clear();
  seat.ticket = 0;
}

}  // namespace phalarope::sim
