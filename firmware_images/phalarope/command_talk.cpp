// phalarope talk: speak with the board, by microphone or with a WAV file as the microphone.
#include <fmt/format.h>

#include <filesystem>

#include "firmware_images/phalarope/assembly.hpp"
#include "firmware_images/phalarope/board_choice.hpp"
#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/config_choice.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/conversation_report.hpp"
#include "firmware_images/phalarope/fleet_export.hpp"
#include "firmware_images/phalarope/live_run.hpp"
#include "firmware_images/phalarope/recording_tools.hpp"
#include "firmware_images/phalarope/resources.hpp"
#include "firmware_images/phalarope/tutor_talk.hpp"
#include "hal/audio/alsa_device.hpp"
#include "hal/audio/wav_device.hpp"
#include "hal/host/virtual_runner.hpp"

namespace phalarope::program {
namespace {

struct TalkOptions {
  std::vector<std::string> wav;
  std::string answer;
  std::string board;
  std::string pipeline;
  std::vector<std::string> intents;
  std::string capture;
  std::string playback;
  std::string recording = "phalarope-talk";
  std::string keys;
  std::string export_url;
  bool encrypt = false;
  bool realtime = false;
  bool json = false;
  bool tutor = false;
  TutorOptions tutoring;
};

std::expected<hal::ConversationSettings, std::string> talk_settings(const TalkOptions& options, const hal::Clock& clock,
                                                                    const spec::BoardProfile& board) {
  AssemblyRequest request;
  request.pipeline_path = options.pipeline;
  request.intents_paths = options.intents;
  request.recording_directory = options.recording;
  request.keys_directory = options.keys;
  request.level = RecordingLevel::L2;
  request.clock = &clock;
  auto settings = assemble(request);
  if (settings) settings->flusher.recording.encrypt = options.encrypt;
  if (settings) apply_board(board, *settings);
  return settings;
}

/// With --json stdout holds the one object and nothing else.
hal::NodeDecorator shown(const TalkOptions& options) { return options.json ? hal::NodeDecorator{} : show_dialogue(); }

hal::WavDeviceSettings wav_device(const TalkOptions& options) {
  hal::WavDeviceSettings device;
  constexpr std::int64_t lead_in_frames = 8'000;  // half a second, so that the first word has a before
  std::int64_t at = lead_in_frames;
  for (const std::string& path : options.wav) {
    device.microphone.push_back({.path = path, .samples = {}, .at_frame = at, .gain_permille = 1000});
    constexpr std::int64_t between_frames = 16'000LL * 8;  // room for the answer before the next file is spoken
    at += between_frames;
  }
  device.speaker_path = options.answer;
  device.pace = options.realtime ? hal::Pace::real_time : hal::Pace::virtual_time;
  return device;
}

/// For trying out: the settings of the export are the program's, the address is the command line's.
Result<std::unique_ptr<FleetExport>, std::string> fleet_of(const TalkOptions& options,
                                                           hal::Conversation& conversation) {
  if (options.export_url.empty()) return std::unique_ptr<FleetExport>();
  spec::ConfigSources sources = config_sources({});
  sources.command_line = {{"export.url", options.export_url}};
  const auto resolved = spec::resolve_config(sources);
  if (!resolved) return std::unexpected(spec::to_string(resolved.error()));
  const auto settings = export_settings(resolved->config);
  if (!settings) return std::unexpected(settings.error());
  return FleetExport::start(*settings, options.export_url, conversation);
}

std::expected<void, std::string> talk_with_files(const TalkOptions& options, const spec::BoardProfile& board) {
  hal::WavDevice device(wav_device(options));
  if (options.realtime) {
    static const hal::HostClock clock;
    auto settings = talk_settings(options, clock, board);
    if (!settings) return std::unexpected(settings.error());
    auto conversation = hal::Conversation::create(std::move(*settings), clock, shown(options));
    if (!conversation) return std::unexpected(conversation.error());
    auto fleet = fleet_of(options, **conversation);
    if (!fleet) return std::unexpected(fleet.error());
    return run_live(**conversation, device,
                    {.quiet = options.json, .realtime = realtime_settings(board), .fleet = fleet->get()});
  }
  hal::VirtualClock clock(hal::wall_now());
  auto settings = talk_settings(options, clock, board);
  if (!settings) return std::unexpected(settings.error());
  auto conversation = hal::Conversation::create(std::move(*settings), clock, shown(options));
  if (!conversation) return std::unexpected(conversation.error());
  auto fleet = fleet_of(options, **conversation);
  if (!fleet) return std::unexpected(fleet.error());
  hal::VirtualRunner runner(**conversation, device, clock);
  const auto report = runner.run();
  if (*fleet != nullptr) fmt::print(stderr, "phalarope: export: {}\n", (*fleet)->stop());
  if (!report) return std::unexpected(report.error());
  return {};
}

std::expected<void, std::string> talk_by_microphone(const TalkOptions& options, const spec::BoardProfile& board) {
  static const hal::HostClock clock;
  auto settings = talk_settings(options, clock, board);
  if (!settings) return std::unexpected(settings.error());
  auto conversation = hal::Conversation::create(std::move(*settings), clock, shown(options));
  if (!conversation) return std::unexpected(conversation.error());
  hal::AlsaSettings card;
  card.capture_name = options.capture.empty() ? board.audio.capture_device : options.capture;
  card.playback_name = options.playback.empty() ? board.audio.playback_device : options.playback;
  card.buffer_periods = static_cast<std::size_t>(board.audio.periods);
  hal::AlsaDevice device(card);
  if (!options.json) fmt::print("Speak. Say \"stop\" to interrupt; Ctrl-C ends.\n");
  std::fflush(stdout);
  auto fleet = fleet_of(options, **conversation);
  if (!fleet) return std::unexpected(fleet.error());
  return run_live(**conversation, device,
                  {.quiet = false, .realtime = realtime_settings(board), .fleet = fleet->get()});
}

int run_talk(const TalkOptions& options) {
  const auto board = choose_board(options.board);
  if (!board) return complain(board.error());
  const auto talked = options.wav.empty() ? talk_by_microphone(options, *board) : talk_with_files(options, *board);
  if (!talked) return complain(talked.error());
  const replay::ConversationLog log = read_log(options.recording);
  tell_damage(log, options.recording);
  if (options.json) {
    fmt::print("{}\n", conversation_json(log).dump(2));
  } else {
    fmt::print("\n{}recording  {}\n", conversation_table(log), options.recording);
  }
  return exit_done;
}

int run_talk_or_tutor(const TalkOptions& options) {
  if (!options.tutor) return run_talk(options);
  TutorOptions tutoring = options.tutoring;
  tutoring.wav = options.wav;
  tutoring.answer = options.answer;
  tutoring.board = options.board;
  tutoring.pipeline = options.pipeline;
  tutoring.capture = options.capture;
  tutoring.playback = options.playback;
  tutoring.json = options.json;
  return run_tutor(tutoring);
}

void add_tutor_options(CLI::App& command, TalkOptions& options) {
  CLI::Option* tutor =
      command.add_flag("--tutor", options.tutor, "A lesson: asks for the topic, runs a chain, keeps the misses");
  const auto belongs = [tutor](CLI::Option* option) { option->needs(tutor)->capture_default_str(); };
  TutorOptions& with = options.tutoring;
  belongs(command.add_option("--state", with.state, "With --tutor: folder of the error log and the sessions"));
  belongs(command.add_option("--say", with.say, "With --tutor: an answer, said by the built-in voice; may be repeated")
              ->allow_extra_args(false));
  belongs(command.add_option("--library", with.choice.library,
                             "With --tutor: chain library; the shipped one when left out"));
  belongs(command.add_option("--topics", with.choice.topics,
                             "With --tutor: folder of topics; the shipped one when left out"));
  belongs(command.add_option("--minutes", with.choice.minutes, "With --tutor: minutes for the lesson")
              ->check(CLI::Range(5, 180)));
  belongs(command.add_option("--energy", with.choice.energy, "With --tutor: how fresh you are")
              ->check(CLI::IsMember({"low", "medium", "high"})));
}

}  // namespace

int run_demo_with_microphone(const std::string& output) {
  TalkOptions options;
  options.recording = (std::filesystem::path(output) / "recording").string();
  options.keys = (std::filesystem::path(output) / "keys").string();
  if (const auto intents = find_resource("conf/intents/demo.yaml")) options.intents = {*intents};
  return run_talk(options);
}

void add_talk(CLI::App& app, ChosenCommand& chosen) {
  auto options = std::make_shared<TalkOptions>();
  CLI::App* command = app.add_subcommand("talk", "Speak with the board");
  command->footer(
      "Example: phalarope talk                         (microphone and loudspeaker)\n"
      "         phalarope talk --wav question.wav --answer answer.wav\n"
      "         phalarope talk --tutor                 (a lesson by voice; what was missed comes first next time)");
  command->add_option("--wav", options->wav, "WAV or raw files as the microphone, one utterance each");
  command->add_option("--answer", options->answer, "With --wav: write what the loudspeaker said to this WAV file");
  command->add_option("--board", options->board, "Board profile: a name of boards/ or a file");
  command->add_option("--pipeline", options->pipeline, "Pipeline file");
  command->add_option("--intents", options->intents, "Intents files");
  command->add_option("--capture", options->capture, "ALSA name of the microphone, e.g. plughw:CARD=Headset");
  command->add_option("--playback", options->playback, "ALSA name of the loudspeaker");
  command->add_option("--recording", options->recording, "Folder of the recording; continued when it exists")
      ->capture_default_str();
  command->add_flag("--encrypt", options->encrypt, "With --keys: seal text and sound under keys of each segment");
  command->add_option("--keys", options->keys,
                      "Sign the recording with the board's key in this folder; made if missing");
  command->add_option("--export", options->export_url,
                      "Send each turn's evidence there, as `phalarope run --export` does");
  command->add_flag("--realtime", options->realtime, "With --wav: at the speed of speech");
  command->add_flag("--json", options->json, "One JSON object at the end");
  add_tutor_options(*command, *options);
  command->callback([options, &chosen] { chosen = [options] { return run_talk_or_tutor(*options); }; });
}

}  // namespace phalarope::program
