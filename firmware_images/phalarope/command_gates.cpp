// The gate commands: SLO gates, promotion gates, latency comparison, governance, contract fixtures (evidence.md 4).
#include <fmt/format.h>

#include <memory>

#include "firmware_images/gates/artifact_files.hpp"
#include "firmware_images/gates/contract_fixtures.hpp"
#include "firmware_images/gates/governance.hpp"
#include "firmware_images/gates/latency_compare.hpp"
#include "firmware_images/gates/mvp_gates.hpp"
#include "firmware_images/gates/slo_gates.hpp"
#include "firmware_images/gates/utc_time.hpp"
#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/gate_command.hpp"
#include "firmware_images/phalarope/recording_tools.hpp"

namespace phalarope::program {
namespace {

namespace fs = std::filesystem;
using namespace phalarope::gates;

using Baseline = std::expected<std::vector<BaselineRecord>, std::string>;

/// A baseline artifact, or a recording: the records of all its turns.
Baseline load_baseline(const fs::path& path) {
  std::error_code none;
  if (fs::is_directory(path, none)) return read_recorded_baseline(path.string());
  const auto text = read_file(path);
  if (!text) return std::unexpected(text.error());
  auto artifact = read_baseline_artifact(*text);
  if (!artifact) return std::unexpected("`" + path.string() + "`: " + artifact.error());
  return std::move(artifact->entries);
}

// ---- slo-gates-report ------------------------------------------------------------------------------------

struct SloOptions {
  std::string out;
  std::string baseline;
  std::string chain;
  std::string livekit;
  bool strict_waiver = false;
};

int slo_gates_report(const SloOptions& options) {
  const fs::path baseline_path = resolve_input(or_artifact(options.baseline, artifact::runtime_baseline));
  const Baseline records = load_baseline(baseline_path);
  if (!records) return refuse_to_judge(records.error());
  const SloThresholds thresholds;
  const SloGatesDocument document{.generated_at_utc = utc_text(utc_now_ms()),
                                  .baseline_artifact_path = baseline_path.string(),
                                  .thresholds = thresholds,
                                  .report = judge_slo(*records, thresholds)};
  return deliver_report(or_artifact(options.out, artifact::slo_report), to_json(document), to_markdown(document),
                        document.report.violations);
}

// ---- slo-gates-mvp-report --------------------------------------------------------------------------------

std::expected<LiveChainReport, std::string> load_chain(const fs::path& path) {
  const auto json = read_json(path);
  if (!json) return std::unexpected(json.error());
  return read_live_chain(*json, path.string());
}

/// The given report when it is of this mode, else the default file of that mode (evidence.md 7, 24).
std::optional<LiveChainReport> of_mode(const LiveChainReport& given, ChainMode mode, std::string_view default_file) {
  if (given.mode() == mode) return given;
  auto other = load_chain(resolve_input(artifact_root() / default_file));
  if (!other) return std::nullopt;
  return std::move(*other);
}

std::optional<std::string> probe_status(const fs::path& path) {
  const auto json = read_json(path);
  if (!json || !json->is(spec::JsonValue::Kind::object)) return std::nullopt;
  const spec::JsonValue* const probe = json->find("probe");
  const spec::JsonValue* const status = probe == nullptr ? nullptr : probe->find("status");
  if (status == nullptr) return std::nullopt;
  return status->text;
}

std::vector<AttemptFile> attempts_beside(const fs::path& chain) {
  std::vector<AttemptFile> found;
  std::error_code error;
  const fs::path folder = chain.has_parent_path() ? chain.parent_path() : fs::path(".");
  for (fs::directory_iterator at(folder, error); !error && at != fs::directory_iterator(); at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!name.starts_with("live-provider-chain-report") || !name.ends_with(".json")) continue;
    if (const auto text = read_file(at->path())) found.push_back({at->path().string(), sha256_text(*text)});
  }
  std::ranges::sort(found, {}, &AttemptFile::path);
  return found;
}

int slo_gates_mvp_report(const SloOptions& options) {
  const fs::path baseline_path = resolve_input(or_artifact(options.baseline, artifact::runtime_baseline));
  const fs::path chain_path = resolve_input(or_artifact(options.chain, artifact::live_chain));
  const fs::path livekit_path = resolve_input(or_artifact(options.livekit, artifact::livekit_smoke));
  const Baseline records = load_baseline(baseline_path);
  if (!records) return refuse_to_judge(records.error());
  const auto chain = load_chain(chain_path);
  if (!chain) return refuse_to_judge(chain.error());
  const MvpInput input{.chain = *chain,
                       .streaming = of_mode(*chain, ChainMode::streaming, artifact::live_chain_streaming),
                       .non_streaming = of_mode(*chain, ChainMode::non_streaming, artifact::live_chain_nonstreaming),
                       .livekit_status = probe_status(livekit_path),
                       .attempts = attempts_beside(chain_path),
                       .strict_waiver = options.strict_waiver};
  const SloThresholds thresholds;
  const MvpDocument document{.generated_at_utc = utc_text(utc_now_ms()),
                             .baseline_artifact_path = baseline_path.string(),
                             .live_provider_chain_path = chain_path.string(),
                             .livekit_smoke_report_path = livekit_path.string(),
                             .thresholds = thresholds,
                             .baseline_report = judge_slo(*records, thresholds),
                             .live_end_to_end = judge_live(input, thresholds),
                             .fixed_decisions = judge_fixed_decisions(input)};
  return deliver_report(or_artifact(options.out, artifact::mvp_report), to_json(document), to_markdown(document),
                        document.violations());
}

// ---- live-latency-compare-report -------------------------------------------------------------------------

struct CompareOptions {
  std::string out;
  std::string streaming;
  std::string non_streaming;
};

int live_latency_compare_report(const CompareOptions& options) {
  const auto streaming = load_chain(resolve_input(or_artifact(options.streaming, artifact::live_chain_streaming)));
  if (!streaming) return refuse_to_judge(streaming.error());
  const auto other = load_chain(resolve_input(or_artifact(options.non_streaming, artifact::live_chain_nonstreaming)));
  if (!other) return refuse_to_judge(other.error());
  const auto comparison = compare_latency(*streaming, *other);
  if (!comparison) return refuse_to_judge(comparison.error());
  const std::string now = utc_text(utc_now_ms());
  return deliver_report(or_artifact(options.out, artifact::latency_compare), to_json(*comparison, now),
                        to_markdown(*comparison, now), {});
}

// ---- conformance-governance-report -----------------------------------------------------------------------

struct GovernanceOptions {
  std::string out;
  std::string skew = "firmware_images/artifacts/governance/version_skew_policy_v1.json";
  std::string deprecation = "firmware_images/artifacts/governance/deprecation_policy_v1.json";
  std::string profile = "firmware_images/artifacts/governance/conformance_profile_v1.json";
  std::string results = "firmware_images/artifacts/governance/conformance_results_v1.json";
  std::string catalogue = "firmware_images/artifacts/governance/feature_catalogue_v1.json";
};

int conformance_governance_report(const GovernanceOptions& options) {
  std::array<spec::JsonValue, 5> documents;
  const std::array<const std::string*, 5> paths = {&options.skew, &options.deprecation, &options.profile,
                                                   &options.results, &options.catalogue};
  for (std::size_t i = 0; i < paths.size(); ++i) {
    auto document = read_json(resolve_input(*paths[i]));
    if (!document) return refuse_to_judge(document.error());
    documents[i] = std::move(*document);
  }
  const GovernanceDocument document{.generated_at_utc = utc_text(utc_now_ms()),
                                    .version_skew_path = options.skew,
                                    .deprecation_path = options.deprecation,
                                    .conformance_profile_path = options.profile,
                                    .conformance_results_path = options.results,
                                    .feature_catalogue_path = options.catalogue,
                                    .version_skew = judge_version_skew(documents[0]),
                                    .deprecation = judge_deprecation(documents[1]),
                                    .conformance = judge_conformance(documents[2], documents[3]),
                                    .feature_status = judge_features(documents[4])};
  return deliver_report(or_artifact(options.out, artifact::governance_report), to_json(document), to_markdown(document),
                        document.violations());
}

// ---- validate-contracts, validate-contracts-report -------------------------------------------------------

struct ContractOptions {
  std::string out;
  std::string fixtures = "tests/contract/fixtures";
  std::string schemas = "schemas/json";
};

std::expected<ContractsReport, std::string> judge_contracts(const ContractOptions& options) {
  return judge_contract_fixtures(resolve_input(options.fixtures), resolve_input(options.schemas));
}

int validate_contracts(const ContractOptions& options) {
  const auto report = judge_contracts(options);
  if (!report) return refuse_to_judge(report.error());
  for (const std::string& failure : report->failures) fmt::print(stderr, "{}\n", failure);
  fmt::print("{} fixtures, {} failures\n", report->total, report->failures.size());
  return report->passed() ? exit_done : exit_no;
}

int validate_contracts_report(const ContractOptions& options) {
  const auto report = judge_contracts(options);
  if (!report) return refuse_to_judge(report.error());
  const std::string now = utc_text(utc_now_ms());
  return deliver_report(or_artifact(options.out, artifact::contracts_report), to_json(*report, now),
                        to_markdown(*report, now), report->failures);
}

}  // namespace

