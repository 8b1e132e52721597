// Policy v1.0: a filter, then five integers compared left to right. See selector.hpp.
#include <algorithm>

#include "core/library/selector.hpp"

namespace phalarope::library {
namespace {

constexpr std::int64_t time_fit_full = 10'000;
constexpr std::int64_t owner_priority = 10;
/// As far as the chain's own minutes reach (selector_catalogue.cpp), so that no difference overflows.
constexpr std::int64_t minutes_limit = std::int64_t{1} << 60;

bool is_candidate(const SelectorChain& chain, const SelectorInput& input) {
  return chain.tags_are_usable && (chain.stage.empty() || chain.stage == input.stage) &&
         std::ranges::find(chain.allowed_modes, input.assessment_mode) != chain.allowed_modes.end();
}

bool class_fits(const SelectorChain& chain, const SelectorInput& input) {
  if (chain.class_type.empty()) return input.class_type.empty() || input.class_type == "general";
  return chain.class_type == input.class_type;
}

std::int64_t time_fit(std::int64_t chain_min, std::int64_t available_min) {
  const std::int64_t available = std::clamp(available_min, -minutes_limit, minutes_limit);
  return chain_min <= available ? time_fit_full - (available - chain_min) : -(chain_min - available);
}

bool owns_the_mode(const SelectorChain& chain, const SelectorInput& input) {
  if (input.stage != "first_exposure" || input.assessment_mode.empty()) return false;
  return std::ranges::any_of(mode_owners, [&](const ModeOwner& owner) {
    return owner.chain_id == chain.id && holds(owner.modes, input.assessment_mode);
  });
}

ScoreV1 score_of(const SelectorChain& chain, const SelectorInput& input) {
  return {1, class_fits(chain, input) ? 1 : 0, time_fit(chain.time_available, input.time_available),
          chain.energy == input.energy ? 1 : 0, owns_the_mode(chain, input) ? owner_priority : 0};
}

}  // namespace

std::expected<Selection, SelectorError> SelectorCatalogue::select_scored(const SelectorInput& input) const {
  const SelectorChain* best = nullptr;
  ScoreV1 best_score{};
  for (const SelectorChain& chain : scored_) {
    if (!is_candidate(chain, input)) continue;
    const ScoreV1 score = score_of(chain, input);
    const bool wins = best == nullptr || score > best_score || (score == best_score && chain.id < best->id);
    if (!wins) continue;
    best = &chain;
    best_score = score;
  }
  if (best == nullptr) return std::unexpected(SelectorError::no_candidate);
  return Selection{.chain_id = best->id,
                   .chain_name = best->name,
                   .selected_blocks = best->fixed_blocks,
                   .dependency_fix_applied = best->fix_changes,
                   .score = best_score,
                   .policy = Policy::scored_v1,
                   .knob_overrides = {},
                   .run_blocks = best->fixed_blocks};
}

}  // namespace phalarope::library
