// The shapes that the rule tables are written with, so that a row reads like the contract's row.
//
// Only the files that hold tables include this (artifact_tables.cpp, compare_tables.cpp). Constants; no owner.
// Contract: runtime.md 1.1 (4).
#pragma once

#include <limits>
#include <span>
#include <string_view>

#include "core/engine/plan/plan_names.hpp"
#include "core/spec/artifact_rules.hpp"

namespace phalarope::spec {

inline constexpr ValueRule text_plus{};
inline constexpr ValueRule any_text{.may_be_empty = true};
inline constexpr ValueRule from_zero{.shape = Shape::integer, .min = 0};
inline constexpr ValueRule from_one{.shape = Shape::integer, .min = 1};
inline constexpr ValueRule any_integer{.shape = Shape::integer, .min = std::numeric_limits<std::int64_t>::min()};
inline constexpr ValueRule boolean{.shape = Shape::boolean};
constexpr ValueRule choice(std::span<const std::string_view> names) {
  return {.shape = Shape::choice, .choices = names};
}
constexpr ValueRule object_of(const ObjectRule& rule) { return {.shape = Shape::object, .object = &rule}; }
constexpr ValueRule map_of(const ValueRule& element, std::size_t items_min) {
  return {.shape = Shape::map, .element = &element, .items_min = items_min};
}
constexpr ValueRule list_of(const ValueRule& element) { return {.shape = Shape::list, .element = &element}; }
constexpr ValueRule unique_list_of(const ValueRule& element, std::size_t items_min) {
  return {.shape = Shape::list, .element = &element, .items_min = items_min, .unique = true};
}

template <typename E>
constexpr std::span<const std::string_view> names_of() {
  return plan_enum_names<E>;
}
/// Without the first name, which is empty and stands for "absent".
template <typename E>
constexpr std::span<const std::string_view> names_but_absent() {
  return std::span<const std::string_view>(plan_enum_names<E>).subspan(1);
}

}  // namespace phalarope::spec
