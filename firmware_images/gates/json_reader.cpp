#include "firmware_images/gates/json_reader.hpp"

#include <algorithm>
#include <array>

#include "core/engine/plan/white_space.hpp"

namespace phalarope::gates {
namespace {

using Kind = spec::JsonValue::Kind;

constexpr std::array<std::string_view, 7> kind_names = {"null",   "true or false", "a whole number", "a number",
                                                        "a text", "a list",        "an object"};
std::string_view name_of(Kind kind) { return kind_names[static_cast<std::size_t>(kind)]; }

}  // namespace

JsonReader::JsonReader(const spec::JsonValue& value, std::string path, Problem& problem, Unknown unknown)
    : value_(&value), path_(std::move(path)), problem_(&problem), unknown_(unknown) {
  if (!value.is(Kind::object) && sound()) *problem_ = {path_, "must be an object"};
}

std::string JsonReader::path_of(std::string_view name) const {
  return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

void JsonReader::refuse(std::string_view name, std::string what) {
  if (sound()) *problem_ = {path_of(name), std::move(what)};
}

const spec::JsonValue* JsonReader::any(std::string_view name) {
  known_.emplace_back(name);
  return value_->is(Kind::object) ? value_->find(name) : nullptr;
}

const spec::JsonValue* JsonReader::member(std::string_view name, Kind kind, bool required) {
  const spec::JsonValue* const found = any(name);
  if (!sound()) return nullptr;
  if (found == nullptr) {
    if (required) refuse(name, "is missing");
    return nullptr;
  }
  if (!found->is(kind)) {
    refuse(name, "must be " + std::string(name_of(kind)));
    return nullptr;
  }
  return found;
}

void JsonReader::text(std::string_view name, std::string& target) {
  const spec::JsonValue* const found = member(name, Kind::text, true);
  if (found == nullptr) return;
  if (is_blank(found->text)) return refuse(name, "must not be blank");
  target = found->text;
}

void JsonReader::text_or_absent(std::string_view name, std::string& target) {
  if (const spec::JsonValue* const found = member(name, Kind::text, false)) target = found->text;
}

void JsonReader::integer(std::string_view name, std::int64_t& target) {
  if (const spec::JsonValue* const found = member(name, Kind::integer, true)) target = found->integer;
}

void JsonReader::integer_or_absent(std::string_view name, std::optional<std::int64_t>& target) {
  if (const spec::JsonValue* const found = member(name, Kind::integer, false)) target = found->integer;
}

void JsonReader::flag(std::string_view name, bool& target) {
  if (const spec::JsonValue* const found = member(name, Kind::boolean, true)) target = found->boolean;
}

void JsonReader::flag_or_absent(std::string_view name, bool& target) {
  if (const spec::JsonValue* const found = member(name, Kind::boolean, false)) target = found->boolean;
}

void JsonReader::each(std::string_view name, std::size_t items_min,
                      const std::function<void(const spec::JsonValue&, const std::string&)>& read) {
  const spec::JsonValue* const found = member(name, Kind::list, items_min > 0);
  if (found == nullptr) return;
  if (found->items.size() < items_min) {
    return refuse(name, "needs at least " + std::to_string(items_min) + (items_min == 1 ? " entry" : " entries"));
  }
  for (std::size_t i = 0; i < found->items.size() && sound(); ++i) {
    read(found->items[i], path_of(name) + "[" + std::to_string(i) + "]");
  }
}

void JsonReader::texts(std::string_view name, std::size_t items_min, std::vector<std::string>& target) {
  std::vector<std::string> texts;
  each(name, items_min, [&](const spec::JsonValue& item, const std::string& path) {
    if (!item.is(Kind::text) || is_blank(item.text)) {
      *problem_ = {path, "must be a text that is not blank"};
    } else {
      texts.push_back(item.text);
    }
  });
  if (sound()) target = std::move(texts);
}

const spec::JsonValue* JsonReader::object(std::string_view name, bool required) {
  return member(name, Kind::object, required);
}

void JsonReader::finish() {
  if (unknown_ == Unknown::passed_over || !value_->is(Kind::object)) return;
  for (const spec::JsonValue& one : value_->members) {
    if (std::ranges::find(known_, one.name) == known_.end()) return refuse(one.name, "unknown field");
  }
}

}  // namespace phalarope::gates
