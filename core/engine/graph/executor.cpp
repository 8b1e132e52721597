#include "core/engine/graph/executor.hpp"

#include <algorithm>

namespace phalarope {
namespace {

/// What a result becomes at the node behind the edge.
struct RouteRow {
  EventKind result;
  NodeType successor;
  EventKind command;
  bool keeps_argument_b;  // the command means the same by it
};
// clang-format off
constexpr RouteRow route_rows[] = {
    // result                        successor              command                                argument_b
    {EventKind::speech_started,    NodeType::recogniser,  EventKind::command_recognise_start,    false},
    {EventKind::audio_frame,       NodeType::recogniser,  EventKind::command_recognise_audio,    true},
    {EventKind::speech_ended,      NodeType::recogniser,  EventKind::command_recognise_finalise, false},
    {EventKind::end_of_utterance,  NodeType::recogniser,  EventKind::command_recognise_finalise, false},
    {EventKind::recognition_final, NodeType::dialogue,    EventKind::command_dialogue_ask,       false},
    {EventKind::dialogue_sentence, NodeType::synthesiser, EventKind::command_synthesise,         false},
    {EventKind::synthesis_frame,   NodeType::playback,    EventKind::command_play_frame,         true},
};
// clang-format on
consteval bool each_pair_leads_to_one_command() {
  for (const RouteRow& row : route_rows) {
    int same = 0;
    for (const RouteRow& other : route_rows) same += row.result == other.result && row.successor == other.successor;
    if (same != 1 || !is_command(row.command) || is_command(row.result)) return false;
  }
  return true;
}
static_assert(each_pair_leads_to_one_command());

const RouteRow* find_route(EventKind result, NodeType successor) noexcept {
  for (const RouteRow& row : route_rows) {
    if (row.result == result && row.successor == successor) return &row;
  }
  return nullptr;
}

/// Commands after which the node owes one last result, and the result that pays the debt.
struct DebtRow {
  EventKind command;
  EventKind last_result;
};
// clang-format off
constexpr DebtRow debt_rows[] = {
    {EventKind::command_recognise_finalise, EventKind::recognition_final},
    {EventKind::command_dialogue_ask,       EventKind::dialogue_done},
    {EventKind::command_synthesise,         EventKind::synthesis_done},
    {EventKind::command_apology,            EventKind::synthesis_done},
};
// clang-format on
constexpr bool makes_debt(EventKind command) noexcept {
  for (const DebtRow& row : debt_rows) {
    if (row.command == command) return true;
  }
  return false;
}
constexpr bool pays_debt(EventKind result) noexcept {
  for (const DebtRow& row : debt_rows) {
    if (row.last_result == result) return true;
  }
  return false;
}

/// Commands that tell a node something but do not make it run.
constexpr bool is_notice(EventKind command) noexcept {
  return command == EventKind::command_node_credit || command == EventKind::command_node_cancel ||
         command == EventKind::command_release_payload || command == EventKind::command_heard;
}

Event command_from(const Event& result, const RouteRow& row, NodeIndex to, std::size_t edge, Lane lane) noexcept {
  Event command = result;
  command.kind = row.command;
  command.reason = Reason::none;
  command.node = to.value;
  command.edge = static_cast<std::uint8_t>(edge);
  command.lane = lane;
  command.target_lane = lane;
  command.emitter = Emitter::lane_router;
  command.causal_parent = static_cast<std::uint32_t>(result.runtime_sequence);
  command.argument_b = row.keeps_argument_b ? result.argument_b : 0;
  return command;
}

NodePatience patience_with(Modality modality, const ProviderDeadlines& deadlines, Duration most) noexcept {
  const auto within = [most](const ProgressDeadlines& of) {
    return NodePatience{.first_result = std::min(milliseconds(of.first_output_ms), most),
                        .gap = std::min(milliseconds(of.gap_ms), most)};
  };
  switch (modality) {
    case Modality::stt:
      return within(deadlines.stt);
    case Modality::llm:
      return within(deadlines.llm);
    case Modality::tts:
      return within(deadlines.tts);
    case Modality::none:
      break;
  }
  return {.first_result = most, .gap = most};
}

}  // namespace

GraphPatience patience_of(const GraphDefinition& graph, const ProviderDeadlines& deadlines,
                          Duration node_budget_default) noexcept {
  GraphPatience patience{};
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const NodeDefinition& node = graph.nodes[i];
    const Duration own = milliseconds(node.node_budget_ms);
    patience[i] = node.node_budget_ms > 0 ? NodePatience{.first_result = own, .gap = own}
                                          : patience_with(node.modality, deadlines, node_budget_default);
  }
  return patience;
}

