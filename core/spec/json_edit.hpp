// Members of a document, read and set in place. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "core/spec/strict_json.hpp"

namespace phalarope::spec {

/// The text of a member; empty when it is absent or no text.
inline std::string_view member_text(const JsonValue& object, std::string_view name) {
  const JsonValue* const value = object.find(name);
  return value != nullptr && value->is(JsonValue::Kind::text) ? std::string_view(value->text) : std::string_view();
}

inline bool is_negative(const JsonValue* value) {
  return value != nullptr && value->is(JsonValue::Kind::integer) && value->integer < 0;
}

/// Replaces the member of the value's name, or adds it behind the others.
inline void set_member(JsonValue& object, JsonValue value) {
  for (JsonValue& member : object.members) {
    if (member.name != value.name) continue;
    member = std::move(value);
    return;
  }
  object.members.push_back(std::move(value));
}

}  // namespace phalarope::spec
