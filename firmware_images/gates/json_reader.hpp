// JsonReader: reads the members of one JSON object and keeps the first thing that is wrong, with its path.
//
//   JsonReader read(document, "", problem, Unknown::refused);
//   read.text("policy_id", policy.policy_id);            // required, not blank
//   read.each("rules", 1, [&](const spec::JsonValue& item, const std::string& path) { ... });
//   read.finish();                                       // refuses members that nobody asked for
//
// A read that fails leaves its target as it was. Once a problem stands, later reads do nothing, so the first violated
// rule is the one told. Lives on one reader's stack. Contract: evidence.md 4.2 (strict, first problem with its path).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/spec/strict_json.hpp"

namespace phalarope::gates {

enum class Unknown : std::uint8_t { refused, passed_over };

/// The first problem of a document; empty while there is none.
struct Problem {
  std::string path;
  std::string what;

  bool stands() const { return !what.empty(); }
  /// `path: what`
  std::string text() const { return path.empty() ? what : path + ": " + what; }
};

class JsonReader {
 public:
  /// `value` and `problem` outlive the reader. A value that is no object is a problem.
  JsonReader(const spec::JsonValue& value, std::string path, Problem& problem, Unknown unknown = Unknown::refused);

  /// A required text that is not blank.
  void text(std::string_view name, std::string& target);
  /// A text that may be absent or empty.
  void text_or_absent(std::string_view name, std::string& target);
  void integer(std::string_view name, std::int64_t& target);
  void integer_or_absent(std::string_view name, std::optional<std::int64_t>& target);
  void flag(std::string_view name, bool& target);
  void flag_or_absent(std::string_view name, bool& target);
  /// A list of texts, none blank, at least `items_min` of them.
  void texts(std::string_view name, std::size_t items_min, std::vector<std::string>& target);
  /// Each item of a list with its path; absent counts as empty.
  void each(std::string_view name, std::size_t items_min,
            const std::function<void(const spec::JsonValue&, const std::string&)>& read);
  /// A nested object; null when absent (and a problem, when `required`).
  const spec::JsonValue* object(std::string_view name, bool required = true);
  /// A member that somebody else judges.
  const spec::JsonValue* any(std::string_view name);

  void finish();
  void refuse(std::string_view name, std::string what);
  bool sound() const { return !problem_->stands(); }
  std::string path_of(std::string_view name) const;

 private:
  const spec::JsonValue* member(std::string_view name, spec::JsonValue::Kind kind, bool required);

  const spec::JsonValue* value_;
  std::string path_;
  Problem* problem_;
  Unknown unknown_;
  std::vector<std::string> known_;
};

}  // namespace phalarope::gates
