// Retrieval safety: the learner is asked to recall only what the session has put down as a target before.
//
//   PRE ENC RET REF-004 OVR   ─ fix_blocks ─▶   PRE ENC REF-003 REF-004 RET OVR      late targets move, missing ones
//   come
//
// Here stand the repair and its words: "retrieval" is an id that begins with M-RET-, "target" is M-REF-003 or
// M-REF-004. Validation asks the declared stage and the outputs instead (validate.cpp); the two must not be merged.
// Invariants. (1) Repairing twice equals repairing once. (2) Other methods keep their order. Pure; any thread.
// Contract: chain-library.md 5.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace phalarope::library {

constexpr std::array<std::string_view, 2> reference_targets = {"M-REF-003", "M-REF-004"};

bool is_retrieval_id(std::string_view method_id);
bool is_reference_target_id(std::string_view method_id);

struct FixedBlocks {
  std::vector<std::string> blocks;
  bool changed = false;
};

FixedBlocks fix_blocks(const std::vector<std::string>& blocks);

}  // namespace phalarope::library
