#include "core/library/retrieval_safety.hpp"

#include <algorithm>

namespace phalarope::library {

bool is_retrieval_id(std::string_view method_id) { return method_id.starts_with("M-RET-"); }

bool is_reference_target_id(std::string_view method_id) {
  return std::ranges::find(reference_targets, method_id) != reference_targets.end();
}

FixedBlocks fix_blocks(const std::vector<std::string>& blocks) {
  const auto retrieval = std::ranges::find_if(blocks, is_retrieval_id);
  if (retrieval == blocks.end()) return {blocks, false};
  const auto target = std::ranges::find_if(blocks, is_reference_target_id);
  if (target < retrieval) return {blocks, false};
  std::vector<std::string> fixed;
  bool inserted = false;
  for (const std::string& block : blocks) {
    if (is_reference_target_id(block)) continue;
    if (!inserted && is_retrieval_id(block)) {
      fixed.insert(fixed.end(), reference_targets.begin(), reference_targets.end());
      inserted = true;
    }
    fixed.push_back(block);
  }
  return {std::move(fixed), true};
}

}  // namespace phalarope::library
