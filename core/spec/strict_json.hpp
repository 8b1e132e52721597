// Strict JSON: the contract's reading of a document, with nothing repaired on the way in (runtime.md 1.1).
//
// Beyond RFC 8259: duplicate member names and trailing content are errors, and a number remembers whether it was
// written as an integer literal (no fraction, no exponent) that fits a signed 64-bit integer: 1.0, 1e3 and
// 9223372036854775808 are numbers but no integers. Text is UTF-8 without a byte order mark; no surrogate stands alone.
// Nesting is bounded, so that hostile text cannot exhaust the stack. Allocates; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace phalarope::spec {

constexpr std::size_t json_depth_max = 64;

struct JsonValue {
  enum class Kind { null, boolean, integer, other_number, text, list, object };

  Kind kind = Kind::null;
  std::string name{};  // of the member it is, in the object it stands in
  bool boolean = false;
  std::int64_t integer = 0;
  std::string text{};                // text; other_number: as written
  std::vector<JsonValue> items{};    // list
  std::vector<JsonValue> members{};  // object, in the order written; each bears its name

  const JsonValue* find(std::string_view member) const;
  bool is(Kind wanted) const { return kind == wanted; }
};

/// The document, or one sentence about the first thing that is not strict JSON.
std::expected<JsonValue, std::string> parse_strict_json(std::string_view text);

/// Values to build a document from; `name` is empty for an item of a list or the document itself.
JsonValue json_text(std::string name, std::string text);
JsonValue json_integer(std::string name, std::int64_t integer);
JsonValue json_boolean(std::string name, bool boolean);
JsonValue json_list(std::string name, std::vector<JsonValue> items);
JsonValue json_object(std::string name, std::vector<JsonValue> members);

/// Appends a JSON string in quotes, escaped as the hash material is (runtime.md 4.3).
void append_json_string(std::string& out, std::string_view text);
/// Compact JSON, members in the order they have.
void append_json(std::string& out, const JsonValue& value);

}  // namespace phalarope::spec
