// Inventories: what a library holds, as files for people and tools, byte for byte the same from run to run.
//
//   LibraryFiles ─▶ make_exports ─▶ methods_inventory.csv .md, chains_inventory.md, chains_integrity_report.md,
//                                   inventory_summary.json, research_packet.md   ─▶ (written by the program)
//                       └─▶ find_drift(against what stands on the disk)
//
// Made from the YAML, never edited; they show broken files too, so a row is made of whatever a file says. Paths always
// have
// `/`. Pure; any thread. Contract: chain-library.md 13.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/library/library_files.hpp"

namespace phalarope::library {

/// File name and text.
using Exports = std::map<std::string, std::string>;

/// `path_of` gives the path of a library file from the root people know.
Exports make_exports(const LibraryFiles& library, Contract contract,
                     const std::function<std::string(const std::string&)>& path_of);

/// The files that drift compares.
constexpr std::array<std::string_view, 4> drift_files = {"methods_inventory.csv", "methods_inventory.md",
                                                         "chains_inventory.md", "inventory_summary.json"};

/// What differs, one sentence a line and then a unified diff; empty when nothing does. `on_disk` holds nothing for a
/// file that is not there.
std::string find_drift(const Exports& fresh, const std::map<std::string, std::optional<std::string>>& on_disk);

}  // namespace phalarope::library
