// phalarope retention-sweep: takes what is older than its window out of the store of artifacts, and reports it
// (evidence.md 1A.3, 1A.4).
//
//   -policy FILE, else the control plane's snapshot (HTTP configuration outranks a file's), else the defaults; asked
//   anew for each run. An explicit file never falls back.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "firmware_images/gates/artifact_files.hpp"
#include "firmware_images/gates/report_text.hpp"
#include "firmware_images/gates/retention_files.hpp"
#include "firmware_images/gates/utc_time.hpp"
#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/gate_command.hpp"
#include "firmware_images/phalarope/word_flags.hpp"
#include "hal/host/http_endpoints.hpp"

namespace phalarope::program {
namespace {

using namespace phalarope::gates;

constexpr std::string_view report_artifact = "replay/retention-sweep-report.json";
constexpr std::size_t snapshot_bytes_max = 8 * 1024 * 1024;

struct SweepOptions {
  std::string store;
  std::vector<std::string> tenants;
  std::string policy;
  std::string report;
  std::int64_t now_ms = -1;
  std::int64_t interval_ms = 0;
  std::int64_t runs = 1;
};

/// Where the policies of one run come from. A source that gives none falls back, and says why.
struct PolicyChoice {
  RetentionPolicies policies;
  std::string source;
  std::string fallback_reason;
};

std::optional<std::string> environment(std::string_view name) {
  const char* const value = std::getenv(std::string(name).c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

PolicyChoice fall_back(std::string reason) {
  return {.policies = {.default_policy = control::default_policy("retention-policy-default"), .by_tenant = {}},
          .source = "default_fallback",
          .fallback_reason = std::move(reason)};
}

PolicyChoice judge_snapshot(const std::string& text, std::string source, const std::vector<std::string>& tenants) {
  auto policies = read_snapshot_retention(text);
  if (!policies) {
    const bool stale = policies.error().code == "snapshot_stale";
    return fall_back(stale ? "cp_distribution_snapshot_stale" : "cp_distribution_policy_invalid");
  }
  // A policy that breaks a rule, or none for a tenant that is asked for, makes the whole answer worthless.
  for (const std::string& tenant : tenants) {
    if (!policies->for_tenant(tenant)) return fall_back("cp_distribution_policy_invalid");
  }
  return {.policies = std::move(*policies), .source = std::move(source), .fallback_reason = {}};
}

PolicyChoice ask_control_plane(const std::vector<std::string>& tenants) {
  const auto endpoints = hal::read_endpoints("PHALAROPE_CP_DISTRIBUTION_", environment);
  if (!endpoints) return fall_back("cp_distribution_unconfigured");
  if (*endpoints) {
    hal::HttpCall call;
    call.answer_bytes_max = call.read_bytes_max = snapshot_bytes_max;
    const auto answer = hal::ask_endpoints(**endpoints, std::move(call), [](int status) { return status == 200; });
    if (!answer) return fall_back("cp_distribution_fetch_failed");
    return judge_snapshot(answer->body, "cp_distribution_http", tenants);
  }
  const auto path = environment("PHALAROPE_CP_DISTRIBUTION_PATH");
  if (!path || path->find_first_not_of(" \t") == std::string::npos) return fall_back("cp_distribution_unconfigured");
  const auto text = read_file(*path);
  if (!text) return fall_back("cp_distribution_fetch_failed");
  return judge_snapshot(*text, "cp_distribution_file", tenants);
}

std::expected<PolicyChoice, RetentionError> choose_policy(const SweepOptions& options) {
  if (options.policy.empty()) return ask_control_plane(options.tenants);
  const auto text = read_file(resolve_input(options.policy));
  if (!text) return std::unexpected(RetentionError{"RETENTION_POLICY_READ_ERROR", text.error()});
  auto policies = read_policy_artifact(*text);
  if (!policies) return std::unexpected(policies.error());
  return PolicyChoice{.policies = std::move(*policies), .source = "policy_artifact", .fallback_reason = {}};
}

nlohmann::ordered_json classes_json(const control::ClassCounts& counts) {
  nlohmann::ordered_json classes = nlohmann::ordered_json::object();
  for (const std::string_view name : {"PII", "PHI", "audio_raw", "text_raw", "derived_summary", "metadata"})
    classes[std::string(name)] = counts[static_cast<std::size_t>(*control::payload_class_named(name))];
  return classes;
}

struct RunReport {
  nlohmann::ordered_json json;
  std::string source;
  std::string fallback_reason;
};

std::expected<RunReport, RetentionError> sweep_once(const SweepOptions& options, std::int64_t run, std::int64_t now_ms,
                                                    std::vector<control::ArtifactRecord>& records) {
  const auto choice = choose_policy(options);
  if (!choice) return std::unexpected(choice.error());
  control::SweepResult total;
  nlohmann::ordered_json tenants = nlohmann::ordered_json::array();
  for (const std::string& tenant : options.tenants) {
    const auto policy = choice->policies.for_tenant(tenant);
    if (!policy) return std::unexpected(policy.error());
    const control::SweepResult swept = control::sweep(*policy, now_ms, records);
    total.evaluated += swept.evaluated;
    total.expired += swept.expired;
    total.deleted += swept.deleted;
    for (std::size_t i = 0; i < swept.deleted_by_class.size(); ++i)
      total.deleted_by_class[i] += swept.deleted_by_class[i];
    tenants.push_back({{"tenant_id", tenant},
                       {"evaluated_artifacts", swept.evaluated},
                       {"expired_artifacts", swept.expired},
                       {"deleted_artifacts", swept.deleted},
                       {"deleted_by_class", classes_json(swept.deleted_by_class)}});
  }
  nlohmann::ordered_json json = {{"run_index", run}, {"run_at_ms", now_ms}, {"policy_source", choice->source}};
  if (!choice->fallback_reason.empty()) json["policy_fallback_reason"] = choice->fallback_reason;
  json["tenant_results"] = std::move(tenants);
  json["total_evaluated"] = total.evaluated;
  json["total_expired"] = total.expired;
  json["total_deleted"] = total.deleted;
  json["deleted_by_class"] = classes_json(total.deleted_by_class);
  return RunReport{.json = std::move(json), .source = choice->source, .fallback_reason = choice->fallback_reason};
}

/// One word for all runs: what they agree on, or `mixed`.
void note_agreement(std::string& so_far, const std::string& now, bool first) {
  if (first) so_far = now;
  if (so_far != now) so_far = "mixed";
}

int run_sweep(const SweepOptions& options) {
  auto records = read_retention_store(options.store);
  if (!records) return refuse_to_judge(records.error());
  nlohmann::ordered_json runs = nlohmann::ordered_json::array();
  std::string source;
  std::string reason;
  std::uint64_t deleted = 0;
  for (std::int64_t run = 1; run <= options.runs; ++run) {
    if (run > 1 && options.now_ms < 0) std::this_thread::sleep_for(std::chrono::milliseconds(options.interval_ms));
    const std::int64_t now_ms = options.now_ms < 0 ? utc_now_ms() : options.now_ms + (run - 1) * options.interval_ms;
    auto report = sweep_once(options, run, now_ms, *records);
    if (!report) return refuse_to_judge(report.error().text());
    note_agreement(source, report->source, run == 1);
    note_agreement(reason, report->fallback_reason, run == 1);
    deleted += report->json["total_deleted"].get<std::uint64_t>();
    runs.push_back(std::move(report->json));
  }
  const std::int64_t written_at_ms = utc_now_ms();
  // The store first: a report about records that are still there would promise too much.
  if (const std::string error = write_file(options.store, retention_store_json(*records, written_at_ms));
      !error.empty())
    return refuse_to_judge(error);
  nlohmann::ordered_json report = {{"generated_at_utc", utc_text(written_at_ms)},
                                   {"store_path", options.store},
                                   {"policy_path", options.policy},
                                   {"policy_source", source}};
  if (!reason.empty()) report["policy_fallback_reason"] = reason;
  report["tenants"] = options.tenants;
  report["runs"] = options.runs;
  report["interval_ms"] = options.interval_ms;
  report["final_records"] = records->size();
  report["run_results"] = std::move(runs);
  const auto path = or_artifact(options.report, report_artifact);
  if (const std::string error = write_file(path, as_document(report)); !error.empty()) return refuse_to_judge(error);
  fmt::print("{} artifacts deleted, {} left; {}\n", deleted, records->size(), path.string());
  return exit_done;
}

constexpr std::string_view usage =
    "usage: phalarope retention-sweep -store FILE -tenants A,B [-policy FILE] [-report FILE] [-now-ms MS]\n"
    "                                 [-interval-ms MS] [-runs N]\n"
    "  -store        records of artifacts (JSON); a missing or empty file is an empty store\n"
    "  -tenants      whose artifacts are swept, separated by commas\n"
    "  -policy       retention policies (JSON); else the control plane's snapshot, else the defaults\n"
    "  -report       where the report goes; else replay/retention-sweep-report.json below the artifact root\n"
    "  -now-ms       the time to judge by, in ms since 1970; -1: the wall clock\n"
    "  -interval-ms  between runs: added to -now-ms, or waited by the wall clock\n"
    "  -runs         how often, at least 1\n"
    "Exit code: 0 swept, 1 a store or policy cannot be used, 2 bad call\n";

int parse_and_sweep(const std::vector<std::string>& words) {
  SweepOptions options;
  std::string tenants;
  const auto problem = read_word_flags(words, {{"store", &options.store},
                                               {"tenants", &tenants},
                                               {"policy", &options.policy},
                                               {"report", &options.report},
                                               {"now-ms", &options.now_ms},
                                               {"interval-ms", &options.interval_ms},
                                               {"runs", &options.runs}});
  if (problem == help_wanted) {
    fmt::print("{}", usage);
    return exit_done;
  }
  if (!problem.empty()) return complain(problem + "\n" + std::string(usage));
  options.tenants = sorted_words(tenants);
  if (options.store.empty()) return complain("-store is required\n" + std::string(usage));
  if (options.tenants.empty()) return complain("-tenants is required\n" + std::string(usage));
  if (options.now_ms < -1) return complain("-now-ms is a time in ms since 1970, or -1 for the wall clock");
  if (options.interval_ms < 0) return complain("-interval-ms must not be negative");
  if (options.runs < 1) return complain("-runs must be at least 1");
  return run_sweep(options);
}

}  // namespace

void add_retention(CLI::App& app, ChosenCommand& chosen) {
  CLI::App* command = app.add_subcommand("retention-sweep", "Delete what is older than its retention window");
  command->prefix_command();
  command->set_help_flag();
  command->callback([command, &chosen] { chosen = [words = command->remaining()] { return parse_and_sweep(words); }; });
}

}  // namespace phalarope::program
