// phalarope publish-release, validate-policy, artifact-policy-check: what guards a release
// (evidence.md 4.2, 4.10, 4.12).
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/spec/exchange_documents.hpp"
#include "firmware_images/gates/artifact_files.hpp"
#include "firmware_images/gates/release_manifest.hpp"
#include "firmware_images/gates/utc_time.hpp"
#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/gate_command.hpp"

namespace phalarope::program {
namespace {

namespace fs = std::filesystem;
using namespace phalarope::gates;

// ---- publish-release -------------------------------------------------------------------------------------

struct ReleaseOptions {
  std::string spec_ref;
  std::string rollout;
  std::string out;
  std::array<std::string, readiness_names.size()> reports;
};

int publish_release(const ReleaseOptions& options) {
  constexpr std::array<std::string_view, readiness_names.size()> default_reports = {
      artifact::contracts_report, artifact::replay_regression, artifact::slo_report};
  ReleaseRequest request{.spec_ref = options.spec_ref,
                         .rollout_path = options.rollout,
                         .rollout_text = {},
                         .rollout = {},
                         .readiness = {},
                         .now_utc_ms = utc_now_ms()};
  const auto rollout_text = read_file(resolve_input(options.rollout));
  if (!rollout_text) return refuse_to_judge(rollout_text.error());
  auto rollout = read_rollout_config(*rollout_text);
  if (!rollout) return refuse_to_judge("`" + options.rollout + "`: " + rollout.error());
  request.rollout_text = *rollout_text;
  request.rollout = std::move(*rollout);
  std::array<ReportFile, readiness_names.size()> reports;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    const fs::path path = resolve_input(or_artifact(options.reports[i], default_reports[i]));
    reports[i] = {.path = path.string(), .text = read_file(path)};
  }
  request.readiness = judge_readiness(reports, request.now_utc_ms);
  if (!request.readiness.passed()) {
    for (const std::string& violation : request.readiness.violations()) fmt::print(stderr, "{}\n", violation);
    return refuse_to_judge("not ready: no manifest was written");
  }
  return deliver_report(or_artifact(options.out, artifact::release_manifest), manifest_json(request),
                        manifest_markdown(request), {});
}

// ---- validate-policy -------------------------------------------------------------------------------------

struct PolicyOptions {
  std::string file;
  std::string mode = "strict";
  bool json = false;
};

int validate_policy(const PolicyOptions& options) {
  const auto mode = spec::validation_mode_named(options.mode);
  if (!mode) return complain("the mode is strict or relaxed, not `" + options.mode + "`");
  const auto text = read_file(resolve_input(options.file));
  if (!text) return refuse_to_judge(text.error());
  const spec::Diagnostics problems = spec::judge_policy_bundle(*text, options.file, *mode);
  if (options.json) {
    nlohmann::ordered_json answer = {{"file", options.file}, {"valid", problems.empty()}};
    if (!problems.empty()) {
      answer["path"] = problems.front().field;
      answer["message"] = spec::to_string(problems.front());
    }
    fmt::print("{}\n", answer.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  } else {
    fmt::print("{}", spec::to_string(problems));
    fmt::print("{}: {}\n", options.file, problems.empty() ? "valid" : fmt::format("{} problems", problems.size()));
  }
  return problems.empty() ? exit_done : exit_no;
}

// ---- artifact-policy-check -------------------------------------------------------------------------------

struct PipeCloser {
  void operator()(std::FILE* pipe) const { ::pclose(pipe); }
};

/// Files below the artifact root that version control tracks; nothing where there is no version control.
std::expected<std::vector<std::string>, std::string> tracked_artifacts() {
  constexpr const char* list_tracked = "git ls-files --cached 2>/dev/null";
  const std::unique_ptr<std::FILE, PipeCloser> pipe(::popen(list_tracked, "r"));
  if (pipe == nullptr) return std::unexpected(std::string("git cannot be started; run this in a checkout"));
  std::string text;
  std::array<char, 4096> piece;
  while (const std::size_t bytes = std::fread(piece.data(), 1, piece.size(), pipe.get()))
    text.append(piece.data(), bytes);
  if (text.empty()) return std::unexpected(std::string("no tracked file is found; run this in a checkout"));
  const std::string below = artifact_root().lexically_normal().generic_string() + "/";
  std::vector<std::string> tracked;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string file = text.substr(at, end - at);
    if (file.starts_with(below)) tracked.push_back(file);
    at = end + 1;
  }
  return tracked;
}

int artifact_policy_check() {
  const auto tracked = tracked_artifacts();
  if (!tracked) return refuse_to_judge(tracked.error());
  for (const std::string& file : *tracked) fmt::print(stderr, "generated, yet tracked: {}\n", file);
  fmt::print("artifact policy: {}\n", tracked->empty() ? "PASS" : "FAIL");
  return tracked->empty() ? exit_done : exit_no;
}

}  // namespace

void add_release(CLI::App& app, ChosenCommand& chosen) {
  auto release = std::make_shared<ReleaseOptions>();
  CLI::App* command = app.add_subcommand("publish-release", "Write a release manifest, if three fresh reports pass");
  command->footer(
      "Example: phalarope publish-release specs/voice.json rollout.json\n"
      "Exit code: 0 written, 1 not ready, 2 bad call");
  command->add_option("spec_ref", release->spec_ref, "What is released")->required();
  command->add_option("rollout", release->rollout, "The rollout config (JSON)")->required();
  command->add_option("out", release->out, "Where the manifest goes");
  command->add_option("contracts", release->reports[0], "The contracts report");
  command->add_option("replay", release->reports[1], "The replay regression report");
  command->add_option("slo", release->reports[2], "The SLO gates report");
  command->callback([release, &chosen] { chosen = [release] { return publish_release(*release); }; });

  auto policy = std::make_shared<PolicyOptions>();
  command = app.add_subcommand("validate-policy", "Tell every problem of a policy bundle");
  command->footer("Example: phalarope validate-policy policy.json strict\nExit code: 0 valid, 1 not valid, 2 bad call");
  command->add_option("file", policy->file, "The policy bundle (JSON or YAML)")->required();
  command->add_option("mode", policy->mode, "strict, or relaxed: unknown fields pass")->capture_default_str();
  command->add_flag("--json", policy->json, "The verdict as JSON");
  command->callback([policy, &chosen] { chosen = [policy] { return validate_policy(*policy); }; });

  command = app.add_subcommand("artifact-policy-check", "Fail when a generated report is tracked");
  command->footer("Example: phalarope artifact-policy-check\nExit code: 0 none is, 1 one is, 2 bad call");
  command->callback([&chosen] { chosen = artifact_policy_check; });
}

}  // namespace phalarope::program
