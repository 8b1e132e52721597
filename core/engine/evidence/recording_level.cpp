#include "core/engine/evidence/recording_level.hpp"

#include "core/engine/base/enforce.hpp"

namespace phalarope {
namespace {

constexpr int rank(RecordingLevel level) noexcept { return static_cast<int>(level); }
static_assert(rank(RecordingLevel::L0) < rank(RecordingLevel::L1) &&
              rank(RecordingLevel::L1) < rank(RecordingLevel::L2));

constexpr const DowngradeStep* step_out_of(RecordingLevel level) noexcept {
  for (const DowngradeStep& step : downgrade_steps) {
    if (step.from == level) return &step;
  }
  return nullptr;
}
static_assert(step_out_of(RecordingLevel::L0) == nullptr, "below L0 there is nothing to give up");

}  // namespace

const char* name_of(RecordingLevel level) noexcept {
  switch (level) {
    case RecordingLevel::L0:
      return "L0";
    case RecordingLevel::L1:
      return "L1";
    case RecordingLevel::L2:
      return "L2";
  }
  return "?";
}

const char* name_of(DowngradeTrigger trigger) noexcept {
  switch (trigger) {
    case DowngradeTrigger::queue_fill:
      return "queue_fill";
    case DowngradeTrigger::export_lag:
      return "export_lag";
    case DowngradeTrigger::detail_overflow:
      return "detail_overflow";
  }
  return "?";
}

const char* name_of(LevelRefusal refusal) noexcept {
  switch (refusal) {
    case LevelRefusal::raise_not_permitted:
      return "raise_not_permitted";
    case LevelRefusal::not_at_turn_boundary:
      return "not_at_turn_boundary";
    case LevelRefusal::pressure_too_recent:
      return "pressure_too_recent";
    case LevelRefusal::skips_a_level:
      return "skips_a_level";
  }
  return "?";
}

void LevelControl::enter(RecordingLevel level) noexcept {
  level_ = level;
  fill_high_since_.reset();
  calm_since_.reset();
}

std::optional<LevelChange> LevelControl::observe(Instant now, std::uint32_t fill_permille,
                                                 Duration export_lag) noexcept {
  const bool calm = fill_permille < recovery_fill_permille_max && export_lag < recovery_lag_max;
  if (!calm) {
    calm_since_.reset();
  } else if (!calm_since_) {
    calm_since_ = now;
  }
  const DowngradeStep* const step = step_out_of(level_);
  if (step == nullptr) return std::nullopt;
  if (fill_permille < step->fill_permille_min) {
    fill_high_since_.reset();
  } else if (!fill_high_since_) {
    fill_high_since_ = now;
  }
  const bool fill_held = fill_high_since_ && now - *fill_high_since_ >= step->fill_hold;
  const bool lagging = export_lag >= step->export_lag_min;
  if (!fill_held && !lagging) return std::nullopt;
  // Both at once count as the fill: it is what the engine itself can lose records by.
  const LevelChange change{level_, step->to, fill_held ? DowngradeTrigger::queue_fill : DowngradeTrigger::export_lag,
                           now};
  PHAL_ENFORCE(rank(change.new_level) == rank(change.old_level) - 1,
               "the recording level goes down one step at a time");
  enter(step->to);
  return change;
}

std::optional<LevelRefusal> LevelControl::request_automatic(RecordingLevel level) noexcept {
  if (level == level_) return std::nullopt;
  if (rank(level) > rank(level_)) return LevelRefusal::raise_not_permitted;
  if (rank(level) < rank(level_) - 1) return LevelRefusal::skips_a_level;
  enter(level);
  return std::nullopt;
}

std::optional<LevelRefusal> LevelControl::request_raise(RecordingLevel level, bool policy_permits,
                                                        bool at_turn_boundary, Instant now) noexcept {
  if (!policy_permits) return LevelRefusal::raise_not_permitted;
  if (!at_turn_boundary) return LevelRefusal::not_at_turn_boundary;
  if (rank(level) != rank(level_) + 1) return LevelRefusal::skips_a_level;
  if (!calm_since_ || now - *calm_since_ < recovery_window) return LevelRefusal::pressure_too_recent;
  enter(level);
  return std::nullopt;
}

}  // namespace phalarope
