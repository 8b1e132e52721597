// Policy v2.0: a decision table over mode, time, energy and the dominant error. See selector.hpp.
//
//   R1  energy low or time < 25          C-FE-MIN, minimal support, not timed; final
//   R2  by mode                          C-FE-PRO | C-FE-MIN | C-FE-STD
//   R3  by the dominant error            an override, or C-FE-PRO
//   R4  that chain is not in the library C-FE-STD, else the first chain
#include <algorithm>
#include <array>

#include "core/library/selector.hpp"

namespace phalarope::library {
namespace {

constexpr std::string_view shortest_chain = "C-FE-MIN";
constexpr std::string_view standard_chain = "C-FE-STD";
constexpr std::string_view procedure_chain = "C-FE-PRO";
constexpr std::int64_t short_session_min = 25;

struct ModeRow {
  std::string_view mode;
  std::string_view chain;
  std::string_view knob;  // empty: none
  std::string_view value;
};
constexpr std::array<ModeRow, 5> mode_rows = {{{"procedure", procedure_chain, "", ""},
                                               {"definition", shortest_chain, "", ""},
                                               {"recognition", shortest_chain, "", ""},
                                               {"computation", standard_chain, "retrieval_support", "guided"},
                                               {"spatial", standard_chain, "retrieval_support", "guided"}}};
constexpr ModeRow any_other_mode = {"", standard_chain, "", ""};

struct ErrorRow {
  std::string_view error;
  std::string_view chain;  // empty: unchanged
  std::string_view knob;
  std::string_view value;
};
constexpr std::array<ErrorRow, 4> error_rows = {{{"Confusion", "", "near_miss_intensity", "high"},
                                                 {"Rule", "", "near_miss_intensity", "high"},
                                                 {"Speed", "", "timed", "hard"},
                                                 {"Procedure", procedure_chain, "", ""}}};

struct Rank {
  std::string_view word;
  double rank;
};
constexpr std::array<Rank, 8> mode_ranks = {{{"definition", 1},
                                             {"classification", 2},
                                             {"recognition", 3},
                                             {"mechanism", 4},
                                             {"computation", 5},
                                             {"procedure", 6},
                                             {"spatial", 7},
                                             {"synthesis", 8}}};
constexpr std::array<Rank, 4> stage_ranks = {
    {{"first_exposure", 1}, {"review", 2}, {"exam_prep", 3}, {"consolidation", 4}}};
constexpr std::array<Rank, 3> energy_ranks = {{{"low", 1}, {"medium", 2}, {"high", 3}}};
constexpr std::array<Rank, 4> band_ranks = {{{"new", 1}, {"familiar", 2}, {"moderate", 2}, {"mastered", 3}}};
constexpr std::array<Rank, 5> error_ranks = {
    {{"Confusion", 1}, {"Speed", 2}, {"Rule", 3}, {"Procedure", 4}, {"Recall", 5}}};

template <std::size_t rows>
double rank_of(const std::array<Rank, rows>& ranks, std::string_view word) {
  const auto row = std::ranges::find(ranks, word, &Rank::word);
  return row == ranks.end() ? 0 : row->rank;
}

std::string_view dominant_error(const SelectorInput& input) {
  return input.recent_errors.empty() ? std::string_view() : std::string_view(input.recent_errors.front());
}

ScoreV2 score_of(const SelectorInput& input) {
  return {rank_of(mode_ranks, input.assessment_mode),
          rank_of(stage_ranks, input.stage),
          rank_of(energy_ranks, input.energy),
          static_cast<double>(std::max<std::int64_t>(0, input.time_available)),
          rank_of(band_ranks, input.prior_exposure_band),
          rank_of(error_ranks, dominant_error(input)),
          input.prior_rsr.value_or(0),
          input.prior_calibration_gap.value_or(0)};
}

}  // namespace

Selection SelectorCatalogue::select_routed(const SelectorInput& input) const {
  Selection selection{.chain_id = {},
                      .chain_name = {},
                      .selected_blocks = {},
                      .score = score_of(input),
                      .policy = Policy::router_v2,
                      .knob_overrides = {},
                      .run_blocks = {}};
  std::string_view id = shortest_chain;
  if (input.energy == "low" || input.time_available < short_session_min) {
    selection.knob_overrides = {{"retrieval_support", "minimal"}, {"timed", "off"}};
  } else {
    const auto by_mode = std::ranges::find(mode_rows, input.assessment_mode, &ModeRow::mode);
    const ModeRow& mode = by_mode == mode_rows.end() ? any_other_mode : *by_mode;
    id = mode.chain;
    if (!mode.knob.empty()) selection.knob_overrides.emplace(mode.knob, mode.value);
    const auto error = std::ranges::find(error_rows, dominant_error(input), &ErrorRow::error);
    if (error != error_rows.end()) {
      if (!error->chain.empty()) id = error->chain;
      if (!error->knob.empty()) selection.knob_overrides.emplace(error->knob, error->value);
    }
    if (routed(id) == nullptr) id = routed(standard_chain) != nullptr ? standard_chain : routed_.front().id;
  }
  selection.chain_id = id;
  const SelectorChain* const chain = routed(id) != nullptr ? routed(id) : routed(standard_chain);
  selection.chain_name = id;
  if (chain == nullptr) return selection;
  selection.chain_name = chain->name;
  selection.selected_blocks = chain->stages;
  selection.dependency_fix_applied = chain->fix_changes;
  selection.run_blocks = chain->fixed_blocks;
  return selection;
}

}  // namespace phalarope::library
