#include "core/library/stage_order.hpp"

#include <algorithm>

#include "core/library/runtime_stage.hpp"
#include "core/library/schema_reader.hpp"
#include "core/library/text_tools.hpp"

namespace phalarope::library {
namespace {

constexpr std::string_view diagnostic_pretest = "M-PRE-007";
constexpr std::string_view micro_check = "M-CAL-001";

struct Step {
  std::string id;
  std::string stage;
};

std::string stage_of(const Catalogue& catalogue, const std::string& id) {
  const Method* const method = catalogue.method(id);
  if (method == nullptr) return runtime_stage(id, nullptr);
  if (catalogue.contract == Contract::one) return fold_stage(method->control_stage);
  const DeclaredStage declared{method->control_stage, method->category};
  return runtime_stage(id, &declared);
}

bool among(std::string_view stage, std::initializer_list<std::string_view> stages) {
  return std::ranges::find(stages, stage) != stages.end();
}

class OrderJudge {
 public:
  explicit OrderJudge(const std::vector<Step>& steps) : steps_(steps) {}

  void judge(StageOrder& order) {
    const bool pretest = std::ranges::find(steps_, diagnostic_pretest, &Step::id) != steps_.end();
    if (pretest) order.exception_flags.emplace_back("diagnostic_pretest");
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (is_opening_check(i)) order.exception_flags.emplace_back("opening_micro_check");
      for (std::string& fault : faults_of(i, pretest)) {
        order.violations.push_back(steps_[i].id + ": " + std::move(fault));
      }
    }
  }

 private:
  bool before(std::size_t i, std::initializer_list<std::string_view> stages) const {
    return std::any_of(steps_.begin(), steps_.begin() + static_cast<std::ptrdiff_t>(i),
                       [&](const Step& step) { return among(step.stage, stages); });
  }

  bool is_opening_check(std::size_t i) const {
    if (steps_[i].id != micro_check || steps_[i].stage != "CALIBRATE") return false;
    const bool opens = std::all_of(steps_.begin(), steps_.begin() + static_cast<std::ptrdiff_t>(i),
                                   [](const Step& s) { return s.stage == "PRIME" || s.id == micro_check; });
    const auto at = steps_.begin() + static_cast<std::ptrdiff_t>(i);
    const auto teach = std::find_if(at, steps_.end(), [](const Step& s) { return s.stage == "TEACH"; });
    return opens && std::any_of(teach, steps_.end(), [](const Step& s) { return s.stage == "CALIBRATE"; });
  }

  std::vector<std::string> faults_of(std::size_t i, bool pretest) const {
    const std::string& stage = steps_[i].stage;
    std::vector<std::string> faults;
    if (!holds(runtime_stages, stage)) faults.push_back("unknown stage " + stage);
    if (stage == "TEACH") {
      if (!before(i, {"PRIME"})) faults.emplace_back("TEACH without an earlier PRIME");
      if (before(i, {"ENCODE", "REFERENCE", "RETRIEVE", "OVERLEARN"})) {
        faults.emplace_back("TEACH after ENCODE, REFERENCE, RETRIEVE or OVERLEARN");
      }
      for (std::size_t k = 0; k < i; ++k) {
        if (steps_[k].stage == "CALIBRATE" && !is_opening_check(k)) {
          faults.emplace_back("TEACH after a CALIBRATE that is not the opening micro-check");
          break;
        }
      }
    }
    const bool teach_to_come = std::any_of(steps_.begin() + static_cast<std::ptrdiff_t>(i), steps_.end(),
                                           [](const Step& step) { return step.stage == "TEACH"; });
    if (stage == "CALIBRATE" && teach_to_come && !is_opening_check(i)) {
      faults.emplace_back("CALIBRATE with a TEACH still to come");
    }
    if (stage == "RETRIEVE" && !before(i, {"ENCODE", "REFERENCE"}) && !pretest) {
      faults.emplace_back("RETRIEVE before any ENCODE or REFERENCE");
    }
    if (stage == "OVERLEARN" && !before(i, {"ENCODE", "REFERENCE", "RETRIEVE"})) {
      faults.emplace_back("OVERLEARN with no earlier ENCODE, REFERENCE or RETRIEVE");
    }
    return faults;
  }

