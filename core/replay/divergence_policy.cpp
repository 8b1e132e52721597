#include "core/replay/divergence_policy.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

namespace phalarope::replay {
namespace {

enum class Passes : std::uint8_t { when_expected, when_approved, within_tolerance, never };

struct PolicyRow {
  DivergenceClass divergence_class;
  Passes passes;
  bool unexplained_unless_expected;
};

// clang-format off
constexpr std::array policy_rows = {
    PolicyRow{DivergenceClass::plan,            Passes::when_expected,    true},
    PolicyRow{DivergenceClass::outcome,         Passes::when_expected,    true},
    PolicyRow{DivergenceClass::ordering,        Passes::when_approved,    true},
    PolicyRow{DivergenceClass::timing,          Passes::within_tolerance, false},
    PolicyRow{DivergenceClass::authority,       Passes::never,            false},
    PolicyRow{DivergenceClass::provider_choice, Passes::when_expected,    true}};
// clang-format on
consteval bool each_row_stands_at_its_class() {
  for (std::size_t i = 0; i < policy_rows.size(); ++i) {
    if (policy_rows[i].divergence_class != static_cast<DivergenceClass>(i)) return false;
  }
  return policy_rows.size() == divergence_class_names.size();
}
static_assert(each_row_stands_at_its_class());

/// Latency thresholds have been applied before: what is reported at these scopes is a breach whatever its size.
bool is_latency_breach(std::string_view scope) {
  return scope.starts_with("invocation_latency_final:") || scope.starts_with("invocation_latency_total:");
}

bool passes(Passes rule, const Divergence& divergence, const Expectation* expectation, std::int64_t tolerance_ms) {
  switch (rule) {
    case Passes::when_expected:
      return expectation != nullptr;
    case Passes::when_approved:
      return expectation != nullptr && expectation->approved;
    case Passes::within_tolerance:
      return divergence.diff_ms && *divergence.diff_ms <= tolerance_ms && !is_latency_breach(divergence.scope);
    case Passes::never:
      return false;
  }
  return false;
}

/// The expectations, given out in their order, each once.
class Expectations {
 public:
  explicit Expectations(std::span<const Expectation> all) {
    for (const Expectation& one : all) waiting_[{one.class_name, one.scope}].all.push_back(&one);
  }

  /// The first one left for this class and scope; null when there is none.
  const Expectation* take(std::string_view class_name, std::string_view scope) {
    const auto found = waiting_.find({class_name, scope});
    if (found == waiting_.end() || found->second.taken == found->second.all.size()) return nullptr;
    return found->second.all[found->second.taken++];
  }

  /// What nobody took, by class, then scope.
  std::vector<Expectation> left() const {
    std::vector<Expectation> missing;
    for (const auto& [key, line] : waiting_) {
      for (std::size_t i = line.taken; i < line.all.size(); ++i) missing.push_back(*line.all[i]);
    }
    return missing;
  }

 private:
  struct Line {
    std::vector<const Expectation*> all;
    std::size_t taken = 0;
  };
  std::map<std::pair<std::string_view, std::string_view>, Line> waiting_;
};

}  // namespace

PolicyVerdict judge(std::span<const Divergence> divergences, const DivergencePolicy& policy) {
  PolicyVerdict verdict;
  Expectations expectations(policy.expected);
  const std::int64_t tolerance_ms = std::max<std::int64_t>(0, policy.timing_tolerance_ms);
  for (const Divergence& divergence : divergences) {
    const Expectation* const expectation = expectations.take(divergence.class_name, divergence.scope);
    const auto known = divergence_class_named(divergence.class_name);
    const PolicyRow* const row = known ? &policy_rows[static_cast<std::size_t>(*known)] : nullptr;
    if (row != nullptr && passes(row->passes, divergence, expectation, tolerance_ms)) continue;
    Divergence failed = divergence;
    failed.expected = expectation != nullptr;
    if (row != nullptr && row->unexplained_unless_expected && !failed.expected) verdict.unexplained.push_back(failed);
    verdict.failing.push_back(std::move(failed));
  }
  verdict.missing_expected = expectations.left();
  for (const Expectation& missing : verdict.missing_expected) {
    verdict.failing.push_back({.message_class = MessageClass::missing_expected,
                               .class_name = missing.class_name,
                               .scope = missing.scope,
                               .message = "expected, and did not happen"});
  }
  return verdict;
}

}  // namespace phalarope::replay
