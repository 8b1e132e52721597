#include "core/library/finding.hpp"

#include <algorithm>

#include "core/engine/base/enforce.hpp"

namespace phalarope::library {

namespace {
constexpr Level error = Level::error;
constexpr Level warning = Level::warning;
constexpr Level note = Level::note;
}  // namespace

const std::array<CodeRow, 58> finding_codes = {{
    {"META001", error, error, "Add meta/taxonomy.yaml with the categories of the methods"},
    {"META002", error, error, "Make it readable YAML that holds a mapping"},
    {"META003", error, error, "Add `categories:` with one entry for each category"},
    {"META004", error, error, "Add meta/version.yaml with `version`"},
    {"META005", error, error, "Make it readable YAML"},
    {"META006", error, error, "Add `version:`"},
    {"KREG001", error, error, "Add a readable meta/knob_registry.yaml"},
    {"KREG002", error, error, "Add `knobs:` with one entry for each knob"},
    {"KREG003", error, error, "Write the knob as a mapping with `type`"},
    {"KREG004", error, error, "Use one of enum, integer, number, boolean, string"},
    {"KREG005", error, error, "Add `allowed_values:`"},
    {"ELOG001", error, error, "Add templates/ErrorLog.csv with the 13 columns"},
    {"ELOG002", error, error, "Write the 13 columns as its first line"},
    {"ELOG003", error, error, "Keep each column once"},
    {"ELOG004", warning, warning, "Run: phalarope chains errorlog upgrade"},
    {"ELOG005", error, error, "Add the missing columns; their order is free"},
    {"DIR001", error, error, "Create the directory"},
    {"DIR002", error, error, "Add at least one file"},
    {"YAML001", error, error, "Check indentation, quotes and colons"},
    {"YAML002", error, error, "Write `field: value` lines"},
    {"YAML003", error, error, "Check that the file may be read and is UTF-8 text"},
    {"YAML004", note, note, "Keep one of the two; the last one counts"},
    {"M100", error, error, "Give the field a value of the right type"},
    {"M101", error, error, "Give one of the two methods another id"},
    {"M102", error, note, "Give one of the two methods another name"},
    {"M103", warning, warning, "Write the category that the alias stands for"},
    {"M104", error, error, "Use one of the taxonomy's categories"},
    {"M105", warning, warning, "Add `evidence` with citation and finding"},
    {"M106", error, error, "Use the letters of a stage, as in M-RET-001"},
    {"M107", error, note, "Let `control_stage` say what the id says"},
    {"M108", error, error, "Leave `stage` out, or make it equal to `control_stage`"},
    {"M109", warning, warning, "Name it in session_fields of templates/session_log_template.yaml"},
    {"M120", error, error, "Name another method, or leave `alias_of` out"},
    {"M121", error, error, "Name a method of this library"},
    {"K201", error, error, "Write knobs as `name: value` lines"},
    {"K202", error, note, "Register the knob in meta/knob_registry.yaml, or leave it out"},
    {"K203", error, error, "Mend the knob's entry in meta/knob_registry.yaml"},
    {"K204", error, error, "Use one of the knob's allowed values"},
    {"K205", error, error, "Write a whole number without quotes"},
    {"K206", error, error, "Raise it to the knob's min"},
    {"K207", error, error, "Lower it to the knob's max"},
    {"K208", error, error, "Write a number without quotes"},
    {"K209", error, error, "Write true or false"},
    {"K210", error, error, "Write a text"},
    {"C100", error, error, "Give the field a value of the right type"},
    {"C101", error, error, "Give one of the two chains another id"},
    {"C102", error, error, "Give one of the two chains another name"},
    {"C103", error, error, "List the question modes that the chain serves"},
    {"C104", error, error, "Use the eight question modes only"},
    {"C105", error, error, "List the gates that are checked between its steps"},
    {"C106", error, error, "List what is done when a gate fails"},
    {"C107", error, error, "Write true or false without quotes"},
    {"C108", error, error, "Name a method of this library"},
    {"C109", error, error, "Say `requires_reference_targets: true` and put the targets before the recall"},
    {"C110", error, error, "Run: phalarope chains fix --write"},
    {"C111", error, error, "Run: phalarope chains fix --write"},
    {"C120", error, error, "Name another chain, or leave `alias_of` out"},
    {"C121", error, error, "Name a chain of this library"},
}};

void Findings::add(std::string_view code, std::string file, int line, std::string field, std::string message) {
  const auto row = std::ranges::find(finding_codes, code, &CodeRow::code);
  PHAL_ENFORCE(row != finding_codes.end(), "every code that is said stands in the table of codes");
  const Level level = contract_ == Contract::one ? row->under_1 : row->under_2;
  all_.push_back({std::string(code), level, std::move(file), std::max(line, 1), std::move(field), std::move(message),
                  std::string(row->fix)});
}

}  // namespace phalarope::library
