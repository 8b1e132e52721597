#include "core/library/inventory.hpp"

#include <algorithm>
#include <set>

#include "core/library/chain.hpp"
#include "core/library/knob_registry.hpp"
#include "core/library/meta_files.hpp"
#include "core/library/text_tools.hpp"
#include "core/library/validate.hpp"
#include "core/library/yaml_value.hpp"

namespace phalarope::library {
namespace {

using Kind = YamlValue::Kind;
using Row = std::vector<std::string>;
constexpr std::string_view missing = "MISSING";
constexpr std::size_t summary_characters_max = 120;
constexpr std::size_t summary_characters_kept = 117;

struct ReadFile {
  YamlValue root;
  std::string path;
};

const YamlValue* first_of(const YamlValue& root, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (const YamlValue* const value = root.find(key); value != nullptr) return value;
  }
  return nullptr;
}

std::string flag(const YamlValue* value) {
  if (value == nullptr) return std::string(missing);
  const bool empty = value->is(Kind::null) || (value->is(Kind::list) && value->items.empty()) ||
                     (value->is(Kind::map) && value->entries.empty()) ||
                     (value->is(Kind::text) && trimmed(value->text).empty());
  return empty ? "N" : "Y";
}

std::string cell(const YamlValue* value, std::string_view absent) {
  return value == nullptr ? std::string(absent) : value->is(Kind::null) ? std::string() : as_text(*value);
}

/// The first characters, not bytes.
std::string cut(const std::string& text) {
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) starts.push_back(i);
  }
  if (starts.size() <= summary_characters_max) return text;
  return text.substr(0, starts[summary_characters_kept]) + "...";
}

std::string outputs_summary(const YamlValue* outputs) {
  if (outputs == nullptr) return std::string(missing);
  if (!outputs->is(Kind::list)) return cut(outputs->is(Kind::null) ? "" : std::string(trimmed(as_text(*outputs))));
  std::vector<std::string> items;
  for (const YamlValue& item : outputs->items) {
    if (item.is(Kind::map)) {
      std::vector<std::string> keys;
      for (const YamlValue& entry : item.entries) keys.push_back(entry.key);
      std::ranges::sort(keys);
      items.push_back("machine-readable: " + joined(keys, ","));
    } else {
      items.emplace_back(trimmed(as_text(item)));
    }
  }
  return cut(joined(items, "; "));
}

Row method_row(const ReadFile& file) {
  const YamlValue& root = file.root;
  const YamlValue* const outputs = first_of(root, {"outputs", "artifact_type"});
  return {cell(root.find("id"), ""),
          cell(root.find("name"), ""),
          cell(root.find("category"), ""),
          cell(root.find("default_duration_min"), missing),
          cell(root.find("energy_cost"), missing),
          flag(root.find("steps")),
          flag(first_of(root, {"gating_rules", "gates", "gating"})),
          flag(root.find("failure_modes")),
          flag(root.find("stop_criteria")),
          flag(outputs),
          flag(root.find("facilitation_prompt")),
          outputs_summary(outputs),
          file.path};
}

const Row method_columns = {"id",
                            "name",
                            "category",
                            "default_duration_min",
                            "energy_cost",
                            "has_steps",
                            "has_gating_rules",
                            "has_failure_modes",
                            "has_stop_criteria",
                            "has_outputs_or_artifacts",
                            "has_facilitation_prompt",
                            "outputs_summary",
                            "file_path"};
constexpr std::size_t prompt_column = 10;
const Row chain_columns = {"chain_id", "chain_name", "method_ids_in_order", "file_path"};

std::vector<Block> blocks_of(const YamlValue& root) {
  std::vector<Block> blocks;
  const YamlValue* const list = root.find("blocks");
  if (list == nullptr) return blocks;
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    if (auto id = method_of_block(list->items[i])) blocks.push_back({std::move(*id), i, list->items[i].line});
  }
  return blocks;
}

Row chain_row(const ReadFile& file) {
  return {cell(file.root.find("id"), ""), cell(file.root.find("name"), ""),
          joined(method_ids(blocks_of(file.root)), ", "), file.path};
}

std::string markdown_cell(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '|') safe += '\\';
    safe += c == '\n' ? ' ' : c;
  }
  return safe;
}

