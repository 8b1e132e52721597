// phalarope replay REC: re-runs the engine over a recording and compares every output, byte for byte; with a mode or a
// range, every decision under a divergence policy. phalarope replay compare: two recordings, or many lines of JSON.
#include <fmt/format.h>

#include <fstream>

#include "firmware_images/phalarope/batch_lines.hpp"
#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/compare_lines.hpp"
#include "firmware_images/phalarope/compare_recordings.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/recording_tools.hpp"

namespace phalarope::program {
namespace {

/// More than the decisions of a day.
constexpr std::size_t steps_max = 1'000'000'000;

struct ReportOptions {
  std::string html;
  std::string keep;  // where the next cursor is written
  bool json = false;
};

struct ReplayCommandOptions {
  RecordingComparison how;
  ReportOptions report;
  std::string turn;  // as --cursor
  bool all = false;

  bool by_decisions() const {
    return !how.mode.empty() || !how.from.empty() || !how.to.empty() || !how.policy_file.empty() || how.steps > 0 ||
           !report.html.empty();
  }
};

struct CompareOptions {
  RecordingComparison how;
  ReportOptions report;
  std::string jsonl;
};

/// The place to go on from, for --cursor @FILE. At the end of the recording the file says so, and nothing resumes.
bool keep_cursor(const std::string& path, const std::optional<replay::ReplayCursor>& next) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << (next ? replay::cursor_json(*next) : std::string("{\"end\": true}")) << "\n";
  file.close();
  return static_cast<bool>(file);
}

int tell(const RecordingComparison& how, const ReportOptions& options) {
  const auto report = compare_recordings(how);
  if (!report) return complain(report.error());
  if (!options.html.empty()) {
    std::ofstream page(options.html, std::ios::binary);
    page << report_html(*report);
    page.close();
    if (!page) return complain("cannot write `" + options.html + "`; check the folder and the space on its disk");
  }
  if (!options.keep.empty() && !keep_cursor(options.keep, report->next_cursor)) {
    return complain("cannot write `" + options.keep + "`; check the folder and the space on its disk");
  }
  fmt::print("{}", options.json ? report_json(*report) + "\n" : report_text(*report));
  return report->passes() ? exit_done : exit_no;
}

int run_replay(const ReplayCommandOptions& given) {
  ReplayCommandOptions options = given;
  if (!options.turn.empty()) options.how.from = options.turn;
  if (!options.report.keep.empty() && options.how.steps == 0 && options.how.to.empty()) {
    return complain("--keep needs --step or --until: without an end there is no place to go on from");
  }
  if (options.how.baseline.empty()) {
    return complain("replay needs the folder of a recording; see phalarope replay --help");
  }
  const auto recording = check_recording(options.how.baseline);
  if (!recording) return complain(recording.error());
  if (options.by_decisions()) return tell(options.how, options.report);
  replay::ReplayOptions how;
  constexpr std::size_t differences_shown_max = 100;
  how.differences_max = options.all ? differences_shown_max : 1;
  const replay::ReplayReport report = replay_recording(*recording, how);
  fmt::print("{}\n", options.report.json ? replay::report_json(report) : replay::report_text(report));
  return report.verdict == replay::ReplayVerdict::identical ? exit_done : exit_no;
}

int run_compare(const CompareOptions& options) {
  const RecordingComparison& how = options.how;
  if (!options.jsonl.empty()) {
    if (!how.baseline.empty()) return complain("give either two recordings or --jsonl FILE");
    return answer_lines(options.jsonl, answer_compare_line);
  }
  if (how.candidate.empty()) {
    return complain("compare needs two recordings, or --jsonl FILE; see phalarope replay compare --help");
  }
  for (const std::string& path : {how.baseline, how.candidate}) {
    if (const auto recording = check_recording(path); !recording) return complain(recording.error());
  }
  return tell(how, options.report);
}

void add_report_options(CLI::App& command, RecordingComparison& how, ReportOptions& report) {
  command.add_option("--mode", how.mode,
                     "re_simulate_nodes, playback_recorded_provider_outputs, replay_decisions (audit) or "
                     "recompute_decisions (regression)");
  command.add_option("--cursor,--from,--at", how.from,
                     "First decision: 'session|turn|lane|sequence|event', an event's id, a turn, or @FILE");
  command.add_option("--until,--to", how.to, "Last decision, likewise (of a turn: its last)");
  command.add_option("--policy", how.policy_file, "What may differ: a file with spec: divergence-policy/v1");
  command.add_option("--html", report.html, "Write the report as one self-contained page");
  command.add_flag("--json", report.json, "One JSON object instead of text");
}

CLI::App* add_compare(CLI::App& replay_command, ChosenCommand& chosen) {
  auto options = std::make_shared<CompareOptions>();
  CLI::App* command = replay_command.add_subcommand("compare", "Compare two recordings under a divergence policy");
  command->footer(
      "Example: phalarope replay compare before/recording after/recording --policy policy.yaml\n"
      "Many at once: phalarope replay compare --jsonl comparisons.jsonl --json\n"
      "Exit code: 0 nothing fails, 1 a divergence fails or a recording is damaged, 2 bad call");
  command->add_option("baseline", options->how.baseline, "Folder of the recording that is right");
  command->add_option("candidate", options->how.candidate, "Folder of the recording that is judged");
  command->add_option("--jsonl", options->jsonl, "Artifacts to compare, one JSON object a line");
  add_report_options(*command, options->how, options->report);
  command->callback([options, &chosen] { chosen = [options] { return run_compare(*options); }; });
  return command;
}

}  // namespace

void add_replay(CLI::App& app, ChosenCommand& chosen) {
  auto options = std::make_shared<ReplayCommandOptions>();
  CLI::App* command = app.add_subcommand("replay", "Re-run a recording and compare every output");
  command->footer(
      "Example: phalarope replay phalarope-demo/recording\n"
      "         phalarope replay phalarope-demo/recording --turn 3 --step 5 --keep here.json\n"
      "         phalarope replay phalarope-demo/recording --cursor @here.json --until 4\n"
      "Without a mode or a range every output is compared byte for byte, else every decision under the policy.\n"
      "Exit code: 0 identical, 1 different or damaged");
  command->add_option("recording", options->how.baseline, "Folder of a recording, or one segment file");
  command->add_flag("--all", options->all, "Show up to 100 differences instead of the first");
  command->add_option("--step", options->how.steps, "So many decisions (1) from --cursor on; prints the next cursor")
      ->expected(0, 1)
      ->default_str("1")
      ->check(CLI::Range(std::size_t{1}, steps_max));
  add_report_options(*command, options->how, options->report);
  command->add_option("--intents", options->how.intents,
                      "With re_simulate_nodes: what the recorded dialogue answered from");
  command->add_option("--turn", options->turn, "From the first decision of this turn on: its number")
      ->excludes("--cursor");
  command->add_option("--keep", options->report.keep, "Write the next cursor here, for --cursor @FILE");
  const CLI::App* compare = add_compare(*command, chosen);
  command->callback([options, compare, &chosen] {
    if (!compare->parsed()) chosen = [options] { return run_replay(*options); };
  });
}

}  // namespace phalarope::program