int deliver_report(const fs::path& path, std::string_view json, std::string_view markdown,
                   const std::vector<std::string>& violations) {
  if (const std::string trouble = write_report(path, json, markdown); !trouble.empty()) return refuse_to_judge(trouble);
  for (const std::string& violation : violations) fmt::print(stderr, "{}\n", violation);
  fmt::print("{}: {}\n", path.string(), violations.empty() ? "PASS" : "FAIL");
  return violations.empty() ? exit_done : exit_no;
}

int refuse_to_judge(const std::string& reason) { return complain(reason, exit_no); }

void add_gates(CLI::App& app, ChosenCommand& chosen) {
  const auto report_footer = [](CLI::App* command, const std::string& example) {
    command->footer("Example: phalarope " + example +
                    "\nThe report is written, with a .md beside it, before the verdict is given.\n"
                    "Exit code: 0 passed, 1 not passed or not to be judged, 2 bad call");
  };
  auto slo = std::make_shared<SloOptions>();
  CLI::App* command = app.add_subcommand("slo-gates-report", "Judge the seven gates over a baseline or a recording");
  report_footer(command, "slo-gates-report slo.json /var/lib/phalarope/evidence");
  command->add_option("out", slo->out, "Where the report goes");
  command->add_option("baseline", slo->baseline, "A baseline artifact, or a recording's folder");
  command->callback([slo, &chosen] { chosen = [slo] { return slo_gates_report(*slo); }; });

  auto mvp = std::make_shared<SloOptions>();
  command = app.add_subcommand("slo-gates-mvp-report", "Judge what a first release must show");
  report_footer(command, "slo-gates-mvp-report mvp.json baseline.json chain.json livekit.json");
  command->add_option("out", mvp->out, "Where the report goes");
  command->add_option("baseline", mvp->baseline, "A baseline artifact, or a recording's folder");
  command->add_option("chain", mvp->chain, "The live provider chain's report");
  command->add_option("livekit", mvp->livekit, "The transport probe's report");
  command->add_flag("--strict-waiver", mvp->strict_waiver, "Count distinct attempts only, waive latency limits only");
  command->callback([mvp, &chosen] { chosen = [mvp] { return slo_gates_mvp_report(*mvp); }; });

  auto compare = std::make_shared<CompareOptions>();
  command = app.add_subcommand("live-latency-compare-report", "Compare streaming with non-streaming");
  report_footer(command, "live-latency-compare-report compare.json streaming.json nonstreaming.json");
  command->add_option("out", compare->out, "Where the report goes");
  command->add_option("streaming", compare->streaming, "The streaming run's report");
  command->add_option("non-streaming", compare->non_streaming, "The non-streaming run's report");
  command->callback([compare, &chosen] { chosen = [compare] { return live_latency_compare_report(*compare); }; });

  auto governance = std::make_shared<GovernanceOptions>();
  command =
      app.add_subcommand("conformance-governance-report", "Judge version skew, deprecation, conformance, features");
  report_footer(command, "conformance-governance-report governance.json");
  command->add_option("out", governance->out, "Where the report goes");
  command->add_option("skew", governance->skew, "Version skew policy")->capture_default_str();
  command->add_option("deprecation", governance->deprecation, "Deprecation policy")->capture_default_str();
  command->add_option("profile", governance->profile, "Conformance profile")->capture_default_str();
  command->add_option("results", governance->results, "Conformance results")->capture_default_str();
  command->add_option("catalogue", governance->catalogue, "Feature catalogue")->capture_default_str();
  command->callback(
      [governance, &chosen] { chosen = [governance] { return conformance_governance_report(*governance); }; });

  auto contracts = std::make_shared<ContractOptions>();
  command = app.add_subcommand("validate-contracts", "Judge the contract fixtures by validator and schema");
  report_footer(command, "validate-contracts");
  command->add_option("fixtures", contracts->fixtures, "The fixtures' folder")->capture_default_str();
  command->add_option("schemas", contracts->schemas, "The JSON Schemas' folder")->capture_default_str();
  command->callback([contracts, &chosen] { chosen = [contracts] { return validate_contracts(*contracts); }; });

  auto reported = std::make_shared<ContractOptions>();
  command = app.add_subcommand("validate-contracts-report", "The same, as a report");
  report_footer(command, "validate-contracts-report contracts.json");
  command->add_option("out", reported->out, "Where the report goes");
  command->add_option("fixtures", reported->fixtures, "The fixtures' folder")->capture_default_str();
  command->add_option("schemas", reported->schemas, "The JSON Schemas' folder")->capture_default_str();
  command->callback([reported, &chosen] { chosen = [reported] { return validate_contracts_report(*reported); }; });
}

}  // namespace phalarope::program
