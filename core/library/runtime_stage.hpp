// The runtime stage of a block: which of the seven stages of a run it belongs to.
//
//   pinned id ─▶ control_stage, folded ─▶ category ─▶ ENCODE          a stage nobody knows stays, in capitals
//
// Pure; any thread. Contract: chain-library.md 2, 10 ("Metadata").
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/library/library_files.hpp"

namespace phalarope::library {

/// What a method's file says about its stage; the file need not be valid.
struct DeclaredStage {
  std::string control_stage;
  std::string category;
};
using DeclaredStages = std::map<std::string, DeclaredStage, std::less<>>;

DeclaredStages declared_stages(const LibraryFiles& library);

/// A stage text folded into the seven; a text that is no stage comes back in capitals.
std::string fold_stage(std::string_view stage);

/// `declared` is null for a method the library does not have.
std::string runtime_stage(std::string_view method_id, const DeclaredStage* declared);

}  // namespace phalarope::library
