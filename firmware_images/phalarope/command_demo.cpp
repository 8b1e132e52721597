// phalarope demo: a whole conversation on recorded human speech, in virtual time, then its proof.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "firmware_images/phalarope/assembly.hpp"
#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/conversation_report.hpp"
#include "firmware_images/phalarope/demo_script.hpp"
#include "firmware_images/phalarope/live_run.hpp"
#include "firmware_images/phalarope/recording_tools.hpp"
#include "firmware_images/phalarope/resources.hpp"
#include "firmware_images/phalarope/timeline_page.hpp"
#include "hal/host/virtual_runner.hpp"

namespace phalarope::program {
namespace {

struct DemoOptions {
  std::string output = "phalarope-demo";
  std::string pipeline;
  bool realtime = false;
  bool microphone = false;
  bool json = false;
};

// A small room: what the loudspeaker says comes back to the microphone 12 ms later, 20 dB weaker, with one reflection.
const std::vector<hal::EchoTap> demo_room = {{.delay_frames = 190, .gain_permille = 100},
                                             {.delay_frames = 420, .gain_permille = -30}};
constexpr std::int64_t demo_noise_peak = 12;

std::expected<void, std::string> prepare_output(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    return std::unexpected("cannot create `" + directory + "` (" + error.message() + "); choose another --output");
  std::filesystem::remove_all(std::filesystem::path(directory) / "recording", error);
  if (error) return std::unexpected("cannot clear the last recording in `" + directory + "` (" + error.message() + ")");
  return {};
}

std::expected<hal::ConversationSettings, std::string> demo_settings(const DemoOptions& options,
                                                                    const hal::Clock& clock) {
  const auto intents = find_resource("conf/intents/demo.yaml");
  if (!intents) return std::unexpected("the shipped file conf/intents/demo.yaml was not found; set PHALAROPE_SHARE");
  AssemblyRequest request;
  request.pipeline_path = options.pipeline;
  request.intents_paths = {*intents};
  request.recording_directory = (std::filesystem::path(options.output) / "recording").string();
  request.keys_directory = (std::filesystem::path(options.output) / "keys").string();
  request.level = RecordingLevel::L2;
  request.session_id = "demo";
  request.clock = &clock;
  return assemble(request);
}

hal::WavDeviceSettings demo_device(const DemoOptions& options, const DemoScript& script) {
  hal::WavDeviceSettings device;
  device.microphone = script.clips;
  device.speaker_path = (std::filesystem::path(options.output) / "answer.wav").string();
  device.echo = demo_room;
  device.noise_peak = demo_noise_peak;
  device.pace = options.realtime ? hal::Pace::real_time : hal::Pace::virtual_time;
  return device;
}

std::expected<void, std::string> run_in_virtual_time(const DemoOptions& options, const DemoScript& script) {
  // The wall clock of a virtual run is a fixed day, so that two runs record the same bytes.
  constexpr WallTime demo_day{1'767'225'600LL * ns_per_second};  // 2026-01-01 00:00 UTC
  hal::VirtualClock clock(demo_day);
  auto settings = demo_settings(options, clock);
  if (!settings) return std::unexpected(settings.error());
  auto conversation = hal::Conversation::create(std::move(*settings), clock);
  if (!conversation) return std::unexpected(conversation.error());
  hal::WavDevice device(demo_device(options, script));
  hal::VirtualRunner runner(**conversation, device, clock);
  Progress progress("listening");
  const auto report = runner.run([&](Duration at) { progress.tell(fmt::format("{} s", at.value / ns_per_second)); });
  if (!report) return std::unexpected(report.error());
  if (!report->finished) return std::unexpected("the conversation did not come to an end within its time");
  return {};
}

std::expected<void, std::string> run_in_real_time(const DemoOptions& options, const DemoScript& script) {
  static const hal::HostClock clock;
  auto settings = demo_settings(options, clock);
  if (!settings) return std::unexpected(settings.error());
  auto conversation = hal::Conversation::create(std::move(*settings), clock);
  if (!conversation) return std::unexpected(conversation.error());
  hal::WavDevice device(demo_device(options, script));
  return run_live(**conversation, device, LiveOptions{.quiet = true});
}

std::string script_text(const DemoScript& script) {
  std::vector<std::vector<std::string>> rows{{"at", "who", "says", "what you should hear"}};
  for (const DemoLine& line : script.lines) {
    rows.push_back(
        {fmt::format("{:.1f} s", static_cast<double>(line.at_ms) / 1000.0), line.who, line.what, line.expected});
  }
  return table(rows);
}

int run_demo(const DemoOptions& options) {
  if (auto prepared = prepare_output(options.output); !prepared) return complain(prepared.error());
  const auto script = make_demo_script();
  if (!script) return complain(script.error());
  if (!options.json) fmt::print("{}\n", script_text(*script));

  const auto begun = std::chrono::steady_clock::now();
  const auto ran = options.realtime ? run_in_real_time(options, *script) : run_in_virtual_time(options, *script);
  if (!ran) return complain(ran.error());
  const double run_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();

  const std::filesystem::path directory(options.output);
  const std::string recording = (directory / "recording").string();
  const replay::ConversationLog log = read_log(recording);
  tell_damage(log, recording);
  const std::string page = (directory / "timeline.html").string();
  if (auto written = write_timeline_page({.recording = recording, .against = {}, .page_path = page}); !written)
    return complain(written.error());
  const replay::ReplayReport report = replay_recording(recording);

  if (options.json) {
    nlohmann::json answer = conversation_json(log);
    answer["run_seconds"] = run_s;
    answer["files"] = {{"answer", (directory / "answer.wav").string()}, {"timeline", page}, {"recording", recording}};
    answer["replay"] = nlohmann::json::parse(replay::report_json(report));
    fmt::print("{}\n", answer.dump(2));
  } else {
    fmt::print("{}\n", conversation_table(log));
    const double told_s = static_cast<double>(log.end_ns - log.start_ns) / static_cast<double>(ns_per_second);
    fmt::print("{:.0f} s of conversation in {:.1f} s\n", told_s, run_s);
    fmt::print("replayed {} events, {} differences\n\n", report.events, report.outputs_different);
    fmt::print("hear it   {}\nsee it    {}\nprove it  phalarope replay {}\n", (directory / "answer.wav").string(), page,
               recording);
  }
  return report.verdict == replay::ReplayVerdict::identical ? exit_done : exit_no;
}

}  // namespace

void add_demo(CLI::App& app, ChosenCommand& chosen) {
  auto options = std::make_shared<DemoOptions>();
  CLI::App* command = app.add_subcommand("demo", "A conversation on recorded human speech, with its proof");
  command->footer(
      "Example: phalarope demo --output /tmp/demo\n"
      "         phalarope demo --pipeline /etc/phalarope/pipeline-espeak.yaml    (a voice in a process of its own)");
  command->add_option("--output", options->output, "Folder for answer.wav, timeline.html and the recording")
      ->capture_default_str();
  command->add_option("--pipeline", options->pipeline, "Pipeline file; the shipped one when left out");
  command->add_flag("--realtime", options->realtime, "At the speed of speech, with the board's threads");
  command->add_flag("--mic", options->microphone, "Your microphone and loudspeaker instead of the recorded clips");
  command->add_flag("--json", options->json, "One JSON object instead of tables");
  command->callback([options, &chosen] {
    chosen = [options] { return options->microphone ? run_demo_with_microphone(options->output) : run_demo(*options); };
  });
}

}  // namespace phalarope::program
