// MapReader: reads the fields of one map strictly, and collects everything that is wrong with it.
//
//   MapReader map(document, "nodes[0]", diagnostics);
//   map.text("id", node.id, Presence::required);
//   map.choice("type", node.type, Presence::required);
//   map.finish();          // refuses every field nobody asked for, with the nearest known name
//
// A read leaves its target as it was when the field is absent or wrong, so targets start from their defaults.
// Errors are diagnostics with file, line, column and field path. Not thread-safe; lives on the stack of one reader.
// Contract: decisions.md D12, D15.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/base/fixed_string.hpp"
#include "core/engine/plan/plan_names.hpp"
#include "core/spec/diagnostics.hpp"
#include "core/spec/document.hpp"

namespace phalarope::spec {

enum class Presence { optional, required };

struct IntegerRange {
  std::int64_t min = 0;
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
};
constexpr IntegerRange at_least_one{.min = 1};
constexpr IntegerRange at_least_zero{};

class MapReader {
 public:
  /// `document` outlives the reader. A document that is no map gives one diagnostic and reads as empty.
  MapReader(const Document& document, std::string path, Diagnostics& diagnostics);

  bool has(std::string_view key);

  template <std::size_t bytes_max>
  void text(std::string_view key, FixedString<bytes_max>& target, Presence presence = Presence::optional) {
    const auto value = scalar(key, presence);
    if (!value) return;
    if (value->empty()) {
      complain(key, "must not be empty", "Give it a value or leave the field out");
    } else if (!target.assign(*value)) {
      complain(key, "is longer than " + std::to_string(bytes_max) + " bytes", "Shorten it");
    }
  }
  void text(std::string_view key, std::string& target, Presence presence = Presence::optional);
  void integer(std::string_view key, std::int64_t& target, IntegerRange range, Presence presence = Presence::optional);
  void boolean(std::string_view key, bool& target, Presence presence = Presence::optional);

  template <PlanEnum E>
  void choice(std::string_view key, E& target, Presence presence = Presence::optional) {
    const auto value = scalar(key, presence);
    if (!value) return;
    if (const auto member = from_wire_name<E>(*value)) {
      target = *member;
    } else {
      refuse_choice(key, *value, plan_enum_names<E>);
    }
  }
  /// A choice among plain names; the answer is the position in `names`.
  std::optional<std::size_t> choice(std::string_view key, std::span<const std::string_view> names,
                                    Presence presence = Presence::optional);

  /// A nested map; nothing when absent or no map. Call finish() on it.
  std::optional<MapReader> map(std::string_view key, Presence presence = Presence::optional);
  /// Each item of a list, or each entry of a map, with its field path.
  void each_item(std::string_view key, const std::function<void(const Document&, const std::string&)>& read,
                 Presence presence = Presence::optional);
  void each_entry(std::string_view key,
                  const std::function<void(const std::string&, const Document&, const std::string&)>& read,
                  Presence presence = Presence::optional);

  /// Fields that another reader of the same map judges.
  void allow(std::span<const std::string_view> keys) { known_.insert(known_.end(), keys.begin(), keys.end()); }
  /// Refuses fields that nobody asked for.
  void finish();

  /// Says something is wrong with a field (or, with an empty key, with the map).
  void complain(std::string_view key, std::string what, std::string what_to_do);
  Diagnostics& diagnostics() { return *diagnostics_; }
  const std::string& path() const { return path_; }

 private:
  const Document* field(std::string_view key, Presence presence);
  std::optional<std::string> scalar(std::string_view key, Presence presence);
  void refuse_choice(std::string_view key, std::string_view value, std::span<const std::string_view> names);
  std::string path_of(std::string_view key) const;

  const Document* document_;
  std::string path_;
  Diagnostics* diagnostics_;
  std::vector<std::string_view> known_;
};

/// A scalar that stands in a list: its text, or a diagnostic.
std::optional<std::string> scalar_of(const Document& document, const std::string& path, Diagnostics& diagnostics);

Diagnostic diagnostic_at(const Document& document, std::string path, std::string what, std::string what_to_do);

}  // namespace phalarope::spec
