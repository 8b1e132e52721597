// phalarope plan resolve: turn plans from JSON requests (cli-conformance.md 3).
#include "core/spec/plan_resolve.hpp"
#include "firmware_images/phalarope/batch_lines.hpp"
#include "firmware_images/phalarope/commands.hpp"

namespace phalarope::program {
namespace {
struct PlanOptions {
  std::string jsonl;
  bool json = false;
};
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
}

}  // namespace phalarope::program
