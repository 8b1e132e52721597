// One line of `phalarope replay compare --jsonl` as tables (cli-conformance.md 5; evidence.md 2.1, 2.5).
//
// Members that the contract does not call optional are required; lists may be left out when empty (cli-conformance.md
// 1). A mode, a lane and a divergence class are any text here: what an unknown one means is a rule of the comparison
// (unknown mode: refused; unknown lane: DataLane; unknown class: never passes), not of the line's shape.
#include <array>

#include "core/spec/rule_shapes.hpp"

namespace phalarope::spec {

namespace {

constexpr std::array cursor_members = {
    MemberRule{"session_id", text_plus, true}, MemberRule{"turn_id", text_plus, true},
    MemberRule{"lane", choice(names_of<Lane>()), true}, MemberRule{"runtime_sequence", from_zero, true},
    MemberRule{"event_id", text_plus, true}};
constexpr ObjectRule cursor{"E 2.1", cursor_members};

constexpr std::array trace_members = {
    MemberRule{"plan_hash", any_text, true},
    MemberRule{"snapshot_provenance_ref", any_text, true},
    MemberRule{"decision", object_of(decision_outcome_rule), true},
    MemberRule{"lane", any_text, true},
    MemberRule{"runtime_sequence", any_integer, true},
    MemberRule{"provider_id", any_text, true},
    MemberRule{"provider_model", any_text, true},
    MemberRule{"ordering_marker", any_text, true},
    MemberRule{"authority_epoch", any_integer, true},
    MemberRule{"runtime_timestamp_ms", any_integer, true},
};
constexpr ObjectRule trace_entry{"E 2.1", trace_members};
constexpr ValueRule trace_entry_value = object_of(trace_entry);
constexpr ValueRule decision_value = object_of(decision_outcome_rule);

constexpr std::array lineage_members = {MemberRule{"event_id", any_text, true},
                                        MemberRule{"merge_group_id", any_text, true},
                                        MemberRule{"dropped", boolean, true}};
constexpr ObjectRule lineage_entry{"E 2.1", lineage_members};
constexpr ValueRule lineage_entry_value = object_of(lineage_entry);

constexpr std::array artifact_members = {MemberRule{"trace", list_of(trace_entry_value)},
                                         MemberRule{"decision_outcomes", list_of(decision_value)},
                                         MemberRule{"lineage", list_of(lineage_entry_value)}};
constexpr ObjectRule artifact{"E 2.1", artifact_members};

// "They are not validated": only what is read must be readable.
constexpr std::array appended_members = {MemberRule{"class", any_text}, MemberRule{"scope", any_text},
                                         MemberRule{"message", any_text}, MemberRule{"diff_ms", any_integer}};
constexpr ObjectRule appended{.section = "E 2.6", .members = appended_members, .open = true};
constexpr ValueRule appended_value = object_of(appended);

constexpr std::array expectation_members = {MemberRule{"class", any_text, true}, MemberRule{"scope", any_text, true},
                                            MemberRule{"approved", boolean}};
constexpr ObjectRule expectation{"E 2.5", expectation_members};
constexpr ValueRule expectation_value = object_of(expectation);

constexpr std::array policy_members = {MemberRule{"timing_tolerance_ms", any_integer, true},
                                       MemberRule{"expected", list_of(expectation_value)}};
constexpr ObjectRule policy{"E 2.5", policy_members};

constexpr std::array line_members = {
    MemberRule{"mode", any_text, true},
    MemberRule{"cursor", object_of(cursor)},
    MemberRule{"compare_tolerance_ms", any_integer, true},
    MemberRule{"baseline", object_of(artifact), true},
    MemberRule{"candidate", object_of(artifact), true},
    MemberRule{"appended_divergences", list_of(appended_value)},
    MemberRule{"policy", object_of(policy), true},
};

}  // namespace

constinit const ObjectRule compare_line_rule{"replay compare", line_members};

}  // namespace phalarope::spec
