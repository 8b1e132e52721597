// phalarope replay REC: re-runs the engine over a recording and compares every output, byte for byte.
// phalarope replay compare: two artifacts under a divergence policy (cli-conformance.md 5).
#include <fmt/format.h>

#include "firmware_images/phalarope/batch_lines.hpp"
#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/compare_lines.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/recording_tools.hpp"

namespace phalarope::program {
namespace {

struct ReplayCommandOptions {
  std::string recording;
  bool json = false;
  bool all = false;
};

struct CompareOptions {
  std::string jsonl;
  bool json = false;
};

int run_replay(const ReplayCommandOptions& options) {
  if (options.recording.empty()) return complain("replay needs the folder of a recording; see phalarope replay --help");
  const auto recording = check_recording(options.recording);
  if (!recording) return complain(recording.error());
  replay::ReplayOptions how;
  constexpr std::size_t differences_shown_max = 100;
  how.differences_max = options.all ? differences_shown_max : 1;
  const replay::ReplayReport report = replay_recording(*recording, how);
  fmt::print("{}\n", options.json ? replay::report_json(report) : replay::report_text(report));
  return report.verdict == replay::ReplayVerdict::identical ? exit_done : exit_no;
}

CLI::App* add_compare(CLI::App& replay_command, ChosenCommand& chosen) {
  auto options = std::make_shared<CompareOptions>();
  CLI::App* command = replay_command.add_subcommand("compare", "Compare two artifacts under a divergence policy");
  command->footer("Example: phalarope replay compare --jsonl comparisons.jsonl --json");
  command->add_option("--jsonl", options->jsonl, "Comparisons, one JSON object a line")->required();
  command->add_flag("--json", options->json, "Answers are JSON lines in any case");
  command->callback(
      [options, &chosen] { chosen = [options] { return answer_lines(options->jsonl, answer_compare_line); }; });
  return command;
}

}  // namespace

void add_replay(CLI::App& app, ChosenCommand& chosen) {
  auto options = std::make_shared<ReplayCommandOptions>();
  CLI::App* command = app.add_subcommand("replay", "Re-run a recording and compare every output");
  command->footer("Example: phalarope replay phalarope-demo/recording\nExit code: 0 identical, 1 different or damaged");
  command->add_option("recording", options->recording, "Folder of a recording, or one segment file");
  command->add_flag("--all", options->all, "Show up to 100 differences instead of the first");
  command->add_flag("--json", options->json, "One JSON object instead of text");
  const CLI::App* compare = add_compare(*command, chosen);
  command->callback([options, compare, &chosen] {
    if (!compare->parsed()) chosen = [options] { return run_replay(*options); };
  });
}

}  // namespace phalarope::program
