// phalarope timeline REC: what happened, for a terminal, a browser or ui.perfetto.dev.
#include <fmt/format.h>

#include <fstream>

#include "core/engine/evidence/well_known_symbols.hpp"
#include "core/replay/timeline_perfetto.hpp"
#include "core/replay/timeline_text.hpp"
#include "core/telemetry/session_summary.hpp"
#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/conversation_report.hpp"
#include "firmware_images/phalarope/cost_rates_file.hpp"
#include "firmware_images/phalarope/recording_tools.hpp"
#include "firmware_images/phalarope/timeline_page.hpp"

namespace phalarope::program {
namespace {

/// Two runs of one conversation differ by what a thread waited, not more.
constexpr std::int64_t default_tolerance_ms = 20;

struct TimelineOptions {
  std::string recording;
  std::string html;
  std::string against;
  std::string audio = "auto";
  std::int64_t tolerance_ms = default_tolerance_ms;
  std::string perfetto;
  std::string tenant = std::string(default_tenant);
  std::string rates;
  bool summary = false;
  bool json = false;
  bool ascii = false;
};

std::string summary_text(const std::vector<telemetry::SessionSummary>& summaries, const telemetry::CostRates& rates) {
  std::vector<std::vector<std::string>> rows{{"session", "turns", "committed", "aborted", "tokens", "speech s",
                                              "recognised s", "synthesised s", "heard s", "cost"}};
  for (const telemetry::SessionSummary& each : summaries) {
    const auto seconds = [&each](std::int64_t samples) { return fmt::format("{:.2f}", each.seconds(samples)); };
    const telemetry::CostEstimate cost = telemetry::estimate_cost(each, rates);
    rows.push_back({each.session_id, std::to_string(each.turns_opened), std::to_string(each.turns_committed),
                    std::to_string(each.turns_aborted), std::to_string(each.total_tokens),
                    seconds(each.user_speech_samples), seconds(each.recogniser_samples),
                    seconds(each.synthesised_samples), seconds(each.heard_samples),
                    fmt::format("{:.6f} {}", static_cast<double>(cost.millionths) / 1e6, rates.currency)});
  }
  return table(rows);
}

int run_summary(const std::string& recording, const TimelineOptions& options) {
  telemetry::CostRates rates;
  if (!options.rates.empty()) {
    auto loaded = load_cost_rates(options.rates);
    if (!loaded) return complain(loaded.error());
    rates = std::move(*loaded);
  }
  const auto all = summarise_recording(recording);
  const auto own = telemetry::of_tenant(all, options.tenant);
  if (!all.empty() && own.empty())
    return complain("`" + recording + "` holds no session of tenant `" + options.tenant + "`; give the right --tenant",
                    exit_no);
  if (options.json) {
    fmt::print("{}\n", telemetry::summaries_json(own, rates));
  } else {
    fmt::print("{}", summary_text(own, rates));
  }
  return exit_done;
}

int write_page(const TimelineOptions& options, const std::string& recording) {
  const auto sound = sound_place_named(options.audio);
  if (!sound) return complain("--audio " + options.audio + ": is none of auto, inside, beside, none");
  TimelinePageOptions page{.recording = recording,
                           .against = {},
                           .page_path = options.html,
                           .sound = *sound,
                           .tolerance_ms = options.tolerance_ms};
  if (!options.against.empty()) {
    const auto against = check_recording(options.against);
    if (!against) return complain(against.error());
    page.against = *against;
  }
  const auto written = write_timeline_page(page);
  if (!written) return complain(written.error());
  if (options.against.empty()) return exit_done;
  fmt::print("{} difference{}\n", written->differences, written->differences == 1 ? "" : "s");
  if (written->differences > 0) fmt::print("first: {}\n", written->first_difference);
  return written->differences == 0 ? exit_done : exit_no;
}

int run_timeline(const TimelineOptions& options) {
  const auto recording = check_recording(options.recording);
  if (!recording) return complain(recording.error());
  if (options.summary) return run_summary(*recording, options);
  const replay::ConversationLog log = read_log(*recording);
  if (log.events == 0)
    return complain("`" + *recording + "` holds no events; is it the folder of a recording?", exit_no);
  if (options.html.empty() && !options.against.empty()) return complain("--against needs --html, where both are shown");
  int page = exit_done;
  if (!options.html.empty()) page = write_page(options, *recording);
  if (page != exit_done && page != exit_no) return page;
  if (!options.perfetto.empty()) {
    std::ofstream trace(options.perfetto, std::ios::binary);
    trace << replay::timeline_perfetto(read_timeline(*recording));
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
  return log.damage.empty() ? page : exit_no;
}

}  // namespace

void add_timeline(CLI::App& app, ChosenCommand& chosen) {
  auto options = std::make_shared<TimelineOptions>();
  CLI::App* command = app.add_subcommand("timeline", "Show what happened in a recording");
  command->add_option("recording", options->recording, "Folder of a recording, or one segment file")->required();
  command->add_option("--html", options->html, "Write one self-contained page, with the audio it holds");
  command->add_option("--against", options->against, "A second recording: the page shows both, and where they differ");
  command->add_option("--audio", options->audio, "Sound of the page: auto, inside, beside (files next to it) or none")
      ->capture_default_str();
  command->add_option("--tolerance-ms", options->tolerance_ms, "With --against: how far equal decisions may be apart")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--perfetto", options->perfetto, "Write a trace for ui.perfetto.dev");
  auto* const summary = command->add_flag("--summary", options->summary,
                                          "Sums of each session: turns, tokens, seconds of audio, estimated cost");
  command->add_option("--tenant", options->tenant, "Whose sessions are summed up")->needs(summary);
  command->add_option("--rates", options->rates, "Price list of the providers (YAML)")->needs(summary);
  command->add_flag("--json", options->json, "The turns, or the sums, as one JSON object");
  command->add_flag("--ascii", options->ascii, "Plain characters only");
  command->footer(
      "Example: phalarope timeline phalarope-demo/recording --html timeline.html\n"
      "         phalarope timeline before/recording --against after/recording --html difference.html\n"
      "Exit code: 0 done, 1 damaged, or with --against different");
  command->callback([options, &chosen] { chosen = [options] { return run_timeline(*options); }; });
}

}  // namespace phalarope::program