std::string csv(const Row& columns, const std::vector<Row>& rows) {
  std::string text = joined(columns, ",") + "\n";
  for (const Row& row : rows) {
    Row cells;
    for (const std::string& one : row) cells.push_back(csv_cell(one));
    text += joined(cells, ",") + "\n";
  }
  return text;
}

std::string markdown(const Row& columns, const std::vector<Row>& rows) {
  std::string text = "| " + joined(columns, " | ") + " |\n";
  text += "| " + joined(Row(columns.size(), "---"), " | ") + " |\n";
  for (const Row& row : rows) {
    Row cells;
    for (const std::string& one : row) cells.push_back(markdown_cell(one));
    text += "| " + joined(cells, " | ") + " |\n";
  }
  return text;
}

int line_of(const YamlValue& root, std::string_view field) {
  const YamlValue* const value = root.find(field);
  return value == nullptr ? root.line : value->line;
}

/// `- id: path:line, path:line` for every id that stands in more than one file.
std::string duplicates(const std::vector<ReadFile>& files) {
  std::map<std::string, std::vector<std::string>> places;
  for (const ReadFile& file : files) {
    const std::string id = cell(file.root.find("id"), "");
    if (!id.empty()) places[id].push_back(file.path + ":" + std::to_string(line_of(file.root, "id")));
  }
  std::string text;
  for (const auto& [id, where] : places) {
    if (where.size() > 1) text += "- " + id + ": " + joined(where, ", ") + "\n";
  }
  return text.empty() ? "- None\n" : text;
}

struct UnknownIds {
  std::string text;
  std::size_t count = 0;
};

UnknownIds unknown_ids(const std::vector<ReadFile>& methods, const std::vector<ReadFile>& chains) {
  std::set<std::string> known;
  for (const ReadFile& file : methods) known.insert(cell(file.root.find("id"), ""));
  UnknownIds unknown;
  for (const ReadFile& file : chains) {
    for (const Block& block : blocks_of(file.root)) {
      if (known.contains(block.method_id)) continue;
      ++unknown.count;
      unknown.text += "- " + block.method_id + " in " + cell(file.root.find("id"), "") + ": " + file.path + ":" +
                      std::to_string(block.line) + "\n";
    }
  }
  if (unknown.count == 0) unknown.text = "- None\n";
  return unknown;
}

std::string_view shelf_of(const YamlValue& chain) {
  const YamlValue* const tags = chain.find("context_tags");
  const YamlValue* const stage = tags == nullptr ? nullptr : tags->find("stage");
  const std::string tag = is_blank(stage) ? std::string() : std::string(trimmed(as_text(*stage)));
  if (tag == "first_exposure") return "First Exposure";
  if (tag == "consolidation") return "Consolidation";
  return tag == "exam_prep" ? "Exam Ramp" : "Maintenance";
}

/// The default that the registry names, else the value that most chains use; of several, the first by text.
std::string usual_value(const std::string& name, const Knob& knob, const std::vector<ReadFile>& chains) {
  if (!knob.default_text.empty()) return knob.default_text;
  std::map<std::string, std::size_t> uses;
  for (const ReadFile& file : chains) {
    for (const std::string_view field : {"context_tags", "default_knobs", "knobs"}) {
      const YamlValue* const map = file.root.find(field);
      const YamlValue* const value = map == nullptr ? nullptr : map->find(name);
      if (value != nullptr) ++uses[as_text(*value)];
    }
  }
  std::string best = "NONE";
  std::size_t most = 0;
  for (const auto& [value, count] : uses) {
    if (count > most) best = value;
    most = std::max(most, count);
  }
  return best;
}

