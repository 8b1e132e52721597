#include "firmware_images/gates/governance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "core/engine/plan/white_space.hpp"
#include "firmware_images/gates/json_reader.hpp"
#include "firmware_images/gates/utc_time.hpp"

namespace phalarope::gates {
namespace {

using spec::JsonValue;

constexpr std::array<std::string_view, 4> state_names = {"allowed", "warning", "enforced", "removed"};

void read_id(JsonReader& read, std::string_view expected) {
  std::string id;
  read.text("schema_version", id);
  if (id != expected) read.refuse("schema_version", fmt::format("must be `{}`", expected));
}

// ---- version skew ----------------------------------------------------------------------------------------

struct Cell {
  std::string runtime_version;
  std::string control_plane_version;
  std::string schema_version;

  auto operator<=>(const Cell&) const = default;
  std::string text() const { return runtime_version + "/" + control_plane_version + "/" + schema_version; }
};

Cell read_cell(JsonReader& read) {
  Cell cell;
  read.text("runtime_version", cell.runtime_version);
  read.text("control_plane_version", cell.control_plane_version);
  read.text("schema_version", cell.schema_version);
  return cell;
}

// ---- deprecation -----------------------------------------------------------------------------------------

std::int64_t read_date(JsonReader& read, std::string_view name) {
  std::string text;
  read.text(name, text);
  const auto date = utc_ms_from(text);
  if (!date) read.refuse(name, "must be a time such as 2026-01-01T00:00:00Z");
  return date.value_or(0);
}

DeprecationRule read_rule(const JsonValue& json, const std::string& path, Problem& problem) {
  DeprecationRule rule;
  JsonReader read(json, path, problem);
  read.text("field_path", rule.field_path);
  rule.warning_from_ms = read_date(read, "warning_from_utc");
  rule.enforce_from_ms = read_date(read, "enforce_from_utc");
  rule.remove_from_ms = read_date(read, "remove_from_utc");
  if (rule.warning_from_ms >= rule.enforce_from_ms) read.refuse("enforce_from_utc", "must be after warning_from_utc");
  if (rule.enforce_from_ms >= rule.remove_from_ms) read.refuse("remove_from_utc", "must be after enforce_from_utc");
  read.text("migration_hint", rule.migration_hint);
  read.finish();
  return rule;
}

struct UsageCheck {
  std::string field_path;
  std::int64_t observed_at_ms = 0;
  std::string expected_state;
};

UsageCheck read_check(const JsonValue& json, const std::string& path, Problem& problem) {
  UsageCheck check;
  JsonReader read(json, path, problem);
  read.text("field_path", check.field_path);
  check.observed_at_ms = read_date(read, "observed_at_utc");
  read.text("expected_state", check.expected_state);
  if (std::ranges::find(state_names, check.expected_state) == state_names.end()) {
    read.refuse("expected_state", fmt::format("use one of: {}", fmt::join(state_names, ", ")));
  }
  read.finish();
  return check;
}

struct DeprecationPolicy {
  std::vector<DeprecationRule> rules;
  std::vector<UsageCheck> checks;
};

DeprecationPolicy read_deprecation(const JsonValue& json, Problem& problem) {
  DeprecationPolicy policy;
  std::string policy_id;
  JsonReader read(json, "", problem);
  read_id(read, "phalarope.deprecation-policy.v1");
  read.text("policy_id", policy_id);
  read.each("rules", 1, [&](const JsonValue& item, const std::string& path) {
    policy.rules.push_back(read_rule(item, path, problem));
  });
  read.each("usage_checks", 1, [&](const JsonValue& item, const std::string& path) {
    policy.checks.push_back(read_check(item, path, problem));
  });
  read.finish();
  return policy;
}

void judge_checks(const DeprecationPolicy& policy, DeprecationVerdict& verdict) {
  std::set<std::string_view> seen;
  for (const UsageCheck& check : policy.checks) {
    const auto rule = std::ranges::find(policy.rules, check.field_path, &DeprecationRule::field_path);
    if (rule == policy.rules.end()) {
      verdict.violations.push_back(fmt::format("no rule knows the field {}", check.field_path));
      continue;
    }
    const std::string_view state = name_of(state_at(*rule, check.observed_at_ms));
    if (state != check.expected_state) {
      verdict.violations.push_back(fmt::format("{} at {} is {}, expected {}", check.field_path,
                                               utc_text(check.observed_at_ms), state, check.expected_state));
    }
    seen.insert(state);
  }
  for (const std::string_view needed : {"warning", "enforced", "removed"}) {
    if (!seen.contains(needed)) verdict.violations.push_back(fmt::format("no check covers the state {}", needed));
  }
}

// ---- conformance and features ----------------------------------------------------------------------------

std::set<std::string> trimmed_set(const std::vector<std::string>& texts) {
  std::set<std::string> unique;
  for (const std::string& text : texts) unique.emplace(trim_white_space(text));
  return unique;
}

struct Expectation {
  std::string_view id;
  bool passes;
  std::string_view release_phase;
  std::string_view status;  // empty: anything but `verified`
};
// evidence.md 4.9, with decisions.md D26: all features are in scope, so F-162 to F-164 are judged by their own results.
constexpr Expectation feature_expectations[] = {
    {"NF-010", true, "mvp", "verified"},
    {"NF-032", true, "mvp", "verified"},
};
constexpr std::array<std::string_view, 3> judged_by_their_results = {"F-162", "F-163", "F-164"};

struct CatalogueEntry {
  std::string id;
  bool passes = false;
  std::string release_phase;
  std::string status;
  std::vector<std::string> source_refs;
};

CatalogueEntry read_entry(const JsonValue& json, const std::string& path, Problem& problem) {
  CatalogueEntry entry;
  JsonReader read(json, path, problem, Unknown::passed_over);
  read.text("id", entry.id);
  read.flag_or_absent("passes", entry.passes);
  read.text_or_absent("release_phase", entry.release_phase);
  read.text_or_absent("status", entry.status);
  read.texts("source_refs", 0, entry.source_refs);
  return entry;
}

void judge_entry(const CatalogueEntry& entry, const Expectation& expected, FeatureVerdict& verdict) {
  const auto complain = [&](std::string_view what) {
    verdict.violations.push_back(fmt::format("{}: {}", entry.id, what));
  };
  if (entry.passes != expected.passes) complain(expected.passes ? "must pass" : "must not pass yet");
  if (entry.release_phase != expected.release_phase) complain(fmt::format("phase must be {}", expected.release_phase));
  if (entry.status != expected.status) complain(fmt::format("status must be {}", expected.status));
  if (entry.source_refs.empty()) complain("names no source");
}

/// A claim and its result are one: verified means it passes, and says by what.
void judge_claim(const CatalogueEntry& entry, FeatureVerdict& verdict) {
  if ((entry.status == "verified") != entry.passes) {
    verdict.violations.push_back(fmt::format("{}: status {} does not agree with its result", entry.id, entry.status));
  }
  if (entry.passes && entry.source_refs.empty()) {
    verdict.violations.push_back(fmt::format("{}: names no source", entry.id));
  }
}

}  // namespace

std::string_view name_of(DeprecationState state) { return state_names[static_cast<std::size_t>(state)]; }

DeprecationState state_at(const DeprecationRule& rule, std::int64_t utc_ms) {
  if (utc_ms >= rule.remove_from_ms) return DeprecationState::removed;
  if (utc_ms >= rule.enforce_from_ms) return DeprecationState::enforced;
  return utc_ms >= rule.warning_from_ms ? DeprecationState::warning : DeprecationState::allowed;
}

SkewVerdict judge_version_skew(const JsonValue& policy) {
  SkewVerdict verdict;
  Problem problem;
  std::string policy_id;
  std::set<Cell> allowed_cells;
  JsonReader read(policy, "", problem);
  read_id(read, "phalarope.version-skew-policy.v1");
  read.text("policy_id", policy_id);
  read.each("allowed_cells", 1, [&](const JsonValue& item, const std::string& path) {
    JsonReader cell(item, path, problem);
    allowed_cells.insert(read_cell(cell));
    cell.finish();
  });
  read.each("matrix_tests", 1, [&](const JsonValue& item, const std::string& path) {
    JsonReader test(item, path, problem);
    bool allowed = false;
    const Cell cell = read_cell(test);
    test.flag("allowed", allowed);
    test.finish();
    if (!test.sound()) return;
    ++(allowed ? verdict.allowed_test_count : verdict.disallowed_test_count);
    if (allowed != allowed_cells.contains(cell)) {
      verdict.violations.push_back(
          fmt::format("cell {} {}", cell.text(),
                      allowed ? "is tested as allowed but not listed" : "is tested as refused but listed as allowed"));
    }
  });
  read.finish();
  if (problem.stands()) {
    verdict.violations.push_back(problem.text());
  } else {
    if (verdict.allowed_test_count == 0) verdict.violations.emplace_back("no test of an allowed cell");
    if (verdict.disallowed_test_count == 0) verdict.violations.emplace_back("no test of a refused cell");
  }
  return verdict;
}

std::expected<std::vector<DeprecationRule>, std::string> read_deprecation_rules(const JsonValue& json) {
  Problem problem;
  DeprecationPolicy policy = read_deprecation(json, problem);
  if (problem.stands()) return std::unexpected(problem.text());
  return std::move(policy.rules);
}

DeprecationVerdict judge_deprecation(const JsonValue& json) {
  Problem problem;
  const DeprecationPolicy policy = read_deprecation(json, problem);
  DeprecationVerdict verdict{.rule_count = static_cast<std::int64_t>(policy.rules.size()),
                             .check_count = static_cast<std::int64_t>(policy.checks.size()),
                             .violations = {}};
  if (problem.stands()) {
    verdict.violations.push_back(problem.text());
  } else {
    judge_checks(policy, verdict);
  }
  return verdict;
}

ConformanceVerdict judge_conformance(const JsonValue& profile, const JsonValue& results) {
  ConformanceVerdict verdict;
  Problem problem;
  std::string profile_id;
  std::string result_id;
  std::vector<std::string> mandatory;
  JsonReader wanted(profile, "", problem);
  read_id(wanted, "phalarope.conformance-profile.v1");
  wanted.text("profile_id", profile_id);
  wanted.texts("mandatory_categories", 1, mandatory);
  wanted.finish();
  JsonReader shown(results, "", problem);
  read_id(shown, "phalarope.conformance-results.v1");
  shown.text("profile_id", result_id);
  const JsonValue* const categories = shown.object("categories");
  shown.finish();
  if (problem.stands() || categories == nullptr) {
    verdict.violations.push_back(problem.text());
    return verdict;
  }
  if (profile_id != result_id) {
    verdict.violations.push_back(fmt::format("the results are of profile {}, not {}", result_id, profile_id));
  }
  const std::set<std::string> unique = trimmed_set(mandatory);
  verdict.mandatory_count = static_cast<std::int64_t>(unique.size());
  for (const std::string& category : unique) {
    const JsonValue* const result = categories->find(category);
    if (result == nullptr) {
      verdict.missing.push_back(category);
      verdict.violations.push_back(fmt::format("category {} was not tested", category));
    } else if (!result->is(JsonValue::Kind::boolean) || !result->boolean) {
      verdict.failed.push_back(category);
      verdict.violations.push_back(fmt::format("category {} failed", category));
    }
  }
  return verdict;
}

FeatureVerdict judge_features(const JsonValue& catalogue) {
  FeatureVerdict verdict;
  Problem problem;
  std::vector<CatalogueEntry> entries;
  JsonReader read(catalogue, "", problem, Unknown::passed_over);
  read.each("features", 1, [&](const JsonValue& item, const std::string& path) {
    entries.push_back(read_entry(item, path, problem));
  });
  if (problem.stands()) {
    verdict.violations.push_back(problem.text());
    return verdict;
  }
  const auto find = [&](std::string_view id) -> const CatalogueEntry* {
    const auto at = std::ranges::find(entries, id, &CatalogueEntry::id);
    if (at == entries.end()) verdict.violations.push_back(fmt::format("{}: not in the catalogue", id));
    return at == entries.end() ? nullptr : &*at;
  };
  for (const Expectation& expected : feature_expectations) {
    ++verdict.checked_count;
    if (const CatalogueEntry* const entry = find(expected.id)) judge_entry(*entry, expected, verdict);
  }
  for (const std::string_view id : judged_by_their_results) {
    ++verdict.checked_count;
    if (const CatalogueEntry* const entry = find(id)) judge_claim(*entry, verdict);
  }
  return verdict;
}

}  // namespace phalarope::gates
