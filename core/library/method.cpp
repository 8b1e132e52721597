#include "core/library/method.hpp"

#include "core/library/schema_reader.hpp"
#include "core/library/text_tools.hpp"

namespace phalarope::library {
namespace {

using Kind = YamlValue::Kind;

bool is_evidence(const YamlValue& value) {
  const auto text = [&](std::string_view field, bool required) {
    const YamlValue* const member = value.find(field);
    return member == nullptr ? !required : member->is(Kind::text) || (!required && member->is(Kind::null));
  };
  return value.is(Kind::map) && text("citation", true) && text("finding", true) && text("source", false);
}

void read_evidence(SchemaReader& reader, Method& method) {
  std::string raw;
  reader.optional_text("evidence_raw", raw);
  method.has_evidence = !trimmed(raw).empty();
  const YamlValue* const evidence = reader.find("evidence");
  if (evidence == nullptr || evidence->is(Kind::null)) return;
  if (!is_evidence(*evidence)) {
    return reader.complain("evidence", "must be a mapping with the texts citation and finding");
  }
  method.has_evidence = true;
}

void read_lists(SchemaReader& reader, Contract contract, Method& method) {
  reader.list_of("tags", {Kind::text});
  reader.list_of("mechanisms", {Kind::text});
  method.stop_criteria = reader.text_list("stop_criteria");
  method.logging_fields = reader.text_list("logging_fields");
  for (const std::string_view field : {"inputs", "outputs"}) {
    if (contract == Contract::one) {
      reader.list_of(field, {Kind::text});
    } else {
      reader.list_of(field, {Kind::text, Kind::map});
    }
  }
  reader.list_of("steps", {Kind::map});
  reader.list_of("failure_modes", {Kind::map});
}

void read_actions(const YamlValue* steps, Method& method) {
  if (steps == nullptr) return;
  for (const YamlValue& step : steps->items) {
    const YamlValue* const action = step.find("action");
    if (action != nullptr && action->is(Kind::text)) method.actions.push_back(action->text);
  }
}

void append_words(std::string& out, const YamlValue& value) {
  out += value.key;
  out += as_text(value);
  for (const YamlValue& item : value.items) append_words(out, item);
  for (const YamlValue& entry : value.entries) append_words(out, entry);
}

std::string letters_and_digits(std::string_view text) {
  std::string kept;
  for (const char c : in_lower_case(text)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) kept += c;
  }
  return kept;
}

}  // namespace

bool is_method_id(Contract contract, std::string_view id) {
  if (!id.starts_with("M-")) return false;
  id.remove_prefix(2);
  const std::size_t dash = id.find('-');
  if (dash == std::string_view::npos || id.size() != dash + 4) return false;
  const bool letters_fit = contract == Contract::one ? dash == 3 : dash >= 2 && dash <= 5;
  const auto only = [](std::string_view text, char first, char last) {
    return std::ranges::all_of(text, [=](char c) { return c >= first && c <= last; });
  };
  return letters_fit && only(id.substr(0, dash), 'A', 'Z') && only(id.substr(dash + 1), '0', '9');
}

bool produces_reference_targets(const YamlValue* outputs) {
  if (outputs == nullptr || !outputs->is(Kind::list)) return false;
  for (const YamlValue& item : outputs->items) {
    std::string words;
    append_words(words, item);
    const std::string plain = letters_and_digits(words);
    if (plain.find("onepageanchor") != std::string::npos || plain.find("questionbankseed") != std::string::npos) {
      return true;
    }
  }
  return false;
}

std::optional<Method> read_method(const YamlValue& root, const std::string& file, Findings& findings) {
  const Contract contract = findings.contract();
  SchemaReader reader(root, file, "M100", findings);
  Method method;
  method.file = file;
  reader.required_text("id", method.id);
  if (reader.find("id") != nullptr && !method.id.empty() && !is_method_id(contract, method.id)) {
    reader.complain("id", "'" + method.id + "' is no method id such as M-RET-001");
  } else if (reader.find("id") != nullptr && reader.find("id")->is(Kind::text) && method.id.empty()) {
    reader.complain("id", "must not be empty");
  }
  reader.required_text("name", method.name);
  reader.required_text("description", method.description);
  reader.required_text("category", method.category);
  reader.required_word("control_stage", control_stages(contract), method.control_stage);
  reader.word_or_null("stage", control_stages(contract), method.old_stage);
  reader.lenient_integer("default_duration_min", method.duration_min);
  reader.optional_word("energy_cost", energies, method.energy_cost);
  reader.word_or_null("best_stage", best_stages(contract), method.best_stage);
  reader.optional_word("status", statuses(contract), method.status);
  reader.optional_text("alias_of", method.alias_of);
  read_lists(reader, contract, method);
  read_evidence(reader, method);
  if (reader.failed()) return std::nullopt;
  if (const YamlValue* const prompt = reader.find("facilitation_prompt"); prompt != nullptr) {
    method.facilitation_prompt = as_text(*prompt);
  }
  read_actions(reader.find("steps"), method);
  method.produces_reference_targets = produces_reference_targets(reader.find("outputs"));
  method.source = root;
  return method;
}

}  // namespace phalarope::library