  const std::vector<Step>& steps_;
};

std::string stage_tag(const Chain& chain) {
  const YamlValue* const tags = chain.source.find("context_tags");
  const YamlValue* const stage = tags == nullptr ? nullptr : tags->find("stage");
  return is_blank(stage) ? std::string() : std::string(trimmed(as_text(*stage)));
}

}  // namespace

StageOrder judge_order(const Chain& chain, const Catalogue& catalogue) {
  StageOrder order;
  if (chain.blocks.empty()) {
    order.violations.emplace_back("the chain has no blocks");
    return order;
  }
  std::vector<Step> steps;
  for (const Block& block : chain.blocks) steps.push_back({block.method_id, stage_of(catalogue, block.method_id)});
  for (const Step& step : steps) order.sequence.push_back(step.stage);
  for (const std::string_view stage : runtime_stages) {
    if (std::ranges::find(order.sequence, stage) != order.sequence.end()) order.coverage.emplace_back(stage);
  }
  OrderJudge(steps).judge(order);
  const bool practises =
      std::ranges::any_of(steps, [](const Step& s) { return among(s.stage, {"RETRIEVE", "OVERLEARN"}); });
  if (!practises) order.warnings.emplace_back("neither RETRIEVE nor OVERLEARN");
  return order;
}

std::vector<std::string> launch_faults(const Chain& chain, const Catalogue& catalogue) {
  if (chain.blocks.empty()) return {"NO_BLOCKS"};
  std::vector<std::string> faults;
  const std::string tag = stage_tag(chain);
  if (tag != "review" && tag != "consolidation" && stage_of(catalogue, chain.blocks.front().method_id) != "PRIME") {
    faults.emplace_back("CHAIN_PRIME_REQUIRED");
  }
  const YamlValue* const blocks = chain.source.find("blocks");
  for (const Block& block : chain.blocks) {
    const YamlValue& written = blocks->items[block.position];
    for (const std::string_view field : {"control_stage", "stage"}) {
      const YamlValue* const stage = written.find(field);
      if (is_blank(stage) || fold_stage(as_text(*stage)) == stage_of(catalogue, block.method_id)) continue;
      faults.push_back("METHOD_STAGE_MISMATCH " + block.method_id);
      break;
    }
  }
  return faults;
}

std::vector<std::string> coverage_faults(const Catalogue& catalogue) {
  std::vector<std::string> faults;
  const auto missing_modes = [&](auto&& serves) {
    for (const std::string_view mode : assessment_modes) {
      if (!std::ranges::any_of(catalogue.chains, [&](const Chain& chain) { return serves(chain, mode); })) {
        faults.push_back("no first-exposure chain serves the mode " + std::string(mode));
      }
    }
  };
  const auto lists = [](const Chain& chain, std::string_view mode) {
    return std::ranges::find(chain.allowed_modes, mode) != chain.allowed_modes.end();
  };
  const bool has_owner = std::ranges::any_of(
      mode_owners, [&](const ModeOwner& owner) { return catalogue.chain(owner.chain_id) != nullptr; });
  if (!has_owner) {
    missing_modes([&](const Chain& chain, std::string_view mode) {
      return stage_tag(chain) == "first_exposure" && lists(chain, mode);
    });
    return faults;
  }
  for (const ModeOwner& owner : mode_owners) {
    const Chain* const chain = catalogue.chain(owner.chain_id);
    if (chain == nullptr) {
      faults.push_back("the owner " + std::string(owner.chain_id) + " is missing");
      continue;
    }
    std::vector<std::string> owned;
    for (const std::string_view mode : owner.modes) {
      if (!mode.empty()) owned.emplace_back(mode);
    }
    std::vector<std::string> listed = chain->allowed_modes;
    std::ranges::sort(owned);
    std::ranges::sort(listed);
    listed.erase(std::ranges::unique(listed).begin(), listed.end());
    if (owned != listed) faults.push_back(chain->id + " must own exactly " + joined(owned, ", "));
  }
  missing_modes([&](const Chain& chain, std::string_view mode) {
    return std::ranges::any_of(mode_owners, [&](const ModeOwner& owner) { return owner.chain_id == chain.id; }) &&
           lists(chain, mode);
  });
  return faults;
}

}  // namespace phalarope::library
