// Stage order: does a chain go through the stages of a run in an order that makes sense, and may it start?
//
//   opening micro-check:  PRIME .. M-CAL-001 ─▶ TEACH ─▶ CALIBRATE        the only CALIBRATE that may stand before
//   TEACH
//
// Apart from validate, which judges fields: a chain without blocks is valid there and has no order here. Under contract
// 1 no method is pinned to TEACH, for there is no such stage. Pure; any thread. Contract: chain-library.md 12.
#pragma once

#include <string>
#include <vector>

#include "core/library/validate.hpp"

namespace phalarope::library {

struct StageOrder {
  std::vector<std::string> sequence;         // runtime stage of each block
  std::vector<std::string> coverage;         // of the seven, those the chain has, in their order
  std::vector<std::string> exception_flags;  // `diagnostic_pretest`, `opening_micro_check`
  std::vector<std::string> violations;
  std::vector<std::string> warnings;
  bool valid() const noexcept { return violations.empty(); }
};

StageOrder judge_order(const Chain& chain, const Catalogue& catalogue);

/// Why the chain may not be started: `CHAIN_PRIME_REQUIRED`, `METHOD_STAGE_MISMATCH <block>`, `NO_BLOCKS`; empty: it
/// may.
std::vector<std::string> launch_faults(const Chain& chain, const Catalogue& catalogue);

/// First-exposure coverage (chain-library.md 6): every complaint in one sentence; empty: all eight modes have an owner.
std::vector<std::string> coverage_faults(const Catalogue& catalogue);

}  // namespace phalarope::library
