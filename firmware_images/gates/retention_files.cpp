#include "firmware_images/gates/retention_files.hpp"

#include <algorithm>

#include "firmware_images/gates/artifact_files.hpp"
#include "firmware_images/gates/json_reader.hpp"
#include "firmware_images/gates/report_text.hpp"
#include "firmware_images/gates/utc_time.hpp"

namespace phalarope::gates {
namespace {

using control::ArtifactRecord;
using control::RetentionPolicy;
using spec::JsonValue;

constexpr std::string_view default_policy_tenant = "retention-policy-default";
constexpr std::string_view state_active = "active";
constexpr std::string_view state_inaccessible = "cryptographically_inaccessible";

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

void integer_or_zero(JsonReader& read, std::string_view name, std::int64_t& target) {
  std::optional<std::int64_t> value;
  read.integer_or_absent(name, value);
  target = value.value_or(0);
}

RetentionPolicy read_policy(const JsonValue& value, const std::string& path, Problem& problem, Unknown unknown) {
  RetentionPolicy policy;
  JsonReader read(value, path, problem, unknown);
  read.text_or_absent("tenant_id", policy.tenant_id);
  // Absent is zero: which rule that breaks is judged later, by name.
  integer_or_zero(read, "default_retention_ms", policy.default_retention_ms);
  integer_or_zero(read, "pii_retention_limit_ms", policy.pii_retention_limit_ms);
  integer_or_zero(read, "phi_retention_limit_ms", policy.phi_retention_limit_ms);
  if (const JsonValue* const windows = read.object("max_retention_by_class_ms", false)) {
    for (const JsonValue& window : windows->members) {
      const auto payload_class = control::payload_class_named(window.name);
      if (!payload_class || !window.is(JsonValue::Kind::integer)) {
        const bool known = payload_class.has_value();
        read.refuse("max_retention_by_class_ms",
                    "`" + window.name + "` " + (known ? "is no integer" : "is no payload class"));
        continue;
      }
      policy.max_retention_by_class_ms[static_cast<std::size_t>(*payload_class)] = window.integer;
    }
  }
  read.finish();
  return policy;
}

/// Both policy members of a section; a tenant's key that is blank is told by `blank_key`.
RetentionPolicies read_policies(JsonReader& read, const std::string& path, Problem& problem, Unknown unknown,
                                bool& blank_key) {
  RetentionPolicies policies;
  const std::string below = path.empty() ? "" : path + ".";
  if (const JsonValue* const policy = read.object("default_policy", false)) {
    if (!policy->members.empty())
      policies.default_policy = read_policy(*policy, below + "default_policy", problem, unknown);
  }
  if (const JsonValue* const tenants = read.object("tenant_policies", false)) {
    for (const JsonValue& policy : tenants->members) {
      blank_key = blank_key || is_blank(policy.name);
      policies.by_tenant.emplace(policy.name,
                                 read_policy(policy, below + "tenant_policies." + policy.name, problem, unknown));
    }
  }
  return policies;
}

bool is_stale(const JsonValue& section) {
  const JsonValue* const stale = section.find("stale");
  return stale != nullptr && stale->is(JsonValue::Kind::boolean) && stale->boolean;
}

ArtifactRecord read_record(const JsonValue& value, const std::string& path, Problem& problem) {
  ArtifactRecord record;
  JsonReader read(value, path, problem);
  read.text("artifact_id", record.artifact_id);
  read.text("tenant_id", record.tenant_id);
  read.text("session_id", record.session_id);
  read.text_or_absent("turn_id", record.turn_id);
  std::string payload_class;
  read.text("payload_class", payload_class);
  if (const auto named = control::payload_class_named(payload_class)) {
    record.payload_class = *named;
  } else if (read.sound()) {
    read.refuse("payload_class", "`" + payload_class + "` is no payload class");
  }
  read.integer("recorded_at_ms", record.recorded_at_ms);
  std::string state;
  read.text_or_absent("state", state);
  if (state == state_inaccessible) {
    record.state = control::ArtifactState::cryptographically_inaccessible;
  } else if (!state.empty() && state != state_active) {
    read.refuse("state", "`" + state + "` is neither active nor cryptographically_inaccessible");
  }
  read.finish();
  if (const auto wrong = control::problem_of(record); wrong && read.sound()) read.refuse("", *wrong);
  return record;
}

}  // namespace

std::expected<RetentionPolicy, RetentionError> RetentionPolicies::for_tenant(const std::string& tenant) const {
  const auto own = by_tenant.find(tenant);
  if (own == by_tenant.end() && !default_policy) {
    return std::unexpected(RetentionError{"RETENTION_POLICY_ARTIFACT_INVALID", "no policy is for tenant " + tenant});
  }
  RetentionPolicy policy = own == by_tenant.end() ? *default_policy : own->second;
  if (own == by_tenant.end() || is_blank(policy.tenant_id)) policy.tenant_id = tenant;
  if (policy.tenant_id != tenant) {
    return std::unexpected(RetentionError{"RETENTION_POLICY_TENANT_MISMATCH",
                                          "the policy of tenant " + tenant + " names tenant " + policy.tenant_id});
  }
  if (const auto problem = control::problem_of(policy))
    return std::unexpected(RetentionError{"RETENTION_POLICY_VALIDATION_ERROR", "tenant " + tenant + ": " + *problem});
  return policy;
}

std::expected<RetentionPolicies, RetentionError> read_policy_artifact(std::string_view text) {
  const auto refused = [](std::string_view code, std::string what) {
    return std::unexpected(RetentionError{std::string(code), std::move(what)});
  };
  const auto document = spec::parse_strict_json(text);
  if (is_blank(text)) return refused("RETENTION_POLICY_ARTIFACT_INVALID", "the file is empty");
  if (!document) return refused("RETENTION_POLICY_DECODE_ERROR", document.error());
  Problem problem;
  JsonReader read(*document, "", problem);
  bool blank_key = false;
  RetentionPolicies policies = read_policies(read, "", problem, Unknown::refused, blank_key);
  read.finish();
  if (problem.stands()) return refused("RETENTION_POLICY_DECODE_ERROR", problem.text());
  if (blank_key) return refused("RETENTION_POLICY_ARTIFACT_INVALID", "a key of tenant_policies is blank");
  if (!policies.default_policy && policies.by_tenant.empty())
    return refused("RETENTION_POLICY_ARTIFACT_INVALID", "neither default_policy nor tenant_policies is given");
  if (policies.default_policy && is_blank(policies.default_policy->tenant_id))
    policies.default_policy->tenant_id = default_policy_tenant;
  for (const auto& [tenant, policy] : policies.by_tenant) {
    if (const auto judged = policies.for_tenant(tenant); !judged) return std::unexpected(judged.error());
  }
  if (policies.default_policy) {
    if (const auto wrong = control::problem_of(*policies.default_policy))
      return refused("RETENTION_POLICY_VALIDATION_ERROR", "default_policy: " + *wrong);
  }
  return policies;
}

std::expected<RetentionPolicies, RetentionError> read_snapshot_retention(std::string_view text) {
  const auto refused = [](std::string_view code, std::string what) {
    return std::unexpected(RetentionError{std::string(code), std::move(what)});
  };
  const auto document = spec::parse_strict_json(text);
  if (!document) return refused("artifact_decode_failed", document.error());
  if (!document->is(JsonValue::Kind::object)) return refused("artifact_decode_failed", "it is no JSON object");
  const JsonValue* const schema = document->find("schema_version");
  if (schema == nullptr || schema->text != "cp-snapshot-distribution/v1")
    return refused("artifact_invalid", "schema_version is not cp-snapshot-distribution/v1");
  const JsonValue* const section = document->find("retention");
  if (is_stale(*document) || (section != nullptr && is_stale(*section)))
    return refused("snapshot_stale", "the snapshot says that it is stale");
  if (section == nullptr || !section->is(JsonValue::Kind::object))
    return refused("snapshot_missing", "it has no section retention");
  Problem problem;
  JsonReader read(*section, "retention", problem, Unknown::passed_over);
  bool blank_key = false;
  RetentionPolicies policies = read_policies(read, "retention", problem, Unknown::passed_over, blank_key);
  if (problem.stands()) return refused("artifact_decode_failed", problem.text());
  if (blank_key) return refused("artifact_invalid", "a key of retention.tenant_policies is blank");
  if (!policies.default_policy && policies.by_tenant.empty())
    return refused("snapshot_missing", "retention holds neither default_policy nor tenant_policies");
  return policies;
}

std::expected<std::vector<ArtifactRecord>, std::string> read_retention_store(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::vector<ArtifactRecord>{};
  const auto text = read_file(path);
  if (!text) return std::unexpected(text.error());
  if (is_blank(*text)) return std::vector<ArtifactRecord>{};
  const auto document = spec::parse_strict_json(*text);
  if (!document) return std::unexpected("`" + path.string() + "`: " + document.error());
  std::vector<ArtifactRecord> records;
  Problem problem;
  JsonReader read(*document, "", problem);
  std::string generated_at;
  read.text_or_absent("generated_at_utc", generated_at);
  read.each("records", 0,
            [&](const JsonValue& item, const std::string& at) { records.push_back(read_record(item, at, problem)); });
  read.finish();
  if (problem.stands()) return std::unexpected("`" + path.string() + "`: " + problem.text());
  return records;
}

std::string retention_store_json(const std::vector<ArtifactRecord>& records, std::int64_t now_utc_ms) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const ArtifactRecord& record : records) {
    nlohmann::ordered_json item = {
        {"artifact_id", record.artifact_id}, {"tenant_id", record.tenant_id}, {"session_id", record.session_id}};
    if (!record.turn_id.empty()) item["turn_id"] = record.turn_id;
    item["payload_class"] = control::name_of(record.payload_class);
    item["recorded_at_ms"] = record.recorded_at_ms;
    item["state"] = record.state == control::ArtifactState::active ? state_active : state_inaccessible;
    list.push_back(std::move(item));
  }
  return as_document({{"generated_at_utc", utc_text(now_utc_ms)}, {"records", std::move(list)}});
}

}  // namespace phalarope::gates