std::string research_packet(const LibraryFiles& library, const std::vector<ReadFile>& methods,
                            const std::vector<ReadFile>& chains, const UnknownIds& unknown) {
  std::string text = "# Research packet\n\n## Summary\n\n- methods: " + std::to_string(methods.size()) +
                     "\n- chains: " + std::to_string(chains.size()) +
                     "\n- unknown method ids: " + std::to_string(unknown.count) + "\n\n## Templates\n\n";
  for (const auto& [name, content] : library.files) {
    if (name.starts_with("templates/")) text += "- " + name + "\n";
  }
  text += "\n## Method catalog\n\n";
  for (const ReadFile& file : methods) {
    text += "- " + cell(file.root.find("id"), "NONE") + " " + cell(file.root.find("name"), "NONE") + ": " +
            cell(file.root.find("description"), "NONE") + "\n";
  }
  text += "\n## Chain catalog\n";
  for (const std::string_view shelf : {"First Exposure", "Consolidation", "Exam Ramp", "Maintenance"}) {
    text += "\n### " + std::string(shelf) + "\n\n";
    for (const ReadFile& file : chains) {
      if (shelf_of(file.root) != shelf) continue;
      text += "- " + cell(file.root.find("id"), "NONE") + " " + cell(file.root.find("name"), "NONE") + ": " +
              joined(method_ids(blocks_of(file.root)), " > ") + "\n";
    }
  }
  Findings ignored(Contract::one);
  const KnobRegistry knobs = read_knob_registry(text_of(library, knob_registry_file), "", ignored);
  std::vector<Row> knob_rows;
  for (const auto& [name, knob] : knobs) {
    knob_rows.push_back({name, knob.description, joined(knob.allowed_values, ", "), usual_value(name, knob, chains)});
  }
  text += "\n## Knob dictionary\n\n" + markdown({"knob", "meaning", "values", "default"}, knob_rows);
  text += "\n## Telemetry\n\nColumns: " + joined(error_log_columns, ", ") +
          ".\n\nMetrics: low-support accuracy, adversarial accuracy, median latency of RETRIEVE rows, high-confidence "
          "wrong rate, dependency-fix rate, expertise reversal.\n\n## Evidence ledger\n\n";
  std::string gaps;
  for (const ReadFile& file : methods) {
    const YamlValue* const evidence = first_of(file.root, {"evidence", "evidence_raw"});
    const std::string id = cell(file.root.find("id"), "NONE");
    if (evidence == nullptr) {
      gaps += "- " + id + ": no evidence\n";
    } else if (evidence->is(Kind::map)) {
      text += "- " + id + ": " + cell(evidence->find("citation"), "NONE") + ". " +
              cell(evidence->find("finding"), "NONE") + "\n";
    } else {
      text += "- " + id + ": " + cell(evidence, "NONE") + "\n";
    }
  }
  return text + "\n## Open gaps\n\n" + (gaps.empty() ? "- None\n" : gaps);
}

std::vector<ReadFile> read_all(const LibraryFiles& library, const std::vector<std::string>& names,
                               const std::function<std::string(const std::string&)>& path_of) {
  std::vector<ReadFile> files;
  for (const std::string& name : names) {
    const std::string* const text = text_of(library, name);
    auto parsed = text == nullptr ? std::expected<YamlFile, YamlFault>{} : parse_yaml(*text);
    if (parsed && parsed->root.is(Kind::map)) files.push_back({std::move(parsed->root), path_of(name)});
  }
  return files;
}

}  // namespace

Exports make_exports(const LibraryFiles& library, Contract contract,
                     const std::function<std::string(const std::string&)>& path_of) {
  const auto methods = read_all(library, library.method_files(), path_of);
  const auto chains = read_all(library, library.chain_files(contract), path_of);
  std::vector<Row> method_rows;
  std::vector<Row> chain_rows;
  for (const ReadFile& file : methods) method_rows.push_back(method_row(file));
  for (const ReadFile& file : chains) chain_rows.push_back(chain_row(file));
  const UnknownIds unknown = unknown_ids(methods, chains);
  const auto without_prompt =
      std::ranges::count_if(method_rows, [](const Row& row) { return row[prompt_column] != "Y"; });
  Exports exports;
  exports["methods_inventory.csv"] = csv(method_columns, method_rows);
  exports["methods_inventory.md"] = markdown(method_columns, method_rows);
  exports["chains_inventory.md"] = markdown(chain_columns, chain_rows);
  exports["chains_integrity_report.md"] = "# Chains integrity report\n\n## Duplicate method ids\n\n" +
                                          duplicates(methods) + "\n## Duplicate chain ids\n\n" + duplicates(chains) +
                                          "\n## Unknown method ids\n\n" + unknown.text;
  exports["inventory_summary.json"] =
      "{\n  \"total_methods\": " + std::to_string(methods.size()) +
      ",\n  \"total_chains\": " + std::to_string(chains.size()) +
      ",\n  \"chains_with_unknown_ids\": " + std::to_string(unknown.count) +
      ",\n  \"methods_missing_facilitation_prompt\": " + std::to_string(without_prompt) + "\n}\n";
  exports["research_packet.md"] = research_packet(library, methods, chains, unknown);
  return exports;
}

}  // namespace phalarope::library
