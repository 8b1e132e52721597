// A small, valid library in memory for tests to bend, and the shipped one from the source tree.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "core/library/library_files.hpp"

namespace phalarope::library {

inline std::string small_method(const std::string& id, const std::string& category, const std::string& stage,
                                const std::string& outputs) {
  return "id: " + id + "\nname: " + id + " name\ndescription: what it is\ncategory: " + category +
         "\ncontrol_stage: " + stage + "\noutputs: [" + outputs +
         "]\nlogging_fields: [notes]\nknobs:\n  energy: low\nevidence:\n  citation: a book\n  finding: it helps\n";
}

inline std::string small_chain(const std::string& id) {
  return "id: " + id + "\nname: " + id +
         " name\ndescription: what it is\ncontext_tags:\n  stage: review\n  energy: medium\n  time_available: 20\n"
         "allowed_modes: [mechanism]\nrequires_reference_targets: true\n"
         "blocks: [M-PRE-001, M-REF-003, M-REF-004, M-RET-001]\n"
         "gates: [prime_artifacts_present]\nfailure_actions: [inject_reference_targets_before_retrieve]\n";
}

inline LibraryFiles small_library() {
  LibraryFiles library;
  library.has_methods = library.has_chains = true;
  library.files = {
      {"meta/taxonomy.yaml",
       "categories:\n  prepare: {aliases: [prime]}\n  refine: {aliases: []}\n  retrieve: {aliases: []}\n"},
      {"meta/version.yaml", "version: '1.0'\ncontract: 1\n"},
      {"meta/knob_registry.yaml",
       "knobs:\n  stage: {type: enum, allowed_values: [first_exposure, review]}\n"
       "  energy: {type: enum, allowed_values: [low, medium, high]}\n"
       "  time_available: {type: integer, min: 5, max: 180}\n  ratio: {type: number}\n  loud: {type: boolean}\n"
       "  word: {type: string}\n"},
      {"templates/ErrorLog.csv",
       "topic_id,item_id,error_type,stage_detected,confidence,time_to_answer,fix_applied,assessment_mode,chain_id,"
       "support_level,prior_exposure_band,selector_policy_version,dependency_fix_applied\n"},
      {"templates/session_log_template.yaml", "session_fields:\n  - name: notes\n"},
      {"methods/M-PRE-001.yaml", small_method("M-PRE-001", "prepare", "PRIME", "Spine")},
      {"methods/M-REF-003.yaml", small_method("M-REF-003", "refine", "REFERENCE", "One-Page Anchor")},
      {"methods/M-REF-004.yaml", small_method("M-REF-004", "refine", "REFERENCE", "question_bank_seed v1")},
      {"methods/M-RET-001.yaml", small_method("M-RET-001", "retrieve", "RETRIEVE", "Misses")},
      {"chains/C-AA-001.yaml", small_chain("C-AA-001")},
      {"chains/C-BB-001.yaml", small_chain("C-BB-001")},
  };
  return library;
}

/// Replaces `from`, which stands in the file, by `to`.
inline void edit(LibraryFiles& library, const std::string& file, const std::string& from, const std::string& to) {
  std::string& text = *library.files.at(file);
  text.replace(text.find(from), from.size(), to);
}

inline LibraryFiles shipped_library() {
  LibraryFiles library;
  library.has_methods = library.has_chains = true;
  const std::filesystem::path top = std::filesystem::path(PHALAROPE_SOURCE_DIR) / "firmware_images/conf/library";
  for (const char* folder : {"methods", "chains", "meta", "templates"}) {
    for (const auto& entry : std::filesystem::directory_iterator(top / folder)) {
      std::ostringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      library.files[std::string(folder) + "/" + entry.path().filename().string()] = text.str();
    }
  }
  return library;
}

}  // namespace phalarope::library
