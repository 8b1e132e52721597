#include "firmware_images/gates/release_manifest.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/engine/plan/white_space.hpp"
#include "core/spec/ascii_case.hpp"
#include "firmware_images/gates/artifact_files.hpp"
#include "firmware_images/gates/json_reader.hpp"
#include "firmware_images/gates/report_text.hpp"
#include "firmware_images/gates/utc_time.hpp"

namespace phalarope::gates {
namespace {

using Json = nlohmann::ordered_json;
using spec::JsonValue;

constexpr std::array<std::string_view, 3> strategies = {"immediate", "phased", "canary"};
constexpr std::array<std::string_view, 2> rollback_modes = {"automatic", "manual"};

template <std::size_t count>
void require_choice(JsonReader& read, std::string_view name, const std::string& value,
                    const std::array<std::string_view, count>& choices) {
  if (read.sound() && std::ranges::find(choices, spec::lower_case(trim_white_space(value))) == choices.end()) {
    read.refuse(name, fmt::format("unknown value `{}`; use one of: {}", value, fmt::join(choices, ", ")));
  }
}

// ---- the three reports -----------------------------------------------------------------------------------

struct ReportRule {
  std::string_view schema;
  std::string_view needs;                     // what must hold, for the reason
  bool (*holds)(const JsonValue& report);     // as far as it can be read
  std::span<const std::string_view> members;  // of the full shape; the minimal one is a part of it
};

bool is_true(const JsonValue* value) {
  return value != nullptr && value->is(JsonValue::Kind::boolean) && value->boolean;
}
bool is_zero(const JsonValue* value) {
  return value != nullptr && value->is(JsonValue::Kind::integer) && value->integer == 0;
}

constexpr std::string_view contracts_members[] = {"schema_version", "generated_at_utc", "fixture_root", "summary",
                                                  "passed"};
constexpr std::string_view regression_members[] = {"schema_version", "generated_at_utc",    "gate",
                                                   "metadata_path",  "fixture_count",       "total_divergences",
                                                   "failing_count",  "unexplained_count",   "missing_expected",
                                                   "by_class",       "failing_divergences", "fixtures"};
constexpr std::string_view slo_members[] = {"schema_version", "generated_at_utc", "baseline_artifact_path",
                                            "thresholds", "report"};

constexpr ReportRule report_rules[] = {
    {"phalarope.tooling.contracts-report.v1", "`passed` must be true",
     [](const JsonValue& report) { return is_true(report.find("passed")); }, contracts_members},
    {"phalarope.tooling.replay-regression-report.v1", "`failing_count` must be 0",
     [](const JsonValue& report) { return is_zero(report.find("failing_count")); }, regression_members},
    {"phalarope.tooling.slo-gates-report.v1", "`report.passed` must be true",
     [](const JsonValue& report) {
       const JsonValue* const inner = report.find("report");
       return inner != nullptr && inner->is(JsonValue::Kind::object) && is_true(inner->find("passed"));
     },
     slo_members},
};
static_assert(std::size(report_rules) == readiness_names.size());

/// Why the report cannot be stood upon; empty when it can.
std::string reason_against(const JsonValue& report, const ReportRule& rule, std::int64_t now_utc_ms,
                           ReadinessCheck& check) {
  Problem problem;
  std::string schema;
  JsonReader read(report, "", problem);
  for (const std::string_view member : rule.members) (void)read.any(member);
  read.text("schema_version", schema);
  if (schema != rule.schema) read.refuse("schema_version", fmt::format("must be `{}`", rule.schema));
  read.text("generated_at_utc", check.generated_at_utc);
  read.finish();
  if (problem.stands()) return problem.text();
  const auto generated_ms = utc_ms_from(check.generated_at_utc);
  if (!generated_ms) return "generated_at_utc: is no RFC 3339 time";
  const std::int64_t age_ms = now_utc_ms - *generated_ms;
  check.age_ms = std::max<std::int64_t>(age_ms, 0);
  if (age_ms < -artifact_ahead_ms_max) return "is dated more than 5 minutes ahead; check the clock";
  if (age_ms > artifact_age_ms_max) return "is older than 24 hours; make it again";
  return rule.holds(report) ? std::string() : std::string(rule.needs);
}

ReadinessCheck judge_report(const ReportFile& file, std::string_view name, const ReportRule& rule,
                            std::int64_t now_utc_ms) {
  ReadinessCheck check;
  check.name = name;
  check.path = file.path;
  if (!file.text) {
    check.reason = file.text.error();
    return check;
  }
  const auto report = spec::parse_strict_json(*file.text);
  check.reason = report ? reason_against(*report, rule, now_utc_ms, check) : report.error();
  check.passed = check.reason.empty();
  if (check.passed) check.sha256 = sha256_text(*file.text);
  return check;
}

Json source_json(std::string_view path, std::string_view sha256, std::string_view generated_at_utc) {
  return {{"path", path}, {"sha256", sha256}, {"generated_at_utc", generated_at_utc}};
}

Json readiness_json(const Readiness& readiness) {
  Json checks = Json::array();
  for (const ReadinessCheck& check : readiness.checks) {
    Json one = {{"name", check.name}, {"path", check.path}, {"passed", check.passed}, {"reason", check.reason}};
    one["generated_at_utc"] = check.generated_at_utc;
    if (check.age_ms) one["age_ms"] = *check.age_ms;
    checks.push_back(std::move(one));
  }
  return {{"passed", readiness.passed()},
          {"max_artifact_age_ms", artifact_age_ms_max},
          {"checks", std::move(checks)},
          {"violations", readiness.violations()}};
}

}  // namespace

std::expected<RolloutConfig, std::string> read_rollout_config(std::string_view text) {
  const auto json = spec::parse_strict_json(text);
  if (!json) return std::unexpected(json.error());
  RolloutConfig config;
  Problem problem;
  JsonReader read(*json, "", problem);
  read.text("pipeline_version", config.pipeline_version);
  read.text("strategy", config.strategy);
  require_choice(read, "strategy", config.strategy, strategies);
  if (const JsonValue* const posture = read.object("rollback_posture")) {
    JsonReader inner(*posture, "rollback_posture", problem);
    inner.text("mode", config.rollback_mode);
    require_choice(inner, "mode", config.rollback_mode, rollback_modes);
    inner.text("trigger", config.rollback_trigger);
    inner.finish();
  }
  read.finish();
  if (problem.stands()) return std::unexpected(problem.text());
  return config;
}

bool Readiness::passed() const { return std::ranges::all_of(checks, &ReadinessCheck::passed); }

std::vector<std::string> Readiness::violations() const {
  std::vector<std::string> all;
  for (const ReadinessCheck& check : checks) {
    if (!check.passed) all.push_back(check.name + ": " + check.reason);
  }
  return all;
}

Readiness judge_readiness(const std::array<ReportFile, readiness_names.size()>& reports, std::int64_t now_utc_ms) {
  Readiness readiness;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    readiness.checks[i] = judge_report(reports[i], readiness_names[i], report_rules[i], now_utc_ms);
  }
  return readiness;
}

