// Materialisation: the one moment at which a turn's plan is frozen.
//
//   PlanTemplate ──prepare()──▶ PreparedPlan           once per pipeline: checks rules 1-3, settles the surfaces,
//                                  │                   renders all hash text that no turn changes
//                                  ▼ materialize(turn_id, epoch)          at each turn open, inside step
//                           ResolvedTurnPlan           rule 1 (turn id), hash, seed, rule 4
//
//   hash text = {"TurnID":<turn id> + head (versions, profile) + <epoch> + tail (everything else)
//
// Invariants. (1) Equal inputs give equal plans, bit for bit (I8). (2) A failure writes nothing to `out`. (3) The
// first cause in the order of `PlanFailure` is named. (4) No allocation, no clock, no state but the arguments.
// Engine thread (materialize); any thread before the engine starts (prepare).
// Not here: defaults of the turn-start bundle (turn_start_bundle.hpp), settled before a template exists.
// Contract: runtime.md 4.2, 4.3, 4.4, 9.1; cli-conformance.md 3; I1, I8, I10.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/engine/base/fixed_string.hpp"
#include "core/engine/base/result.hpp"
#include "core/engine/plan/hash_text.hpp"
#include "core/engine/plan/turn_plan.hpp"

namespace phalarope {

/// Why no plan exists, in the order in which causes are looked for.
enum class PlanFailure : std::uint8_t {
  missing_required,
  incomplete_overrides,
  invalid_surface,
  unsupported_profile,
  invalid_plan,
};
constexpr std::size_t plan_failure_count = 5;

struct PlanFailureText {
  PlanFailure failure;
  std::string_view id;
  std::string_view sentence;
  std::string_view who_can_act;
};
const PlanFailureText& describe(PlanFailure failure) noexcept;

/// A template that has passed rules 1-3, with its unchanging hash text. Built by prepare() only.
struct PreparedPlan {
  ResolvedTurnPlan plan;  // everything but turn_id, authority_epoch, plan_hash, seed and its evidence
  FixedString<hash_head_bytes_max> head;
  FixedString<hash_tail_bytes_max> tail;
};

Result<void, PlanFailure> prepare(const PlanTemplate& source, PreparedPlan& out) noexcept;

/// Freezes one turn's plan; at most one SHA-256 over the hash text and one over the seed text.
Result<void, PlanFailure> materialize(const PreparedPlan& prepared, std::string_view turn_id, Epoch epoch,
                                      ResolvedTurnPlan& out) noexcept;

/// Both steps at once, for callers that keep no PreparedPlan; takes about 120 KiB of stack.
Result<void, PlanFailure> materialize(const PlanTemplate& source, std::string_view turn_id, Epoch epoch,
                                      ResolvedTurnPlan& out) noexcept;

/// The six surfaces of the built-in execution profile simple/v1 (4.4).
const PlanSurfaces& simple_v1_surfaces() noexcept;

/// A template with the snapshots, versions and actions a board uses when nothing else is resolved (4.1 defaults).
PlanTemplate default_plan_template() noexcept;

/// seed of 9.1; refused for an empty hash and for the one value that has no negation.
Result<std::int64_t, PlanFailure> issue_seed(std::string_view plan_hash, Epoch epoch) noexcept;

}  // namespace phalarope
