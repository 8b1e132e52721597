// Selector: which chain a session runs, under one of two policies; a pure function of the catalogue and the input.
//
//   chains/*.yaml ─▶ SelectorCatalogue ─┬─ v1.0 scored: filter by stage and mode, then five integers, larger is better
//   methods/*.yaml ─▶ (stages)          └─ v2.0 router: a table over mode, time, energy and the dominant error
//
// The catalogue is made once, at load, from files that need not be valid: a selector must not fall silent because of a
// neighbour's mistake. Selecting walks at most all chains, makes no choice by chance and reads no clock.
// Invariants. (1) v1.0 answers for every input, with a chain or NO_CANDIDATE; v2.0 never fails on its input. (2) Ties
// go to the smaller id by code point, then to the earlier file. (3) Energy, time and class never exclude a chain.
// Values; any thread. Contract: chain-library.md 9, 10, appendix B.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/library/library_files.hpp"
#include "core/library/yaml_value.hpp"

namespace phalarope::library {

enum class Policy : std::uint8_t { scored_v1, router_v2 };
constexpr std::array<std::string_view, 2> policy_names = {"v1.0", "v2.0"};
constexpr std::string_view policy_name(Policy policy) { return policy_names[static_cast<std::size_t>(policy)]; }

struct SelectorInput {
  std::string assessment_mode = "mechanism";
  std::string stage;
  std::string energy = "medium";
  std::int64_t time_available = 45;
  std::string class_type;  // empty: none
  std::string prior_exposure_band = "new";
  std::optional<double> prior_rsr;
  std::optional<double> prior_calibration_gap;
  std::vector<std::string> recent_errors;  // the first is the dominant one
};

enum class SelectorError : std::uint8_t {
  chains_dir_missing,
  library_unreadable,
  empty_catalog,
  no_candidate,
  bad_input
};

struct SelectorErrorRow {
  std::string_view code;
  int exit_code;
  std::string_view sentence;
};
constexpr std::array<SelectorErrorRow, 5> selector_errors = {{
    {"CHAINS_DIR_MISSING", 4, "the library has no directory `chains`; give the right --library"},
    {"LIBRARY_UNREADABLE", 4, "a chain file cannot be read; run: phalarope chains validate"},
    {"EMPTY_CATALOG", 4, "the library holds no chain that the policy could choose; run: phalarope chains validate"},
    {"NO_CANDIDATE", 3, "no chain serves this stage and mode; list the mode in a chain's allowed_modes"},
    {"BAD_INPUT", 2, "an input is a JSON object with an integer time_available"},
}};
constexpr const SelectorErrorRow& row_of(SelectorError error) {
  return selector_errors[static_cast<std::size_t>(error)];
}

using ScoreV1 = std::array<std::int64_t, 5>;  // mode, class, time, energy, first-exposure priority
using ScoreV2 = std::array<double, 8>;        // mode, stage, energy, time, band, error, prior RSR, calibration gap

struct Selection {
  std::string chain_id;
  std::string chain_name;
  std::vector<std::string> selected_blocks;  // v1.0: method ids; v2.0: runtime stages
  bool dependency_fix_applied = false;
  std::variant<ScoreV1, ScoreV2> score;
  Policy policy = Policy::scored_v1;
  std::map<std::string, std::string> knob_overrides;  // v2.0
  std::vector<std::string> run_blocks;                // method ids after repair
};

/// A chain as the selectors see it.
struct SelectorChain {
  std::string id;
  std::string name;
  bool tags_are_usable = true;
  std::string stage;  // tags, trimmed
  std::string class_type;
  std::string energy;
  std::int64_t time_available = 0;
  std::vector<std::string> allowed_modes;
  std::vector<std::string> blocks;
  std::vector<std::string> fixed_blocks;  // blocks after repair, if the chain asks for it
  bool fix_changes = false;
  std::vector<std::string> stages;  // runtime stages in order of first appearance
};

class SelectorCatalogue {
 public:
  static std::expected<SelectorCatalogue, SelectorError> read(const LibraryFiles& library);

  std::expected<Selection, SelectorError> select(Policy policy, const SelectorInput& input) const;
  /// Whether the policy has any chain to choose from.
  bool is_empty(Policy policy) const noexcept;
  const std::vector<SelectorChain>& scored_chains() const noexcept { return scored_; }

 private:
  std::expected<Selection, SelectorError> select_scored(const SelectorInput& input) const;
  Selection select_routed(const SelectorInput& input) const;
  const SelectorChain* routed(std::string_view id) const;

  std::vector<SelectorChain> scored_;  // every mapping, in file order
  std::vector<SelectorChain> routed_;  // those with an id, a name and a method; a repeated id: the later one
};

}  // namespace phalarope::library
