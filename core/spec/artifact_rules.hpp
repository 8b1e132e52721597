// The rules of the contract's artifacts as data: which members an object has, of what shape, and what else must hold.
//
//   ObjectRule ─ members: MemberRule{name, ValueRule, required} ─▶ ValueRule{shape, bounds, choices, nested rule}
//              └ conditions: {text, holds(object)} checked in order once every member has its shape
//
// The tables stand in artifact_tables.cpp, in the order of the contract's hash material (4.3), so that the same
// tables also say how a plan is written canonically. judge() walks them. Pure; any thread.
// Contract: runtime.md 1.1-1.8.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/spec/strict_json.hpp"

namespace phalarope::spec {

enum class Shape : std::uint8_t {
  text,          // string+; may_be_empty allows ""
  integer,       // integer literal >= min
  boolean,       // true or false
  always_true,   // true only
  choice,        // one of `choices`
  version,       // ^v?[0-9]+\.[0-9]+(\.[0-9]+)?$; the leading v required unless `version_prefix_optional`
  hash,          // exactly 64 hex digits of either case
  visible_text,  // a string that is not blank
  object,        // by `object`
  map,           // any non-empty keys, values by `element`, at least items_min entries
  list,          // elements by `element`, items_min..items_max of them, unique if `unique`
};

struct ObjectRule;

struct ValueRule {
  Shape shape = Shape::text;
  std::int64_t min = 0;
  bool may_be_empty = false;
  bool version_prefix_optional = false;
  std::span<const std::string_view> choices = {};
  const ObjectRule* object = nullptr;
  const ValueRule* element = nullptr;
  std::size_t items_min = 0;
  std::size_t items_max = std::numeric_limits<std::size_t>::max();
  bool unique = false;
};

struct MemberRule {
  std::string_view name;
  ValueRule rule;
  bool required = false;
};

struct Condition {
  std::string_view text;  // the rule, with its section
  std::string_view path;  // the member it is about
  bool (*holds)(const JsonValue& object);
};

struct ObjectRule {
  std::string_view section;  // where the contract lists the members: "1.6" of runtime.md, "E 2.1" of evidence.md
  std::span<const MemberRule> members;
  std::span<const Condition> conditions = {};
  bool open = false;  // members that are not listed are left alone instead of refused
};

/// The first violated rule and the path of the member it is about.
struct Violation {
  std::string rule;
  std::string path;
};

std::optional<Violation> judge(const JsonValue& value, const ObjectRule& rule);
std::optional<Violation> judge(const JsonValue& value, const ValueRule& rule, std::string_view section,
                               const std::string& path);

/// The value in the members' order of the table, optional members that are absent, zero or empty left out (4.3).
/// Only for a value that judge() accepts.
void append_canonical(std::string& out, const JsonValue& value, const ValueRule& rule);

/// One row of 1.5: who may emit a signal, in which scope, with what.
struct SignalRow {
  std::string_view signal;
  std::array<std::string_view, 2> emitted_by;
  std::string_view event_scope;  // empty: either
  std::array<std::string_view, 4> required;
};
/// One row of 2.1.
struct TransitionRow {
  std::string_view from;
  std::string_view trigger;
  std::string_view to;
};
std::span<const SignalRow> signal_rows();
std::span<const TransitionRow> transition_rows();

/// What a document can be judged as (1.1 rule 6).
constexpr std::array<std::string_view, 6> artifact_kinds = {"event_record",    "control_signal",     "decision_outcome",
                                                            "turn_transition", "resolved_turn_plan", "artifact_bundle"};

/// The rules of one artifact kind by its name (`event_record`, ...); null for an unknown kind.
const ObjectRule* find_artifact_rule(std::string_view kind);
/// The rule of decision_outcome, for tables of objects that hold decisions.
extern const ObjectRule decision_outcome_rule;
/// One line of `phalarope replay compare --jsonl` (cli-conformance.md 5).
extern const ObjectRule compare_line_rule;
/// The rule of one member of resolved_turn_plan.
const ValueRule& plan_member_rule(std::string_view name);

}  // namespace phalarope::spec
