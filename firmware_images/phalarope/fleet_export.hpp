// The durable export of a run: sink and exporter for a conversation, and what people are told of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/engine/base/result.hpp"
#include "core/fleet/export_settings.hpp"
#include "core/fleet/export_state.hpp"
#include "core/spec/program_config.hpp"
#include "hal/fleet/durable_exporter.hpp"
#include "hal/host/conversation.hpp"

namespace phalarope::program {

/// A setting as people may see it: an address is shown without user, password and query.
std::string shown_value(const spec::ResolvedField& field);

/// Where the recording is kept.
std::string recording_directory(const spec::ProgramConfig& config);

/// What is wrong with them, one line each, with the command that shows where a value comes from.
Result<fleet::ExportSettings, std::string> export_settings(const spec::ProgramConfig& config);

/// Made before the conversation runs; the conversation outlives it.
class FleetExport {
 public:
  /// Null when no address is given.
  static Result<std::unique_ptr<FleetExport>, std::string> start(const fleet::ExportSettings& settings,
                                                                 const std::string& url,
                                                                 hal::Conversation& conversation);

  hal::DurableExporter& exporter() noexcept { return *exporter_; }
  /// Drains and stops; answers one line about what became of the records.
  std::string stop();

 private:
  hal::PosixFileSystem files_;
  std::unique_ptr<hal::EvidenceSink> sink_;
  std::unique_ptr<hal::DurableExporter> exporter_;
};

/// What the last run left beside a recording; nothing when it exported nothing.
std::optional<fleet::ExportState> export_state_of(const std::string& recording_directory);
/// Rows of name and value: depth, lag, losses.
std::vector<std::vector<std::string>> export_rows(const fleet::ExportState& state);

}  // namespace phalarope::program
