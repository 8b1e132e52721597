// Materialisation of a turn's plan. See materialize.hpp.
#include "core/engine/plan/materialize.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <span>

#include "core/engine/base/enforce.hpp"
#include "core/engine/base/sha256.hpp"
#include "core/engine/plan/plan_names.hpp"
#include "core/engine/plan/surface_rules.hpp"
#include "core/engine/plan/white_space.hpp"

namespace phalarope {

namespace {

constexpr std::array<PlanFailureText, plan_failure_count> failure_table = {{
    {PlanFailure::missing_required, "missing_required",
     "The turn id, a version, the profile, the action list or a snapshot reference is missing.",
     "whoever opens the turn"},
    {PlanFailure::incomplete_overrides, "incomplete_overrides",
     "Some but not all six policy surfaces are supplied; supply all of them or none.", "whoever wrote the pipeline"},
    {PlanFailure::invalid_surface, "invalid_surface", "A supplied policy surface breaks its rules.",
     "whoever wrote the pipeline"},
    {PlanFailure::unsupported_profile, "unsupported_profile",
     "Without overrides the execution profile must be simple or simple/v1.", "whoever wrote the pipeline"},
    {PlanFailure::invalid_plan, "invalid_plan",
     "The plan breaks a rule outside its surfaces, is larger than its bounds, or has no seed.",
     "whoever opens the turn"},
}};

consteval bool failure_table_is_in_order() {
  for (std::size_t i = 0; i < failure_table.size(); ++i) {
    if (static_cast<std::size_t>(failure_table[i].failure) != i) return false;
  }
  return true;
}
static_assert(failure_table_is_in_order());

/// Copies a text the source of which is known to fit.
template <std::size_t bytes_max>
void set(FixedString<bytes_max>& target, std::string_view text) noexcept {
  PHAL_ENFORCE(target.assign(text), "a constant or already bounded text fits its field");
}

bool snapshots_are_complete(const SnapshotProvenance& snapshots) noexcept {
  return !snapshots.routing_view_snapshot.empty() && !snapshots.admission_policy_snapshot.empty() &&
         !snapshots.abi_compatibility_snapshot.empty() && !snapshots.version_resolution_snapshot.empty() &&
         !snapshots.policy_resolution_snapshot.empty() && !snapshots.provider_health_snapshot.empty();
}

/// Rule 1, but for the turn id.
bool required_is_present(const PlanTemplate& source, std::string_view profile) noexcept {
  return !source.pipeline_version.empty() && !source.graph_definition_ref.empty() && !profile.empty() &&
         source.adaptive_actions_present && snapshots_are_complete(source.snapshot_provenance);
}

constexpr std::size_t surface_count = 6;

std::size_t count_supplied(const PlanTemplate& source) noexcept {
  const std::array<bool, surface_count> supplied = {
      source.overrides.budgets != Budgets{},
      !source.overrides.provider_bindings.empty(),
      !source.overrides.edge_buffer_policies.empty(),
      source.supplied.node_execution_policies || !source.overrides.node_execution_policies.empty(),
      source.supplied.flow_control,
      source.supplied.recording_policy};
  std::size_t count = 0;
  for (const bool one : supplied) count += one ? 1 : 0;
  return count;
}

void fill_determinism(Determinism& determinism) noexcept {
  for (const std::string_view marker : {"runtime_sequence", "event_id"}) {
    Name name;
    set(name, marker);
    PHAL_ENFORCE(determinism.ordering_markers.push_back(name), "two markers fit");
  }
  set(determinism.merge_rule_id, "default-merge-rule");
  set(determinism.merge_rule_version, "v1.0.0");
  NondeterministicInput input;
  set(input.input_key, "plan_hash");
  PHAL_ENFORCE(determinism.nondeterministic_inputs.push_back(input), "one input fits");
}

void fill_plan(const PlanTemplate& source, std::string_view profile, const PlanSurfaces& surfaces,
               ResolvedTurnPlan& plan) noexcept {
  plan = ResolvedTurnPlan{};
  plan.pipeline_version = source.pipeline_version;
  plan.graph_definition_ref = source.graph_definition_ref;
  set(plan.execution_profile, profile);
  plan.budgets = surfaces.budgets;
  plan.provider_bindings = surfaces.provider_bindings;
  plan.edge_buffer_policies = surfaces.edge_buffer_policies;
  plan.node_execution_policies = surfaces.node_execution_policies;
  plan.flow_control = surfaces.flow_control;
  plan.allowed_adaptive_actions = source.allowed_adaptive_actions;
  plan.snapshot_provenance = source.snapshot_provenance;
  plan.recording_policy = surfaces.recording_policy;
  fill_determinism(plan.determinism);
}

}  // namespace

const PlanFailureText& describe(PlanFailure failure) noexcept {
  const auto at = static_cast<std::size_t>(failure);
  PHAL_ENFORCE(at < failure_table.size(), "a plan failure has a row in its table");
  return failure_table[at];
}

Result<void, PlanFailure> prepare(const PlanTemplate& source, PreparedPlan& out) noexcept {
  const std::string_view profile = trim_white_space(source.execution_profile.view());
  if (!required_is_present(source, profile)) return refuse(PlanFailure::missing_required);
  const std::size_t supplied = count_supplied(source);
  if (supplied != 0 && supplied != surface_count) return refuse(PlanFailure::incomplete_overrides);
  const bool overridden = supplied == surface_count;
  if (overridden && !is_valid(source.overrides)) return refuse(PlanFailure::invalid_surface);
  if (!overridden && profile != "simple" && profile != "simple/v1") return refuse(PlanFailure::unsupported_profile);
  if (!is_valid(source.allowed_adaptive_actions)) return refuse(PlanFailure::invalid_plan);

  PreparedPlan& prepared = out;
  fill_plan(source, profile, overridden ? source.overrides : simple_v1_surfaces(), prepared.plan);
  // The text is rendered into scratch and copied, so that `head` and `tail` are valid FixedStrings at every moment.
  std::array<char, hash_tail_bytes_max> scratch;
  HashTextWriter head{std::span<char>(scratch).first<hash_head_bytes_max>()};
  write_hash_head(prepared.plan, head);
  PHAL_ENFORCE(!head.overflowed() && prepared.head.assign(head.text()), "the head's bound covers its worst case");
  HashTextWriter tail(scratch);
  write_hash_tail(prepared.plan, tail);
  if (tail.overflowed()) return refuse(PlanFailure::invalid_plan);
  PHAL_ENFORCE(prepared.tail.assign(tail.text()), "the scratch is as large as the tail");
  return {};
}

Result<std::int64_t, PlanFailure> issue_seed(std::string_view plan_hash, Epoch epoch) noexcept {
  constexpr std::size_t seed_text_bytes_max = plan_hash_bytes + 1 + 20;  // hash, bar, decimal epoch
  std::array<char, seed_text_bytes_max> text;
  HashTextWriter writer(text);
  if (plan_hash.empty() || epoch.value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return refuse(PlanFailure::invalid_plan);
  }
  writer.raw(plan_hash);
  writer.raw("|");
  writer.integer(static_cast<std::int64_t>(epoch.value));
  if (writer.overflowed()) return refuse(PlanFailure::invalid_plan);

  constexpr std::size_t seed_bytes = 8;
  const Sha256Digest digest = sha256(writer.text());
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < seed_bytes; ++i) bits = (bits << 8) | digest[i];
  const auto seed = static_cast<std::int64_t>(bits);
  if (seed == std::numeric_limits<std::int64_t>::min()) return refuse(PlanFailure::invalid_plan);
  return seed < 0 ? -seed : seed;
}

