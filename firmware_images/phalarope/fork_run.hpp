// A fork, wired: recording, new plan and providers in; another recording, and all that tells the two apart, out.
//
//   REC ─▶ tape ─▶ replay::fork ◀─ LocalForkWorld (pocketsphinx, intents, flite; no device)
//                     └▶ ForkRecorder ─▶ OUT/recording ─▶ conversation logs, comparison, sound
//
// Contract: core/replay/fork.hpp; evidence.md 2.1-2.5.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "core/replay/comparison_report.hpp"
#include "core/replay/conversation_log.hpp"
#include "core/replay/fork.hpp"

namespace phalarope::program {

/// As typed; an empty text is an option that was not given.
struct ForkRequest {
  std::string recording;
  std::string at;                             // a cursor, an event, a turn
  std::string plan;                           // pipeline file
  std::vector<std::string> providers;         // stt=pocketsphinx, llm=intents, tts=flite[:voice][@permille]
  std::vector<std::string> intents;           // of the new dialogue
  std::vector<std::string> recorded_intents;  // of the recorded one, for questions that it was never asked
  std::string policy_file;
  std::string out;
};

struct ForkReport {
  replay::ForkOutcome outcome;
  replay::ReplayCursor cursor;
  std::int64_t point_ns = 0;
  std::uint32_t first_turn = 0;  // the first that may differ
  std::string plan_hash;
  std::string forked_plan_hash;
  std::vector<std::string> changes;  // what is different, in words; empty: nothing
  std::string recording;             // of the fork
  std::string recorded_sound;        // files; empty: the recording holds no sound
  std::string forked_sound;
  std::int64_t to_first_difference_ns = 0;  // from the tape in memory to the first difference known
  std::int64_t elapsed_ns = 0;
  replay::ConversationLog recorded;
  replay::ConversationLog forked;
  replay::ComparisonReport comparison;
};

std::expected<ForkReport, std::string> run_fork(const ForkRequest& request);

}  // namespace phalarope::program
