// phalarope evidence verify REC: reads every byte of a recording and names every wound; with a public key, also what
// that key did not sign. phalarope evidence keys: the board's public key, for whoever verifies elsewhere.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/recording_access.hpp"
#include "firmware_images/phalarope/recording_tools.hpp"
#include "hal/store/content_keys.hpp"

namespace phalarope::program {
namespace {

struct VerifyOptions {
  std::string recording;
  std::vector<std::string> public_keys;
  unsigned threads = 0;
  bool digest = false;
  bool json = false;
};

struct DestroyOptions {
  std::string recording;
  std::string content = "all";
  std::uint64_t first = 1;
  std::uint64_t last = UINT64_MAX;
};

struct KeysOptions {
  std::string directory;
  std::string write;
  bool json = false;
};

std::string place_of(const replay::RecordPosition& position) {
  return fmt::format("{}: block {} at byte {}", position.file, position.block, position.offset_bytes);
}

/// What the signatures are worth, in one word.
const char* signatures_of(const VerifyOptions& options, const hal::RecordingReader::Totals& totals) {
  if (!options.public_keys.empty()) return totals.proven_segments == totals.segments ? "proven" : "not_proven";
  if (totals.signed_segments == 0) return "unsigned";
  return totals.signed_segments == totals.segments ? "not_checked" : "partly_signed";
}

nlohmann::json report_json(const VerifyOptions& options, const hal::VerifyReport& report) {
  const auto& totals = report.totals;
  nlohmann::json damage = nlohmann::json::array();
  for (const replay::Damage& wound : report.damage) {
    damage.push_back({{"file", wound.position.file},
                      {"block", wound.position.block},
                      {"offset_bytes", wound.position.offset_bytes},
                      {"what", wound.what},
                      {"bytes", wound.bytes}});
  }
  nlohmann::json keys = nlohmann::json::array();
  for (const hal::KeyId& id : totals.signing_keys) keys.push_back(hal::hex_of(id));
  nlohmann::json answer = {{"sound", report.sound()},
                           {"segments", totals.segments},
                           {"first_segment", totals.first_segment},
                           {"last_segment", totals.last_segment},
                           {"blocks", totals.blocks},
                           {"records", totals.records},
                           {"events", totals.by_type[static_cast<std::size_t>(RecordType::event)]},
                           {"repeated_records", totals.repeated_records},
                           {"locked_records", totals.locked_records},
                           {"inaccessible_records", totals.inaccessible_records},
                           {"next_sequence", report.point.next_sequence},
                           {"bytes", totals.bytes},
                           {"closed", totals.closed},
                           {"tail", hal::name_of(totals.tail)},
                           {"dropped_tail_bytes", totals.dropped_tail_bytes},
                           {"signatures", signatures_of(options, totals)},
                           {"signed_segments", totals.signed_segments},
                           {"proven_segments", totals.proven_segments},
                           {"signing_keys", keys},
                           {"head_chain", hal::hex_of(report.point.chain)},
                           {"open_turns", report.open_turns.size()},
                           {"damage", damage}};
  if (report.events_digest) answer["events_digest"] = hal::hex_of(*report.events_digest);
  return answer;
}

std::string tail_sentence(const hal::RecordingReader::Totals& totals) {
  switch (totals.tail) {
    case hal::RecordingTail::none:
      return "there is no segment";
    case hal::RecordingTail::closed:
      return "the recording was closed; nothing follows it";
    case hal::RecordingTail::continues:
      return fmt::format("segment {} says that another follows; it was not begun yet, or it was removed",
                         totals.last_segment);
    case hal::RecordingTail::open:
      return fmt::format("segment {} is an open tail: still being written, or ended by a power cut; nobody signed it",
                         totals.last_segment);
    case hal::RecordingTail::cut:
      return fmt::format("segment {} is cut: its file ends without checkpoint and without the space an open one has",
                         totals.last_segment);
  }
  return "?";
}

std::string signature_sentence(const VerifyOptions& options, const hal::RecordingReader::Totals& totals) {
  if (totals.segments == 0) return "nothing to prove";
  std::string keys;
  for (const hal::KeyId& id : totals.signing_keys) keys += (keys.empty() ? "" : ", ") + hal::hex_of(id);
  if (!options.public_keys.empty())
    return fmt::format("{} of {} segments are proven by the given key", totals.proven_segments, totals.segments);
  if (totals.signed_segments == 0) return "unsigned: whoever can write the files could have made them";
  return fmt::format("{} of {} segments are signed (key {}); not checked, give --pubkey", totals.signed_segments,
                     totals.segments, keys);
}

void print_report(const VerifyOptions& options, const hal::VerifyReport& report) {
  const auto& totals = report.totals;
  for (const replay::Damage& wound : report.damage) {
    fmt::print("{}: {} ({} bytes not readable)\n", place_of(wound.position), wound.what, wound.bytes);
  }
  fmt::print("{} segments, {} blocks, {} records, {} bytes: {}\n", totals.segments, totals.blocks, totals.records,
             totals.bytes, report.sound() ? "sound" : fmt::format("{} wounds", report.damage.size()));
  fmt::print("{}\n", signature_sentence(options, totals));
  if (totals.locked_records > 0)
    fmt::print("{} records are sealed; who has the board's keys in ../keys reads them\n", totals.locked_records);
  if (totals.inaccessible_records > 0)
    fmt::print("{} records are cryptographically inaccessible: their key is destroyed or lost\n",
               totals.inaccessible_records);
  if (report.events_digest) fmt::print("digest of the events {}\n", hal::hex_of(*report.events_digest));
  if (totals.first_segment > 1)
    fmt::print("begins with segment {}: older ones went for the disk budget, or were removed\n", totals.first_segment);
  if (totals.tail != hal::RecordingTail::closed) fmt::print("{}\n", tail_sentence(totals));
  if (!totals.closed) fmt::print("the recording was not closed; what was not yet on the disk is not in it\n");
  for (const hal::OpenTurn& turn : report.open_turns) fmt::print("turn {} was open when it ended\n", turn.turn_number);
}

int run_verify(const VerifyOptions& options) {
  const auto recording = check_recording(options.recording);
  if (!recording) return complain(recording.error());
  hal::ReaderOptions how = reader_options(*recording);
  how.threads = options.threads == 0 ? std::max(1U, std::thread::hardware_concurrency()) : options.threads;
  for (const std::string& given : options.public_keys) {
    const auto key = hal::read_public_key(given);
    if (!key) return complain(key.error());
    how.public_keys.push_back(*key);
  }
  const hal::VerifyReport report = verify_recording(*recording, how, options.digest);
  if (options.json) {
    fmt::print("{}\n", report_json(options, report).dump(2));
  } else {
    print_report(options, report);
  }
  return report.sound() ? exit_done : exit_no;
}

int run_keys(const KeysOptions& options) {
  std::error_code error;
  if (!std::filesystem::exists(options.directory + "/board.key", error)) {
    return complain("there is no board key in `" + options.directory +
                    "`; the first `phalarope run` makes it, and --keys names another folder");
  }
  const auto keys = hal::read_board_keys(options.directory);
  if (!keys) return complain(keys.error());
  const std::string half = hal::hex_of((*keys)->public_key());
  if (!options.write.empty()) {
    std::ofstream file(options.write);
    file << half << '\n';
    file.close();
    if (!file) return complain("cannot write `" + options.write + "`; check the folder and the space on its disk");
  }
  const std::string id = hal::hex_of((*keys)->key_id());
  if (options.json) {
    fmt::print("{}\n", nlohmann::json({{"key_id", id}, {"public_key", half}, {"algorithm", "Ed25519"}}).dump(2));
  } else {
    fmt::print("key id      {}\npublic key  {}\n", id, half);
  }
  return exit_done;
}

/// Only keys: chain, signatures and all decisions stay as they are.
int run_destroy(const DestroyOptions& options) {
  hal::PosixFileSystem files;
  std::vector<std::string> names;
  if (const int error = files.list(options.recording, names); error != 0)
    return complain("`" + options.recording + "`: " + std::strerror(error) + "; give the folder of a recording");
  std::vector<hal::SealedContent> contents;
  if (options.content != "audio") contents.push_back(hal::SealedContent::text);
  if (options.content != "text") contents.push_back(hal::SealedContent::audio);
  std::uint64_t segments = 0;
  std::uint64_t plain = 0;
  for (const std::string& name : names) {
    const auto number = hal::segment_number_of(name);
    if (!number || *number < options.first || *number > options.last) continue;
    bool sealed = false;
    for (const hal::SealedContent content : contents) {
      const int error = hal::destroy_content_key(files, options.recording, *number, content);
      if (error != 0 && error != ENOENT)
        return complain("`" + options.recording + "/" + hal::content_key_file_name(*number) + "`: " +
                            std::strerror(error) + "; nothing of it can be read as it is; its content may not be gone",
                        exit_no);
      sealed = error == 0;
    }
    ++(sealed ? segments : plain);
  }
  fmt::print("the content of {} segments is cryptographically inaccessible; {} were never sealed\n", segments, plain);
  return plain == 0 ? exit_done : exit_no;
}

void add_destroy(CLI::App& evidence, ChosenCommand& chosen) {
  auto options = std::make_shared<DestroyOptions>();
  CLI::App* command = evidence.add_subcommand("destroy", "Make sealed text or sound unreadable for good");
  command->footer(
      "Example: phalarope evidence destroy /var/lib/phalarope/recordings --content audio --to 12\n"
      "Destroys the keys of the segments; what was decided, chain and signatures stay.\n"
      "Exit code: 0 done, 1 some of it was never sealed or could not be destroyed, 2 bad call");
  command->add_option("recording", options->recording, "Folder of a recording")->required();
  command->add_option("--content", options->content, "text, audio or all")
      ->check(CLI::IsMember({"text", "audio", "all"}))
      ->capture_default_str();
  command->add_option("--from", options->first, "First segment");
  command->add_option("--to", options->last, "Last segment");
  command->callback([options, &chosen] { chosen = [options] { return run_destroy(*options); }; });
}

void add_verify(CLI::App& evidence, ChosenCommand& chosen) {
  auto options = std::make_shared<VerifyOptions>();
  CLI::App* command = evidence.add_subcommand("verify", "Read every byte and name every wound");
  command->footer(
      "Example: phalarope evidence verify /var/lib/phalarope/recordings --pubkey board.pub\n"
      "Needs nothing but the files: copy folder and public key to any machine.\n"
      "Exit code: 0 sound (with --pubkey: and every segment signed by it), 1 damaged, cut, or not proven, 2 bad call");
  command->add_option("recording", options->recording, "Folder of a recording, or one segment file")->required();
  command->add_option("--pubkey", options->public_keys,
                      "Public key that must have signed it: a file, or 64 hex digits");
  command->add_option("--threads", options->threads, "Segments read at a time; 0: as many as there are processors")
      ->check(CLI::Range(0U, 64U));
  command->add_flag("--digest", options->digest, "Also a BLAKE2b-256 over all events, to compare two copies by");
  command->add_flag("--json", options->json, "One JSON object instead of text");
  command->callback([options, &chosen] { chosen = [options] { return run_verify(*options); }; });
}

void add_keys(CLI::App& evidence, ChosenCommand& chosen) {
  auto options = std::make_shared<KeysOptions>();
  options->directory = "/var/lib/phalarope/keys";
  CLI::App* command = evidence.add_subcommand("keys", "Show the public key of this board's evidence");
  command->footer("Example: phalarope evidence keys --write board.pub");
  command->add_option("--keys", options->directory, "Folder of the board's keys (evidence.keys_directory)")
      ->capture_default_str();
  command->add_option("--write", options->write, "Write the public key to this file");
  command->add_flag("--json", options->json, "One JSON object instead of text");
  command->callback([options, &chosen] { chosen = [options] { return run_keys(*options); }; });
}

}  // namespace

void add_evidence(CLI::App& app, ChosenCommand& chosen) {
  CLI::App* command = app.add_subcommand("evidence", "Look after recordings");
  command->require_subcommand(1);
  add_verify(*command, chosen);
  add_keys(*command, chosen);
  add_destroy(*command, chosen);
}

}  // namespace phalarope::program
