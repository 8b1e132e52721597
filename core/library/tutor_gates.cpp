// The gates between the blocks of a run, and what is done when one fails. See tutor_run.hpp.
//
//   judge(gate) ─ pass, not_applicable ─▶ go on
//               └ fail ─▶ each failure action of the chain, in its order ─▶ judge again ─ fail ─▶ closed as
//               gate_unsatisfied
#include <algorithm>

#include "core/library/retrieval_safety.hpp"
#include "core/library/text_tools.hpp"
#include "core/library/tutor_run.hpp"

namespace phalarope::library {
namespace {

constexpr int calibrate_items_min = 5;

struct Substitutes {
  std::string_view error;
  std::array<std::string_view, 2> methods;
};
/// Contract 1; the dominant error of the run names two methods.
constexpr std::array<Substitutes, 7> substitutes = {{{"Recall", {"M-RET-001", "M-RET-007"}},
                                                     {"Confusion", {"M-ENC-010", "M-INT-004"}},
                                                     {"Rule", {"M-REF-003", "M-REF-004"}},
                                                     {"Representation", {"M-PRE-008", "M-REF-003"}},
                                                     {"Procedure", {"M-RET-006", "M-RET-007"}},
                                                     {"Computation", {"M-CAL-001", "M-RET-007"}},
                                                     {"Speed", {"M-RET-007", "M-OVR-003"}}}};

constexpr std::array<std::string_view, 3> verdict_names = {"pass", "fail", "not_applicable"};

}  // namespace

bool TutorRun::is_listed(std::string_view gate) const {
  return std::ranges::find(chain_->gates, gate) != chain_->gates.end();
}

bool TutorRun::chain_has(std::string_view stage) const {
  return std::ranges::any_of(blocks_, [&](const std::string& id) { return stage_of(id) == stage; });
}

bool TutorRun::later_block_has(std::string_view stage) const {
  return std::any_of(blocks_.begin() + static_cast<std::ptrdiff_t>(std::min(block_, blocks_.size())), blocks_.end(),
                     [&](const std::string& id) { return stage_of(id) == stage; });
}

/// Every target that a finished producer declares exists, and there is one.
bool TutorRun::targets_ready() const {
  return std::ranges::any_of(
      done_blocks_, [&](const std::string& id) { return plan_.catalogue->method(id)->produces_reference_targets; });
}

TutorRun::Verdict TutorRun::judged(std::string_view gate) const {
  const auto of = [](bool passes) { return passes ? Verdict::pass : Verdict::fail; };
  const bool wants_targets = chain_->requires_reference_targets.value_or(false);
  if (gate == "prime_artifacts_present") {
    if (!chain_has("PRIME")) return Verdict::not_applicable;
    return of(std::ranges::all_of(blocks_, [&](const std::string& id) {
      return stage_of(id) != "PRIME" || std::ranges::find(done_blocks_, id) != done_blocks_.end();
    }));
  }
  if (gate == "calibrate_attempt_completed") {
    return chain_has("CALIBRATE") ? of(calibrated_ >= calibrate_items_min) : Verdict::not_applicable;
  }
  if (gate == "reference_targets_ready") return wants_targets ? of(targets_ready()) : Verdict::not_applicable;
  if (gate == "retrieve_after_reference_only") return wants_targets ? of(targets_ready()) : Verdict::not_applicable;
  if (gate == "exit_requires_rsr_or_remediation") {
    if (asked_ == 0) return Verdict::not_applicable;
    const bool all_fixed = std::ranges::none_of(
        misses_, [](const TutorMiss& miss) { return at(miss.row, ErrorColumn::fix_applied) == "NONE"; });
    return of(right_ * 100 >= asked_ * success_rate_percent_min || all_fixed);
  }
  return Verdict::not_applicable;
}

TutorRun::Verdict TutorRun::judge(std::string_view gate) {
  const Verdict verdict = judged(gate);
  tell("chain.gate", std::string(gate) + " " + std::string(verdict_names[static_cast<std::size_t>(verdict)]));
  return verdict;
}

/// True when the gate passes after one of the actions.
bool TutorRun::run_actions(std::string_view gate) {
  for (const std::string& action : chain_->failure_actions) {
    bool did = false;
    if (action == "inject_reference_targets_before_retrieve") did = inject_targets();
    if (action == "substitute_by_error_type_mapping") did = substitute();
    tell("chain.action", action + (did ? " done" : " nothing"));
    // New blocks before the one that was refused: they run first, and the gate is judged when it comes again.
    if (did && gate != "prime_artifacts_present" && gate != "calibrate_attempt_completed") return true;
  }
  return judge(gate) != Verdict::fail;
}

/// Puts reference targets before the recall among the blocks that have not run.
bool TutorRun::inject_targets() {
  if (!chain_->requires_reference_targets.value_or(false) || dependency_fixed_) return false;
  const std::vector<std::string> rest(blocks_.begin() + static_cast<std::ptrdiff_t>(block_), blocks_.end());
  FixedBlocks fixed = fix_blocks(rest);
  if (!fixed.changed || block_ + fixed.blocks.size() > tutor_blocks_max) return false;
  blocks_.resize(block_);
  blocks_.insert(blocks_.end(), fixed.blocks.begin(), fixed.blocks.end());
  return dependency_fixed_ = true;
}

/// The dominant error's methods take the place of equal blocks that have not run; else one of them is added, once.
bool TutorRun::substitute() {
  const auto dominant = dominant_errors(rows());
  if (dominant.empty() || substituted_) return false;
  const auto row = std::ranges::find(substitutes, dominant.front(), &Substitutes::error);
  if (row == substitutes.end()) return false;
  bool placed = false;
  for (const std::string_view id : row->methods) {
    const Method* const method = plan_.catalogue->method(id);
    if (method == nullptr) continue;
    for (std::size_t i = block_; i < blocks_.size() && !placed; ++i) {
      const Method& there = *plan_.catalogue->method(blocks_[i]);
      placed =
          there.id != id && there.control_stage == method->control_stage && there.duration_min == method->duration_min;
      if (placed) blocks_[i] = id;
    }
    if (placed) break;
  }
  if (!placed && blocks_.size() < tutor_blocks_max) {
    const auto known =
        std::ranges::find_if(row->methods, [&](std::string_view id) { return plan_.catalogue->method(id) != nullptr; });
    if (known == row->methods.end()) return false;
    blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(block_), std::string(*known));
  }
  for (TutorMiss& miss : misses_) {
    if (at(miss.row, ErrorColumn::fix_applied) == "NONE") at(miss.row, ErrorColumn::fix_applied) = blocks_[block_];
  }
  return substituted_ = true;
}

std::string TutorRun::exit_or_actions() {
  constexpr std::string_view gate = "exit_requires_rsr_or_remediation";
  if (!is_listed(gate) || judge(gate) != Verdict::fail) return ask_exit_question();
  if (!run_actions(gate))
    return close("gate_unsatisfied", "Too much is still open. Next time we begin with that. " + ledger());
  return block_ < blocks_.size() ? enter_block() : ask_exit_question();
}

}  // namespace phalarope::library
