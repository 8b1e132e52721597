// phalarope plan walk: a pipeline's nodes once, one after the other, through the lanes of its plan, before a board runs
// it.
//
//   pipeline ─▶ plan ─▶ lanes of its limits ─▶ walk_plan ─▶ order, ids, lanes' signals, and where it stops
//                            --lanes CONTROL,DATA,TELEMETRY      --refuse NODE=...   --fail NODE
//
// Nothing is called: each node answers at once, as it is told to. Contract: runtime.md 6.2, 5.3, 5.7, 6.4.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/engine/graph/plan_walk.hpp"
#include "core/engine/plan/lane_limits.hpp"
#include "core/replay/event_fields.hpp"
#include "core/replay/event_json.hpp"
#include "core/spec/abi_gateway.hpp"
#include "core/spec/json_edit.hpp"
#include "core/spec/plan_view.hpp"
#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"

namespace phalarope::program {
namespace {

using Json = nlohmann::ordered_json;

struct WalkOptions {
  std::string file;
  std::string base{walk_base_default};
  std::vector<std::uint32_t> lanes;  // control, data, telemetry; empty: the plan's
  std::vector<std::string> refused;  // NODE=saturated | limited | closed
  std::vector<std::string> failed;   // NODE
  bool json = false;
};

using Verdicts = std::array<NodeVerdict, graph_nodes_max>;

std::expected<NodeIndex, std::string> node_named(const GraphDefinition& graph, std::string_view name) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (graph.nodes[i].id.view() == name) return NodeIndex{static_cast<std::uint8_t>(i)};
  }
  std::string known;
  for (const NodeDefinition& node : graph.nodes) known += (known.empty() ? "" : ", ") + std::string(node.id.view());
  return std::unexpected("the pipeline has no node `" + std::string(name) + "`; it has " + known);
}

std::optional<PoolRefusal> refusal_named(std::string_view name) {
  if (name == "saturated") return PoolRefusal::pool_queue_full;
  if (name == "limited") return PoolRefusal::node_concurrency_exceeded;
  if (name == "closed") return PoolRefusal::pool_closed;
  return std::nullopt;
}

AllowedBranches branches_of(const ResolvedTurnPlan& plan) {
  AllowedBranches allowed;
  for (const AdaptiveAction action : plan.allowed_adaptive_actions) {
    allowed.degrade = allowed.degrade || action == AdaptiveAction::degrade;
    allowed.fallback = allowed.fallback || action == AdaptiveAction::fallback;
  }
  return allowed;
}

std::expected<void, std::string> decide(const WalkOptions& options, const spec::PlanView& view, const Event& base,
                                        Verdicts& verdicts) {
  for (const std::string& given : options.refused) {
    const std::size_t sign = given.find('=');
    const auto why = sign == std::string::npos ? std::nullopt : refusal_named(given.substr(sign + 1));
    if (!why) return std::unexpected("--refuse takes NODE=saturated, NODE=limited or NODE=closed, not `" + given + "`");
    const auto node = node_named(view.pipeline.graph, given.substr(0, sign));
    if (!node) return std::unexpected(node.error());
    verdicts[node->value].pool = *why;
  }
  for (const std::string& given : options.failed) {
    const auto node = node_named(view.pipeline.graph, given);
    if (!node) return std::unexpected(node.error());
    Event about = base;
    about.node = node->value;
    const auto shaped = shape_node_failure({.allowed = branches_of(view.plan)}, about);
    if (shaped) verdicts[node->value].failure = *shaped;
  }
  return {};
}

LaneLimits limits_of(const WalkOptions& options, const ResolvedTurnPlan& plan) {
  LaneLimits limits = lane_limits_of(plan);
  if (options.lanes.empty()) return limits;
  for (const Lane lane : lane_order) {
    const std::uint32_t items = std::clamp<std::uint32_t>(options.lanes[index_of(lane)], 1, graph_nodes_max);
    limits[lane] = {.items_max = items, .watermark = {.high_items = items, .low_items = 0}};
  }
  return limits;
}

/// A lane's and a pool's signal name their cause by its sequence, a failure's its node; of a node that was enqueued and
/// never dispatched only the base is known.
std::string event_id_of(const PressureSignal& signal, const WalkTrace& trace, const GraphDefinition& graph,
                        const std::string& base) {
  NodeIndex node{signal.event.node};
  for (const WalkedNode& walked : trace.nodes) {
    if (node == no_node && walked.at.runtime_sequence == signal.event.causal_parent) node = walked.node;
  }
  const bool of_a_lane = signal.suffix != IdSuffix::none;
  const std::string suffix(text_of(signal.suffix));
  if (node == no_node) return base + suffix;
  return std::string(walk_event_id(base, graph.nodes[node.value], of_a_lane).view()) + suffix;
}

/// The signals as the contract's JSON, through the gateway as one batch (6.2 rule 6).
std::expected<Json, std::string> signals_json(const WalkTrace& trace, const spec::PlanView& view,
                                              const WalkOptions& options) {
  replay::RecordingNames names;
  names.session_id = "walk";
  names.lane_edge_prefix = "plan/" + std::string(view.plan.plan_hash.view().substr(0, 12));
  for (const NodeDefinition& node : view.pipeline.graph.nodes) names.node_ids.emplace_back(node.id.view());
  replay::EventJsonWriter writer(names, replay::Extensions::without);
  std::vector<spec::AbiElement> batch;
  for (const PressureSignal& signal : trace.signals) {
    const auto written = writer.write(signal.event);
    if (!written) return std::unexpected("a signal obeys no row: " + written.error().rule);
    if (!*written) continue;
    batch.push_back({"control_signal", *spec::parse_strict_json(**written)});
    spec::set_member(batch.back().document,
                     spec::json_text("event_id", event_id_of(signal, trace, view.pipeline.graph, options.base)));
  }
  const auto passed = spec::pass_gateway(std::move(batch));
  if (!passed) return std::unexpected("the gateway refuses a signal: " + passed.error().violation.rule);
  Json list = Json::array();
  for (const spec::AbiElement& element : *passed) {
    std::string text;
    spec::append_json(text, element.document);
    list.push_back(Json::parse(text));
  }
  return list;
}

