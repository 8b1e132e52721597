// phalarope replay REC: re-runs the engine over a recording and compares every output, byte for byte.
#include <fmt/format.h>

#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/recording_tools.hpp"

namespace phalarope::program {
namespace {

struct ReplayCommandOptions {
  std::string recording;
  bool json = false;
  bool all = false;
};

int run_replay(const ReplayCommandOptions& options) {
  const auto recording = check_recording(options.recording);
  if (!recording) return complain(recording.error());
  replay::ReplayOptions how;
  constexpr std::size_t differences_shown_max = 100;
  how.differences_max = options.all ? differences_shown_max : 1;
  const replay::ReplayReport report = replay_recording(*recording, how);
  fmt::print("{}\n", options.json ? replay::report_json(report) : replay::report_text(report));
  return report.verdict == replay::ReplayVerdict::identical ? exit_done : exit_no;
}

}  // namespace

void add_replay(CLI::App& app, ChosenCommand& chosen) {
  auto options = std::make_shared<ReplayCommandOptions>();
  CLI::App* command = app.add_subcommand("replay", "Re-run a recording and compare every output");
  command->footer("Example: phalarope replay phalarope-demo/recording\nExit code: 0 identical, 1 different or damaged");
  command->add_option("recording", options->recording, "Folder of a recording, or one segment file")->required();
  command->add_flag("--all", options->all, "Show up to 100 differences instead of the first");
  command->add_flag("--json", options->json, "One JSON object instead of text");
  command->callback([options, &chosen] { chosen = [options] { return run_replay(*options); }; });
}

}  // namespace phalarope::program
