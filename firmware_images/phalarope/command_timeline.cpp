// phalarope timeline REC: what happened, for a terminal, a browser or ui.perfetto.dev.
#include <fmt/format.h>

#include <fstream>

#include "core/replay/timeline_perfetto.hpp"
#include "core/replay/timeline_text.hpp"
#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/conversation_report.hpp"
#include "firmware_images/phalarope/recording_tools.hpp"

namespace phalarope::program {
namespace {

struct TimelineOptions {
  std::string recording;
  std::string html;
  std::string perfetto;
  bool json = false;
  bool ascii = false;
};

int run_timeline(const TimelineOptions& options) {
  const auto recording = check_recording(options.recording);
  if (!recording) return complain(recording.error());
  const replay::ConversationLog log = read_log(*recording);
  if (log.events == 0)
    return complain("`" + *recording + "` holds no events; is it the folder of a recording?", exit_no);
  if (!options.html.empty()) {
    if (auto written = write_timeline_page(*recording, log, options.html); !written) return complain(written.error());
  }
  if (!options.perfetto.empty()) {
    std::ofstream trace(options.perfetto, std::ios::binary);
    trace << replay::timeline_perfetto(log);
    trace.close();
    if (!trace) return complain("cannot write `" + options.perfetto + "`");
  }
  if (options.json) {
    fmt::print("{}\n", conversation_json(log).dump(2));
  } else if (options.html.empty() && options.perfetto.empty()) {
    replay::TextTimelineOptions how;
    how.columns = static_cast<std::size_t>(terminal_columns());
    how.colour = stdout_is_terminal();
    how.ascii = options.ascii;
    fmt::print("{}", replay::timeline_text(log, how));
  }
  return log.damage.empty() ? exit_done : exit_no;
}

}  // namespace

void add_timeline(CLI::App& app, ChosenCommand& chosen) {
  auto options = std::make_shared<TimelineOptions>();
  CLI::App* command = app.add_subcommand("timeline", "Show what happened in a recording");
  command->footer("Example: phalarope timeline phalarope-demo/recording --html timeline.html");
  command->add_option("recording", options->recording, "Folder of a recording, or one segment file")->required();
  command->add_option("--html", options->html, "Write one self-contained page, with the audio it holds");
  command->add_option("--perfetto", options->perfetto, "Write a trace for ui.perfetto.dev");
  command->add_flag("--json", options->json, "The turns as one JSON object");
  command->add_flag("--ascii", options->ascii, "Plain characters only");
  command->callback([options, &chosen] { chosen = [options] { return run_timeline(*options); }; });
}

}  // namespace phalarope::program
