// The words of a chain library: what may stand in which field under contract 1 and 2, and how ids tell their stage.
//
//   contract 1   six control stages, run as they are
//   contract 2   thirteen control stages ──fold──▶ seven runtime stages: PRIME TEACH CALIBRATE ENCODE REFERENCE
//                                                                        RETRIEVE OVERLEARN
//
// Tables only; order is the contract's and counts (coverage lists, ties, folding). Pure; any thread.
// Contract: chain-library.md 2, 3, 4, 10.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>

namespace phalarope::library {

enum class Contract : std::uint8_t { one = 1, two = 2 };

using Words = std::span<const std::string_view>;

inline bool holds(Words words, std::string_view word) { return std::ranges::find(words, word) != words.end(); }

constexpr std::array<std::string_view, 6> control_stages_1 = {"PRIME",     "CALIBRATE", "ENCODE",
                                                              "REFERENCE", "RETRIEVE",  "OVERLEARN"};
constexpr std::array<std::string_view, 13> control_stages_2 = {
    "PLAN",      "ORIENT",     "PRIME",     "TEACH",    "EXPLAIN",   "CALIBRATE",  "ENCODE",
    "ELABORATE", "INTERLEAVE", "REFERENCE", "RETRIEVE", "OVERLEARN", "CONSOLIDATE"};
constexpr std::array<std::string_view, 7> runtime_stages = {"PRIME",     "TEACH",    "CALIBRATE", "ENCODE",
                                                            "REFERENCE", "RETRIEVE", "OVERLEARN"};
constexpr std::array<std::string_view, 4> context_stages = {"first_exposure", "review", "exam_prep", "consolidation"};
constexpr std::array<std::string_view, 7> best_stages_2 = {
    "first_exposure", "review", "exam_prep", "consolidation", "session_opening", "weekly_reset", "any"};
constexpr std::array<std::string_view, 3> energies = {"low", "medium", "high"};
constexpr std::array<std::string_view, 8> assessment_modes = {
    "classification", "mechanism", "computation", "definition", "procedure", "spatial", "recognition", "synthesis"};
constexpr std::array<std::string_view, 6> class_types = {"anatomy",      "physiology", "pathology",
                                                         "pharmacology", "clinical",   "general"};
constexpr std::array<std::string_view, 6> statuses_2 = {"draft",     "core",       "optional",
                                                        "validated", "deprecated", "active"};
constexpr Words statuses_1 = Words(statuses_2).first(5);
constexpr std::array<std::string_view, 7> error_types = {"Recall",    "Confusion",   "Rule", "Representation",
                                                         "Procedure", "Computation", "Speed"};
constexpr std::array<std::string_view, 3> confidences = {"H", "M", "L"};
constexpr std::array<std::string_view, 3> support_levels = {"high", "medium", "low"};
constexpr std::array<std::string_view, 3> exposure_bands = {"new", "intermediate", "advanced"};

inline Words control_stages(Contract contract) {
  return contract == Contract::one ? Words(control_stages_1) : Words(control_stages_2);
}
inline Words best_stages(Contract contract) {
  return contract == Contract::one ? Words(context_stages) : Words(best_stages_2);
}
inline Words statuses(Contract contract) { return contract == Contract::one ? statuses_1 : Words(statuses_2); }

struct StageWord {
  std::string_view word;
  std::string_view stage;
};

/// What the letters of a method id say about its control stage.
constexpr std::array<StageWord, 7> prefix_stages_1 = {{{"PRE", "PRIME"},
                                                       {"CAL", "CALIBRATE"},
                                                       {"ENC", "ENCODE"},
                                                       {"INT", "ENCODE"},
                                                       {"REF", "REFERENCE"},
                                                       {"RET", "RETRIEVE"},
                                                       {"OVR", "OVERLEARN"}}};
constexpr std::array<StageWord, 13> prefix_stages_2 = {{{"PLAN", "PLAN"},
                                                        {"PRE", "PRIME"},
                                                        {"TEA", "TEACH"},
                                                        {"CAL", "CALIBRATE"},
                                                        {"ENC", "ENCODE"},
                                                        {"GEN", "ENCODE"},
                                                        {"HOOK", "ENCODE"},
                                                        {"ORG", "ENCODE"},
                                                        {"ELB", "ELABORATE"},
                                                        {"ILV", "INTERLEAVE"},
                                                        {"REF", "REFERENCE"},
                                                        {"RET", "RETRIEVE"},
                                                        {"OVR", "OVERLEARN"}}};

/// Thirteen into seven.
constexpr std::array<StageWord, 13> folded_stages = {{{"PLAN", "PRIME"},
                                                      {"ORIENT", "PRIME"},
                                                      {"PRIME", "PRIME"},
                                                      {"TEACH", "TEACH"},
                                                      {"EXPLAIN", "TEACH"},
                                                      {"CALIBRATE", "CALIBRATE"},
                                                      {"ENCODE", "ENCODE"},
                                                      {"ELABORATE", "REFERENCE"},
                                                      {"INTERLEAVE", "REFERENCE"},
                                                      {"REFERENCE", "REFERENCE"},
                                                      {"CONSOLIDATE", "REFERENCE"},
                                                      {"RETRIEVE", "RETRIEVE"},
                                                      {"OVERLEARN", "OVERLEARN"}}};

/// The categories of both contracts, for a method that declares no stage.
constexpr std::array<StageWord, 15> category_stages = {{{"plan", "PRIME"},
                                                        {"orient", "PRIME"},
                                                        {"prime", "PRIME"},
                                                        {"prepare", "PRIME"},
                                                        {"teach", "TEACH"},
                                                        {"explain", "TEACH"},
                                                        {"calibrate", "CALIBRATE"},
                                                        {"encode", "ENCODE"},
                                                        {"elaborate", "REFERENCE"},
                                                        {"interleave", "REFERENCE"},
                                                        {"reference", "REFERENCE"},
                                                        {"consolidate", "REFERENCE"},
                                                        {"retrieve", "RETRIEVE"},
                                                        {"refine", "OVERLEARN"},
                                                        {"overlearn", "OVERLEARN"}}};

/// These teach, whatever they declare.
constexpr std::array<std::string_view, 3> pinned_to_teach = {"M-ELB-001", "M-ENC-008", "M-GEN-007"};

template <std::size_t rows>
constexpr std::optional<std::string_view> stage_in(const std::array<StageWord, rows>& table, std::string_view word) {
  for (const StageWord& row : table) {
    if (row.word == word) return row.stage;
  }
  return std::nullopt;
}

/// The control stage of `M-<letters>-<digits>` by its letters.
inline std::optional<std::string_view> stage_of_prefix(Contract contract, std::string_view method_id) {
  if (!method_id.starts_with("M-")) return std::nullopt;
  method_id.remove_prefix(2);
  const std::string_view letters = method_id.substr(0, method_id.find('-'));
  return contract == Contract::one ? stage_in(prefix_stages_1, letters) : stage_in(prefix_stages_2, letters);
}

/// Who owns a question mode at first exposure (chain-library.md 6); `modes` in the contract's order.
struct ModeOwner {
  std::string_view chain_id;
  std::array<std::string_view, 3> modes;  // an empty name fills up
};
constexpr std::array<ModeOwner, 4> mode_owners = {{{"C-FE-001", {"classification", "definition", "recognition"}},
                                                   {"C-DP-001", {"mechanism", "computation", "procedure"}},
                                                   {"C-DA-001", {"spatial", "", ""}},
                                                   {"C-SW-001", {"synthesis", "", ""}}}};

}  // namespace phalarope::library