Json nodes_json(const WalkTrace& trace, const spec::PlanView& view, const WalkOptions& options) {
  Json list = Json::array();
  for (const WalkedNode& walked : trace.nodes) {
    const NodeDefinition& node = view.pipeline.graph.nodes[walked.node.value];
    Json one = {{"node_id", node.id.view()},
                {"lane", replay::lane_text(node.lane)},
                {"event_id", walk_event_id(options.base, node, false).view()},
                {"edge_id", walk_edge_id(node.lane)},
                {"runtime_sequence", walked.at.runtime_sequence},
                {"dispatched", walked.dispatched},
                {"allowed", walked.allowed}};
    if (walked.outcome) one["reason"] = replay::reason_text(walked.outcome->reason);
    if (walked.failure != Reason::none) one["failure"] = replay::reason_text(walked.failure);
    list.push_back(std::move(one));
  }
  return list;
}

void print_text(const Json& answer) {
  std::vector<std::vector<std::string>> rows = {{"", "node", "lane", "event id", "edge", "allowed"}};
  for (const Json& node : answer["nodes"]) {
    rows.push_back({std::to_string(rows.size()), node["node_id"], node["lane"], node["event_id"], node["edge_id"],
                    node["allowed"].get<bool>() ? "yes" : "no"});
  }
  fmt::print("{}", table(rows));
  for (const Json& signal : answer["control_signals"]) {
    fmt::print("  {} {} ({})\n", signal["signal"].get<std::string>(), signal["event_id"].get<std::string>(),
               signal.value("reason", ""));
  }
  const std::string reason = answer["terminal_reason"];
  fmt::print("{}\n", reason.empty() ? "Every node ran." : "Stopped: " + reason + "; later nodes did not run.");
}

int walk(const WalkOptions& options) {
  if (!options.lanes.empty() && options.lanes.size() != lanes_count) {
    return complain("--lanes takes three numbers: CONTROL,DATA,TELEMETRY");
  }
  const auto view = spec::view_plan({{.name = "pipeline", .file = options.file}}, "turn-1", Epoch{1});
  if (!view) {
    fmt::print(stderr, "{}", spec::to_string(view.error()));
    return exit_no;
  }
  Event base{};
  base.runtime_sequence = base.transport_sequence = 1;
  base.turn_number = 1;
  base.authority_epoch = 1;
  Verdicts verdicts{};
  if (const auto decided = decide(options, **view, base, verdicts); !decided) return complain(decided.error());

  std::array<std::vector<Event>, lanes_count> storage;
  for (std::vector<Event>& lane : storage) lane.resize(lane_items_max);
  LaneSet lanes({std::span<Event>(storage[0]), std::span<Event>(storage[1]), std::span<Event>(storage[2])});
  const LaneSetConfig config{
      .session = SymbolId{1}, .pipeline_version = SymbolId{2}, .limits = limits_of(options, (*view)->plan)};
  if (const auto set = lanes.configure(config); !set) return complain("the plan's lanes have limits nobody can keep");
  const auto trace = std::make_unique<WalkTrace>();
  const auto answer_of = [&verdicts](NodeIndex node, const Event&) { return verdicts[node.value]; };
  const auto walked = walk_plan((*view)->pipeline.graph, base, &lanes, answer_of, *trace);
  if (!walked) return complain(std::string(describe(walked.error())));

  auto signals = signals_json(*trace, **view, options);
  if (!signals) return complain(signals.error());
  const Json answer = {{"nodes", nodes_json(*trace, **view, options)},
                       {"control_signals", *std::move(signals)},
                       {"terminal_reason", replay::reason_text(trace->terminal_reason)}};
  if (options.json) {
    fmt::print("{}\n", answer.dump());
  } else {
    print_text(answer);
  }
  return trace->terminal_reason == Reason::none ? exit_done : exit_no;
}

}  // namespace

void add_plan_walk(CLI::App& plan, ChosenCommand& chosen) {
  auto options = std::make_shared<WalkOptions>();
  CLI::App* command = plan.add_subcommand("walk", "A pipeline's nodes once, in order, through the lanes of its plan");
  command->footer(
      "Example: phalarope plan walk pipeline.yaml --refuse dialogue=saturated\n"
      "Exit code: 0 every node ran, 1 the walk stopped or the file makes no plan, 2 bad call");
  command->add_option("file", options->file, "The pipeline file")->required();
  command->add_option("--base", options->base, "What event ids begin with")->capture_default_str();
  command->add_option("--lanes", options->lanes, "CONTROL,DATA,TELEMETRY: items each lane takes; default: the plan's")
      ->delimiter(',');
  command->add_option("--refuse", options->refused, "NODE=saturated, limited or closed: the pool does not take it")
      ->allow_extra_args(false);
  command->add_option("--fail", options->failed, "NODE: it fails, and goes the plan's way of failing")
      ->allow_extra_args(false);
  command->add_flag("--json", options->json, "The trace as one JSON object");
  command->callback([options, &chosen] { chosen = [options] { return walk(*options); }; });
}

}  // namespace phalarope::program
