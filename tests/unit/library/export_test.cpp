// Stage order, coverage, inventories, drift and the error log.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/library/error_log.hpp"
#include "core/library/inventory.hpp"
#include "core/library/stage_order.hpp"
#include "tests/unit/library/small_library.hpp"

namespace phalarope::library {
namespace {

std::string as_it_is(const std::string& name) { return "lib/" + name; }

Chain chain_of(const std::string& stage, const std::vector<std::string>& ids) {
  Chain chain;
  chain.id = "C-AA-001";
  std::string text = "context_tags: {stage: '" + stage + "'}\nblocks:\n";
  for (const std::string& id : ids) text += "  - " + id + "\n";
  chain.source = parse_yaml(text)->root;
  for (std::size_t i = 0; i < ids.size(); ++i) chain.blocks.push_back({ids[i], i, 0});
  return chain;
}

Catalogue thirteen_stages() {
  Catalogue catalogue;
  catalogue.contract = Contract::two;
  for (const auto& [id, stage] : std::vector<std::pair<std::string, std::string>>{{"M-PRE-001", "ORIENT"},
                                                                                  {"M-PRE-007", "PRIME"},
                                                                                  {"M-TEA-001", "EXPLAIN"},
                                                                                  {"M-CAL-001", "CALIBRATE"},
                                                                                  {"M-CAL-002", "CALIBRATE"},
                                                                                  {"M-ENC-001", "ENCODE"},
                                                                                  {"M-REF-003", "REFERENCE"},
                                                                                  {"M-RET-001", "RETRIEVE"},
                                                                                  {"M-OVR-001", "OVERLEARN"}}) {
    Method method;
    method.id = id;
    method.control_stage = stage;
    catalogue.methods.push_back(method);
  }
  return catalogue;
}

struct OrderCase {
  std::vector<std::string> ids;
  std::size_t violations;
};

TEST(StageOrder, EachRuleHasAChainThatBreaksIt) {
  const Catalogue catalogue = thirteen_stages();
  const std::vector<OrderCase> cases = {
      {{"M-PRE-001", "M-CAL-001", "M-TEA-001", "M-CAL-002", "M-ENC-001", "M-RET-001", "M-OVR-001"}, 0},
      {{}, 1},
      {{"M-TEA-001", "M-ENC-001", "M-RET-001"}, 1},
      {{"M-PRE-001", "M-ENC-001", "M-TEA-001", "M-RET-001"}, 1},
      {{"M-PRE-001", "M-CAL-002", "M-TEA-001", "M-ENC-001", "M-RET-001"}, 2},
      {{"M-PRE-001", "M-CAL-001", "M-TEA-001", "M-ENC-001", "M-RET-001"}, 2},
      {{"M-PRE-001", "M-RET-001"}, 1},
      {{"M-PRE-007", "M-RET-001"}, 0},
      {{"M-PRE-001", "M-OVR-001", "M-ENC-001"}, 1},
      {{"M-PRE-001", "M-ELB-001", "M-RET-001", "M-ENC-001"}, 1},
  };
  for (const OrderCase& one : cases) {
    const StageOrder order = judge_order(chain_of("review", one.ids), catalogue);
    EXPECT_EQ(order.violations.size(), one.violations) << testing::PrintToString(one.ids);
  }
  EXPECT_EQ(judge_order(chain_of("review", {"M-PRE-001"}), catalogue).warnings.size(), 1U);
  EXPECT_EQ(launch_faults(chain_of("first_exposure", {"M-REF-003"}), catalogue),
            std::vector<std::string>{"CHAIN_PRIME_REQUIRED"});
  EXPECT_TRUE(launch_faults(chain_of("review", {"M-REF-003"}), catalogue).empty());
}

// contract: CL-B0, CL-B4
TEST(ShippedLibrary, IsInOrderStartableAndCoversEightModes) {
  const Catalogue catalogue = validate(shipped_library(), Contract::one, true).catalogue;
  for (const Chain& chain : catalogue.chains) {
    EXPECT_TRUE(judge_order(chain, catalogue).valid()) << chain.id;
    EXPECT_TRUE(launch_faults(chain, catalogue).empty()) << chain.id;
  }
  EXPECT_TRUE(coverage_faults(catalogue).empty());
}

// contract: CL-B4
TEST(Coverage, AMissingOwnerAWiderOwnerAndALostModeAreTold) {
  Catalogue catalogue = validate(shipped_library(), Contract::one, true).catalogue;
  std::erase_if(catalogue.chains, [](const Chain& chain) { return chain.id == "C-SW-001"; });
  EXPECT_EQ(coverage_faults(catalogue).size(), 2U);  // the owner, and its mode
  catalogue.chains.clear();
  EXPECT_EQ(coverage_faults(catalogue).size(), 8U);
  catalogue = validate(shipped_library(), Contract::one, true).catalogue;
  for (Chain& chain : catalogue.chains) {
    if (chain.id == "C-DA-001") chain.allowed_modes.emplace_back("synthesis");
  }
  EXPECT_EQ(coverage_faults(catalogue).size(), 1U);
}

std::map<std::string, std::optional<std::string>> written(const Exports& exports) {
  std::map<std::string, std::optional<std::string>> files;
  for (const auto& [name, text] : exports) files[name] = text;
  return files;
}

// contract: CL-B0, CL-B8
TEST(Exports, AreTheSameTwiceAndDoNotDrift) {
  const LibraryFiles library = shipped_library();
  const Exports exports = make_exports(library, Contract::one, as_it_is);
  EXPECT_EQ(exports, make_exports(library, Contract::one, as_it_is));
  EXPECT_EQ(find_drift(exports, written(exports)), "");
  EXPECT_EQ(exports.at("inventory_summary.json"),
            "{\n  \"total_methods\": 46,\n  \"total_chains\": 15,\n  \"chains_with_unknown_ids\": 0,\n"
            "  \"methods_missing_facilitation_prompt\": 0\n}\n");
  auto with_crlf = written(exports);
  std::string& text = *with_crlf.at("chains_inventory.md");
  for (std::size_t i = 0; (i = text.find('\n', i)) != std::string::npos; i += 2) text.insert(i, "\r");
  EXPECT_EQ(find_drift(exports, with_crlf), "");
}

TEST(Exports, ARowSaysWhatTheFileSaysAndWhatItLacks) {
  LibraryFiles library = small_library();
  library.files["methods/M-PRE-001.yaml"] =
      "id: M-PRE-001\nname: 'a, \"b\" | c'\ncategory: prepare\nsteps: []\ngates: [x]\noutputs:\n  - ' one '\n"
      "  - {b: 1, a: 2}\n";
  const Exports exports = make_exports(library, Contract::one, as_it_is);
  EXPECT_NE(exports.at("methods_inventory.csv")
                .find("M-PRE-001,\"a, \"\"b\"\" | c\",prepare,MISSING,MISSING,N,Y,MISSING,MISSING,Y,MISSING,"
                      "\"one; machine-readable: a,b\",lib/methods/M-PRE-001.yaml\n"),
            std::string::npos);
  EXPECT_NE(exports.at("methods_inventory.md").find("| a, \"b\" \\| c |"), std::string::npos);
}

TEST(Exports, TheIntegrityReportNamesFileAndLine) {
  LibraryFiles library = small_library();
  library.files["chains/C-ZZ-001.yaml"] = "id: C-AA-001\nblocks:\n  - M-NOT-001\n";
  const std::string report = make_exports(library, Contract::one, as_it_is).at("chains_integrity_report.md");
  EXPECT_NE(report.find("- C-AA-001: lib/chains/C-AA-001.yaml:1, lib/chains/C-ZZ-001.yaml:1\n"), std::string::npos);
  EXPECT_NE(report.find("- M-NOT-001 in C-AA-001: lib/chains/C-ZZ-001.yaml:3\n"), std::string::npos);
}

TEST(Drift, NamesWhatDiffers) {
  const Exports old = make_exports(small_library(), Contract::one, as_it_is);
  LibraryFiles library = small_library();
  library.files.erase("methods/M-REF-004.yaml");
  edit(library, "chains/C-AA-001.yaml", "M-REF-003, M-REF-004", "M-REF-004, M-REF-003");
  const std::string drift = find_drift(make_exports(library, Contract::one, as_it_is), written(old));
  for (const char* said : {"methods_inventory.md: extra id M-REF-004\n", "block order of C-AA-001 differs\n",
                           "inventory_summary.json: total_methods differs\n", "-  \"total_methods\": 4,\n"}) {
    EXPECT_NE(drift.find(said), std::string::npos) << said;
  }
  EXPECT_NE(find_drift(old, {}).find("methods_inventory.csv: the file is missing\n"), std::string::npos);
}

// contract: CL-B6
TEST(ErrorLog, AnOldLogReadsWithTheMeaningsOfTheContract) {
  const auto rows = read_error_log(
      "topic_id,item_id,error_type,stage_detected,confidence,time_to_answer,fix_applied\r\nt,\"i,1\",Recall,retrieve,H,"
      "2.5,NONE\r\n");
  ASSERT_TRUE(rows && rows->size() == 1);
  EXPECT_EQ(error_log_line((*rows)[0]), "t,\"i,1\",Recall,retrieve,H,2.5,NONE,unknown,unknown,high,new,v0-legacy,0\n");
  const auto again = read_error_log(error_log_header() + error_log_line((*rows)[0]));
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *rows);
}

TEST(ErrorLog, WhatIsNoLogIsRefusedWithItsLine) {
  EXPECT_FALSE(read_error_log(""));
  EXPECT_FALSE(read_error_log("a,b\n"));
  EXPECT_EQ(read_error_log(error_log_header() + "x,y\n").error().line, 2);
  EXPECT_FALSE(read_error_log(error_log_header() + "\"x"));
}

RC_GTEST_PROP(ErrorLog, WhatIsWrittenReadsBack, ()) {
  ErrorRow row;
  for (std::string& cell : row) {
    cell = *rc::gen::container<std::string>(rc::gen::element('a', ',', '"', '\n', ' '));
  }
  at(row, ErrorColumn::topic_id) = "t" + at(row, ErrorColumn::topic_id);
  const auto rows = read_error_log(error_log_header() + error_log_line(row));
  RC_ASSERT(rows.has_value());
  RC_ASSERT(rows->size() == 1U);
  RC_ASSERT(rows->front() == row);
}

TEST(ErrorLog, TheDominantErrorIsTheMostFrequentThenTheEarlier) {
  const auto row = [](const char* type) {
    ErrorRow made;
    at(made, ErrorColumn::error_type) = type;
    return made;
  };
  EXPECT_EQ(dominant_errors({row("Speed"), row("Rule"), row("Recall"), row("Speed"), row("None")}),
            (std::vector<std::string>{"Speed", "Recall", "Rule"}));
  EXPECT_TRUE(dominant_errors({}).empty());
}

}  // namespace
}  // namespace phalarope::library
