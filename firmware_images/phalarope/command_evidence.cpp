// phalarope evidence verify REC: reads every byte of a recording and names every wound.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/recording_tools.hpp"

namespace phalarope::program {
namespace {

struct EvidenceOptions {
  std::string recording;
  bool json = false;
};

std::string place_of(const replay::RecordPosition& position) {
  return fmt::format("{}: block {} at byte {}", position.file, position.block, position.offset_bytes);
}

int run_verify(const EvidenceOptions& options) {
  const auto recording = check_recording(options.recording);
  if (!recording) return complain(recording.error());
  const hal::VerifyReport report = verify_recording(*recording);
  const auto& totals = report.totals;
  if (options.json) {
    nlohmann::json damage = nlohmann::json::array();
    for (const replay::Damage& wound : report.damage) {
      damage.push_back({{"file", wound.position.file},
                        {"block", wound.position.block},
                        {"offset_bytes", wound.position.offset_bytes},
                        {"what", wound.what},
                        {"bytes", wound.bytes}});
    }
    const nlohmann::json answer = {{"sound", report.sound()},
                                   {"segments", totals.segments},
                                   {"blocks", totals.blocks},
                                   {"records", totals.records},
                                   {"repeated_records", totals.repeated_records},
                                   {"next_sequence", report.point.next_sequence},
                                   {"bytes", totals.bytes},
                                   {"closed", totals.closed},
                                   {"open_turns", report.open_turns.size()},
                                   {"damage", damage}};
    fmt::print("{}\n", answer.dump(2));
  } else {
    for (const replay::Damage& wound : report.damage) {
      fmt::print("{}: {} ({} bytes not readable)\n", place_of(wound.position), wound.what, wound.bytes);
    }
    fmt::print("{} segments, {} blocks, {} records, {} bytes: {}\n", totals.segments, totals.blocks, totals.records,
               totals.bytes, report.sound() ? "sound" : fmt::format("{} wounds", report.damage.size()));
    if (!totals.closed) fmt::print("the recording was not closed; what was not yet on the disk is not in it\n");
    for (const hal::OpenTurn& turn : report.open_turns)
      fmt::print("turn {} was open when it ended\n", turn.turn_number);
  }
  return report.sound() ? exit_done : exit_no;
}

}  // namespace

void add_evidence(CLI::App& app, ChosenCommand& chosen) {
  auto options = std::make_shared<EvidenceOptions>();
  CLI::App* command = app.add_subcommand("evidence", "Look after recordings");
  command->require_subcommand(1);
  CLI::App* verify = command->add_subcommand("verify", "Read every byte and name every wound");
  verify->footer("Example: phalarope evidence verify /var/lib/phalarope/recording\nExit code: 0 sound, 1 damaged");
  verify->add_option("recording", options->recording, "Folder of a recording, or one segment file")->required();
  verify->add_flag("--json", options->json, "One JSON object instead of text");
  verify->callback([options, &chosen] { chosen = [options] { return run_verify(*options); }; });
}

}  // namespace phalarope::program