Result<void, GraphProblem> GraphExecutor::configure(const GraphDefinition& graph, const GraphPatience& patience,
                                                    AllowedBranches allowed) noexcept {
  const auto order = order_of(graph);
  if (!order) return refuse(order.error());
  graph_ = &graph;
  patience_ = patience;
  allowed_ = allowed;
  order_ = *order;
  begin();
  return {};
}

void GraphExecutor::begin() noexcept { runs_ = {}; }

bool GraphExecutor::known(NodeIndex node) const noexcept {
  return graph_ != nullptr && node.value < graph_->nodes.size();
}

NodeRunState GraphExecutor::state(NodeIndex node) const noexcept {
  PHAL_ENFORCE(known(node), "the state of a node that the graph does not have");
  return runs_[node.value].state;
}

NodeIndex GraphExecutor::find(NodeType type) const noexcept {
  if (graph_ == nullptr) return no_node;
  for (std::size_t i = 0; i < graph_->nodes.size(); ++i) {
    if (graph_->nodes[i].type == type) return NodeIndex{static_cast<std::uint8_t>(i)};
  }
  return no_node;
}

bool GraphExecutor::quiet() const noexcept {
  for (const NodeRun& run : runs_) {
    if (run.state == NodeRunState::running && run.answers_owed > 0) return false;
  }
  return true;
}

void GraphExecutor::progress(NodeIndex node, const Event& result) noexcept {
  NodeRun& run = runs_[node.value];
  run.last_progress = result.at();
  run.answered = true;
  if (!pays_debt(result.kind) || run.answers_owed == 0) return;
  --run.answers_owed;
  // A further sentence is a new first result: its patience starts now.
  run.answered = false;
  if (run.answers_owed == 0) run.state = NodeRunState::done;
}

Result<void, RouteRefusal> GraphExecutor::route(const Event& result, GraphCommands& commands) noexcept {
  const NodeIndex from{result.node};
  if (!known(from)) return refuse(RouteRefusal::node_unknown);
  const NodeType type = graph_->nodes[from.value].type;
  // The microphone is commanded by nobody; whatever it says is said in its own right.
  if (type != NodeType::microphone) {
    switch (runs_[from.value].state) {
      case NodeRunState::idle:
      case NodeRunState::done:
        return refuse(RouteRefusal::node_not_running);
      case NodeRunState::failed:
        return refuse(RouteRefusal::node_failed);
      case NodeRunState::cancelled:
        return refuse(RouteRefusal::node_cancelled);
      case NodeRunState::running:
        progress(from, result);
        break;
    }
  }
  for (std::size_t i = 0; i < graph_->edges.size(); ++i) {
    const EdgeDefinition& edge = graph_->edges[i];
    if (edge.from != from) continue;
    const NodeRunState successor = runs_[edge.to.value].state;
    // A denied node's inputs are fenced with it (7.1, node scope).
    if (successor == NodeRunState::failed || successor == NodeRunState::cancelled) continue;
    const RouteRow* row = find_route(result.kind, graph_->nodes[edge.to.value].type);
    if (row == nullptr || !edge.when.admits(result)) continue;
    const bool pushed = commands.push_back(command_from(result, *row, edge.to, i, edge.lane));
    PHAL_ENFORCE(pushed, "one command per edge fits the list it was sized for");
  }
  return {};
}

void GraphExecutor::commanded(const Event& command) noexcept {
  const NodeIndex node{command.node};
  if (!known(node) || is_notice(command.kind)) return;
  NodeRun& run = runs_[node.value];
  if (run.state == NodeRunState::failed || run.state == NodeRunState::cancelled) return;
  if (command.kind == EventKind::command_recognise_abandon) {
    run = NodeRun{};
    return;
  }
  run.state = NodeRunState::running;
  if (!makes_debt(command.kind)) return;
  if (run.answers_owed == 0) {
    run.last_progress = command.at();
    run.answered = false;
  }
  ++run.answers_owed;
}