Result<void, PlanFailure> materialize(const PreparedPlan& prepared, std::string_view turn_id, Epoch epoch,
                                      ResolvedTurnPlan& out) noexcept {
  PHAL_ASSERT(!prepared.tail.empty(), "materialize is given a plan that prepare() accepted");
  if (turn_id.empty()) return refuse(PlanFailure::missing_required);
  if (turn_id.size() > turn_id_bytes_max) return refuse(PlanFailure::invalid_plan);
  if (epoch.value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return refuse(PlanFailure::invalid_plan);
  }

  std::array<char, hash_text_bytes_max> buffer;
  HashTextWriter text(buffer);
  text.raw("{\"TurnID\":");
  text.string(turn_id);
  text.raw(prepared.head.view());
  text.integer(static_cast<std::int64_t>(epoch.value));
  text.raw(prepared.tail.view());
  PHAL_ENFORCE(!text.overflowed(), "the hash text's bound is the sum of its parts' bounds");

  const Sha256Hex hex = to_hex(sha256(text.text()));
  const std::string_view plan_hash(hex.data(), hex.size());
  const auto seed = issue_seed(plan_hash, epoch);
  if (!seed) return refuse(seed.error());

  out = prepared.plan;
  set(out.turn_id, turn_id);
  set(out.plan_hash, plan_hash);
  out.authority_epoch = epoch;
  out.determinism.seed = *seed;
  set(out.determinism.nondeterministic_inputs[0].evidence_ref, plan_hash);
  return {};
}

Result<void, PlanFailure> materialize(const PlanTemplate& source, std::string_view turn_id, Epoch epoch,
                                      ResolvedTurnPlan& out) noexcept {
  if (turn_id.empty()) return refuse(PlanFailure::missing_required);
  PreparedPlan prepared;
  if (const auto ready = prepare(source, prepared); !ready) return ready;
  return materialize(prepared, turn_id, epoch, out);
}

}  // namespace phalarope
