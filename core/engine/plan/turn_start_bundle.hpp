// The turn-start bundle: what nine sources of the control plane say about one turn, settled into one plan template.
//
//   registry ▶ normalizer ▶ rollout ▶ graph compiler ▶ routing view ▶ provider health ▶ policy ▶ lease ▶ admission
//      │           │            └───────────┬────────────────┴───────────────┴────────────┘         │        │
//      └ profile must be `simple`           ▼ versions, graph, surfaces, six snapshots              ▼        ▼
//                                     PlanTemplate ──prepare()/materialize()──▶ plan          BundleDecisions (G6, G7)
//
// A source that supplies nothing gives its default (runtime.md 4.1). A stale source fails the bundle in any mode; one
// that fails otherwise fails it in `strict` mode and gives its default in `availability` mode, and is then listed.
// Invariants. (1) Sources are judged in the order above; the first failure is the answer and `out` is untouched.
// (2) The template has six surfaces or none: gaps of the policy's are filled from 4.4. (3) Equal inputs, equal bundle:
// the wall time is an argument. (4) Nothing here allocates or asks a source; they have answered before.
// Pure; engine thread at G5, or any thread before. Not here: fetching and caching the answers (core/control).
// Contract: runtime.md 4.1, 2.4 (G5-G7); control-plane.md 4.1, 5.1, 10; OPN-1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/engine/base/result.hpp"
#include "core/engine/plan/turn_plan.hpp"
#include "core/engine/turn/gates.hpp"

namespace phalarope {

enum class BundleSource : std::uint8_t {
  registry,
  normalizer,
  rollout,
  graph_compiler,
  routing_view,
  provider_health,
  policy,
  lease,
  admission
};
constexpr std::size_t bundle_source_count = 9;

/// How a source answered. `answered` with empty members: it had nothing to say about them.
enum class SourceState : std::uint8_t { answered, failed, stale };
enum class FallbackMode : std::uint8_t { availability, strict };

enum class BundleFault : std::uint8_t {
  request_incomplete,
  source_stale,
  source_failed,
  profile_unsupported,
  surface_invalid,
  text_too_long
};
constexpr std::size_t bundle_fault_count = 6;
struct BundleFaultText {
  BundleFault fault;
  std::string_view id;
  std::string_view sentence;
};
const BundleFaultText& describe(BundleFault fault) noexcept;

struct BundleFailure {
  BundleSource source = BundleSource::registry;
  BundleFault fault = BundleFault::request_incomplete;
  constexpr bool operator==(const BundleFailure&) const noexcept = default;
};

struct TurnStartRequest {
  std::string_view tenant_id;   // empty: none is known
  std::string_view session_id;  // required
  std::string_view pipeline_version;
  Epoch authority_epoch{};
  WallTime now{};
};

struct RegistryAnswer {
  SourceState state = SourceState::answered;
  Name pipeline_version;
  PlanReference graph_definition_ref;
  Name execution_profile;
};
struct RolloutAnswer {
  SourceState state = SourceState::answered;
  Name pipeline_version;
  PlanReference version_resolution_snapshot;
};
struct GraphCompilerAnswer {
  SourceState state = SourceState::answered;
  PlanReference graph_definition_ref;
  PlanReference graph_fingerprint;
};
struct RoutingAnswer {
  SourceState state = SourceState::answered;
  PlanReference routing_view_snapshot;
  PlanReference admission_policy_snapshot;
  PlanReference abi_compatibility_snapshot;
};
struct HealthAnswer {
  SourceState state = SourceState::answered;
  PlanReference provider_health_snapshot;
};
struct PolicyAnswer {
  SourceState state = SourceState::answered;
  PlanReference policy_resolution_snapshot;
  std::span<const std::string_view> adaptive_actions;  // words as received; outlive the call
  PlanSurfaces surfaces;                               // any subset; `supplied` says what emptiness does not
  SuppliedSurfaces supplied;
};
struct LeaseAnswer {
  SourceState state = SourceState::answered;
  std::optional<Epoch> epoch;
  std::optional<bool> valid;
  std::optional<bool> granted;
  Name token_id;
  std::optional<WallTime> expires_at;  // nothing: absent, or not readable as RFC 3339
};
/// An observed rate above a limit that is positive rejects.
struct QuotaRate {
  std::int64_t observed_per_minute = 0;
  std::int64_t limit_per_minute = 0;
};
struct AdmissionAnswer {
  SourceState state = SourceState::answered;
  std::string_view outcome_kind;  // empty: admit; unknown: reject
  std::string_view scope;         // empty: tenant if one is known, else session
  Reason reason = Reason::none;   // none: the kind's own
  QuotaRate sessions;
  QuotaRate tokens;
};
struct TurnStartSources {
  RegistryAnswer registry;
  RolloutAnswer rollout;
  GraphCompilerAnswer graph_compiler;
  RoutingAnswer routing_view;
  HealthAnswer provider_health;
  PolicyAnswer policy;
  LeaseAnswer lease;
  AdmissionAnswer admission;
};

// `graph-fingerprint/` with a version, a graph and a profile of full length.
constexpr std::size_t graph_fingerprint_bytes_max = 20 + 2 * name_bytes_max + plan_reference_bytes_max;
constexpr Duration lease_life_default = milliseconds(5 * 60 * 1000);

struct TurnStartBundle {
  PlanTemplate plan;
  FixedString<graph_fingerprint_bytes_max> graph_fingerprint;
  BundleDecisions decisions;
  Name lease_token_id;
  WallTime lease_expires_at{};
  FixedVector<BundleSource, bundle_source_count> defaulted;  // failed sources replaced by their defaults (FBK-2)
};

/// Settles the sources' answers into `out`, or names the first source that stands in the way.
Result<void, BundleFailure> resolve_turn_start(const TurnStartRequest& request, const TurnStartSources& sources,
                                               FallbackMode mode, TurnStartBundle& out) noexcept;

}  // namespace phalarope
