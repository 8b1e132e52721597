#include "firmware_images/phalarope/recording_access.hpp"

#include <cstdlib>
#include <filesystem>
#include <optional>

#include "firmware_images/gates/artifact_files.hpp"
#include "firmware_images/gates/json_reader.hpp"
#include "firmware_images/gates/utc_time.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/word_flags.hpp"
#include "hal/store/replay_audit.hpp"

namespace phalarope::program {
namespace {

constexpr std::string_view policy_path = "/etc/phalarope/replay-access.json";
constexpr std::string_view variable_prefix = "PHALAROPE_REPLAY_ACCESS_";
bool redacted = false;  // one command, one thread

std::optional<std::string> environment(std::string_view name) {
  const char* const value = std::getenv(std::string(name).c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::string said(std::string_view what) {
  return environment(std::string(variable_prefix) + std::string(what)).value_or("");
}

/// The board's own file stands above what a caller names.
std::string policy_in_force() {
  std::error_code error;
  if (std::filesystem::exists(policy_path, error)) return std::string(policy_path);
  return said("POLICY");
}

std::expected<control::AccessPolicy, std::string> read_access_policy(const std::string& path) {
  const auto document = gates::read_json(path);
  if (!document) return std::unexpected(document.error());
  control::AccessPolicy policy;
  gates::Problem problem;
  gates::JsonReader read(*document, "", problem);
  read.text_or_absent("tenant_id", policy.tenant_id);
  for (const auto& [name, list] :
       {std::pair{"allowed_roles", &policy.allowed_roles}, std::pair{"allowed_purposes", &policy.allowed_purposes},
        std::pair{"allowed_fidelities", &policy.allowed_fidelities}}) {
    if (document->find(name) != nullptr) read.texts(name, 1, *list);
  }
  read.finish();
  if (problem.stands()) return std::unexpected("`" + path + "`: " + problem.text());
  return policy;
}

control::AccessRequest request_for(const std::string& recording) {
  control::AccessRequest request{.tenant_id = said("TENANT_ID"),
                                 .principal_id = said("PRINCIPAL_ID"),
                                 .role = said("ROLE"),
                                 .purpose = said("PURPOSE"),
                                 .requested_scope = "recording:" + recording,
                                 .requested_fidelity = said("FIDELITY"),
                                 .requested_classes = sorted_words(said("CLASSES"))};
  if (request.requested_fidelity.empty()) request.requested_fidelity = "L0";
  if (request.principal_id.empty()) request.principal_id = environment("USER").value_or("");
  return request;
}

}  // namespace

std::expected<void, std::string> may_read(const std::string& recording) {
  const std::string path = policy_in_force();
  if (path.empty()) return {};
  const auto policy = read_access_policy(path);
  if (!policy) return std::unexpected(policy.error());
  auto sink = hal::resolve_audit_sink(environment, (gates::artifact_root() / "replay/audit").string());
  if (!sink) return std::unexpected(sink.error().variable + ": " + sink.error().what);
  const auto answer = hal::ask_for_access(request_for(recording), *policy, gates::utc_now_ms(), sink->get());
  if (answer.decision.allowed) {
    redacted = true;
    return {};
  }
  // A request that cannot be audited leaves at least this trace, without what it held.
  if (answer.decision.deny_reason == "audit_event_invalid")
    static_cast<void>(complain("security: a malformed request for replay access was refused"));
  const std::string why = answer.error.empty() ? "" : " (" + answer.error + ")";
  return std::unexpected("`" + recording + "` may not be read: " + answer.decision.deny_reason + why +
                         "; the policy is `" + path + "`, who asks is said by " + std::string(variable_prefix) +
                         "TENANT_ID, PRINCIPAL_ID, ROLE and PURPOSE");
}

hal::ReaderOptions reader_options(const std::string& recording) {
  hal::ReaderOptions options{.redacted = redacted};
  namespace fs = std::filesystem;
  std::error_code error;
  fs::path folder = fs::weakly_canonical(recording, error);
  if (fs::is_regular_file(folder, error)) folder = folder.parent_path();
  // Whoever may not read the keys reads what is not sealed; `evidence verify` says how much that leaves out.
  if (auto keys = hal::read_board_keys((folder.parent_path() / "keys").string())) options.board_keys = *keys;
  return options;
}

}  // namespace phalarope::program
