#include "core/library/schema_reader.hpp"

#include <algorithm>

#include "core/library/text_tools.hpp"

namespace phalarope::library {

using Kind = YamlValue::Kind;

namespace {
std::string not_one_of(const YamlValue& value, Words words) {
  return "'" + as_text(value) + "' is not one of " + joined(words, ", ");
}
}  // namespace

void SchemaReader::required_text(std::string_view field, std::string& target) {
  const YamlValue* const value = find(field);
  if (value == nullptr) return complain(field, "the field is missing");
  if (!value->is(Kind::text)) return complain(field, "must be a text");
  target = value->text;
}

void SchemaReader::optional_text(std::string_view field, std::string& target) {
  const YamlValue* const value = find(field);
  if (value == nullptr || value->is(Kind::null)) return;
  if (!value->is(Kind::text)) return complain(field, "must be a text");
  target = value->text;
}

void SchemaReader::required_word(std::string_view field, Words words, std::string& target) {
  if (find(field) == nullptr) return complain(field, "the field is missing");
  optional_word(field, words, target);
}

void SchemaReader::optional_word(std::string_view field, Words words, std::string& target) {
  const YamlValue* const value = find(field);
  if (value == nullptr) return;
  if (!value->is(Kind::text) || !holds(words, value->text)) return complain(field, not_one_of(*value, words));
  target = value->text;
}

void SchemaReader::word_or_null(std::string_view field, Words words, std::string& target) {
  const YamlValue* const value = find(field);
  if (value != nullptr && !value->is(Kind::null)) optional_word(field, words, target);
}

void SchemaReader::boolean(std::string_view field, bool& target) {
  const YamlValue* const value = find(field);
  if (value == nullptr) return;
  if (!value->is(Kind::boolean)) return complain(field, "must be true or false");
  target = value->boolean;
}

void SchemaReader::lenient_integer(std::string_view field, std::int64_t& target) {
  const YamlValue* const value = find(field);
  if (value == nullptr) return;
  if (value->is(Kind::integer)) {
    target = value->integer;
  } else if (const auto written = decimal_integer(trimmed(value->text)); value->is(Kind::text) && written) {
    target = *written;
  } else {
    complain(field, "must be a whole number");
  }
}

bool is_list_of(const YamlValue& value, std::initializer_list<YamlValue::Kind> kinds) {
  if (!value.is(Kind::list)) return false;
  return std::ranges::all_of(value.items,
                             [&](const YamlValue& item) { return std::ranges::find(kinds, item.kind) != kinds.end(); });
}

void SchemaReader::list_of(std::string_view field, std::initializer_list<YamlValue::Kind> kinds) {
  const YamlValue* const value = find(field);
  if (value == nullptr) return;
  if (!value->is(Kind::list)) return complain(field, "must be a list");
  if (!is_list_of(*value, kinds)) complain(field, "an item of the list is of the wrong type");
}

std::vector<std::string> texts_of(const YamlValue* list) {
  std::vector<std::string> texts;
  if (list == nullptr) return texts;
  for (const YamlValue& item : list->items) {
    if (item.is(Kind::text)) texts.push_back(item.text);
  }
  return texts;
}

std::vector<std::string> SchemaReader::text_list(std::string_view field) {
  list_of(field, {Kind::text});
  return texts_of(find(field));
}

}  // namespace phalarope::library
