// What several commands do with a finished recording: replay it, verify it, tell it as a conversation.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "core/replay/conversation_log.hpp"
#include "core/replay/recording_artifact.hpp"
#include "core/replay/replayer.hpp"
#include "core/replay/timeline_recording.hpp"
#include "core/telemetry/session_summary.hpp"
#include "firmware_images/gates/baseline_record.hpp"
#include "hal/store/recording_reader.hpp"

namespace phalarope::program {

/// Re-runs the engine over the recording and compares every output.
replay::ReplayReport replay_recording(const std::string& path, const replay::ReplayOptions& options = {});
replay::ConversationLog read_log(const std::string& path);
/// One summary for each session that the recording holds.
std::vector<telemetry::SessionSummary> summarise_recording(const std::string& path);
/// What could not be read back, a line each on stderr: the answer then is not the whole recording.
void tell_damage(const replay::ConversationLog& log, const std::string& path);
hal::VerifyReport verify_recording(const std::string& path, const hal::ReaderOptions& options = {},
                                   bool digest = false);

/// Everything a picture shows of the recording, in one pass.
replay::TimelineRecording read_timeline(const std::string& path);
/// The recording's decisions, to be compared with another's.
replay::RecordedOutputs read_decisions(const std::string& path);

/// The baseline records of all its turns, in recorded order; damage is an error, because a gate must see every turn.
std::expected<std::vector<gates::BaselineRecord>, std::string> read_recorded_baseline(const std::string& path);

/// The path when it is a recording, else a sentence that says what is wrong and what to do.
std::expected<std::string, std::string> check_recording(const std::string& path);

}  // namespace phalarope::program
