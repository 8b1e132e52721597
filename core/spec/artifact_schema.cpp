// Writing a schema from the rule tables. See artifact_schema.hpp.
#include "core/spec/artifact_schema.hpp"

#include <array>
#include <limits>
#include <vector>

#include "core/spec/artifact_rules.hpp"

namespace phalarope::spec {

namespace {

constexpr std::size_t schema_columns_max = 110;

JsonValue named(std::string name, JsonValue value) {
  value.name = std::move(name);
  return value;
}
JsonValue typed(std::string_view type) { return json_object("", {json_text("type", std::string(type))}); }
JsonValue text_matching(std::string_view pattern) {
  JsonValue schema = typed("string");
  schema.members.push_back(json_text("pattern", std::string(pattern)));
  return schema;
}
void add_count(JsonValue& schema, std::string_view member, std::size_t count) {
  schema.members.push_back(json_integer(std::string(member), static_cast<std::int64_t>(count)));
}

JsonValue schema_of(const ValueRule& rule);

JsonValue object_schema(const ObjectRule& rule) {
  JsonValue schema = typed("object");
  std::vector<JsonValue> properties, required, conditions;
  for (const MemberRule& member : rule.members) {
    properties.push_back(named(std::string(member.name), schema_of(member.rule)));
    if (member.required) required.push_back(json_text("", std::string(member.name)));
  }
  for (const Condition& condition : rule.conditions) {
    auto said = schema_of_condition(condition.text);
    if (!said) continue;
    for (JsonValue& schema_part : *said) {
      schema_part.members.insert(schema_part.members.begin(), json_text("$comment", std::string(condition.text)));
      conditions.push_back(std::move(schema_part));
    }
  }
  schema.members.push_back(json_object("properties", std::move(properties)));
  if (!required.empty()) schema.members.push_back(json_list("required", std::move(required)));
  schema.members.push_back(json_boolean("additionalProperties", false));
  if (!conditions.empty()) schema.members.push_back(json_list("allOf", std::move(conditions)));
  return schema;
}

JsonValue map_schema(const ValueRule& rule) {
  JsonValue schema = typed("object");
  schema.members.push_back(json_object("propertyNames", {json_integer("minLength", 1)}));
  schema.members.push_back(named("additionalProperties", schema_of(*rule.element)));
  if (rule.items_min > 0) add_count(schema, "minProperties", rule.items_min);
  return schema;
}

JsonValue list_schema(const ValueRule& rule) {
  JsonValue schema = typed("array");
  schema.members.push_back(named("items", schema_of(*rule.element)));
  if (rule.items_min > 0) add_count(schema, "minItems", rule.items_min);
  if (rule.items_max != std::numeric_limits<std::size_t>::max()) add_count(schema, "maxItems", rule.items_max);
  if (rule.unique) schema.members.push_back(json_boolean("uniqueItems", true));
  return schema;
}

JsonValue choice_schema(std::span<const std::string_view> choices) {
  std::vector<JsonValue> texts;
  for (const std::string_view choice : choices) texts.push_back(json_text("", std::string(choice)));
  return json_object("", {json_text("type", "string"), json_list("enum", std::move(texts))});
}

JsonValue integer_schema(std::int64_t min) {
  JsonValue schema = typed("integer");
  schema.members.push_back(json_integer("minimum", min));
  schema.members.push_back(json_integer("maximum", std::numeric_limits<std::int64_t>::max()));
  return schema;
}

JsonValue schema_of(const ValueRule& rule) {
  switch (rule.shape) {
    case Shape::text: {
      JsonValue schema = typed("string");
      if (!rule.may_be_empty) add_count(schema, "minLength", 1);
      return schema;
    }
    case Shape::integer:
      return integer_schema(rule.min);
    case Shape::boolean:
      return typed("boolean");
    case Shape::always_true:
      return json_object("", {json_boolean("const", true)});
    case Shape::choice:
      return choice_schema(rule.choices);
    case Shape::version:
      return text_matching(rule.version_prefix_optional ? R"(^v?[0-9]+\.[0-9]+(\.[0-9]+)?$)"
                                                        : R"(^v[0-9]+\.[0-9]+(\.[0-9]+)?$)");
    case Shape::hash:
      return text_matching("^[0-9a-fA-F]{64}$");
    case Shape::visible_text:
      return text_matching(R"(\S)");
    case Shape::object:
      return object_schema(*rule.object);
    case Shape::map:
      return map_schema(rule);
    case Shape::list:
      return list_schema(rule);
  }
  return {};
}

// ---- text ------------------------------------------------------------------------------------------------------

/// One line where it fits, else one line for each member or item.
void append_laid_out(std::string& out, const JsonValue& value, std::size_t indent, std::size_t used_columns) {
  std::string compact;
  append_json(compact, value);
  const auto& parts = value.is(JsonValue::Kind::object) ? value.members : value.items;
  if (parts.empty() || used_columns + compact.size() <= schema_columns_max) {
    out += compact;
    return;
  }
  const bool is_object = value.is(JsonValue::Kind::object);
  const std::string margin(indent + 2, ' ');
  out += is_object ? "{" : "[";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    out += (i > 0 ? ",\n" : "\n") + margin;
    std::size_t columns = margin.size();
    if (is_object) {
      append_json_string(out, parts[i].name);
      out += ": ";
      columns += parts[i].name.size() + 4;
    }
    append_laid_out(out, parts[i], indent + 2, columns);
  }
  out += "\n" + std::string(indent, ' ') + (is_object ? "}" : "]");
}

}  // namespace

std::string artifact_schema(std::string_view kind) {
  const ObjectRule* const rule = find_artifact_rule(kind);
  if (rule == nullptr) return {};
  std::string comment = "Written from the rule tables of core/spec; not edited by hand. Beyond this schema: ";
  for (const std::string_view sentence : rules_beyond_schema()) comment += std::string(sentence) + ". ";
  comment.pop_back();
  JsonValue schema = object_schema(*rule);
  const std::vector<JsonValue> head = {json_text("$schema", "http://json-schema.org/draft-07/schema#"),
                                       json_text("title", "Phalarope wire artifact: " + std::string(kind)),
                                       json_text("$comment", comment)};
  schema.members.insert(schema.members.begin(), head.begin(), head.end());
  std::string text;
  append_laid_out(text, schema, 0, 0);
  return text + "\n";
}

}  // namespace phalarope::spec
