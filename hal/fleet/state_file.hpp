// The exporter's state beside the recording: replaced as a whole, so that a power cut leaves the old one or the new.
//
//   export-state.json.new ─ write, sync ─ rename ─▶ export-state.json ─ sync directory
//
// Contract: evidence.md 1.8, 8.
#pragma once

#include <optional>
#include <string>

#include "core/fleet/export_state.hpp"
#include "hal/store/file_system.hpp"

namespace phalarope::hal {

/// Nothing when there is none or it cannot be read; both mean: from the beginning.
std::optional<fleet::ExportState> load_export_state(FileSystem& files, const std::string& directory);
/// errno value.
int save_export_state(FileSystem& files, const std::string& directory, const fleet::ExportState& state);

}  // namespace phalarope::hal
