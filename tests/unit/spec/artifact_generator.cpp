#include "tests/unit/spec/artifact_generator.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace phalarope::spec::test {

namespace {

constexpr std::string_view letters[] = {"a", "Z", "0", " ", "-", "/", ".", "\"", "\\", "\n", "\x01", "é", "日", "🐦"};
constexpr std::string_view versions[] = {"v1.0", "v1.12", "v0.0.7", "v10.20.30"};
constexpr std::int64_t offsets[] = {0, 1, 2, 40, 1'000'000};
constexpr int mends_max = 5000;

JsonValue named(std::string_view name, JsonValue value) {
  value.name = name;
  return value;
}

}  // namespace

std::string ArtifactGenerator::text() {
  std::string text;
  for (std::size_t i = 0, count = 1 + below(6); i < count; ++i) text += letters[below(std::size(letters))];
  return text;
}

JsonValue ArtifactGenerator::value_of(const ValueRule& rule) {
  switch (rule.shape) {
    case Shape::text:
      return json_text("", rule.may_be_empty && below(4) == 0 ? "" : text());
    case Shape::visible_text:
      return json_text("", "k" + text());
    case Shape::integer: {
      if (below(8) == 0) return json_integer("", std::numeric_limits<std::int64_t>::max());
      return json_integer("", rule.min + offsets[below(std::size(offsets))]);
    }
    case Shape::boolean:
      return json_boolean("", below(2) == 0);
    case Shape::always_true:
      return json_boolean("", true);
    case Shape::choice:
      return json_text("", std::string(rule.choices[below(rule.choices.size())]));
    case Shape::version:
      return json_text("", std::string(versions[below(std::size(versions))]));
    case Shape::hash:
      return json_text("", std::string(64, "0123456789abcdefABCDEF"[below(22)]));
    case Shape::object:
      return object_of(*rule.object);
    case Shape::map:
    case Shape::list:
      break;
  }
  const bool is_map = rule.shape == Shape::map;
  std::vector<JsonValue> values;
  for (std::size_t i = 0, count = rule.items_min + below(3); i < count; ++i) {
    JsonValue value = value_of(*rule.element);
    if (is_map) value.name = std::to_string(i) + text();
    const bool repeated =
        std::any_of(values.begin(), values.end(), [&](const JsonValue& other) { return other.text == value.text; });
    if (!rule.unique || !repeated) values.push_back(std::move(value));
  }
  return is_map ? json_object("", std::move(values)) : json_list("", std::move(values));
}

JsonValue ArtifactGenerator::member_of(const MemberRule& rule) {
  // A name of 1.5 is found by nobody who draws texts at random.
  if (rule.name == "signal") return json_text("signal", std::string(signal_rows()[below(signal_rows().size())].signal));
  if (rule.name == "scope" && rule.rule.shape == Shape::text) {
    constexpr std::string_view scopes[] = {"session", "turn", "node", "provider_invocation"};
    return json_text("scope", std::string(scopes[below(std::size(scopes))]));
  }
  return named(rule.name, value_of(rule.rule));
}

JsonValue ArtifactGenerator::drawn(const ObjectRule& rule) {
  JsonValue object = json_object("", {});
  for (const MemberRule& member : rule.members) {
    if (member.required || below(3) == 0) object.members.push_back(member_of(member));
  }
  return object;
}

/// Changes the member that the judge names.
void ArtifactGenerator::mend(JsonValue& object, const ObjectRule& rule, std::string_view path) {
  const auto member =
      std::find_if(rule.members.begin(), rule.members.end(), [&](const MemberRule& one) { return one.name == path; });
  if (member == rule.members.end() || below(10) == 0) {
    object = drawn(rule);
    return;
  }
  const std::size_t erased =
      std::erase_if(object.members, [&](const JsonValue& value) { return value.name == member->name; });
  if (erased == 0 || member->required || below(2) == 0) object.members.push_back(member_of(*member));
}

JsonValue ArtifactGenerator::object_of(const ObjectRule& rule) {
  JsonValue object = drawn(rule);
  for (int i = 0; i < mends_max; ++i) {
    const auto violation = judge(object, rule);
    if (!violation) return object;
    mend(object, rule, violation->path);
  }
  throw std::logic_error("no sound object in " + std::to_string(mends_max) + " tries: " + to_text(object));
}

JsonValue ArtifactGenerator::sound(std::string_view kind) { return object_of(*find_artifact_rule(kind)); }

// ---- wounds ----------------------------------------------------------------------------------------------------

JsonValue ArtifactGenerator::any_value() {
  static const std::string_view written[] = {"null",
                                             "true",
                                             "false",
                                             "0",
                                             "-1",
                                             "1",
                                             "1.0",
                                             "9223372036854775808",
                                             "\"\"",
                                             "\" \"",
                                             "\"turn\"",
                                             "\"RK-25\"",
                                             "\"v1.0\"",
                                             "\"v1.0\\n\"",
                                             "\"session\"",
                                             "\"block\"",
                                             "[]",
                                             "{}",
                                             "[1]",
                                             "[\"a\",\"a\"]",
                                             "{\"\":1}",
                                             "{\"a\":{}}",
                                             "\"active_turn\"",
                                             "\"ControlLane\"",
                                             "\"metadata\"",
                                             "-0"};
  return *parse_strict_json(written[below(std::size(written))]);
}

void ArtifactGenerator::wound(JsonValue& value) {
  auto& parts = value.is(JsonValue::Kind::object) ? value.members : value.items;
  if (!parts.empty() && below(3) != 0) return wound(parts[below(parts.size())]);
  switch (below(4)) {
    case 0:
      if (!parts.empty()) parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(below(parts.size())));
      return;
    case 1:
      if (value.is(JsonValue::Kind::object))
        parts.push_back(named("added_" + std::to_string(parts.size()), any_value()));
      return;
    case 2:
      if (value.is(JsonValue::Kind::list) && !parts.empty()) parts.push_back(JsonValue(parts.front()));
      return;
    default: {
      value = named(value.name, any_value());
      return;
    }
  }
}

JsonValue ArtifactGenerator::wounded(std::string_view kind) {
  JsonValue document = sound(kind);
  for (std::size_t i = 0, count = 1 + below(3); i < count; ++i) wound(document);
  return document;
}

}  // namespace phalarope::spec::test
