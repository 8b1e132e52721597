#include "firmware_images/phalarope/node_script.hpp"

#include <array>
#include <filesystem>

#include "core/spec/field_reader.hpp"
#include "hal/external/fault.hpp"

namespace phalarope::program {
namespace {

using spec::MapReader;
using spec::Presence;

constexpr std::array<std::string_view, 1> script_spec_names = {"node-test/v1"};
constexpr spec::IntegerRange wait_ms{.min = 1, .max = 14'000};

struct StepVerb {
  const char* name;
  NodeType type;
};
constexpr std::array step_verbs = {StepVerb{"ask", NodeType::dialogue}, StepVerb{"say", NodeType::synthesiser},
                                   StepVerb{"hear", NodeType::recogniser}};

void read_fault(MapReader& map, NodeTestStep& step) {
  map.text("expect_fault", step.expect_fault);
  if (step.expect_fault.empty()) return;
  std::vector<std::string_view> known;
  for (const hal::ExternalFaultRow& row : hal::external_faults::rows) {
    if (row.id == step.expect_fault) return;
    if (!row.id.empty()) known.push_back(row.id);
  }
  map.complain("expect_fault", "unknown fault \"" + step.expect_fault + "\"", spec::one_of(step.expect_fault, known));
}

void read_step(const spec::Document& item, const std::string& path, spec::Diagnostics& diagnostics,
               std::vector<NodeTestStep>& steps) {
  MapReader map(item, path, diagnostics);
  NodeTestStep step;
  for (const StepVerb& verb : step_verbs) {
    if (!map.has(verb.name)) continue;
    if (step.type != NodeType::none) map.complain(verb.name, "is one thing too many for a step", "Make it two steps");
    step.type = verb.type;
    map.text(verb.name, step.said);
  }
  if (step.type == NodeType::none) map.complain({}, "does nothing", "Give it `ask`, `say` or `hear`");
  if (step.type == NodeType::recogniser && !step.said.starts_with('/') && item.origin) {
    step.said = (std::filesystem::path(*item.origin).parent_path() / step.said).string();
  }
  if (map.has("expect")) step.expect.emplace();
  map.each_item("expect", [&](const spec::Document& text, const std::string& text_path) {
    if (auto said = spec::scalar_of(text, text_path, diagnostics)) step.expect->push_back(std::move(*said));
  });
  read_fault(map, step);
  map.integer("cancel_after_ms", step.cancel_after_ms, wait_ms);
  map.integer("within_ms", step.within_ms, wait_ms);
  map.finish();
  steps.push_back(std::move(step));
}

}  // namespace

std::expected<std::vector<NodeTestStep>, std::string> parse_node_script(std::string_view text,
                                                                        const std::string& file) {
  spec::Diagnostics diagnostics;
  const spec::Document document = spec::parse_document(text, file, diagnostics);
  std::vector<NodeTestStep> steps;
  if (diagnostics.empty()) {
    MapReader reader(document, {}, diagnostics);
    (void)reader.choice("spec", script_spec_names, Presence::required);
    reader.each_item(
        "steps",
        [&](const spec::Document& item, const std::string& path) { read_step(item, path, diagnostics, steps); },
        Presence::required);
    reader.finish();
  }
  if (!diagnostics.empty()) return std::unexpected(spec::to_string(diagnostics));
  return steps;
}

std::expected<std::vector<NodeTestStep>, std::string> load_node_script(const std::string& path) {
  spec::Diagnostics diagnostics;
  const std::string text = spec::read_text_file(path, diagnostics);
  if (!diagnostics.empty()) return std::unexpected(spec::to_string(diagnostics));
  return parse_node_script(text, path);
}

std::expected<NodeType, std::string> type_of(const std::vector<NodeTestStep>& steps) {
  if (steps.empty()) return std::unexpected("nothing to do: give --ask, --say, --hear or --script");
  for (const NodeTestStep& step : steps) {
    if (step.type != steps.front().type) {
      return std::unexpected("a node is one of dialogue (--ask), synthesiser (--say) and recogniser (--hear), not two");
    }
  }
  return steps.front().type;
}

}  // namespace phalarope::program
