// The two policies: the contract's vectors, ties, the router's table, and what holds for every input.
#include "core/library/selector.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "core/library/retrieval_safety.hpp"
#include "tests/unit/library/small_library.hpp"

namespace phalarope::library {
namespace {

SelectorInput input(std::string mode, std::string stage, std::string energy, std::int64_t time, std::string cls = "") {
  SelectorInput made;
  made.assessment_mode = std::move(mode);
  made.stage = std::move(stage);
  made.energy = std::move(energy);
  made.time_available = time;
  made.class_type = std::move(cls);
  return made;
}

struct Vector {
  SelectorInput in;
  std::string chain;
  ScoreV1 score;
};

// contract: CL-B5
TEST(SelectorV1, GivesTheVectorsOfTheContract) {
  const std::vector<Vector> vectors = {
      {input("definition", "first_exposure", "medium", 40), "C-VE-001", {1, 1, 10000, 0, 0}},
      {input("definition", "first_exposure", "high", 54), "C-VE-001", {1, 1, 9986, 1, 0}},
      {input("definition", "first_exposure", "high", 55), "C-FE-001", {1, 1, 10000, 1, 10}},
      {input("mechanism", "first_exposure", "high", 45), "C-DP-001", {1, 1, 10000, 1, 10}},
      {input("mechanism", "first_exposure", "low", 10), "C-LE-001", {1, 1, -5, 1, 0}},
      {input("mechanism", "first_exposure", "medium", 60, "pharmacology"), "C-DP-001", {1, 0, 9985, 0, 10}},
      {input("spatial", "first_exposure", "high", 40), "C-VE-001", {1, 1, 10000, 1, 0}},
      {input("spatial", "first_exposure", "high", 40, "anatomy"), "C-DA-001", {1, 1, 10000, 1, 10}},
      {input("spatial", "first_exposure", "high", 45, "pathology"), "C-PI-001", {1, 1, 10000, 1, 0}},
      {input("synthesis", "first_exposure", "medium", 35), "C-SW-001", {1, 1, 9995, 1, 10}},
      {input("classification", "first_exposure", "medium", 20, "general"), "C-QF-001", {1, 1, 10000, 1, 0}},
      {input("recognition", "review", "medium", 15), "C-QD-001", {1, 1, 10000, 1, 0}},
      {input("recognition", "review", "low", 15), "C-LE-001", {1, 1, 10000, 1, 0}},
      {input("procedure", "exam_prep", "high", 60, "clinical"), "C-CR-001", {1, 1, 9985, 1, 0}},
      {input("mechanism", "exam_prep", "high", 20), "C-LE-001", {1, 1, 9995, 0, 0}},
      {input("computation", "consolidation", "low", 15), "C-LE-001", {1, 1, 10000, 1, 0}},
      {input("mechanism", "weekly_reset", "low", 15), "C-LE-001", {1, 1, 10000, 1, 0}},
  };
  const auto catalogue = SelectorCatalogue::read(shipped_library());
  ASSERT_TRUE(catalogue);
  for (const Vector& vector : vectors) {
    SCOPED_TRACE(vector.in.assessment_mode + " " + vector.in.stage + " " + vector.chain);
    const auto chosen = catalogue->select(Policy::scored_v1, vector.in);
    ASSERT_TRUE(chosen);
    EXPECT_EQ(chosen->chain_id, vector.chain);
    EXPECT_EQ(std::get<ScoreV1>(chosen->score), vector.score);
  }
  const auto none = catalogue->select(Policy::scored_v1, input("anything else", "review", "low", 15));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error(), SelectorError::no_candidate);
}

LibraryFiles chains(const std::vector<std::pair<std::string, std::string>>& files) {
  LibraryFiles library;
  library.has_chains = true;
  for (const auto& [name, text] : files) library.files["chains/" + name + ".yaml"] = text;
  return library;
}

std::string chosen_id(const LibraryFiles& library, const SelectorInput& in, Policy policy = Policy::scored_v1) {
  const auto catalogue = SelectorCatalogue::read(library);
  if (!catalogue) return std::string(row_of(catalogue.error()).code);
  const auto chosen = catalogue->select(policy, in);
  return chosen ? chosen->chain_id : std::string(row_of(chosen.error()).code);
}

// contract: CL-B5
TEST(SelectorV1, ATieGoesToTheSmallerIdThenToTheEarlierFile) {
  const std::string rest = "\nallowed_modes: [spatial]\nblocks: [M-PRE-001]\n";
  const SelectorInput in = input("spatial", "review", "low", 10);
  EXPECT_EQ(chosen_id(chains({{"a", "id: C-ZZ-001" + rest}, {"b", "id: C-AA-001" + rest}}), in), "C-AA-001");
  const auto catalogue = SelectorCatalogue::read(
      chains({{"a", "id: C-AA-001\nname: first" + rest}, {"b", "id: C-AA-001\nname: second" + rest}}));
  EXPECT_EQ(catalogue->select(Policy::scored_v1, in)->chain_name, "first");
}

// contract: CL-B5
TEST(SelectorV1, AnUnusableTagsFieldExcludesAndABlankOneDoesNot) {
  const auto with = [&](const std::string& tags) {
    return chosen_id(chains({{"a", "id: C-AA-001\nallowed_modes: [spatial]\n" + tags}}),
                     input("spatial", "review", "low", 10));
  };
  EXPECT_EQ(with(""), "C-AA-001");
  EXPECT_EQ(with("context_tags: []\n"), "C-AA-001");
  EXPECT_EQ(with("context_tags: {stage: ' review '}\n"), "C-AA-001");
  EXPECT_EQ(with("context_tags: [x]\n"), "NO_CANDIDATE");
  EXPECT_EQ(with("context_tags: {stage: exam_prep}\n"), "NO_CANDIDATE");
}

// contract: CL-B5
TEST(SelectorV1, MinutesAreReadAsTheContractSays) {
  const auto fit = [&](const std::string& written) {
    const auto catalogue = SelectorCatalogue::read(
        chains({{"a", "id: C-AA-001\nallowed_modes: [spatial]\ncontext_tags: {time_available: " + written + "}\n"}}));
    return std::get<ScoreV1>(catalogue->select(Policy::scored_v1, input("spatial", "x", "y", 10))->score)[2];
  };
  EXPECT_EQ(fit("10"), 10'000);
  EXPECT_EQ(fit("10.9"), 10'000);
  EXPECT_EQ(fit("'12'"), -2);
  EXPECT_EQ(fit("true"), 9'991);
  EXPECT_EQ(fit("soon"), 9'990);
  EXPECT_EQ(fit("[5]"), 9'990);
}

TEST(SelectorV1, FarAwayMinutesDoNotOverflow) {
  const auto library = chains({{"a",
                                "id: C-AA-001\nallowed_modes: [spatial]\ncontext_tags: {time_available: "
                                "9223372036854775807}\n"}});
  EXPECT_EQ(chosen_id(library, input("spatial", "x", "y", INT64_MIN)), "C-AA-001");
  EXPECT_EQ(chosen_id(library, input("spatial", "x", "y", INT64_MAX)), "C-AA-001");
}

// contract: CL-B7
TEST(Selector, WhatTheLibraryLacksIsNamed) {
  const SelectorInput in = input("spatial", "review", "low", 10);
  EXPECT_EQ(chosen_id(LibraryFiles{}, in), "CHAINS_DIR_MISSING");
  EXPECT_EQ(chosen_id(chains({}), in), "EMPTY_CATALOG");
  EXPECT_EQ(chosen_id(chains({{"a", "[1]"}}), in), "EMPTY_CATALOG");
  EXPECT_EQ(chosen_id(chains({{"a", ""}}), in), "NO_CANDIDATE");
  EXPECT_EQ(chosen_id(chains({{"a", ""}}), in, Policy::router_v2), "EMPTY_CATALOG");
  EXPECT_EQ(chosen_id(chains({{"a", "id: ["}}), in), "LIBRARY_UNREADABLE");
  EXPECT_EQ(chosen_id(chains({{"a", "id: ["}}), in, Policy::router_v2), "LIBRARY_UNREADABLE");
}

LibraryFiles router_library() {
  const auto chain = [](const std::string& id) {
    return "id: " + id + "\nname: " + id + " name\nrequires_reference_targets: true\nblocks: [M-PRE-001, M-RET-001]\n";
  };
  LibraryFiles library =
      chains({{"a", chain("C-AA-001")}, {"m", chain("C-FE-MIN")}, {"p", chain("C-FE-PRO")}, {"s", chain("C-FE-STD")}});
  library.files["methods/a.yaml"] = "id: M-PRE-001\ncontrol_stage: ORIENT\n";
  library.files["methods/b.yaml"] = "id: M-RET-001\ncategory: Retrieve\n";
  return library;
}

struct Route {
  std::string mode;
  std::string energy;
  std::int64_t time;
  std::string error;
  std::string chain;
  std::map<std::string, std::string> knobs;
};

// contract: CL-B5
TEST(SelectorV2, FollowsEachRowOfItsTable) {
  const std::map<std::string, std::string> minimal = {{"retrieval_support", "minimal"}, {"timed", "off"}};
  const std::map<std::string, std::string> guided = {{"retrieval_support", "guided"}};
  const std::vector<Route> routes = {
      {"procedure", "low", 45, "Speed", "C-FE-MIN", minimal},
      {"procedure", "high", 24, "", "C-FE-MIN", minimal},
      {"procedure", "high", 25, "", "C-FE-PRO", {}},
      {"definition", "high", 25, "", "C-FE-MIN", {}},
      {"recognition", "medium", 45, "Recall", "C-FE-MIN", {}},
      {"computation", "medium", 45, "", "C-FE-STD", guided},
      {"spatial", "medium", 45, "Procedure", "C-FE-PRO", guided},
      {"classification", "medium", 45, "Confusion", "C-FE-STD", {{"near_miss_intensity", "high"}}},
      {"mechanism", "medium", 45, "Rule", "C-FE-STD", {{"near_miss_intensity", "high"}}},
      {"nonsense", "medium", 45, "Speed", "C-FE-STD", {{"timed", "hard"}}},
  };
  const auto catalogue = SelectorCatalogue::read(router_library());
  for (const Route& route : routes) {
    SelectorInput in = input(route.mode, "review", route.energy, route.time);
    if (!route.error.empty()) in.recent_errors = {route.error, "Recall"};
    const auto chosen = catalogue->select(Policy::router_v2, in);
    ASSERT_TRUE(chosen);
    EXPECT_EQ(chosen->chain_id, route.chain) << route.mode;
    EXPECT_EQ(chosen->knob_overrides, route.knobs) << route.mode;
  }
}

// contract: CL-B5
TEST(SelectorV2, TellsStagesRepairAndScore) {
  SelectorInput in = input("procedure", "exam_prep", "high", 60);
  in.prior_exposure_band = "familiar";
  in.recent_errors = {"Procedure"};
  in.prior_rsr = 0.5;
  const auto chosen = SelectorCatalogue::read(router_library())->select(Policy::router_v2, in);
  EXPECT_EQ(chosen->selected_blocks, (std::vector<std::string>{"PRIME", "RETRIEVE"}));
  EXPECT_TRUE(chosen->dependency_fix_applied);
  EXPECT_EQ(chosen->run_blocks, (std::vector<std::string>{"M-PRE-001", "M-REF-003", "M-REF-004", "M-RET-001"}));
  EXPECT_EQ(std::get<ScoreV2>(chosen->score), (ScoreV2{6, 3, 3, 60, 2, 4, 0.5, 0}));
}

// contract: CL-B5
TEST(SelectorV2, EveryWordOfTheScoreHasItsRankAndOthersHaveNone) {
  const auto catalogue = SelectorCatalogue::read(router_library());
  const auto score = [&](const SelectorInput& in) {
    return std::get<ScoreV2>(catalogue->select(Policy::router_v2, in)->score);
  };
  const std::vector<std::string> modes = {"?",           "definition", "classification", "recognition", "mechanism",
                                          "computation", "procedure",  "spatial",        "synthesis"};
  for (std::size_t i = 0; i < modes.size(); ++i) {
    EXPECT_EQ(score(input(modes[i], "x", "x", -5)), (ScoreV2{static_cast<double>(i), 0, 0, 0, 1, 0, 0, 0}));
  }
  const std::vector<std::string> stages = {"?", "first_exposure", "review", "exam_prep", "consolidation"};
  for (std::size_t i = 0; i < stages.size(); ++i) {
    EXPECT_EQ(score(input("x", stages[i], "x", 9))[1], static_cast<double>(i));
  }
  const std::vector<std::string> levels = {"?", "low", "medium", "high"};
  for (std::size_t i = 0; i < levels.size(); ++i) {
    EXPECT_EQ(score(input("x", "x", levels[i], 9))[2], static_cast<double>(i));
  }
  const std::vector<std::pair<std::string, double>> bands = {
      {"?", 0}, {"new", 1}, {"familiar", 2}, {"moderate", 2}, {"mastered", 3}};
  for (const auto& [band, rank] : bands) {
    SelectorInput in = input("x", "x", "x", 9);
    in.prior_exposure_band = band;
    EXPECT_EQ(score(in)[4], rank);
  }
  const std::vector<std::string> errors = {"?", "Confusion", "Speed", "Rule", "Procedure", "Recall"};
  for (std::size_t i = 0; i < errors.size(); ++i) {
    SelectorInput in = input("x", "x", "x", 9);
    in.recent_errors = {errors[i]};
    EXPECT_EQ(score(in)[5], static_cast<double>(i));
  }
}

// contract: CL-B5
TEST(SelectorV2, FallsBackWhenTheRoutedChainIsAbsent) {
  LibraryFiles library = router_library();
  library.files.erase("chains/p.yaml");
  EXPECT_EQ(chosen_id(library, input("procedure", "x", "high", 60), Policy::router_v2), "C-FE-STD");
  library.files.erase("chains/s.yaml");
  EXPECT_EQ(chosen_id(library, input("procedure", "x", "high", 60), Policy::router_v2), "C-AA-001");
  library.files.erase("chains/m.yaml");
  const auto chosen = SelectorCatalogue::read(library)->select(Policy::router_v2, input("x", "x", "low", 60));
  EXPECT_EQ(chosen->chain_id, "C-FE-MIN");
  EXPECT_EQ(chosen->chain_name, "C-FE-MIN");
  EXPECT_TRUE(chosen->run_blocks.empty());
  EXPECT_FALSE(chosen->dependency_fix_applied);
}

// contract: CL-B5
TEST(Selector, TheWholeGridTwiceGivesTheSame) {
  const auto catalogue = SelectorCatalogue::read(shipped_library());
  const auto again = SelectorCatalogue::read(shipped_library());
  for (const auto mode : assessment_modes) {
    for (const auto stage : context_stages) {
      for (const auto energy : energies) {
        for (std::int64_t time = 0; time <= 180; time += 4) {
          for (const auto cls : {"", "general", "anatomy"}) {
            const SelectorInput in = input(std::string(mode), std::string(stage), std::string(energy), time, cls);
            for (const Policy policy : {Policy::scored_v1, Policy::router_v2}) {
              const auto one = catalogue->select(policy, in);
              const auto other = again->select(policy, in);
              ASSERT_TRUE(one && other);
              ASSERT_EQ(one->chain_id, other->chain_id);
              ASSERT_EQ(one->score, other->score);
              ASSERT_EQ(one->run_blocks, other->run_blocks);
            }
          }
        }
      }
    }
  }
}

RC_GTEST_PROP(SelectorV1, IsTheMaximumOfAnIndependentModel, ()) {
  const auto word = [](std::vector<std::string> words) { return *rc::gen::elementOf(std::move(words)); };
  LibraryFiles library;
  library.has_chains = true;
  struct Row {
    std::string id, stage, cls, energy;
    std::int64_t time;
  };
  std::vector<Row> rows;
  const int count = *rc::gen::inRange(1, 8);
  for (int i = 0; i < count; ++i) {
    const Row row{word({"C-FE-001", "C-AA-001", "C-BB-001", "C-CC-001"}), word({"", "review", "first_exposure"}),
                  word({"", "anatomy", "clinical"}), word({"low", "high"}), *rc::gen::inRange<std::int64_t>(-5, 60)};
    rows.push_back(row);
    library.files["chains/" + std::to_string(i) + ".yaml"] =
        "id: " + row.id + "\nallowed_modes: [definition]\ncontext_tags:\n  stage: '" + row.stage +
        "'\n  class_type: '" + row.cls + "'\n  energy: " + row.energy +
        "\n  time_available: " + std::to_string(row.time) + "\n";
  }
  const SelectorInput in = input("definition", word({"review", "first_exposure", "exam_prep"}), word({"low", "high"}),
                                 *rc::gen::inRange<std::int64_t>(0, 60), word({"", "general", "anatomy"}));
  // The model: sort all candidates by the contract's words, take the first.
  std::vector<std::tuple<ScoreV1, std::string>> candidates;
  for (const Row& row : rows) {
    if (!row.stage.empty() && row.stage != in.stage) continue;
    const bool no_class = in.class_type.empty() || in.class_type == "general";
    const std::int64_t cls = row.cls.empty() ? no_class : row.cls == in.class_type;
    const std::int64_t fit =
        row.time <= in.time_available ? 10000 - in.time_available + row.time : in.time_available - row.time;
    const std::int64_t owner = in.stage == "first_exposure" && row.id == "C-FE-001" ? 10 : 0;
    candidates.emplace_back(ScoreV1{1, cls, fit, row.energy == in.energy, owner}, row.id);
  }
  std::ranges::sort(candidates, [](const auto& a, const auto& b) {
    return std::get<0>(a) != std::get<0>(b) ? std::get<0>(a) > std::get<0>(b) : std::get<1>(a) < std::get<1>(b);
  });
  const auto chosen = SelectorCatalogue::read(library)->select(Policy::scored_v1, in);
  RC_ASSERT(chosen.has_value() == !candidates.empty());
  if (!chosen) return;
  RC_ASSERT(chosen->chain_id == std::get<1>(candidates.front()));
  RC_ASSERT(std::get<ScoreV1>(chosen->score) == std::get<0>(candidates.front()));
}

// contract: CL-B3
RC_GTEST_PROP(RetrievalSafety, RepairIsIdempotentKeepsOthersAndPutsTargetsFirst, ()) {
  const auto blocks = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
      "M-PRE-001", "M-ENC-001", "M-REF-001", "M-REF-003", "M-REF-004", "M-RET-001", "M-RET-002", "X"));
  const FixedBlocks fixed = fix_blocks(blocks);
  RC_ASSERT(fixed.changed == (fixed.blocks != blocks));
  RC_ASSERT(!fix_blocks(fixed.blocks).changed);
  const auto others = [](std::vector<std::string> all) {
    std::erase_if(all, is_reference_target_id);
    return all;
  };
  RC_ASSERT(others(fixed.blocks) == others(blocks));
  const auto recall = std::ranges::find_if(fixed.blocks, is_retrieval_id);
  const auto target = std::ranges::find_if(fixed.blocks, is_reference_target_id);
  RC_ASSERT(recall == fixed.blocks.end() || target < recall);
}

// contract: CL-B3
TEST(RetrievalSafety, ALateTargetIsMovedAndALonelyOneBecomesBoth) {
  const std::vector<std::string> late = {"M-PRE-001", "M-RET-001", "M-REF-004"};
  EXPECT_EQ(fix_blocks(late).blocks, (std::vector<std::string>{"M-PRE-001", "M-REF-003", "M-REF-004", "M-RET-001"}));
}

}  // namespace
}  // namespace phalarope::library
