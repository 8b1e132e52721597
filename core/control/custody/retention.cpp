#include "core/control/custody/retention.hpp"

#include <algorithm>

namespace phalarope::control {
namespace {

std::size_t index_of(PayloadClass payload_class) { return static_cast<std::size_t>(payload_class); }

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

std::optional<std::string> limit_problem(const RetentionPolicy& policy, PayloadClass payload_class, std::int64_t limit,
                                         std::string_view limit_name) {
  const std::string field = "max_retention_by_class_ms." + std::string(name_of(payload_class));
  const auto window = policy.max_retention_by_class_ms[index_of(payload_class)];
  if (!window) return field + " is required";
  if (*window > limit) return field + " exceeds " + std::string(limit_name);
  return std::nullopt;
}

bool is_matched(const DeletionScope& scope, const ArtifactRecord& record) {
  if (record.tenant_id != scope.tenant_id) return false;
  return scope.turn_id.empty() ? record.session_id == scope.session_id : record.turn_id == scope.turn_id;
}

}  // namespace

RetentionPolicy default_policy(std::string tenant_id) {
  RetentionPolicy policy{.tenant_id = std::move(tenant_id),
                         .default_retention_ms = default_retention_ms,
                         .pii_retention_limit_ms = default_pii_retention_ms,
                         .phi_retention_limit_ms = default_phi_retention_ms};
  policy.max_retention_by_class_ms.fill(default_retention_ms);
  policy.max_retention_by_class_ms[index_of(PayloadClass::PII)] = default_pii_retention_ms;
  policy.max_retention_by_class_ms[index_of(PayloadClass::PHI)] = default_phi_retention_ms;
  return policy;
}

std::optional<std::string> problem_of(const RetentionPolicy& policy) {
  if (is_blank(policy.tenant_id)) return "tenant_id is required";
  if (policy.default_retention_ms < 1) return "default_retention_ms must be at least 1";
  if (policy.pii_retention_limit_ms < 1) return "pii_retention_limit_ms must be at least 1";
  if (policy.phi_retention_limit_ms < 1) return "phi_retention_limit_ms must be at least 1";
  const auto& windows = policy.max_retention_by_class_ms;
  if (std::none_of(windows.begin(), windows.end(), [](const auto& window) { return window.has_value(); }))
    return "max_retention_by_class_ms is required";
  for (std::size_t i = 0; i < windows.size(); ++i) {
    if (windows[i] && *windows[i] < 1)
      return "max_retention_by_class_ms." + std::string(name_of(static_cast<PayloadClass>(i))) + " must be at least 1";
  }
  if (auto problem = limit_problem(policy, PayloadClass::PII, policy.pii_retention_limit_ms, "pii_retention_limit_ms"))
    return problem;
  return limit_problem(policy, PayloadClass::PHI, policy.phi_retention_limit_ms, "phi_retention_limit_ms");
}

std::int64_t window_ms(const RetentionPolicy& policy, PayloadClass payload_class) noexcept {
  return policy.max_retention_by_class_ms[index_of(payload_class)].value_or(policy.default_retention_ms);
}

std::optional<std::string> problem_of(const ArtifactRecord& record) {
  if (is_blank(record.artifact_id)) return "artifact_id is required";
  if (is_blank(record.tenant_id)) return "tenant_id is required";
  if (is_blank(record.session_id)) return "session_id is required";
  if (record.recorded_at_ms < 0) return "recorded_at_ms must not be negative";
  return std::nullopt;
}

bool is_expired(const RetentionPolicy& policy, PayloadClass payload_class, std::int64_t recorded_at_ms,
                std::int64_t now_ms) noexcept {
  return recorded_at_ms <= now_ms && now_ms - recorded_at_ms > window_ms(policy, payload_class);
}

SweepResult sweep(const RetentionPolicy& policy, std::int64_t now_ms, std::vector<ArtifactRecord>& records) {
  SweepResult result;
  std::erase_if(records, [&](const ArtifactRecord& record) {
    if (record.tenant_id != policy.tenant_id) return false;
    ++result.evaluated;
    if (record.state != ArtifactState::active) return false;
    if (!is_expired(policy, record.payload_class, record.recorded_at_ms, now_ms)) return false;
    ++result.deleted_by_class[index_of(record.payload_class)];
    return true;
  });
  for (const std::uint64_t count : result.deleted_by_class) result.deleted += count;
  result.expired = result.deleted;
  return result;
}

std::optional<DeletionMode> deletion_mode_named(std::string_view name) noexcept {
  if (name == "hard_delete") return DeletionMode::hard_delete;
  if (name == "crypto_inaccessible") return DeletionMode::crypto_inaccessible;
  return std::nullopt;
}

std::string_view name_of(DeletionMode mode) noexcept {
  return mode == DeletionMode::hard_delete ? "hard_delete" : "crypto_inaccessible";
}

std::optional<std::string> problem_of(const DeletionRequest& request) {
  if (is_blank(request.scope.tenant_id)) return "scope.tenant_id is required";
  if (is_blank(request.scope.session_id) == is_blank(request.scope.turn_id))
    return "scope needs exactly one of session_id and turn_id";
  if (is_blank(request.requested_by)) return "requested_by is required";
  if (request.requested_at_ms < 0) return "requested_at_ms must not be negative";
  return std::nullopt;
}

DeletionResult apply_deletion(const DeletionRequest& request, std::vector<ArtifactRecord>& records) {
  DeletionResult result{.scope = request.scope, .mode = request.mode};
  for (ArtifactRecord& record : records) {
    if (!is_matched(request.scope, record)) continue;
    ++result.matched;
    if (request.mode == DeletionMode::hard_delete || record.state != ArtifactState::active) continue;
    record.state = ArtifactState::cryptographically_inaccessible;
    ++result.made_inaccessible;
  }
  if (request.mode == DeletionMode::hard_delete) {
    result.deleted = std::erase_if(records, [&](const auto& record) { return is_matched(request.scope, record); });
  }
  return result;
}

std::string_view name_of(ReadRefusal refusal) noexcept {
  return refusal == ReadRefusal::not_found ? "not_found" : "cryptographically_inaccessible";
}

Result<ArtifactRecord, ReadRefusal> read(const std::vector<ArtifactRecord>& records, std::string_view tenant_id,
                                         std::string_view artifact_id) {
  const auto found = std::find_if(records.begin(), records.end(), [&](const ArtifactRecord& record) {
    return record.tenant_id == tenant_id && record.artifact_id == artifact_id;
  });
  if (found == records.end()) return refuse(ReadRefusal::not_found);
  if (found->state != ArtifactState::active) return refuse(ReadRefusal::cryptographically_inaccessible);
  return *found;
}

}  // namespace phalarope::control
