#include "core/library/chain.hpp"

#include "core/library/schema_reader.hpp"
#include "core/library/text_tools.hpp"

namespace phalarope::library {
namespace {

using Kind = YamlValue::Kind;

bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_chain_id_2(std::string_view rest) {
  const std::size_t dash = rest.find('-');
  if (dash == std::string_view::npos || dash < 2 || dash > 8) return false;
  if (!std::ranges::all_of(rest.substr(0, dash), is_capital)) return false;
  rest.remove_prefix(dash);
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the dash
    const std::size_t length = std::min(rest.find('-'), rest.size());
    const bool fits = length >= 2 && length <= 8 &&
                      std::ranges::all_of(rest.substr(0, length), [](char c) { return is_capital(c) || is_digit(c); });
    if (!fits) return false;
    rest.remove_prefix(length);
  }
  return true;
}

void read_id(SchemaReader& reader, Contract contract, Chain& chain) {
  reader.required_text("id", chain.id);
  const YamlValue* const id = reader.find("id");
  if (id != nullptr && id->is(Kind::text) && !is_chain_id(contract, id->text)) {
    reader.complain("id", "'" + id->text + "' is no chain id such as C-FE-001");
  }
}

void read_blocks(SchemaReader& reader, Contract contract, Chain& chain) {
  if (contract == Contract::one) {
    reader.list_of("blocks", {Kind::text});
  } else {
    reader.list_of("blocks", {Kind::text, Kind::map});
  }
  const YamlValue* const blocks = reader.find("blocks");
  if (blocks == nullptr) return;
  for (std::size_t i = 0; i < blocks->items.size(); ++i) {
    if (auto id = method_of_block(blocks->items[i])) chain.blocks.push_back({std::move(*id), i, blocks->items[i].line});
  }
}

/// Says that a list is missing or empty; only a missing one drops the chain.
void read_modes(SchemaReader& reader, Findings& findings, Chain& chain) {
  constexpr std::string_view field = "allowed_modes";
  const YamlValue* const modes = reader.find(field);
  if (modes == nullptr || modes->is(Kind::null)) {
    if (findings.contract() == Contract::one) reader.complain("C103", field, "the question modes are missing");
    return;
  }
  if (!modes->is(Kind::list)) return reader.complain(field, "must be a list of question modes");
  if (modes->items.empty()) {
    return findings.add("C103", reader.file(), modes->line, std::string(field), "no question mode is listed");
  }
  for (const YamlValue& mode : modes->items) {
    if (mode.is(Kind::text) && holds(assessment_modes, mode.text)) continue;
    return reader.complain("C104", field, "unknown question mode '" + as_text(mode) + "'");
  }
  chain.allowed_modes = texts_of(modes);
}

std::vector<std::string> names_in(const YamlValue& list) {
  std::vector<std::string> names;
  for (const YamlValue& item : list.items) {
    const YamlValue* const id = item.find("id");
    names.push_back(item.is(Kind::text) ? item.text : id != nullptr ? as_text(*id) : std::string());
  }
  return names;
}

struct NamesField {
  std::string_view field;
  std::string_view code;
  bool may_be_a_map;  // under contract 2
};
constexpr NamesField gates_field{"gates", "C105", false};
constexpr NamesField actions_field{"failure_actions", "C106", true};

std::vector<std::string> read_names(SchemaReader& reader, Findings& findings, const NamesField& row) {
  const bool first_contract = findings.contract() == Contract::one;
  const YamlValue* const value = reader.find(row.field);
  if (value == nullptr || value->is(Kind::null)) {
    if (first_contract) reader.complain(row.code, row.field, "the field is missing");
    return {};
  }
  if (value->is(Kind::map) && !first_contract && row.may_be_a_map) return {};
  const bool shaped = first_contract ? is_list_of(*value, {Kind::text}) : is_list_of(*value, {Kind::text, Kind::map});
  if (!shaped) {
    reader.complain(row.code, row.field, "must be a list of names");
    return {};
  }
  if (value->items.empty() && first_contract) {
    findings.add(row.code, reader.file(), value->line, std::string(row.field), "the list is empty");
  }
  return names_in(*value);
}

void read_targets(SchemaReader& reader, Contract contract, Chain& chain) {
  constexpr std::string_view field = "requires_reference_targets";
  const YamlValue* const value = reader.find(field);
  if (value == nullptr || (contract == Contract::two && value->is(Kind::null))) {
    if (contract == Contract::one) reader.complain("C107", field, "the field is missing");
  } else if (!value->is(Kind::boolean)) {
    reader.complain("C107", field, "must be true or false, and neither in quotes nor a number");
  } else {
    chain.requires_reference_targets = value->boolean;
  }
}

}  // namespace

bool is_chain_id(Contract contract, std::string_view id) {
  if (!id.starts_with("C-")) return false;
  id.remove_prefix(2);
  if (contract == Contract::two) return is_chain_id_2(id);
  const std::size_t dash = id.find('-');
  return (dash == 2 || dash == 3) && id.size() == dash + 4 && std::ranges::all_of(id.substr(0, dash), is_capital) &&
         std::ranges::all_of(id.substr(dash + 1), is_digit);
}

std::optional<std::string> method_of_block(const YamlValue& block) {
  if (block.is(Kind::text)) return block.text;
  if (!block.is(Kind::map)) return std::nullopt;
  const auto text = [&](std::string_view field) -> std::string_view {
    const YamlValue* const value = block.find(field);
    return value != nullptr && value->is(Kind::text) ? trimmed(value->text) : std::string_view();
  };
  if (!text("method_id").empty()) return std::string(text("method_id"));
  for (const std::string_view field : {"id", "method_ref"}) {
    if (text(field).starts_with("M-")) return std::string(text(field));
  }
  return std::nullopt;
}

std::vector<std::string> method_ids(const std::vector<Block>& blocks) {
  std::vector<std::string> ids;
  for (const Block& block : blocks) ids.push_back(block.method_id);
  return ids;
}

std::optional<Chain> read_chain(const YamlValue& root, const std::string& file, Findings& findings) {
  const Contract contract = findings.contract();
  SchemaReader reader(root, file, "C100", findings);
  Chain chain;
  chain.file = file;
  read_id(reader, contract, chain);
  reader.required_text("name", chain.name);
  reader.required_text("description", chain.description);
  read_blocks(reader, contract, chain);
  read_modes(reader, findings, chain);
  chain.gates = read_names(reader, findings, gates_field);
  chain.failure_actions = read_names(reader, findings, actions_field);
  read_targets(reader, contract, chain);
  bool is_template = false;
  reader.boolean("is_template", is_template);
  std::string status;
  reader.optional_word("status", statuses(contract), status);
  reader.optional_text("alias_of", chain.alias_of);
  for (const std::string_view field :
       {"entry_conditions", "exit_conditions", "required_artifacts", "required_logging_fields"}) {
    reader.list_of(field, {Kind::text});
  }
  reader.list_of("branch_rules", {Kind::map});
  if (reader.failed()) return std::nullopt;
  chain.source = root;
  return chain;
}

}  // namespace phalarope::library
