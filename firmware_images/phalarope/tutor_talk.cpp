#include "firmware_images/phalarope/tutor_talk.hpp"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "firmware_images/gates/utc_time.hpp"
#include "firmware_images/phalarope/assembly.hpp"
#include "firmware_images/phalarope/board_choice.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/learner_device.hpp"
#include "firmware_images/phalarope/library_directory.hpp"
#include "firmware_images/phalarope/live_run.hpp"
#include "firmware_images/phalarope/recording_tools.hpp"
#include "firmware_images/phalarope/tutor_dialogue.hpp"
#include "hal/audio/alsa_device.hpp"
#include "hal/audio/wav_device.hpp"
#include "hal/audio/wav_file.hpp"
#include "hal/host/virtual_runner.hpp"
#include "hal/speech/speak_clip.hpp"

namespace phalarope::program {
namespace {

std::string text_of_now() { return gates::utc_text(gates::utc_now_ms()); }

using Session = std::shared_ptr<library::TutorSession>;

std::expected<hal::ConversationSettings, std::string> settings_for(const TutorOptions& options, const Session& session,
                                                                   const std::string& recording,
                                                                   const hal::Clock& clock,
                                                                   const spec::BoardProfile& board) {
  AssemblyRequest request;
  request.pipeline_path = options.pipeline;
  request.recording_directory = recording;
  request.level = RecordingLevel::L2;
  request.session_id = "tutor";
  request.clock = &clock;
  auto settings = assemble(request);
  if (!settings) return settings;
  auto intents = tutor_intents(*session);
  if (!intents) return std::unexpected(intents.error());
  settings->intents = std::move(*intents);
  apply_board(board, *settings);
  return settings;
}

/// The tutor in the place of the intents; a terminal shows what it hears and says.
hal::NodeDecorator tutor_in(const Session& session, bool shown) {
  return [session, shown](NodeType type, std::unique_ptr<Node> node) -> std::unique_ptr<Node> {
    if (type != NodeType::dialogue) return node;
    std::unique_ptr<Node> tutor = std::make_unique<TutorDialogue>(session);
    return shown ? show_dialogue()(type, std::move(tutor)) : std::move(tutor);
  };
}

std::expected<std::vector<std::vector<std::int16_t>>, std::string> clips_of(const TutorOptions& options) {
  std::vector<std::vector<std::int16_t>> clips;
  for (const std::string& path : options.wav) {
    auto file = hal::load_audio_file(path);
    if (!file) {
      return std::unexpected(fmt::format("{}:byte {}: {}; give 16 bit PCM WAV, mono, 16 kHz", path,
                                         file.error().byte_offset, hal::sentence_of(file.error().fault)));
    }
    clips.push_back(std::move(file->samples));
  }
  for (const std::string& words : options.say) clips.push_back(hal::speak_clip(words, hal::FliteVoice::kal16));
  return clips;
}

std::expected<void, std::string> talk_with_clips(const TutorOptions& options, const Session& session,
                                                 const std::string& recording, const spec::BoardProfile& board) {
  auto clips = clips_of(options);
  if (!clips) return std::unexpected(clips.error());
  hal::WavDeviceSettings wave;
  wave.tail_frames = std::numeric_limits<std::int32_t>::max();
  wave.speaker_path = options.answer;
  hal::WavDevice device(wave);
  LearnerDevice learner(device, std::move(*clips));
  hal::VirtualClock clock(hal::wall_now());
  auto settings = settings_for(options, session, recording, clock, board);
  if (!settings) return std::unexpected(settings.error());
  auto conversation = hal::Conversation::create(std::move(*settings), clock, tutor_in(session, !options.json));
  if (!conversation) return std::unexpected(conversation.error());
  hal::VirtualRunner runner(**conversation, learner, clock);
  const auto report = runner.run();
  if (!report) return std::unexpected(report.error());
  return {};
}

std::expected<void, std::string> talk_by_microphone(const TutorOptions& options, const Session& session,
                                                    const std::string& recording, const spec::BoardProfile& board) {
  static const hal::HostClock clock;
  auto settings = settings_for(options, session, recording, clock, board);
  if (!settings) return std::unexpected(settings.error());
  auto conversation = hal::Conversation::create(std::move(*settings), clock, tutor_in(session, !options.json));
  if (!conversation) return std::unexpected(conversation.error());
  hal::AlsaSettings card;
  card.capture_name = options.capture.empty() ? board.audio.capture_device : options.capture;
  card.playback_name = options.playback.empty() ? board.audio.playback_device : options.playback;
  card.buffer_periods = static_cast<std::size_t>(board.audio.periods);
  hal::AlsaDevice device(card);
  if (!options.json) fmt::print("Say hello, or the name of a topic. Ctrl-C ends.\n");
  std::fflush(stdout);
  return run_live(**conversation, device, {.quiet = options.json, .realtime = realtime_settings(board)});
}

nlohmann::ordered_json outcome_of(const RetoldSession& retold, const replay::ReplayReport& report) {
  nlohmann::ordered_json outcome = {{"topic", ""},
                                    {"chain_id", nullptr},
                                    {"closed_as", nullptr},
                                    {"sentences", retold.sentences},
                                    {"sentence_differences", retold.differences},
                                    {"replayed_events", report.events},
                                    {"replay_differences", report.outputs_different},
                                    {"rows", nlohmann::ordered_json::array()},
                                    {"events", nlohmann::ordered_json::array()}};
  const auto& run = retold.session->run();
  if (!run) return outcome;
  outcome["topic"] = run->plan().topic.id;
  outcome["chain_id"] = run->plan().selection.chain_id;
  outcome["stage"] = run->plan().input.stage;
  outcome["asked"] = run->asked();
  outcome["right"] = run->right();
  if (!run->closed_as().empty()) outcome["closed_as"] = run->closed_as();
  for (const library::ErrorRow& row : run->rows()) outcome["rows"].push_back(row);
  for (const library::TutorEvent& event : run->events()) outcome["events"].push_back({event.kind, event.detail});
  return outcome;
}

void print_outcome(const nlohmann::ordered_json& outcome) {
  fmt::print("\ntopic {}, chain {}, closed as {}\n", outcome["topic"].dump(), outcome["chain_id"].dump(),
             outcome["closed_as"].dump());
  for (const auto& row : outcome["rows"]) fmt::print("missed {}: {}\n", row[1].dump(), row[2].dump());
  fmt::print("replayed {} events, {} differences; {} sentences said again, {} differences\n",
             outcome["replayed_events"].dump(), outcome["replay_differences"].dump(), outcome["sentences"].dump(),
             outcome["sentence_differences"].size());
}

struct Told {
  RetoldSession retold;
  nlohmann::ordered_json outcome;
  bool identical = false;
};

Told tell_again(const std::string& recording, const TutorBooks& books, const library::TutorMemory& memory, bool json) {
  const replay::ConversationLog log = read_log(recording);
  tell_damage(log, recording);
  Told told;
  told.retold = retell(log, books, memory);
  const replay::ReplayReport report = replay_recording(recording);
  told.outcome = outcome_of(told.retold, report);
  told.identical = told.retold.differences.empty() && report.verdict == replay::ReplayVerdict::identical;
  for (const std::string& difference : told.retold.differences) fmt::print(stderr, "phalarope: {}\n", difference);
  if (json) {
    fmt::print("{}\n", told.outcome.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    print_outcome(told.outcome);
  }
  return told;
}

}  // namespace

int run_tutor(const TutorOptions& options) {
  const auto board = choose_board(options.board);
  if (!board) return complain(board.error());
  const auto books = open_books(options.choice);
  if (!books) return complain(books.error());
  library::TutorMemory memory;
  const auto folder = begin_folder(options.state, options.choice, *books, memory);
  if (!folder) return complain(folder.error());
  const auto session = std::make_shared<library::TutorSession>(books->material, memory);
  const std::string started_at = text_of_now();
  const bool by_files = !options.wav.empty() || !options.say.empty();
  const auto talked = by_files ? talk_with_clips(options, session, folder->recording, *board)
                               : talk_by_microphone(options, session, folder->recording, *board);
  if (!talked) return complain(talked.error());
  // Nothing is kept that the evidence does not say again.
  const Told told = tell_again(folder->recording, *books, memory, options.json);
  if (!told.identical) return complain("the session cannot be computed again from its recording", exit_no);
  if (auto kept = write_text_file(folder->session + "/outcome.json", told.outcome.dump(2) + "\n"); !kept) {
    return complain(kept.error());
  }
  if (const auto& run = told.retold.session->run(); run && !run->rows().empty()) {
    if (auto added = add_to_error_log(folder->error_log, run->rows()); !added) return complain(added.error());
  }
  if (const auto& run = told.retold.session->run(); run) {
    if (auto kept = keep_rows(*folder, *run, started_at, text_of_now()); !kept) return complain(kept.error());
  }
  if (!options.json) fmt::print("session    {}\nerror log  {}\n", folder->session, folder->error_log);
  return exit_done;
}

int run_session_again(const std::string& session, const TutorChoice& choice, bool json) {
  const auto books = open_books(choice);
  if (!books) return complain(books.error());
  const auto memory = memory_of(session, *books);
  if (!memory) return complain(memory.error());
  const auto recording = check_recording(session + "/recording");
  if (!recording) return complain(recording.error());
  return tell_again(*recording, *books, *memory, json).identical ? exit_done : exit_no;
}

}  // namespace phalarope::program
