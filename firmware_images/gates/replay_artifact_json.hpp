// A ReplayArtifact as JSON, both ways (evidence.md 2.1), and the small readers of documents whose shape was judged.
//
// The readers take what is there: who calls them has judged the document by the rule of its line or file first.
// Pure; any thread. Contract: evidence.md 2.1; cli-conformance.md 5.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/replay/replay_artifact.hpp"
#include "core/spec/strict_json.hpp"

namespace phalarope::gates {

inline std::string text_in(const spec::JsonValue& object, std::string_view name) {
  const spec::JsonValue* const value = object.find(name);
  return value == nullptr ? std::string() : value->text;
}

inline std::optional<std::int64_t> integer_in(const spec::JsonValue& object, std::string_view name) {
  const spec::JsonValue* const value = object.find(name);
  if (value == nullptr) return std::nullopt;
  return value->integer;
}

inline bool flag_in(const spec::JsonValue& object, std::string_view name) {
  const spec::JsonValue* const value = object.find(name);
  return value != nullptr && value->boolean;
}

template <typename Read>
auto list_in(const spec::JsonValue& object, std::string_view name, Read read) {
  std::vector<decltype(read(object))> list;
  const spec::JsonValue* const value = object.find(name);
  if (value == nullptr) return list;
  list.reserve(value->items.size());
  for (const spec::JsonValue& item : value->items) list.push_back(read(item));
  return list;
}

replay::ReplayArtifact read_artifact(const spec::JsonValue& json);
std::optional<replay::ReplayCursor> read_cursor(const spec::JsonValue* json);
std::string to_json(const replay::ReplayArtifact& artifact);

}  // namespace phalarope::gates
