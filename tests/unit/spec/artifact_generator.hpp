// Random wire artifacts, drawn from the rule tables and a seed.
//
//   sound(kind)     every optional member there or not, every value of its shape; then mended until the judge accepts
//   wounded(kind)   a sound one with one to three members removed, replaced, added or repeated: sound or not
//
// The same seed gives the same documents.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "core/spec/artifact_rules.hpp"
#include "core/spec/strict_json.hpp"

namespace phalarope::spec::test {

class ArtifactGenerator {
 public:
  explicit ArtifactGenerator(std::uint64_t seed) : random_(seed) {}

  JsonValue sound(std::string_view kind);
  JsonValue wounded(std::string_view kind);

  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }

 private:
  JsonValue value_of(const ValueRule& rule);
  JsonValue member_of(const MemberRule& rule);
  JsonValue object_of(const ObjectRule& rule);
  JsonValue drawn(const ObjectRule& rule);
  void mend(JsonValue& object, const ObjectRule& rule, std::string_view path);
  JsonValue any_value();
  void wound(JsonValue& value);
  std::string text();

  std::mt19937_64 random_;
};

inline std::string to_text(const JsonValue& value) {
  std::string text;
  append_json(text, value);
  return text;
}

}  // namespace phalarope::spec::test
