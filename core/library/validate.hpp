// validate(): everything that is wrong with a chain library, in one walk.
//
//   meta, error log ─▶ methods ─▶ method aliases ─▶ chains ─▶ chain aliases
//                        │ a file that fails its schema takes no further part: chains that use it get C108
//                        └ a duplicate id replaces the earlier entry
//
// What passes comes out as Catalogue, in file order, for exports and reports. Strict turns warnings into errors and
// never a note. Pure; any thread. Contract: chain-library.md 5, 8; cli-learning.md 2.
#pragma once

#include <string>
#include <vector>

#include "core/library/chain.hpp"
#include "core/library/finding.hpp"
#include "core/library/knob_registry.hpp"
#include "core/library/library_files.hpp"
#include "core/library/method.hpp"

namespace phalarope::library {

struct Catalogue {
  std::vector<Method> methods;
  std::vector<Chain> chains;
  KnobRegistry knobs;
  Contract contract = Contract::one;

  const Method* method(std::string_view id) const;
  const Chain* chain(std::string_view id) const;
};

struct Validation {
  std::vector<Finding> errors;
  std::vector<Finding> warnings;
  std::vector<Finding> notes;
  Catalogue catalogue;

  bool passes() const noexcept { return errors.empty(); }
};

Validation validate(const LibraryFiles& library, Contract contract, bool strict);

}  // namespace phalarope::library
