// Conformance governance: which versions may meet, how fields grow old, what an adapter must pass, what is claimed.
//
//   version skew    every tested cell is allowed exactly as the matrix says
//   deprecation     allowed ─ warning_from ─▶ warning ─ enforce_from ─▶ enforced ─ remove_from ─▶ removed
//   conformance     each mandatory category was tested and is true
//   feature status  what the catalogue claims is what was expected of it
//
// Each part is judged from its own documents; one part's fault never hides another's. Pure: dates are read, no clock.
// Contract: evidence.md 4.9; decisions.md D26.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "core/spec/strict_json.hpp"

namespace phalarope::gates {

/// What each part answers; counts that a part does not have stay zero.
struct SkewVerdict {
  std::int64_t allowed_test_count = 0;
  std::int64_t disallowed_test_count = 0;
  std::vector<std::string> violations;
};
struct DeprecationVerdict {
  std::int64_t rule_count = 0;
  std::int64_t check_count = 0;
  std::vector<std::string> violations;
};
struct ConformanceVerdict {
  std::int64_t mandatory_count = 0;
  std::vector<std::string> missing;  // sorted
  std::vector<std::string> failed;   // sorted
  std::vector<std::string> violations;
};
struct FeatureVerdict {
  std::int64_t checked_count = 0;
  std::vector<std::string> violations;
};

SkewVerdict judge_version_skew(const spec::JsonValue& policy);
DeprecationVerdict judge_deprecation(const spec::JsonValue& policy);
ConformanceVerdict judge_conformance(const spec::JsonValue& profile, const spec::JsonValue& results);
FeatureVerdict judge_features(const spec::JsonValue& catalogue);

enum class DeprecationState : std::uint8_t { allowed, warning, enforced, removed };
std::string_view name_of(DeprecationState state);

struct DeprecationRule {
  std::string field_path;
  std::int64_t warning_from_ms = 0;
  std::int64_t enforce_from_ms = 0;
  std::int64_t remove_from_ms = 0;
  std::string migration_hint;
};
/// A boundary belongs to the later state.
DeprecationState state_at(const DeprecationRule& rule, std::int64_t utc_ms);

/// The rules of a policy document, or its first problem.
std::expected<std::vector<DeprecationRule>, std::string> read_deprecation_rules(const spec::JsonValue& policy);

struct GovernanceDocument {
  std::string generated_at_utc;
  std::string version_skew_path;
  std::string deprecation_path;
  std::string conformance_profile_path;
  std::string conformance_results_path;
  std::string feature_catalogue_path;
  SkewVerdict version_skew;
  DeprecationVerdict deprecation;
  ConformanceVerdict conformance;
  FeatureVerdict feature_status;

  /// Each with its part in front: `version_skew: ...`.
  std::vector<std::string> violations() const;
};
std::string to_json(const GovernanceDocument& document);
std::string to_markdown(const GovernanceDocument& document);

}  // namespace phalarope::gates