std::string release_id(std::string_view spec_ref, const RolloutConfig& config, std::int64_t now_utc_ms) {
  std::string stamp;
  for (const char c : utc_text(now_utc_ms - now_utc_ms % 1000)) {
    if (c >= '0' && c <= '9') stamp += c;
  }
  constexpr std::size_t short_hash_digits = 10;
  const std::string material = fmt::format("{}|{}|{}|{}|{}", spec_ref, config.pipeline_version, config.strategy,
                                           config.rollback_mode, config.rollback_trigger);
  return fmt::format("rel-{}-{}", stamp, sha256_text(material).substr(0, short_hash_digits));
}

std::string manifest_json(const ReleaseRequest& request) {
  const std::string now = utc_text(request.now_utc_ms);
  Json sources = Json::object();
  for (const ReadinessCheck& check : request.readiness.checks) {
    if (check.passed) sources[check.name] = source_json(check.path, check.sha256, check.generated_at_utc);
  }
  sources["rollout_config"] = source_json(request.rollout_path, sha256_text(request.rollout_text), now);
  const RolloutConfig& rollout = request.rollout;
  const Json json = {{"schema_version", "phalarope.tooling.release-manifest.v1"},
                     {"release_id", release_id(request.spec_ref, rollout, request.now_utc_ms)},
                     {"generated_at_utc", now},
                     {"spec_ref", request.spec_ref},
                     {"rollout_config",
                      {{"pipeline_version", rollout.pipeline_version},
                       {"strategy", rollout.strategy},
                       {"rollback_posture", {{"mode", rollout.rollback_mode}, {"trigger", rollout.rollback_trigger}}}}},
                     {"readiness", readiness_json(request.readiness)},
                     {"source_artifacts", std::move(sources)}};
  return as_document(json);
}

std::string manifest_markdown(const ReleaseRequest& request) {
  std::string text = fmt::format("# Release {}\n\n{} by {}\n\n| report | age | SHA-256 |\n|---|---|---|\n",
                                 release_id(request.spec_ref, request.rollout, request.now_utc_ms), request.spec_ref,
                                 request.rollout.strategy);
  for (const ReadinessCheck& check : request.readiness.checks) {
    text += fmt::format("| {} | {} s | {} |\n", check.path, check.age_ms.value_or(0) / 1000, check.sha256);
  }
  return text + status_lines(request.readiness.violations());
}

}  // namespace phalarope::gates
