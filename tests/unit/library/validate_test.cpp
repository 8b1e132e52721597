// Every code of the contract by one bent library, normal and strict; what follows from one fault for the other files.
#include "core/library/validate.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/library/small_library.hpp"

namespace phalarope::library {
namespace {

using Codes = std::vector<std::string>;

Codes codes_of(const std::vector<Finding>& findings) {
  Codes codes;
  for (const Finding& finding : findings) codes.push_back(finding.code);
  std::ranges::sort(codes);
  return codes;
}

struct Edit {
  std::string file;
  std::string from;  // empty: the whole file
  std::string to;
};

struct Mutant {
  std::string name;
  std::vector<Edit> edits;
  Codes errors{};
  Codes warnings{};
  Codes notes{};
  Contract contract = Contract::one;
};

const std::string taxonomy = "meta/taxonomy.yaml";
const std::string version = "meta/version.yaml";
const std::string registry = "meta/knob_registry.yaml";
const std::string error_log = "templates/ErrorLog.csv";
const std::string pre = "methods/M-PRE-001.yaml";
const std::string recall = "methods/M-RET-001.yaml";
const std::string chain = "chains/C-AA-001.yaml";
constexpr Contract two = Contract::two;
const std::string modes = "allowed_modes: [mechanism]\n";
const std::string gates = "gates: [prime_artifacts_present]\n";
const std::string actions = "failure_actions: [inject_reference_targets_before_retrieve]\n";
const std::string targets = "requires_reference_targets: true\n";
const std::string remove_file = "\x01";

// contract: CL-META001, CL-META002, CL-META003, CL-META004, CL-META005, CL-META006, CL-KREG001, CL-KREG002
// contract: CL-KREG003, CL-KREG004, CL-KREG005, CL-ELOG001, CL-ELOG002, CL-ELOG003, CL-ELOG004, CL-ELOG005
const std::vector<Mutant> meta_mutants = {
    {.name = "nothing bent", .edits = {}},
    {.name = "no taxonomy", .edits = {{taxonomy, "", remove_file}}, .errors = {"META001"}},
    {.name = "taxonomy is a list", .edits = {{taxonomy, "", "[a]"}}, .errors = {"META002"}},
    {.name = "taxonomy is broken", .edits = {{taxonomy, "", "a: [b"}}, .errors = {"META002"}},
    {.name = "no categories", .edits = {{taxonomy, "", "a: b"}}, .errors = {"META003"}},
    {.name = "no version file", .edits = {{version, "", remove_file}}, .errors = {"META004"}},
    {.name = "version broken", .edits = {{version, "", "a: 'b"}}, .errors = {"META005"}},
    {.name = "version missing", .edits = {{version, "version: '1.0'", "other: 1"}}, .errors = {"META006"}},
    {.name = "registry missing",
     .edits = {{registry, "", remove_file}},
     .errors = {"K202", "K202", "K202", "K202", "K202", "K202", "K202", "K202", "K202", "K202", "KREG001"}},
    {.name = "registry empty",
     .edits = {{registry, "", "knobs: {}"}},
     .errors = {"K202", "K202", "K202", "K202", "K202", "K202", "K202", "K202", "K202", "K202", "KREG002"}},
    {.name = "knob is a text", .edits = {{registry, "ratio: {type: number}", "ratio: x"}}, .errors = {"KREG003"}},
    {.name = "knob of no type", .edits = {{registry, "{type: number}", "{type: colour}"}}, .errors = {"KREG004"}},
    {.name = "enum without values",
     .edits = {{registry, "allowed_values: [first_exposure, review]", "min: 1"}},
     .errors = {"K203", "K203", "KREG005"}},
    {.name = "no error log", .edits = {{error_log, "", remove_file}}, .errors = {"ELOG001"}},
    {.name = "no header", .edits = {{error_log, "", "\n , ,\n"}}, .errors = {"ELOG002"}},
    {.name = "column twice", .edits = {{error_log, "topic_id", "topic_id, item_id"}}, .errors = {"ELOG003"}},
    {.name = "old header",
     .edits = {{error_log, "",
                "\n\ntopic_id, item_id,error_type,stage_detected,confidence,time_to_answer,fix_applied\r\n"}},
     .warnings = {"ELOG004"}},
    {.name = "column missing", .edits = {{error_log, "confidence,", "colour,"}}, .errors = {"ELOG005"}},
};

// contract: CL-DIR002, CL-YAML001, CL-YAML002, CL-YAML003, CL-M100, CL-M101, CL-M102, CL-M103, CL-M104, CL-M105
// contract: CL-M106, CL-M107, CL-M108, CL-M109, CL-M120, CL-M121, CL-B1
const std::vector<Mutant> method_mutants = {
    {.name = "broken", .edits = {{recall, "", "id: [M-RET-001"}}, .errors = {"C108", "C108", "YAML001"}},
    {.name = "empty", .edits = {{recall, "", ""}, {recall, "", "# nothing"}}, .errors = {"C108", "C108", "YAML002"}},
    {.name = "not UTF-8", .edits = {{recall, "name", "\xff"}}, .errors = {"C108", "C108", "YAML003"}},
    {.name = "a date", .edits = {{pre, "what it is", "2026-01-05"}}, .errors = {"C108", "C108", "YAML001"}},
    {.name = "lost stage", .edits = {{pre, "control_stage: PRIME\n", ""}}, .errors = {"C108", "C108", "M100"}},
    {.name = "stage in another case", .edits = {{pre, "PRIME", "Prime"}}, .errors = {"C108", "C108", "M100"}},
    {.name = "a number for a name", .edits = {{pre, "M-PRE-001 name", "7"}}, .errors = {"C108", "C108", "M100"}},
    {.name = "two fields wrong",
     .edits = {{pre, "outputs: [Spine]", "outputs: [1, 2]\ntags: x"}},
     .errors = {"C108", "C108", "M100", "M100"}},
    {.name = "minutes as text", .edits = {{pre, "knobs:", "default_duration_min: '7'\nknobs:"}}},
    {.name = "minutes as a fraction",
     .edits = {{pre, "knobs:", "default_duration_min: 7.5\nknobs:"}},
     .errors = {"C108", "C108", "M100"}},
    {.name = "no best stage", .edits = {{pre, "knobs:", "best_stage: ~\nknobs:"}}},
    {.name = "evidence without a finding",
     .edits = {{pre, "  finding: it helps\n", ""}},
     .errors = {"C108", "C108", "M100"}},
    {.name = "id taken",
     .edits = {{"methods/M-ZZZ-001.yaml", "", small_method("M-RET-001", "retrieve", "RETRIEVE", "x")}},
     .errors = {"M101", "M102"}},
    {.name = "name taken", .edits = {{pre, "name: M-PRE-001", "name: M-REF-003"}}, .errors = {"M102"}},
    {.name = "name taken", .edits = {{pre, "name: M-PRE-001", "name: M-REF-003"}}, .notes = {"M102"}, .contract = two},
    {.name = "alias of a category", .edits = {{pre, "category: prepare", "category: prime"}}, .warnings = {"M103"}},
    {.name = "unknown category", .edits = {{pre, "category: prepare", "category: weave"}}, .errors = {"M104"}},
    {.name = "capitals", .edits = {{pre, "category: prepare", "category: PREPARE"}}, .errors = {"M104"}},
    {.name = "capitals", .edits = {{pre, "category: prepare", "category: PREPARE"}}, .contract = two},
    {.name = "no evidence",
     .edits = {{pre, "evidence:\n  citation: a book\n  finding: it helps\n", ""}},
     .warnings = {"M105"}},
    {.name = "raw evidence",
     .edits = {{pre, "evidence:\n  citation: a book\n  finding: it helps\n", "evidence_raw: seen\n"}}},
    {.name = "letters of no stage",
     .edits = {{pre, "id: M-PRE-001", "id: M-XYZ-001"}},
     .errors = {"C108", "C108", "M106"}},
    {.name = "another stage", .edits = {{pre, "PRIME", "ENCODE"}}, .errors = {"M107"}},
    {.name = "another stage", .edits = {{pre, "PRIME", "ENCODE"}}, .notes = {"M107"}, .contract = two},
    {.name = "old stage differs", .edits = {{pre, "knobs:", "stage: ENCODE\nknobs:"}}, .errors = {"M108"}},
    {.name = "old stage equal", .edits = {{pre, "knobs:", "stage: PRIME\nknobs:"}}},
    {.name = "unknown log fields", .edits = {{pre, "[notes]", "[notes, a, b]"}}, .warnings = {"M109", "M109"}},
    {.name = "no template",
     .edits = {{"templates/session_log_template.yaml", "", remove_file}, {pre, "[notes]", "[a]"}}},
    {.name = "alias of itself", .edits = {{pre, "knobs:", "alias_of: M-PRE-001\nknobs:"}}, .errors = {"M120"}},
    {.name = "alias of nobody", .edits = {{pre, "knobs:", "alias_of: M-PRE-009\nknobs:"}}, .errors = {"M121"}},
    {.name = "a field twice", .edits = {{pre, "knobs:", "category: refine\nknobs:"}}, .notes = {"YAML004"}},
};

// contract: CL-K201, CL-K202, CL-K203, CL-K204, CL-K205, CL-K206, CL-K207, CL-K208, CL-K209, CL-K210
const std::vector<Mutant> knob_mutants = {
    {.name = "no map", .edits = {{chain, "blocks:", "knobs: [a]\nblocks:"}}, .errors = {"K201"}},
    {.name = "an empty map", .edits = {{chain, "blocks:", "knobs:\ndefault_knobs: {}\nblocks:"}}},
    {.name = "unknown", .edits = {{chain, "blocks:", "knobs: {colour: red}\nblocks:"}}, .errors = {"K202"}},
    {.name = "unknown",
     .edits = {{chain, "blocks:", "knobs: {colour: red, loud: 1}\nblocks:"}},
     .errors = {"K209"},
     .notes = {"K202"},
     .contract = two},
    {.name = "not allowed", .edits = {{pre, "energy: low", "energy: [low, wild, 3]"}}, .errors = {"K204", "K204"}},
    {.name = "text for minutes", .edits = {{chain, "20", "'20'"}}, .errors = {"K205"}},
    {.name = "a boolean for minutes", .edits = {{chain, "20", "true"}}, .errors = {"K205"}},
    {.name = "too short", .edits = {{chain, "20", "4"}}, .errors = {"K206"}},
    {.name = "shortest", .edits = {{chain, "20", "5"}}},
    {.name = "longest", .edits = {{chain, "20", "180"}}},
    {.name = "too long", .edits = {{chain, "20", "181"}}, .errors = {"K207"}},
    {.name = "no number", .edits = {{chain, "blocks:", "knobs: {ratio: on}\nblocks:"}}, .errors = {"K208"}},
    {.name = "no boolean", .edits = {{chain, "blocks:", "default_knobs: {loud: y}\nblocks:"}}, .errors = {"K209"}},
    {.name = "no text", .edits = {{chain, "blocks:", "knobs: {word: 1}\nblocks:"}}, .errors = {"K210"}},
};

// contract: CL-C100, CL-C101, CL-C102, CL-C103, CL-C104, CL-C105, CL-C106, CL-C107, CL-C108, CL-C109, CL-C110
// contract: CL-C111, CL-C120, CL-C121, CL-B2, CL-B3
const std::vector<Mutant> chain_mutants = {
    {.name = "id out of shape", .edits = {{chain, "id: C-AA-001", "id: C-AAAA-01"}}, .errors = {"C100"}},
    {.name = "status of no kind", .edits = {{chain, "blocks:", "status: active\nblocks:"}}, .errors = {"C100"}},
    {.name = "status", .edits = {{chain, "blocks:", "status: active\nblocks:"}}, .contract = two},
    {.name = "id taken", .edits = {{"chains/C-ZZ-001.yaml", "", small_chain("C-AA-001")}}, .errors = {"C101", "C102"}},
    {.name = "name taken", .edits = {{chain, "name: C-AA-001", "name: C-BB-001"}}, .errors = {"C102"}},
    {.name = "no modes", .edits = {{chain, modes, ""}}, .errors = {"C103"}},
    {.name = "no modes", .edits = {{chain, modes, ""}}, .contract = two},
    {.name = "empty modes drop nothing",
     .edits = {{chain, modes, "allowed_modes: []\nknobs: {colour: red}\n"}},
     .errors = {"C103", "K202"}},
    {.name = "empty modes", .edits = {{chain, modes, "allowed_modes: []\n"}}, .errors = {"C103"}, .contract = two},
    {.name = "modes unknown drop the chain",
     .edits = {{chain, modes, "allowed_modes: [all, any]\nknobs: {colour: red}\n"}},
     .errors = {"C104"}},
    {.name = "no gates", .edits = {{chain, gates, ""}}, .errors = {"C105"}},
    {.name = "empty gates", .edits = {{chain, gates, "gates: []\n"}}, .errors = {"C105"}},
    {.name = "no gates", .edits = {{chain, gates, ""}}, .contract = two},
    {.name = "gates of the wrong type", .edits = {{chain, gates, "gates: 5\n"}}, .errors = {"C105"}, .contract = two},
    {.name = "gates as mappings", .edits = {{chain, gates, "gates: [{id: g}]\n"}}, .contract = two},
    {.name = "no actions", .edits = {{chain, actions, ""}}, .errors = {"C106"}},
    {.name = "empty actions", .edits = {{chain, actions, "failure_actions: []\n"}}, .errors = {"C106"}},
    {.name = "actions as a map", .edits = {{chain, actions, "failure_actions: {a: b}\n"}}, .contract = two},
    {.name = "actions as text",
     .edits = {{chain, actions, "failure_actions: a\n"}},
     .errors = {"C106"},
     .contract = two},
    {.name = "targets missing", .edits = {{chain, targets, ""}}, .errors = {"C107"}},
    {.name = "targets missing", .edits = {{chain, targets, ""}}, .contract = two},
    {.name = "targets as text",
     .edits = {{chain, targets, "requires_reference_targets: 'true'\n"}},
     .errors = {"C107"}},
    {.name = "targets as a number", .edits = {{chain, targets, "requires_reference_targets: 1\n"}}, .errors = {"C107"}},
    {.name = "unknown blocks", .edits = {{chain, "M-PRE-001", "M-PRE-002, M-PRE-003"}}, .errors = {"C108", "C108"}},
    {.name = "rich blocks",
     .edits = {{chain, "M-PRE-001", "{method_id: M-PRE-001}, {step: x}, {id: M-NOT-001}"}},
     .errors = {"C108"},
     .contract = two},
    {.name = "recall without targets",
     .edits = {{chain, targets, "requires_reference_targets: false\n"}},
     .errors = {"C109"}},
    {.name = "no producer", .edits = {{chain, "M-REF-003, M-REF-004, ", ""}}, .errors = {"C110"}},
    {.name = "recall first",
     .edits = {{chain, "M-REF-003, M-REF-004, M-RET-001", "M-RET-001, M-REF-003"}},
     .errors = {"C111"}},
    {.name = "no recall, no targets",
     .edits = {{chain, ", M-REF-003, M-REF-004, M-RET-001", ""},
               {chain, targets, "requires_reference_targets: false\n"}}},
    {.name = "alias of itself", .edits = {{chain, "blocks:", "alias_of: C-AA-001\nblocks:"}}, .errors = {"C120"}},
    {.name = "alias of nobody", .edits = {{chain, "blocks:", "alias_of: C-AA-009\nblocks:"}}, .errors = {"C121"}},
    {.name = "no blocks", .edits = {{chain, "blocks: [M-PRE-001, M-REF-003, M-REF-004, M-RET-001]\n", ""}}},
};

LibraryFiles bent(const Mutant& mutant) {
  LibraryFiles library = small_library();
  for (const Edit& one : mutant.edits) {
    if (!one.from.empty()) {
      edit(library, one.file, one.from, one.to);
    } else if (one.to == remove_file) {
      library.files.erase(one.file);
    } else {
      library.files[one.file] = one.to;
    }
  }
  return library;
}

void expect_said(const std::vector<Mutant>& mutants) {
  for (const Mutant& mutant : mutants) {
    SCOPED_TRACE(mutant.name + (mutant.contract == two ? ", contract 2" : ""));
    const LibraryFiles library = bent(mutant);
    const Validation normal = validate(library, mutant.contract, false);
    EXPECT_EQ(codes_of(normal.errors), mutant.errors);
    EXPECT_EQ(codes_of(normal.warnings), mutant.warnings);
    EXPECT_EQ(codes_of(normal.notes), mutant.notes);
    const Validation strict = validate(library, mutant.contract, true);
    Codes all = mutant.errors;
    all.insert(all.end(), mutant.warnings.begin(), mutant.warnings.end());
    std::ranges::sort(all);
    EXPECT_EQ(codes_of(strict.errors), all);
    EXPECT_TRUE(strict.warnings.empty());
    EXPECT_EQ(codes_of(strict.notes), mutant.notes);
    EXPECT_EQ(strict.passes(), all.empty());
  }
}

TEST(Validate, EachFaultOfTheMetaFilesHasItsCode) { expect_said(meta_mutants); }
TEST(Validate, EachFaultOfAMethodHasItsCode) { expect_said(method_mutants); }
TEST(Validate, EachFaultOfAKnobHasItsCode) { expect_said(knob_mutants); }
TEST(Validate, EachFaultOfAChainHasItsCode) { expect_said(chain_mutants); }

// contract: CL-DIR001, CL-DIR002
TEST(Validate, MissingAndEmptyDirectoriesAreTold) {
  LibraryFiles library = small_library();
  std::erase_if(library.files, [](const auto& file) { return file.first.starts_with("chains/"); });
  EXPECT_EQ(codes_of(validate(library, Contract::one, false).errors), Codes{"DIR002"});
  library.has_chains = false;
  const Validation verdict = validate(library, Contract::one, false);
  EXPECT_EQ(codes_of(verdict.errors), Codes{"DIR001"});
  EXPECT_EQ(verdict.errors[0].file, "chains");
}

TEST(Validate, UnderContractTwoOnlyChainFilesAreRead) {
  LibraryFiles library = small_library();
  library.files["chains/certification_registry.yaml"] = "chains: {}";
  EXPECT_EQ(validate(library, Contract::two, false).errors.size(), 0U);
  EXPECT_FALSE(validate(library, Contract::one, false).passes());
}

TEST(Validate, AFindingNamesFileLineAndField) {
  LibraryFiles library = small_library();
  edit(library, pre, "category: prepare", "category: weave");
  const Validation verdict = validate(library, Contract::one, false);
  ASSERT_EQ(verdict.errors.size(), 1U);
  EXPECT_EQ(verdict.errors[0].file, pre);
  EXPECT_EQ(verdict.errors[0].line, 4);
  EXPECT_EQ(verdict.errors[0].field, "category");
  EXPECT_EQ(verdict.errors[0].message, "unknown category 'weave'");
}

TEST(Validate, EveryCodeOfTheTableHasAFix) {
  for (const CodeRow& row : finding_codes) EXPECT_FALSE(row.fix.empty()) << row.code;
}

// contract: CL-B0, CL-B1
TEST(Validate, TheShippedLibraryIsCleanUnderStrict) {
  const Validation verdict = validate(shipped_library(), Contract::one, true);
  EXPECT_EQ(codes_of(verdict.errors), Codes{});
  EXPECT_TRUE(verdict.notes.empty());
  EXPECT_EQ(verdict.catalogue.methods.size(), 46U);
  EXPECT_EQ(verdict.catalogue.chains.size(), 15U);
}

}  // namespace
}  // namespace phalarope::library