void GraphExecutor::set_waiting(NodeIndex node, bool waits, Instant now) noexcept {
  if (!known(node)) return;
  NodeRun& run = runs_[node.value];
  if (run.waits && !waits) run.last_progress = now;
  run.waits = waits;
}

bool GraphExecutor::has_deadline(NodeIndex node) const noexcept {
  const NodeRun& run = runs_[node.value];
  return run.state == NodeRunState::running && run.answers_owed > 0 && !run.waits;
}

Duration GraphExecutor::patience_now(NodeIndex node) const noexcept {
  const NodePatience& patience = patience_[node.value];
  return runs_[node.value].answered ? patience.gap : patience.first_result;
}

std::optional<Instant> GraphExecutor::next_deadline() const noexcept {
  std::optional<Instant> earliest;
  for (const NodeIndex node : order_) {
    if (!has_deadline(node)) continue;
    const Instant deadline = runs_[node.value].last_progress + patience_now(node);
    if (!earliest || deadline < *earliest) earliest = deadline;
  }
  return earliest;
}

ShapedFailure GraphExecutor::fail(NodeIndex node, const Event& about) noexcept {
  NodeRun& run = runs_[node.value];
  const Duration exhaust = patience_now(node);
  const Duration silent = run.answers_owed > 0 ? about.at() - run.last_progress : Duration{0};
  Event named = about;
  named.node = node.value;
  // The warning stands at four fifths, as 1200 ms stands to 1500 ms in 6.4.
  const auto shaped = shape_node_failure({.warn = Duration{exhaust.value / 5 * 4},
                                          .exhaust = exhaust,
                                          .observed = silent < Duration{0} ? Duration{0} : silent,
                                          .allowed = allowed_},
                                         named);
  PHAL_ENFORCE(shaped.has_value(), "patience is positive, so its failure has a shape");
  run.state = NodeRunState::failed;
  run.answers_owed = 0;
  return *shaped;
}

std::optional<NodeTimeout> GraphExecutor::on_deadline(const Event& about) noexcept {
  for (const NodeIndex node : order_) {
    if (!has_deadline(node) || about.at() < runs_[node.value].last_progress + patience_now(node)) continue;
    return NodeTimeout{node, fail(node, about)};
  }
  return std::nullopt;
}

Result<ShapedFailure, RouteRefusal> GraphExecutor::on_failed(const Event& failed) noexcept {
  const NodeIndex node{failed.node};
  if (!known(node)) return refuse(RouteRefusal::node_unknown);
  switch (runs_[node.value].state) {
    case NodeRunState::failed:
      return refuse(RouteRefusal::node_failed);
    case NodeRunState::cancelled:
      return refuse(RouteRefusal::node_cancelled);
    case NodeRunState::idle:
    case NodeRunState::running:
    case NodeRunState::done:
      break;
  }
  return fail(node, failed);
}

void GraphExecutor::stop(NodeIndex node, const Event& about, std::int64_t mode, GraphCommands& commands) noexcept {
  NodeRun& run = runs_[node.value];
  const bool told = run.state == NodeRunState::running;
  run.state = NodeRunState::cancelled;
  run.answers_owed = 0;
  if (!told) return;
  Event command = about;
  command.kind = EventKind::command_node_cancel;
  command.node = node.value;
  command.edge = no_edge.value;
  command.lane = Lane::control;
  command.target_lane = Lane::control;
  command.scope = Scope::node;
  command.emitter = Emitter::cancellation;
  command.argument_a = mode;
  command.argument_b = 0;
  command.payload = PayloadHandle{};
  command.payload_class = PayloadClass::metadata;
  const bool pushed = commands.push_back(command);
  PHAL_ENFORCE(pushed, "one cancel per node fits the list of one command per edge");
}

void GraphExecutor::cancel(const Event& about, std::int64_t mode, GraphCommands& commands) noexcept {
  for (const NodeIndex node : order_) {
    if (runs_[node.value].state == NodeRunState::running) stop(node, about, mode, commands);
  }
}

bool GraphExecutor::cancel_node(NodeIndex node, const Event& about, std::int64_t mode,
                                GraphCommands& commands) noexcept {
  if (!known(node)) return false;
  const NodeRunState state = runs_[node.value].state;
  if (state == NodeRunState::failed || state == NodeRunState::cancelled) return false;
  stop(node, about, mode, commands);
  return true;
}

}  // namespace phalarope
