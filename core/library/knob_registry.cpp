#include "core/library/knob_registry.hpp"

#include <algorithm>

#include "core/library/text_tools.hpp"

namespace phalarope::library {
namespace {

using Kind = YamlValue::Kind;

struct TypeName {
  std::string_view name;
  KnobType type;
};
constexpr std::array<TypeName, 5> type_names = {{{"enum", KnobType::enumeration},
                                                 {"integer", KnobType::integer},
                                                 {"number", KnobType::number},
                                                 {"boolean", KnobType::boolean},
                                                 {"string", KnobType::text}}};

KnobType type_of(const YamlValue* value) {
  if (value == nullptr || !value->is(Kind::text)) return KnobType::invalid;
  const auto row = std::ranges::find(type_names, value->text, &TypeName::name);
  return row == type_names.end() ? KnobType::invalid : row->type;
}

std::int64_t bound(const YamlValue* value, std::int64_t otherwise) {
  return value != nullptr && value->is(Kind::integer) ? value->integer : otherwise;
}

Knob read_knob(const YamlValue& entry, const std::string& file, Findings& findings) {
  Knob knob;
  const std::string field = "knobs." + entry.key;
  if (!entry.is(Kind::map)) {
    findings.add("KREG003", file, entry.line, field, "the knob's entry is not a mapping");
    return knob;
  }
  const YamlValue* const type = entry.find("type");
  knob.type = type_of(type);
  if (const YamlValue* const text = entry.find("description"); text != nullptr) knob.description = as_text(*text);
  if (const YamlValue* const value = entry.find("default"); value != nullptr) knob.default_text = as_text(*value);
  if (knob.type == KnobType::invalid) {
    const std::string said = type == nullptr ? std::string("missing") : "'" + as_text(*type) + "'";
    findings.add("KREG004", file, type == nullptr ? entry.line : type->line, field, "the knob's type is " + said);
    return knob;
  }
  if (knob.type == KnobType::enumeration) {
    const YamlValue* const values = entry.find("allowed_values");
    if (values != nullptr) {
      for (const YamlValue& value : values->items) knob.allowed_values.push_back(as_text(value));
    }
    if (knob.allowed_values.empty()) {
      findings.add("KREG005", file, entry.line, field, "the enum has no allowed values");
      knob.type = KnobType::invalid;
    }
  }
  knob.min = bound(entry.find("min"), knob.min);
  knob.max = bound(entry.find("max"), knob.max);
  return knob;
}

struct KnobFault {
  std::string_view code;
  std::string what;
};

std::optional<KnobFault> fault_of_integer(const Knob& knob, const YamlValue& value) {
  if (!value.is(Kind::integer)) return KnobFault{"K205", "is not a whole number"};
  if (value.integer < knob.min) return KnobFault{"K206", "is below the knob's min " + std::to_string(knob.min)};
  if (value.integer > knob.max) return KnobFault{"K207", "is above the knob's max " + std::to_string(knob.max)};
  return std::nullopt;
}

std::optional<KnobFault> fault_of(const Knob& knob, const YamlValue& value) {
  switch (knob.type) {
    case KnobType::invalid:
      return KnobFault{"K203", "belongs to a knob whose entry in the registry is invalid"};
    case KnobType::enumeration:
      if (std::ranges::find(knob.allowed_values, as_text(value)) != knob.allowed_values.end()) return std::nullopt;
      return KnobFault{"K204", "is not one of " + joined(knob.allowed_values, ", ")};
    case KnobType::integer:
      return fault_of_integer(knob, value);
    case KnobType::number:
      if (value.is(Kind::integer) || value.is(Kind::number)) return std::nullopt;
      return KnobFault{"K208", "is not a number"};
    case KnobType::boolean:
      if (value.is(Kind::boolean)) return std::nullopt;
      return KnobFault{"K209", "is neither true nor false"};
    case KnobType::text:
      if (value.is(Kind::text)) return std::nullopt;
      return KnobFault{"K210", "is not a text"};
  }
  return std::nullopt;
}

}  // namespace

KnobRegistry read_knob_registry(const std::string* text, const std::string& file, Findings& findings) {
  KnobRegistry registry;
  if (text == nullptr) {
    findings.add("KREG001", file, 1, "", "the knob registry is missing or cannot be read");
    return registry;
  }
  const auto parsed = parse_yaml(*text);
  if (!parsed) {
    findings.add("KREG001", file, parsed.error().line, "", parsed.error().what);
    return registry;
  }
  const YamlValue* const knobs = parsed->root.find("knobs");
  if (knobs == nullptr || !knobs->is(Kind::map) || knobs->entries.empty()) {
    findings.add("KREG002", file, knobs == nullptr ? 1 : knobs->line, "knobs", "no knob is registered");
    return registry;
  }
  for (const YamlValue& entry : knobs->entries) registry[entry.key] = read_knob(entry, file, findings);
  return registry;
}

void check_knobs(const YamlValue& owner, std::string_view field, const KnobRegistry& registry, const std::string& file,
                 Findings& findings) {
  const YamlValue* const map = owner.find(field);
  if (map == nullptr || map->is(Kind::null)) return;
  if (!map->is(Kind::map)) {
    return findings.add("K201", file, map->line, std::string(field), "knobs must be a mapping");
  }
  for (const YamlValue& value : map->entries) {
    const std::string path = std::string(field) + "." + value.key;
    const auto knob = registry.find(value.key);
    if (knob == registry.end()) {
      findings.add("K202", file, value.line, path, "the knob '" + value.key + "' is not registered");
      continue;
    }
    const auto judge = [&](const YamlValue& one) {
      const auto fault = fault_of(knob->second, one);
      const std::string said = one.is(Kind::list) || one.is(Kind::map) ? "the value" : "'" + as_text(one) + "'";
      if (fault) findings.add(fault->code, file, one.line, path, said + " " + fault->what);
    };
    if (knob->second.type == KnobType::enumeration && value.is(Kind::list)) {
      for (const YamlValue& item : value.items) judge(item);
    } else {
      judge(value);
    }
  }
}

}  // namespace phalarope::library
