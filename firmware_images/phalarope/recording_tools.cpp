#include "firmware_images/phalarope/recording_tools.hpp"

#include <chrono>
#include <filesystem>

#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/recording_access.hpp"
#include "hal/host/engine_step_function.hpp"
#include "hal/host/pipeline_facts.hpp"
#include "hal/host/pipeline_names.hpp"

namespace phalarope::program {

std::expected<std::string, std::string> check_recording(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error) || std::filesystem::is_regular_file(path, error)) {
    if (auto allowed = may_read(path); !allowed) return std::unexpected(allowed.error());
    return path;
  }
  return std::unexpected("`" + path + "` is no recording: no such file or folder; give the folder that holds its " +
                         "segment-*.phr files, e.g. phalarope-demo/recording");
}

replay::ReplayReport replay_recording(const std::string& path, const replay::ReplayOptions& options) {
  hal::PosixFileSystem files;
  hal::RecordingReader reader(files, path, reader_options(path));
  hal::EngineStep engine;
  const auto begun = std::chrono::steady_clock::now();
  replay::ReplayOptions named = options;
  named.name_pipeline = hal::name_pipeline;
  replay::ReplayReport report = replay::replay(reader, engine, named);
  report.elapsed_ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - begun).count();
  return report;
}

replay::ConversationLog read_log(const std::string& path) {
  hal::PosixFileSystem files;
  hal::RecordingReader reader(files, path, reader_options(path));
  return replay::read_conversation(reader, hal::name_pipeline);
}

std::vector<telemetry::SessionSummary> summarise_recording(const std::string& path) {
  hal::PosixFileSystem files;
  hal::RecordingReader reader(files, path, reader_options(path));
  telemetry::SessionSummaryBuilder builder(hal::pipeline_facts);
  while (const auto record = reader.next()) builder.take(*record);
  return builder.finish();
}

void tell_damage(const replay::ConversationLog& log, const std::string& path) {
  for (const replay::Damage& damage : log.damage) {
    complain(path + ": " + damage.position.file + ": " + damage.what + "; see: phalarope evidence verify " + path);
  }
}

hal::VerifyReport verify_recording(const std::string& path, const hal::ReaderOptions& options, bool digest) {
  hal::PosixFileSystem files;
  return hal::verify(files, path, options, digest);
}

std::expected<std::vector<gates::BaselineRecord>, std::string> read_recorded_baseline(const std::string& path) {
  hal::PosixFileSystem files;
  hal::RecordingReader reader(files, path, reader_options(path));
  std::vector<gates::BaselineRecord> records;
  while (const auto record = reader.next()) {
    if (record->header.type != RecordType::baseline) continue;
    auto baseline = gates::baseline_of(record->body);
    if (!baseline)
      return std::unexpected("`" + path + "`: a baseline record cannot be read; see phalarope evidence verify");
    records.push_back(std::move(*baseline));
  }
  if (!reader.damage().empty()) {
    const replay::Damage& first = reader.damage().front();
    return std::unexpected("`" + path + "`: " + first.position.file + ": " + first.what);
  }
  if (records.empty()) return std::unexpected("`" + path + "` holds no baseline record: no turn was recorded in it");
  return records;
}

replay::TimelineRecording read_timeline(const std::string& path) {
  hal::PosixFileSystem files;
  hal::RecordingReader reader(files, path, reader_options(path));
  return replay::read_timeline(reader, hal::name_pipeline);
}

replay::RecordedOutputs read_decisions(const std::string& path) {
  hal::PosixFileSystem files;
  hal::RecordingReader reader(files, path, reader_options(path));
  return replay::read_outputs(reader);
}

}  // namespace phalarope::program
