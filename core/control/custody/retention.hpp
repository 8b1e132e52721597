// How long a recorded artifact is kept, what a sweep takes away, and what a deletion does.
//
//   active ──── age > window of its class ───▶ swept: gone
//     │
//     ├─ delete hard_delete ───────────────▶ gone
//     └─ delete crypto_inaccessible ───────▶ cryptographically_inaccessible: the record stays, every read fails
//
// Age is strictly greater than the window; what was recorded in the future is never old. Only the policy's tenant is
// looked at. Pure; time is an argument. Contract: evidence.md 1A.3.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/control/custody/redaction.hpp"

namespace phalarope::control {

constexpr std::int64_t day_ms = 86'400'000;
constexpr std::int64_t default_retention_ms = 30 * day_ms;
constexpr std::int64_t default_pii_retention_ms = 7 * day_ms;
constexpr std::int64_t default_phi_retention_ms = day_ms;

using ClassWindows = std::array<std::optional<std::int64_t>, payload_class_count>;
using ClassCounts = std::array<std::uint64_t, payload_class_count>;

struct RetentionPolicy {
  std::string tenant_id;
  std::int64_t default_retention_ms = 0;
  std::int64_t pii_retention_limit_ms = 0;
  std::int64_t phi_retention_limit_ms = 0;
  ClassWindows max_retention_by_class_ms{};  // a class that is not in it takes the default
  bool operator==(const RetentionPolicy&) const = default;
};

RetentionPolicy default_policy(std::string tenant_id);
/// The first rule it breaks, as a sentence that names the field.
std::optional<std::string> problem_of(const RetentionPolicy& policy);
std::int64_t window_ms(const RetentionPolicy& policy, PayloadClass payload_class) noexcept;

enum class ArtifactState : std::uint8_t { active, cryptographically_inaccessible };

struct ArtifactRecord {
  std::string artifact_id;
  std::string tenant_id;
  std::string session_id{};
  std::string turn_id{};  // may be empty
  PayloadClass payload_class = PayloadClass::metadata;
  std::int64_t recorded_at_ms = 0;
  ArtifactState state = ArtifactState::active;
  bool operator==(const ArtifactRecord&) const = default;
};
std::optional<std::string> problem_of(const ArtifactRecord& record);

bool is_expired(const RetentionPolicy& policy, PayloadClass payload_class, std::int64_t recorded_at_ms,
                std::int64_t now_ms) noexcept;

struct SweepResult {
  std::uint64_t evaluated = 0;
  std::uint64_t expired = 0;
  std::uint64_t deleted = 0;
  ClassCounts deleted_by_class{};
};
/// Takes what is expired out of `records`.
SweepResult sweep(const RetentionPolicy& policy, std::int64_t now_ms, std::vector<ArtifactRecord>& records);

enum class DeletionMode : std::uint8_t { hard_delete, crypto_inaccessible };
std::optional<DeletionMode> deletion_mode_named(std::string_view name) noexcept;
std::string_view name_of(DeletionMode mode) noexcept;

struct DeletionScope {
  std::string tenant_id;
  std::string session_id{};  // exactly one of these two
  std::string turn_id{};
};
struct DeletionRequest {
  DeletionScope scope;
  DeletionMode mode = DeletionMode::hard_delete;
  std::string requested_by{};
  std::string reason{};
  std::int64_t requested_at_ms = 0;
};
std::optional<std::string> problem_of(const DeletionRequest& request);

struct DeletionResult {
  DeletionScope scope;
  DeletionMode mode = DeletionMode::hard_delete;
  std::uint64_t matched = 0;
  std::uint64_t deleted = 0;
  std::uint64_t made_inaccessible = 0;  // newly
};
/// `request` has no problem.
DeletionResult apply_deletion(const DeletionRequest& request, std::vector<ArtifactRecord>& records);

enum class ReadRefusal : std::uint8_t { not_found, cryptographically_inaccessible };
std::string_view name_of(ReadRefusal refusal) noexcept;
/// The record, or why it cannot be read; of another tenant's nothing is told.
Result<ArtifactRecord, ReadRefusal> read(const std::vector<ArtifactRecord>& records, std::string_view tenant_id,
                                         std::string_view artifact_id);

}  // namespace phalarope::control
