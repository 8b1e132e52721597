// Strict JSON. See strict_json.hpp; nlohmann::json's SAX parser does the lexing.
#include "core/spec/strict_json.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <span>

#include "core/engine/plan/hash_text.hpp"

namespace phalarope::spec {

namespace {

/// Builds the tree; answers false at the first thing that is not allowed, which stops the parser.
class TreeBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  JsonValue root;
  std::string error;

  bool null() override { return scalar({}); }
  bool boolean(bool value) override {
    JsonValue json;
    json.kind = JsonValue::Kind::boolean;
    json.boolean = value;
    return scalar(std::move(json));
  }
  bool number_integer(number_integer_t value) override {
    JsonValue json;
    json.kind = JsonValue::Kind::integer;
    json.integer = value;
    return scalar(std::move(json));
  }
  bool number_unsigned(number_unsigned_t value) override {
    constexpr auto largest = static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max());
    if (value > largest) return number_float(0, std::to_string(value));
    return number_integer(static_cast<number_integer_t>(value));
  }
  bool number_float(number_float_t /*value*/, const string_t& written) override {
    JsonValue json;
    json.kind = JsonValue::Kind::other_number;
    json.text = written;
    return scalar(std::move(json));
  }
  bool string(string_t& value) override {
    JsonValue json;
    json.kind = JsonValue::Kind::text;
    json.text = std::move(value);
    return scalar(std::move(json));
  }
  bool binary(binary_t& /*value*/) override { return fail("binary values are no JSON"); }

  bool start_object(std::size_t /*size*/) override { return open(JsonValue::Kind::object); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t /*size*/) override { return open(JsonValue::Kind::list); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (!names_.back().insert(name).second) return fail("the member \"" + name + "\" occurs twice");
    open_.back()->members.emplace_back().name = name;
    return true;
  }
  bool parse_error(std::size_t position, const std::string& /*token*/, const nlohmann::detail::exception&) override {
    return fail("not JSON at byte " + std::to_string(position));
  }

 private:
  bool fail(std::string sentence) {
    if (error.empty()) error = std::move(sentence);
    return false;
  }

  /// Where the next value belongs: the root, the last member's value, or a further item.
  JsonValue& place() {
    if (open_.empty()) return root;
    JsonValue& parent = *open_.back();
    if (parent.kind == JsonValue::Kind::object) return parent.members.back();
    return parent.items.emplace_back();
  }

  bool scalar(JsonValue value) {
    JsonValue& target = place();
    value.name = std::move(target.name);
    target = std::move(value);
    return true;
  }

  bool open(JsonValue::Kind kind) {
    if (open_.size() >= json_depth_max) return fail("nested deeper than " + std::to_string(json_depth_max) + " levels");
    JsonValue& value = place();
    value.kind = kind;
    open_.push_back(&value);
    names_.emplace_back();
    return true;
  }

  bool close() {
    open_.pop_back();
    names_.pop_back();
    return true;
  }

  // A pointer stays good while its parent is not appended to, and a parent is only appended to after it is closed.
  std::vector<JsonValue*> open_;
  std::vector<std::set<std::string>> names_;
};

}  // namespace

const JsonValue* JsonValue::find(std::string_view member) const {
  const auto at =
      std::find_if(members.begin(), members.end(), [&](const JsonValue& one) { return one.name == member; });
  return at == members.end() ? nullptr : &*at;
}

std::expected<JsonValue, std::string> parse_strict_json(std::string_view text) {
  TreeBuilder builder;
  constexpr bool until_the_end = true;
  const bool accepted = nlohmann::json::sax_parse(text.begin(), text.end(), &builder,
                                                  nlohmann::json::input_format_t::json, until_the_end);
  if (accepted && builder.error.empty()) return std::move(builder.root);
  return std::unexpected(builder.error.empty() ? "not JSON" : builder.error);
}

void append_json_string(std::string& out, std::string_view text) {
  const std::size_t before = out.size();
  out.resize(before + escape_bytes_max * text.size() + 2);
  HashTextWriter writer{std::span<char>(out).subspan(before)};
  writer.string(text);
  out.resize(before + writer.text().size());
}

void append_json(std::string& out, const JsonValue& value) {
  switch (value.kind) {
    case JsonValue::Kind::null:
      out += "null";
      return;
    case JsonValue::Kind::boolean:
      out += value.boolean ? "true" : "false";
      return;
    case JsonValue::Kind::integer:
      out += std::to_string(value.integer);
      return;
    case JsonValue::Kind::other_number:
      out += value.text;
      return;
    case JsonValue::Kind::text:
      append_json_string(out, value.text);
      return;
    case JsonValue::Kind::list: {
      out += "[";
      for (std::size_t i = 0; i < value.items.size(); ++i) {
        if (i > 0) out += ",";
        append_json(out, value.items[i]);
      }
      out += "]";
      return;
    }
    case JsonValue::Kind::object: {
      out += "{";
      for (std::size_t i = 0; i < value.members.size(); ++i) {
        if (i > 0) out += ",";
        append_json_string(out, value.members[i].name);
        out += ":";
        append_json(out, value.members[i]);
      }
      out += "}";
      return;
    }
  }
}

}  // namespace phalarope::spec
