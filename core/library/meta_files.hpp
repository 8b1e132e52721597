// The files beside methods and chains: taxonomy, version, error log header, session template. Each is read whole and
// says what is wrong with it; what is missing then judges nothing (a category needs a taxonomy to be unknown to).
// Values; any thread. Contract: chain-library.md 1, 8 (META, ELOG), 11.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/library/finding.hpp"
#include "core/library/library_files.hpp"

namespace phalarope::library {

constexpr std::string_view taxonomy_file = "meta/taxonomy.yaml";
constexpr std::string_view version_file = "meta/version.yaml";
constexpr std::string_view knob_registry_file = "meta/knob_registry.yaml";
constexpr std::string_view error_log_file = "templates/ErrorLog.csv";
constexpr std::string_view session_template_file = "templates/session_log_template.yaml";

/// The error log's columns in canonical order; the first seven are the old schema.
constexpr std::array<std::string_view, 13> error_log_columns = {"topic_id",
                                                                "item_id",
                                                                "error_type",
                                                                "stage_detected",
                                                                "confidence",
                                                                "time_to_answer",
                                                                "fix_applied",
                                                                "assessment_mode",
                                                                "chain_id",
                                                                "support_level",
                                                                "prior_exposure_band",
                                                                "selector_policy_version",
                                                                "dependency_fix_applied"};
constexpr std::size_t old_error_log_columns = 7;

struct Taxonomy {
  std::vector<std::string> categories;
  std::vector<std::string> aliases;
};

/// Nothing when no taxonomy can be read.
std::optional<Taxonomy> read_taxonomy(const LibraryFiles& library, Findings& findings);
void check_version(const LibraryFiles& library, Findings& findings);
void check_error_log(const LibraryFiles& library, Findings& findings);
/// `session_fields[].name`; empty when there is no template.
std::vector<std::string> session_field_names(const LibraryFiles& library);

/// What meta/version.yaml says; contract 1 when it says nothing that can be used.
Contract stated_contract(const LibraryFiles& library);

/// First non-blank line, split at commas, trimmed, empties dropped.
std::vector<std::string> csv_header(std::string_view text);

/// The text of a file; null when it is missing or cannot be read.
const std::string* text_of(const LibraryFiles& library, std::string_view name);
/// UTF-8 without what only other encodings hold.
bool is_utf8(std::string_view text);

}  // namespace phalarope::library
