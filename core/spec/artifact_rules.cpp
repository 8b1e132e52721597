// Walking the rule tables. See artifact_rules.hpp.
#include "core/spec/artifact_rules.hpp"

#include <algorithm>
#include <vector>

#include "core/engine/plan/white_space.hpp"

namespace phalarope::spec {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes `[0-9]+` off the front.
bool take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const bool any = end != text.begin();
  text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
  return any;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

/// ^v[0-9]+\.[0-9]+(\.[0-9]+)?$
bool is_version(std::string_view text, bool prefix_optional) {
  if (!take(text, 'v') && !prefix_optional) return false;
  if (!take_digits(text) || !take(text, '.') || !take_digits(text)) return false;
  if (text.empty()) return true;
  return take(text, '.') && take_digits(text) && text.empty();
}

bool is_hash(std::string_view text) {
  constexpr std::size_t hex_digits = 64;
  const auto is_hex = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); };
  return text.size() == hex_digits && std::all_of(text.begin(), text.end(), is_hex);
}

/// A section without the letter of its document is one of runtime.md.
std::string with_section(std::string_view section, std::string sentence) {
  const bool of_runtime = !section.empty() && section.front() >= '0' && section.front() <= '9';
  return (of_runtime ? "R " : "") + std::string(section) + ": " + std::move(sentence);
}

/// What a scalar of this shape must be; empty when `value` is that.
std::string scalar_fault(const JsonValue& value, const ValueRule& rule) {
  using Kind = JsonValue::Kind;
  switch (rule.shape) {
    case Shape::text:
      if (!value.is(Kind::text)) return "must be a string";
      return value.text.empty() && !rule.may_be_empty ? "must not be empty" : "";
    case Shape::integer:
      if (value.is(Kind::integer) && value.integer >= rule.min) return "";
      return "must be an integer of at least " + std::to_string(rule.min);
    case Shape::boolean:
      return value.is(Kind::boolean) ? "" : "must be true or false";
    case Shape::always_true:
      return value.is(Kind::boolean) && value.boolean ? "" : "must be true";
    case Shape::choice:
      if (!value.is(Kind::text)) return "must be a string";
      if (std::find(rule.choices.begin(), rule.choices.end(), value.text) != rule.choices.end()) return "";
      return "unknown value \"" + value.text + "\"";
    case Shape::version:
      return value.is(Kind::text) && is_version(value.text, rule.version_prefix_optional) ? "" : "must be a version";
    case Shape::hash:
      return value.is(Kind::text) && is_hash(value.text) ? "" : "must be 64 hex digits";
    case Shape::visible_text:
      return value.is(Kind::text) && !is_blank(value.text) ? "" : "must be a string, not blank";
    case Shape::object:
      return value.is(Kind::object) ? "" : "must be an object";
    case Shape::map:
      return value.is(Kind::object) ? "" : "must be an object";
    case Shape::list:
      return value.is(Kind::list) ? "" : "must be an array";
  }
  return "unknown shape";
}

std::string member_path(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : path + "." + std::string(name);
}

std::optional<Violation> judge_object(const JsonValue& object, const ObjectRule& rule, const std::string& path) {
  for (const JsonValue& value : object.members) {
    if (rule.open) break;
    const auto known = std::any_of(rule.members.begin(), rule.members.end(),
                                   [&](const MemberRule& member) { return member.name == value.name; });
    if (!known) return Violation{with_section(rule.section, "unknown member"), member_path(path, value.name)};
  }
  for (const MemberRule& member : rule.members) {
    const JsonValue* const value = object.find(member.name);
    if (value == nullptr) {
      if (!member.required) continue;
      return Violation{with_section(rule.section, "required member is missing"), member_path(path, member.name)};
    }
    if (auto found = judge(*value, member.rule, rule.section, member_path(path, member.name))) return found;
  }
  for (const Condition& condition : rule.conditions) {
    if (!condition.holds(object)) return Violation{std::string(condition.text), member_path(path, condition.path)};
  }
  return std::nullopt;
}

std::optional<Violation> judge_map(const JsonValue& map, const ValueRule& rule, std::string_view section,
                                   const std::string& path) {
  if (map.members.size() < rule.items_min) return Violation{with_section(section, "must not be empty"), path};
  for (const JsonValue& value : map.members) {
    const std::string entry = path + "[\"" + value.name + "\"]";
    if (value.name.empty()) return Violation{with_section(section, "empty key"), entry};
    if (auto found = judge(value, *rule.element, section, entry)) return found;
  }
  return std::nullopt;
}

std::optional<Violation> judge_list(const JsonValue& list, const ValueRule& rule, std::string_view section,
                                    const std::string& path) {
  if (list.items.size() < rule.items_min || list.items.size() > rule.items_max) {
    return Violation{with_section(section, "wrong number of elements"), path};
  }
  std::vector<std::string_view> seen;
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const std::string element = path + "[" + std::to_string(i) + "]";
    if (auto found = judge(list.items[i], *rule.element, section, element)) return found;
    seen.push_back(list.items[i].text);
  }
  std::sort(seen.begin(), seen.end());
  if (rule.unique && std::adjacent_find(seen.begin(), seen.end()) != seen.end()) {
    return Violation{with_section(section, "elements must be unique"), path};
  }
  return std::nullopt;
}

bool is_left_out(const JsonValue& value, const MemberRule& member) {
  if (member.required) return false;
  return (value.is(JsonValue::Kind::integer) && value.integer == 0) ||
         (value.is(JsonValue::Kind::text) && value.text.empty());
}

void append_canonical_object(std::string& out, const JsonValue& object, const ObjectRule& rule) {
  out += "{";
  bool first = true;
  for (const MemberRule& member : rule.members) {
    const JsonValue* const value = object.find(member.name);
    if (value == nullptr || is_left_out(*value, member)) continue;
    if (!first) out += ",";
    first = false;
    append_json_string(out, member.name);
    out += ":";
    append_canonical(out, *value, member.rule);
  }
  out += "}";
}

void append_canonical_map(std::string& out, const JsonValue& map, const ValueRule& rule) {
  std::vector<const JsonValue*> entries;
  for (const JsonValue& entry : map.members) entries.push_back(&entry);
  std::sort(entries.begin(), entries.end(),
            [](const auto* left, const auto* right) { return left->name < right->name; });
  out += "{";
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i > 0) out += ",";
    append_json_string(out, entries[i]->name);
    out += ":";
    append_canonical(out, *entries[i], *rule.element);
  }
  out += "}";
}

}  // namespace

std::optional<Violation> judge(const JsonValue& value, const ValueRule& rule, std::string_view section,
                               const std::string& path) {
  if (const std::string fault = scalar_fault(value, rule); !fault.empty()) {
    return Violation{with_section(section, fault), path};
  }
  if (rule.shape == Shape::object) return judge_object(value, *rule.object, path);
  if (rule.shape == Shape::map) return judge_map(value, rule, section, path);
  if (rule.shape == Shape::list) return judge_list(value, rule, section, path);
  return std::nullopt;
}

std::optional<Violation> judge(const JsonValue& value, const ObjectRule& rule) {
  if (!value.is(JsonValue::Kind::object)) return Violation{"R 1.1: the document must be one JSON object", ""};
  return judge_object(value, rule, {});
}

void append_canonical(std::string& out, const JsonValue& value, const ValueRule& rule) {
  if (rule.shape == Shape::object) return append_canonical_object(out, value, *rule.object);
  if (rule.shape == Shape::map) return append_canonical_map(out, value, rule);
  append_json(out, value);
}

}  // namespace phalarope::spec
