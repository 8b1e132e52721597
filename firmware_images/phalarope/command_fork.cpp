// phalarope fork REC: a recorded conversation up to a point, and from there on another plan, voice or dialogue.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/conversation_report.hpp"
#include "firmware_images/phalarope/fork_report.hpp"
#include "firmware_images/phalarope/recording_tools.hpp"
#include "firmware_images/phalarope/timeline_page.hpp"

namespace phalarope::program {
namespace {

struct ForkOptions {
  ForkRequest request;
  std::string turn;
  std::uint64_t event = 0;  // of the turn, counted from 1
  std::string html;
  bool json = false;
};

std::expected<std::string, std::string> place_of(const ForkOptions& options) {
  if (options.turn.empty()) {
    if (options.event != 0) return std::unexpected("--event counts the decisions of a turn; give --turn N with it");
    if (!options.request.at.empty()) return options.request.at;
    return std::unexpected("where? give --turn N, or --at with a cursor that a report printed");
  }
  if (options.event == 0) return options.turn;
  const bool number = options.turn.find_first_not_of("0123456789") == std::string::npos && options.turn.size() < 10;
  const std::string turn =
      number ? replay::RecordingNames::turn_id(static_cast<std::uint32_t>(std::stoul(options.turn))) : options.turn;
  return "evt/" + turn + "/" + std::to_string(options.event);
}

int run_fork_command(const ForkOptions& given) {
  ForkOptions options = given;
  const auto recording = check_recording(options.request.recording);
  if (!recording) return complain(recording.error());
  const auto place = place_of(options);
  if (!place) return complain(place.error());
  options.request.at = *place;
  std::expected<ForkReport, std::string> report;
  {
    Progress progress("forking");
    progress.tell(options.request.recording + " at " + *place);
    report = run_fork(options.request);
  }
  if (!report) return complain(report.error());
  if (!options.html.empty()) {
    const auto page = write_timeline_page(
        {.recording = options.request.recording, .against = report->recording, .page_path = options.html});
    if (!page) return complain(page.error());
  }
  if (options.json) {
    fmt::print("{}\n", fork_json(*report).dump(2));
  } else {
    fmt::print("{}", fork_text(*report));
    if (!options.html.empty()) fmt::print("see both   {}\n", options.html);
  }
  return report->outcome.stopped.empty() && report->comparison.verdict.passes() ? exit_done : exit_no;
}

}  // namespace

void add_fork(CLI::App& app, ChosenCommand& chosen) {
  auto options = std::make_shared<ForkOptions>();
  options->request.out = "phalarope-fork";
  CLI::App* command =
      app.add_subcommand("fork", "What would have happened: another plan from a point of a recording on");
  command->footer(
      "Example: phalarope fork phalarope-demo/recording --turn 3 --plan stricter.yaml --html fork.html\n"
      "         phalarope fork phalarope-demo/recording --turn 3 --provider tts=flite:kal16\n"
      "         phalarope fork phalarope-demo/recording --turn 2 --intents other.yaml\n"
      "The user goes on as recorded; where that can no longer be true, the report says so. Nothing is switched on.\n"
      "Exit code: 0 the same decisions, or all that differ is allowed by --policy; 1 they differ; 2 bad call");
  ForkRequest& request = options->request;
  command->add_option("recording", request.recording, "Folder of a recording")->required();
  auto* const at = command->add_option("--at,--cursor", request.at,
                                       "Where: 'session|turn|lane|sequence|event', an event's id, or a turn");
  command->add_option("--turn", options->turn, "Where: before this turn, by its number")->excludes(at);
  command->add_option("--event", options->event, "Of the turn: before its K-th decision")
      ->check(CLI::Range(1, 1'000'000));
  command->add_option("--plan", request.plan,
                      "Pipeline file of the new future; turns that begin behind the point have it");
  command->add_option("--provider", request.providers, "stt=pocketsphinx, llm=intents, tts=flite[:kal16|:slt][@speed]");
  command->add_option("--intents", request.intents, "Phrases and answers of the new dialogue");
  command->add_option("--recorded-intents", request.recorded_intents,
                      "Those of the recorded one, for words that it was never asked");
  command->add_option("--policy", request.policy_file, "What may differ: a file with spec: divergence-policy/v1");
  command->add_option("--out", request.out, "Folder for the fork's recording and the sound of both futures")
      ->capture_default_str();
  command->add_option("--html", options->html, "Write one page that shows and plays both futures");
  command->add_flag("--json", options->json, "One JSON object instead of tables");
  command->callback([options, &chosen] { chosen = [options] { return run_fork_command(*options); }; });
}

}  // namespace phalarope::program
