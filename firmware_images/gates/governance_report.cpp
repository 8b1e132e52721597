// The governance report as JSON and as a page of text (evidence.md 4.1, 4.9).
#include <fmt/format.h>

#include "firmware_images/gates/governance.hpp"
#include "firmware_images/gates/report_text.hpp"

namespace phalarope::gates {
namespace {

using Json = nlohmann::ordered_json;

void append(std::vector<std::string>& all, std::string_view part, const std::vector<std::string>& violations) {
  for (const std::string& violation : violations) all.push_back(fmt::format("{}: {}", part, violation));
}

}  // namespace

std::vector<std::string> GovernanceDocument::violations() const {
  std::vector<std::string> all;
  append(all, "version_skew", version_skew.violations);
  append(all, "deprecation", deprecation.violations);
  append(all, "conformance", conformance.violations);
  append(all, "feature_status", feature_status.violations);
  return all;
}

std::string to_json(const GovernanceDocument& document) {
  const SkewVerdict& skew = document.version_skew;
  const DeprecationVerdict& deprecation = document.deprecation;
  const ConformanceVerdict& conformance = document.conformance;
  const FeatureVerdict& features = document.feature_status;
  Json report = {{"passed", document.violations().empty()}};
  report["version_skew"] = {{"passed", skew.violations.empty()},
                            {"allowed_test_count", skew.allowed_test_count},
                            {"disallowed_test_count", skew.disallowed_test_count},
                            {"violation_count", skew.violations.size()},
                            {"violations", skew.violations}};
  report["deprecation"] = {{"passed", deprecation.violations.empty()},
                           {"rule_count", deprecation.rule_count},
                           {"check_count", deprecation.check_count},
                           {"violation_count", deprecation.violations.size()},
                           {"violations", deprecation.violations}};
  report["conformance"] = {{"passed", conformance.violations.empty()},
                           {"mandatory_count", conformance.mandatory_count},
                           {"missing", conformance.missing},
                           {"failed", conformance.failed},
                           {"violations", conformance.violations}};
  report["feature_status"] = {{"passed", features.violations.empty()},
                              {"checked_count", features.checked_count},
                              {"violation_count", features.violations.size()},
                              {"violations", features.violations}};
  report["violations"] = document.violations();
  const Json json = {{"schema_version", "phalarope.tooling.conformance-governance-report.v1"},
                     {"generated_at_utc", document.generated_at_utc},
                     {"version_skew_policy_path", document.version_skew_path},
                     {"deprecation_policy_path", document.deprecation_path},
                     {"conformance_profile_path", document.conformance_profile_path},
                     {"conformance_results_path", document.conformance_results_path},
                     {"feature_catalogue_path", document.feature_catalogue_path},
                     {"report", report}};
  return as_document(json);
}

std::string to_markdown(const GovernanceDocument& document) {
  std::string text = fmt::format("# Conformance governance\n\n{}\n\n| part | judged | violations |\n|---|---|---|\n",
                                 document.generated_at_utc);
  text +=
      fmt::format("| version skew | {} cells allowed, {} refused | {} |\n", document.version_skew.allowed_test_count,
                  document.version_skew.disallowed_test_count, document.version_skew.violations.size());
  text += fmt::format("| deprecation | {} rules, {} checks | {} |\n", document.deprecation.rule_count,
                      document.deprecation.check_count, document.deprecation.violations.size());
  text += fmt::format("| conformance | {} categories | {} |\n", document.conformance.mandatory_count,
                      document.conformance.violations.size());
  text += fmt::format("| feature status | {} features | {} |\n", document.feature_status.checked_count,
                      document.feature_status.violations.size());
  return text + status_lines(document.violations());
}

}  // namespace phalarope::gates
