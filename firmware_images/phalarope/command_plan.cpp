// phalarope plan resolve: turn plans from JSON requests (cli-conformance.md 3).
// phalarope plan show: the plan a pipeline's turns run by, each field with the layer that said it, and its graph.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/spec/edge_conditions.hpp"
#include "core/spec/graph_picture.hpp"
#include "core/spec/plan_resolve.hpp"
#include "core/spec/plan_view.hpp"
#include "firmware_images/phalarope/batch_lines.hpp"
#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"

namespace phalarope::program {
namespace {
struct PlanOptions {
  std::string jsonl;
  bool json = false;
};

struct ShowOptions {
  std::string file;
  std::vector<std::string> layers;
  std::string turn = "turn-1";
  std::uint64_t epoch = 1;
  bool json = false;
};

nlohmann::ordered_json graph_json(const GraphDefinition& graph) {
  nlohmann::ordered_json nodes = nlohmann::ordered_json::array();
  nlohmann::ordered_json edges = nlohmann::ordered_json::array();
  for (const NodeDefinition& node : graph.nodes) {
    nodes.push_back({{"id", node.id.view()}, {"type", wire_name(node.type)}, {"lane", wire_name(node.lane)}});
  }
  for (const EdgeDefinition& edge : graph.edges) {
    edges.push_back({{"from", graph.nodes[edge.from.value].id.view()},
                     {"to", graph.nodes[edge.to.value].id.view()},
                     {"lane", wire_name(edge.lane)},
                     {"when", spec::to_text(edge.when)}});
  }
  return {{"nodes", std::move(nodes)}, {"edges", std::move(edges)}};
}

nlohmann::ordered_json programs_json(const std::vector<spec::ExternalProgram>& programs) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const spec::ExternalProgram& program : programs) {
    nlohmann::ordered_json settings = nlohmann::ordered_json::object();
    for (const auto& [name, value] : spec::list_settings(program)) settings[name] = value;
    list.push_back({{"node", program.node.view()}, {"command", program.command}, {"settings", std::move(settings)}});
  }
  return list;
}

void print_programs(const std::vector<spec::ExternalProgram>& programs) {
  if (programs.empty()) return;
  std::vector<std::vector<std::string>> rows = {{"program of its own", "value"}};
  for (const spec::ExternalProgram& program : programs) {
    for (const auto& [name, value] : spec::list_settings(program)) rows.push_back({name, value});
  }
  fmt::print("{}\n", table(rows));
}

void print_json(const spec::PlanView& view) {
  nlohmann::ordered_json fields = nlohmann::ordered_json::array();
  for (const spec::PlanViewField& field : view.fields) {
    fields.push_back({{"field", field.field}, {"value", field.value}, {"layer", field.layer}, {"place", field.place}});
  }
  const nlohmann::ordered_json answer = {{"plan_hash", view.plan.plan_hash.view()},
                                         {"seed", view.plan.determinism.seed},
                                         {"plan", nlohmann::ordered_json::parse(spec::to_json(view.plan))},
                                         {"fields", std::move(fields)},
                                         {"graph", graph_json(view.pipeline.graph)},
                                         {"programs", programs_json(view.programs)}};
  fmt::print("{}\n", answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void print_text(const spec::PlanView& view, const ShowOptions& options) {
  std::vector<std::vector<std::string>> rows = {{"field", "value", "layer", "said at"}};
  for (const spec::PlanViewField& field : view.fields) {
    rows.push_back({field.field, field.value, field.layer, field.place});
  }
  fmt::print("{}\n", table(rows));
  print_programs(view.programs);
  fmt::print("Graph\n{}\nPlan hash of {} in epoch {}: {}\n", spec::draw_graph(view.pipeline.graph), options.turn,
             options.epoch, view.plan.plan_hash.view());
}

int show_plan(const ShowOptions& options) {
  std::vector<spec::PlanLayer> layers = {{.name = std::string(spec::plan_layer_names[0]), .file = options.file}};
  for (const std::string& given : options.layers) {
    const std::size_t sign = given.find('=');
    const std::string name = given.substr(0, sign);
    const auto& names = spec::plan_layer_names;
    if (sign == std::string::npos || sign + 1 == given.size() ||
        std::find(names.begin() + 1, names.end(), name) == names.end()) {
      return complain("a layer is environment=FILE, tenant=FILE or session=FILE, not `" + given + "`");
    }
    layers.push_back({.name = name, .file = given.substr(sign + 1)});
  }
  const auto view = spec::view_plan(layers, options.turn, Epoch{options.epoch});
  if (!view) {
    fmt::print(stderr, "{}", spec::to_string(view.error()));
    return exit_no;
  }
  if (options.json) {
    print_json(**view);
  } else {
    print_text(**view, options);
  }
  return exit_done;
}

void add_show(CLI::App& plan, ChosenCommand& chosen) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* show = plan.add_subcommand("show", "The plan of a pipeline: every field with its layer, graph, hash");
  show->footer(
      "Example: phalarope plan show pipeline.yaml --layer tenant=kitchen.yaml\n"
      "Layers lie over one another field by field: pipeline < environment < tenant < session.\n"
      "Exit code: 0 shown, 1 the files do not make a plan, 2 bad call");
  show->add_option("file", options->file, "The pipeline file")->required();
  show->add_option("--layer", options->layers, "NAME=FILE: a document over it; may be repeated")
      ->allow_extra_args(false);
  show->add_option("--turn", options->turn, "The turn whose plan is frozen")->capture_default_str();
  show->add_option("--epoch", options->epoch, "The authority epoch it is frozen in")->capture_default_str();
  show->add_flag("--json", options->json, "The view as one JSON object");
  show->callback([options, &chosen] { chosen = [options] { return show_plan(*options); }; });
}
}  // namespace

void add_plan(CLI::App& app, ChosenCommand& chosen) {
  auto options = std::make_shared<PlanOptions>();
  CLI::App* command = app.add_subcommand("plan", "Work with turn plans");
  command->require_subcommand(1);
  CLI::App* resolve = command->add_subcommand("resolve", "Freeze plans: hash and seed of each request");
  resolve->footer("Example: phalarope plan resolve --jsonl requests.jsonl --json");
  resolve->add_option("--jsonl", options->jsonl, "Requests, one JSON object a line")->required();
  resolve->add_flag("--json", options->json, "Answers are JSON lines in any case");
  resolve->callback(
      [options, &chosen] { chosen = [options] { return answer_lines(options->jsonl, spec::answer_resolve_line); }; });
  add_show(*command, chosen);
  add_plan_walk(*command, chosen);
}

}  // namespace phalarope::program
