#include "core/library/session_rows.hpp"

#include <array>
#include <charconv>

namespace phalarope::library {
namespace {

void append_number(std::string& out, std::int64_t value) { out += std::to_string(value); }
void append_number(std::string& out, double value) {
  std::array<char, 32> digits{};
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

}  // namespace

SelectorColumns columns_of(const Selection& selection) {
  std::string score = "[";
  std::visit(
      [&](const auto& values) {
        for (const auto value : values) {
          if (score.size() > 1) score += ',';
          append_number(score, value);
        }
      },
      selection.score);
  return {.chain_id = selection.chain_id,
          .score_json = score + "]",
          .policy_version = std::string(policy_name(selection.policy)),
          .dependency_fix = selection.dependency_fix_applied};
}

std::optional<SelectorColumns> selection_for(const SessionRequest& request,
                                             const std::expected<SelectorCatalogue, SelectorError>& catalogue,
                                             Policy policy) {
  if (!request.chain_id.empty() || request.assessment_mode.empty() || !catalogue) return std::nullopt;
  SelectorInput input;
  input.assessment_mode = request.assessment_mode;
  input.stage = !request.stage.empty()                 ? request.stage
                : holds(context_stages, request.phase) ? request.phase
                                                       : "first_exposure";
  input.energy = request.energy;
  input.time_available = request.time_available;
  input.class_type = request.class_type;
  const auto selection = catalogue->select(policy, input);
  return selection ? std::optional(columns_of(*selection)) : std::nullopt;
}

}  // namespace phalarope::library
