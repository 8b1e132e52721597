// RecordingLevel and its way down: how much is recorded, and when less.
//
//   fill >= 80 % for 500 ms ─┐               fill >= 90 % for 500 ms ─┐
//   or export lag >= 2 s    ─┴▶ L2 ──▶ L1    or export lag >= 5 s    ─┴▶ L1 ──▶ L0       never L2 ──▶ L0, never up
//
// A raise is a person's wish (policy permission), allowed at a turn boundary after 10 s without pressure; it never
// happens by itself. Time is an argument, so equal pressure gives an equal path.
// Engine thread. Contract: evidence.md 1.9.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/engine/base/strong.hpp"
#include "core/engine/plan/turn_plan.hpp"

namespace phalarope {

// RecordingLevel itself (L0, L1, L2) is the plan's.
enum class DowngradeTrigger : std::uint8_t { queue_fill, export_lag, detail_overflow };
const char* name_of(RecordingLevel level) noexcept;
const char* name_of(DowngradeTrigger trigger) noexcept;

/// One step of policy `simple/v1`.
struct DowngradeStep {
  RecordingLevel from;
  RecordingLevel to;
  std::uint32_t fill_permille_min;
  Duration fill_hold;
  Duration export_lag_min;
};

constexpr std::array<DowngradeStep, 2> downgrade_steps = {{
    // from               to                  fill   hold                lag
    {RecordingLevel::L2, RecordingLevel::L1, 800, milliseconds(500), milliseconds(2000)},
    {RecordingLevel::L1, RecordingLevel::L0, 900, milliseconds(500), milliseconds(5000)},
}};
static_assert(downgrade_steps[0].to == downgrade_steps[1].from, "the way down has no gap and no skip");

/// Below both for the whole window, a raise is possible (evidence.md 1.9 [choice]).
constexpr std::uint32_t recovery_fill_permille_max = 500;
constexpr Duration recovery_lag_max = milliseconds(500);
constexpr Duration recovery_window = milliseconds(10'000);

/// The replay-visible marker of a step.
struct LevelChange {
  RecordingLevel old_level;
  RecordingLevel new_level;
  DowngradeTrigger trigger;
  Instant at;
};

enum class LevelRefusal : std::uint8_t {
  raise_not_permitted,
  not_at_turn_boundary,
  pressure_too_recent,
  skips_a_level
};
const char* name_of(LevelRefusal refusal) noexcept;

class LevelControl {
 public:
  explicit LevelControl(RecordingLevel level) noexcept : level_(level) {}

  RecordingLevel level() const noexcept { return level_; }

  /// One look at the pressure; at most one step down. `now` never goes back.
  std::optional<LevelChange> observe(Instant now, std::uint32_t fill_permille, Duration export_lag) noexcept;

  /// An automated request: the same level and one step down are accepted, everything else is refused.
  std::optional<LevelRefusal> request_automatic(RecordingLevel level) noexcept;
  /// A permitted person's request at a turn boundary; raises one step.
  std::optional<LevelRefusal> request_raise(RecordingLevel level, bool policy_permits, bool at_turn_boundary,
                                            Instant now) noexcept;

 private:
  void enter(RecordingLevel level) noexcept;

  RecordingLevel level_;
  std::optional<Instant> fill_high_since_;  // for the step out of level_
  std::optional<Instant> calm_since_;
};

}  // namespace phalarope
