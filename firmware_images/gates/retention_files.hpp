// Retention on paper: policies and the store of artifact records, as JSON people and other machines write them.
//
//   policy file   {default_policy?, tenant_policies?{tenant: policy}}     strict: an unknown field is a decode error
//   snapshot      cp-snapshot-distribution/v1, section `retention`        unknown fields pass (control-plane.md DST-1)
//   store         {generated_at_utc, records[]}
//
// Errors carry the contract's code. Pure but for the store's two functions. Contract: evidence.md 1A.3, 1A.4.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/control/custody/retention.hpp"

namespace phalarope::gates {

struct RetentionError {
  std::string code;  // RETENTION_POLICY_DECODE_ERROR, snapshot_stale, ...
  std::string what;
  std::string text() const { return code + ": " + what; }
};

/// A default for whoever has none of his own, and tenants that have.
struct RetentionPolicies {
  std::optional<control::RetentionPolicy> default_policy;
  std::map<std::string, control::RetentionPolicy> by_tenant;

  /// The tenant's own, else the default under the tenant's name; validated.
  std::expected<control::RetentionPolicy, RetentionError> for_tenant(const std::string& tenant) const;
};

/// The text of an explicit policy file.
std::expected<RetentionPolicies, RetentionError> read_policy_artifact(std::string_view text);

/// The retention section of a snapshot document; codes are the control plane's (control-plane.md 9.2).
std::expected<RetentionPolicies, RetentionError> read_snapshot_retention(std::string_view text);

/// A missing or empty file is an empty store.
std::expected<std::vector<control::ArtifactRecord>, std::string> read_retention_store(
    const std::filesystem::path& path);
std::string retention_store_json(const std::vector<control::ArtifactRecord>& records, std::int64_t now_utc_ms);

}  // namespace phalarope::gates
