// Strict JSON. See strict_json.hpp. Grammar of RFC 8259, by hand: the libraries at hand forgive a byte order mark or a
// NUL byte after the document, and stumble over numbers too large for a double.
#include "core/spec/strict_json.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <span>

#include "core/engine/plan/hash_text.hpp"
#include "core/spec/utf8.hpp"

namespace phalarope::spec {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Reads one document from left to right; the first fault stops it. Recursion is bounded by json_depth_max.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::expected<JsonValue, std::string> document() {
    JsonValue root;
    skip_white_space();
    if (!value(root, 0)) return std::unexpected(std::move(error_));
    skip_white_space();
    if (at_ != text_.size()) return std::unexpected("not JSON at byte " + std::to_string(at_) + ": trailing content");
    return root;
  }

 private:
  bool fail(std::string sentence) {
    if (error_.empty()) error_ = std::move(sentence);
    return false;
  }
  bool not_json() { return fail("not JSON at byte " + std::to_string(at_)); }

  /// The next byte; NUL at the end, which no rule of the grammar takes.
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (peek() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  void skip_white_space() {
    while (take(' ') || take('\t') || take('\n') || take('\r')) {
    }
  }

  /// Fills `into`, whose name is already there.
  bool value(JsonValue& into, std::size_t depth) {
    switch (peek()) {
      case '{':
        return object(into, depth);
      case '[':
        return list(into, depth);
      case '"':
        into.kind = JsonValue::Kind::text;
        return string(into.text);
      case 't':
      case 'f':
        into.kind = JsonValue::Kind::boolean;
        into.boolean = take_word("true");
        return into.boolean || take_word("false") || not_json();
      case 'n':
        return take_word("null") || not_json();
      default:
        return number(into);
    }
  }

  bool object(JsonValue& into, std::size_t depth) {
    if (!open(into, JsonValue::Kind::object, depth)) return false;
    if (take('}')) return true;
    std::set<std::string, std::less<>> names;
    do {
      skip_white_space();
      std::string name;
      if (!string(name)) return false;
      if (!names.insert(name).second) return fail("the member \"" + name + "\" occurs twice");
      skip_white_space();
      if (!take(':')) return not_json();
      skip_white_space();
      JsonValue& member = into.members.emplace_back();
      member.name = std::move(name);
      if (!value(member, depth + 1)) return false;
      skip_white_space();
    } while (take(','));
    return take('}') || not_json();
  }

  bool list(JsonValue& into, std::size_t depth) {
    if (!open(into, JsonValue::Kind::list, depth)) return false;
    if (take(']')) return true;
    do {
      skip_white_space();
      if (!value(into.items.emplace_back(), depth + 1)) return false;
      skip_white_space();
    } while (take(','));
    return take(']') || not_json();
  }

  bool open(JsonValue& into, JsonValue::Kind kind, std::size_t depth) {
    if (depth >= json_depth_max) return fail("nested deeper than " + std::to_string(json_depth_max) + " levels");
    into.kind = kind;
    ++at_;
    skip_white_space();
    return true;
  }

  bool take_digits() {
    const std::size_t before = at_;
    while (is_digit(peek())) ++at_;
    return at_ > before;
  }

  bool number(JsonValue& into) {
    const std::size_t begin = at_;
    take('-');
    if (!take('0') && !take_digits()) return not_json();
    const std::size_t integer_end = at_;
    if (take('.') && !take_digits()) return not_json();
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!take_digits()) return not_json();
    }
    const std::string_view written = text_.substr(begin, at_ - begin);
    const bool literal = at_ == integer_end;
    if (literal && std::from_chars(written.data(), written.data() + written.size(), into.integer).ec == std::errc{}) {
      into.kind = JsonValue::Kind::integer;
      return true;
    }
    into.integer = 0;
    into.kind = JsonValue::Kind::other_number;
    into.text = written;
    return true;
  }

  bool string(std::string& into) {
    if (!take('"')) return not_json();
    while (!take('"')) {
      if (peek() == '\\') {
        if (!escape(into)) return not_json();
        continue;
      }
      const std::size_t bytes = utf8_character_bytes(text_.substr(at_));
      constexpr unsigned char first_printable = 0x20;
      if (bytes == 0 || static_cast<unsigned char>(peek()) < first_printable) return not_json();
      into += text_.substr(at_, bytes);
      at_ += bytes;
    }
    return true;
  }

  bool escape(std::string& into) {
    constexpr std::string_view written = "\"\\/bfnrt";
    constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
    ++at_;
    if (take('u')) return unicode_escape(into);
    const std::size_t which = at_ < text_.size() ? written.find(text_[at_]) : std::string_view::npos;
    if (which == std::string_view::npos) return false;
    into += meant[which];
    ++at_;
    return true;
  }

  std::optional<std::uint32_t> four_hex_digits() {
    constexpr std::size_t digits = 4;
    if (text_.size() - at_ < digits) return std::nullopt;
    std::uint32_t unit = 0;
    const char* const end = text_.data() + at_ + digits;
    if (std::from_chars(text_.data() + at_, end, unit, 16).ptr != end) return std::nullopt;
    at_ += digits;
    return unit;
  }

  /// A surrogate counts only as half of a pair, high before low.
  bool unicode_escape(std::string& into) {
    const auto unit = four_hex_digits();
    if (!unit || is_low_surrogate(*unit)) return false;
    if (!is_high_surrogate(*unit)) {
      append_utf8(into, *unit);
      return true;
    }
    if (!take('\\') || !take('u')) return false;
    const auto low = four_hex_digits();
    if (!low || !is_low_surrogate(*low)) return false;
    append_utf8(into, code_point_of(*unit, *low));
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string error_;
};

}  // namespace

const JsonValue* JsonValue::find(std::string_view member) const {
  const auto at =
      std::find_if(members.begin(), members.end(), [&](const JsonValue& one) { return one.name == member; });
  return at == members.end() ? nullptr : &*at;
}

std::expected<JsonValue, std::string> parse_strict_json(std::string_view text) { return Parser(text).document(); }

JsonValue json_text(std::string name, std::string text) {
  return {.kind = JsonValue::Kind::text, .name = std::move(name), .text = std::move(text)};
}
JsonValue json_integer(std::string name, std::int64_t integer) {
  return {.kind = JsonValue::Kind::integer, .name = std::move(name), .integer = integer};
}
JsonValue json_boolean(std::string name, bool boolean) {
  return {.kind = JsonValue::Kind::boolean, .name = std::move(name), .boolean = boolean};
}
JsonValue json_list(std::string name, std::vector<JsonValue> items) {
  return {.kind = JsonValue::Kind::list, .name = std::move(name), .items = std::move(items)};
}
JsonValue json_object(std::string name, std::vector<JsonValue> members) {
  return {.kind = JsonValue::Kind::object, .name = std::move(name), .members = std::move(members)};
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
