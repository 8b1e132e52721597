// YamlValue: one file of a chain library as a tree of typed values, each with the line it was written on.
//
//   text ─▶ parse_yaml ─▶ null | boolean | integer | number | text | list | map        or YamlFault (line, what, what
//   to do)
//                         └ plain scalars typed by the library's own rules (below), quoted ones are text
//
//   true false yes no on off (lower, Title, UPPER)   boolean        y Y n N                     text
//   ~ null nothing                                   null           1 -5  1.5  .inf  1e3        number
//   010 0x1F 0b1 1:30 2026-01-05                     refused: quote it, for readers of YAML differ about what they mean
//
// The tree of core/spec types nothing and refuses a key that occurs twice; here the last one wins and is told as a
// note, because the contract says so. Invariants. (1) Any bytes may be given: size, depth and number of values are
// bounded, aliases count as often as they are used. (2) One document a file. Pure; any thread; allocates.
// Contract: chain-library.md 1; decisions.md D12.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace phalarope::library {

constexpr std::size_t yaml_bytes_max = 1024 * 1024;
constexpr std::size_t yaml_depth_max = 32;
constexpr std::size_t yaml_values_max = 50'000;

struct YamlValue {
  enum class Kind : std::uint8_t { null, boolean, integer, number, text, list, map };

  Kind kind = Kind::null;
  std::string key;  // its name in the map it stands in
  bool boolean = false;
  std::int64_t integer = 0;
  double number = 0;
  std::string text;                // of a text, its value; of every other scalar, as it was written
  std::vector<YamlValue> items;    // list
  std::vector<YamlValue> entries;  // map, in the order written
  int line = 0;                    // from 1

  bool is(Kind wanted) const noexcept { return kind == wanted; }
  const YamlValue* find(std::string_view name) const noexcept;
};

struct YamlFault {
  int line = 0;
  std::string what;
  std::string what_to_do;
};

/// A key that occurs twice: where the one stands that wins.
struct RepeatedKey {
  int line = 0;
  std::string key;
};

struct YamlFile {
  YamlValue root;
  std::vector<RepeatedKey> repeated;
};

std::expected<YamlFile, YamlFault> parse_yaml(std::string_view bytes);

/// The value as a person would say it: `True`, `False`, `None`, numbers in shortest form; lists and maps are empty.
std::string as_text(const YamlValue& value);
/// Nothing stands there: null, false, zero, an empty text, list or map. An absent value (nullptr) too.
bool is_blank(const YamlValue* value);

}  // namespace phalarope::library
