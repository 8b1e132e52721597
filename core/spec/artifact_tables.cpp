// The contract's five artifacts as tables (runtime.md 1.2-1.8); see artifact_rules.hpp for how they are read.
//
// Read each table beside its section: one row here is one row there, in the contract's order. Where the hash material
// (4.3) has another order than 1.8, the order of 4.3 stands, because the tables also write canonical text.
#include <array>
#include <initializer_list>

#include "core/engine/base/enforce.hpp"
#include "core/engine/plan/plan_names.hpp"
#include "core/spec/rule_shapes.hpp"

namespace phalarope::spec {

namespace {

using namespace std::string_view_literals;

bool has(const JsonValue& object, std::string_view name) { return object.find(name) != nullptr; }
bool says(const JsonValue& object, std::string_view name, std::string_view text) {
  const JsonValue* const value = object.find(name);
  return value != nullptr && value->is(JsonValue::Kind::text) && value->text == text;
}
bool says_one_of(const JsonValue& object, std::string_view name, std::initializer_list<std::string_view> texts) {
  for (const std::string_view text : texts) {
    if (says(object, name, text)) return true;
  }
  return false;
}
bool is_true(const JsonValue& object, std::string_view name) {
  const JsonValue* const value = object.find(name);
  return value != nullptr && value->is(JsonValue::Kind::boolean) && value->boolean;
}
std::int64_t number(const JsonValue& object, std::string_view name) {
  const JsonValue* const value = object.find(name);
  return value == nullptr ? 0 : value->integer;
}

// ---- 1.2 envelope members ------------------------------------------------------------------------------

constexpr std::array event_scopes = {"session"sv, "turn"sv};
constexpr std::array payload_classes = {"PII"sv,     "PHI"sv, "audio_raw"sv, "text_raw"sv, "derived_summary"sv,
                                        "metadata"sv};
constexpr std::array emitters = {"RK-02"sv, "RK-03"sv, "RK-06"sv, "RK-11"sv, "RK-12"sv, "RK-13"sv,
                                 "RK-14"sv, "RK-15"sv, "RK-16"sv, "RK-17"sv, "RK-22"sv, "RK-23"sv,
                                 "RK-24"sv, "RK-25"sv, "OR-02"sv, "CP-05"sv, "CP-07"sv, "CP-08"sv};

constexpr std::array media_time_members = {MemberRule{"sample_index", from_zero}, MemberRule{"pts_ms", from_zero}};
constexpr std::array media_time_conditions = {
    Condition{"R 1.2: media_time has exactly one of sample_index, pts_ms", "",
              [](const JsonValue& time) { return time.members.size() == 1; }}};
constexpr ObjectRule media_time{"1.2", media_time_members, media_time_conditions};

constexpr std::array seq_range_members = {MemberRule{"start", from_zero, true}, MemberRule{"end", from_zero, true}};
constexpr std::array seq_range_conditions = {
    Condition{"R 1.2: seq_range ends before it starts", "end",
              [](const JsonValue& range) { return number(range, "end") >= number(range, "start"); }}};
constexpr ObjectRule seq_range{"1.2", seq_range_members, seq_range_conditions};

constexpr ValueRule merged_ids{
    .shape = Shape::list, .element = &text_plus, .items_min = 1, .items_max = 64, .unique = true};

constexpr std::array envelope_members = {
    MemberRule{"schema_version", {.shape = Shape::version}, true},
    MemberRule{"event_scope", choice(event_scopes), true},
    MemberRule{"session_id", text_plus, true},
    MemberRule{"turn_id", text_plus},
    MemberRule{"pipeline_version", text_plus, true},
    MemberRule{"event_id", text_plus, true},
    MemberRule{"lane", choice(names_of<Lane>()), true},
    MemberRule{"transport_sequence", from_zero, true},
    MemberRule{"runtime_sequence", from_zero, true},
    MemberRule{"runtime_timestamp_ms", from_zero, true},
    MemberRule{"wall_clock_timestamp_ms", from_zero, true},
    MemberRule{"payload_class", choice(payload_classes), true},
    MemberRule{"timestamp_ms", from_zero},
    MemberRule{"authority_epoch", from_zero},
    MemberRule{"lease_token", text_plus},
    MemberRule{"media_time", object_of(media_time)},
    MemberRule{"node_id", text_plus},
    MemberRule{"edge_id", text_plus},
    MemberRule{"causal_parent_id", text_plus},
    MemberRule{"idempotency_key", text_plus},
    MemberRule{"provider_invocation_id", text_plus},
    MemberRule{"sync_id", text_plus},
    MemberRule{"sync_domain", text_plus},
    MemberRule{"discontinuity_id", text_plus},
    MemberRule{"merge_group_id", text_plus},
    MemberRule{"merged_from_event_ids", merged_ids},
    MemberRule{"late_after_cancel", boolean},
    MemberRule{"signal", any_text},
    MemberRule{"emitted_by", choice(emitters)},
    MemberRule{"reason", text_plus},
    MemberRule{"seq_range", object_of(seq_range)},
    MemberRule{"scope", any_text},
    MemberRule{"target_lane", choice(names_of<Lane>())},
    MemberRule{"amount", from_one},
};

// ---- 1.3 envelope conditions ---------------------------------------------------------------------------

bool on_control_lane(const JsonValue& event) { return says(event, "lane", "ControlLane"); }
bool in_turn(const JsonValue& event) { return says(event, "event_scope", "turn"); }

constexpr std::array envelope_conditions = {
    Condition{"R 1.3: event_scope=turn needs turn_id", "turn_id",
              [](const JsonValue& e) { return !in_turn(e) || has(e, "turn_id"); }},
    Condition{"R 1.3: event_scope=turn needs authority_epoch", "authority_epoch",
              [](const JsonValue& e) { return !in_turn(e) || has(e, "authority_epoch"); }},
    Condition{"R 1.3: ControlLane needs authority_epoch", "authority_epoch",
              [](const JsonValue& e) { return !on_control_lane(e) || has(e, "authority_epoch"); }},
    Condition{"R 1.3: ControlLane needs signal", "signal",
              [](const JsonValue& e) { return !on_control_lane(e) || has(e, "signal"); }},
    Condition{"R 1.3: ControlLane needs emitted_by", "emitted_by",
              [](const JsonValue& e) { return !on_control_lane(e) || has(e, "emitted_by"); }},
    Condition{"R 1.3: ControlLane carries metadata only", "payload_class",
              [](const JsonValue& e) { return !on_control_lane(e) || says(e, "payload_class", "metadata"); }},
    Condition{"R 1.3: signal needs emitted_by", "emitted_by",
              [](const JsonValue& e) { return !has(e, "signal") || has(e, "emitted_by"); }},
    Condition{"R 1.3: signal travels on ControlLane", "lane",
              [](const JsonValue& e) { return !has(e, "signal") || on_control_lane(e); }},
    Condition{"R 1.3: audio_raw needs media_time", "media_time",
              [](const JsonValue& e) { return !says(e, "payload_class", "audio_raw") || has(e, "media_time"); }},
    Condition{"R 1.3: merged_from_event_ids needs merge_group_id", "merge_group_id",
              [](const JsonValue& e) { return !has(e, "merged_from_event_ids") || has(e, "merge_group_id"); }},
    Condition{"R 1.3: discontinuity_id needs sync_domain", "sync_domain",
              [](const JsonValue& e) { return !has(e, "discontinuity_id") || has(e, "sync_domain"); }},
    Condition{"R 1.3: late_after_cancel=true needs event_scope=turn", "event_scope",
              [](const JsonValue& e) { return !is_true(e, "late_after_cancel") || in_turn(e); }},
};

/// Two arrays of conditions, one after the other.
template <std::size_t first_count, std::size_t second_count>
constexpr auto joined(const std::array<Condition, first_count>& first,
                      const std::array<Condition, second_count>& second) {
  std::array<Condition, first_count + second_count> all{};
  for (std::size_t i = 0; i < first_count; ++i) all[i] = first[i];
  for (std::size_t i = 0; i < second_count; ++i) all[first_count + i] = second[i];
  return all;
}

// ---- 1.4 event_record ----------------------------------------------------------------------------------

constexpr std::array record_only_conditions = {
    Condition{"R 1.4: a record has no signal", "signal", [](const JsonValue& e) { return !has(e, "signal"); }},
    Condition{"R 1.4: a record is never on ControlLane", "lane",
              [](const JsonValue& e) { return !on_control_lane(e); }},
};
constexpr auto record_conditions = joined(envelope_conditions, record_only_conditions);
constexpr ObjectRule event_record{"1.2", envelope_members, record_conditions};

// ---- 1.5 control_signal --------------------------------------------------------------------------------

constexpr std::array signal_table = {
    SignalRow{"turn_open_proposed", {"RK-02"}, "session", {}},
    SignalRow{"turn_open", {"RK-03"}, "turn", {}},
    SignalRow{"commit", {"RK-03"}, "turn", {}},
    SignalRow{"close", {"RK-03"}, "turn", {}},
    SignalRow{"abort", {"RK-03"}, "turn", {"reason"}},
    SignalRow{"barge_in", {"RK-06", "RK-16"}, "", {}},
    SignalRow{"stop", {"RK-06", "RK-16"}, "", {}},
    SignalRow{"cancel", {"RK-06", "RK-16"}, "", {"scope"}},
    SignalRow{"watermark", {"RK-13"}, "", {"edge_id", "target_lane", "reason"}},
    SignalRow{"budget_warning", {"RK-17"}, "", {"reason"}},
    SignalRow{"budget_exhausted", {"RK-17"}, "", {"reason"}},
    SignalRow{"degrade", {"RK-13", "RK-17"}, "", {"reason"}},
    SignalRow{"fallback", {"RK-13", "RK-17"}, "", {"reason"}},
    SignalRow{"discontinuity", {"RK-15"}, "", {"sync_domain", "discontinuity_id", "reason"}},
    SignalRow{"drop_notice", {"RK-12", "RK-13"}, "", {"edge_id", "target_lane", "reason", "seq_range"}},
    SignalRow{"flow_xoff", {"RK-14"}, "", {"edge_id", "target_lane", "reason"}},
    SignalRow{"flow_xon", {"RK-14"}, "", {"edge_id", "target_lane"}},
    SignalRow{"credit_grant", {"RK-14"}, "", {"edge_id", "target_lane", "amount"}},
    SignalRow{"provider_error", {"RK-11"}, "", {"reason"}},
    SignalRow{"circuit_event", {"RK-11"}, "", {"reason"}},
    SignalRow{"provider_switch", {"RK-11"}, "", {"reason"}},
    SignalRow{"lease_issued", {"CP-07", "CP-08"}, "", {}},
    SignalRow{"lease_rotated", {"CP-07", "CP-08"}, "", {}},
    SignalRow{"migration_start", {"CP-07", "CP-08"}, "", {}},
    SignalRow{"migration_finish", {"CP-07", "CP-08"}, "", {}},
    SignalRow{"session_handoff", {"CP-07", "CP-08"}, "", {}},
    SignalRow{"admit", {"RK-25", "CP-05"}, "session", {"reason"}},
    SignalRow{"reject", {"RK-25", "CP-05"}, "session", {"reason"}},
    SignalRow{"defer", {"RK-25", "CP-05"}, "session", {"reason"}},
    SignalRow{"shed", {"RK-25"}, "", {"reason"}},
    SignalRow{"stale_epoch_reject", {"RK-24"}, "", {"reason"}},
    SignalRow{"deauthorized_drain", {"RK-24"}, "", {"reason"}},
    SignalRow{"connected", {"RK-23"}, "", {}},
    SignalRow{"reconnecting", {"RK-23"}, "", {}},
    SignalRow{"disconnected", {"RK-23"}, "", {}},
    SignalRow{"ended", {"RK-23"}, "", {}},
    SignalRow{"silence", {"RK-23"}, "", {}},
    SignalRow{"stall", {"RK-23"}, "", {}},
    SignalRow{"output_accepted", {"RK-22", "RK-23"}, "turn", {}},
    SignalRow{"playback_started", {"RK-22", "RK-23"}, "turn", {}},
    SignalRow{"playback_completed", {"RK-22", "RK-23"}, "turn", {}},
    SignalRow{"playback_cancelled", {"RK-22", "RK-23"}, "turn", {}},
    SignalRow{"recording_level_downgraded", {"OR-02"}, "", {"reason"}},
};
static_assert(signal_table.size() == 43, "the contract has 43 signals");

const SignalRow* row_of(const JsonValue& event) {
  for (const SignalRow& row : signal_table) {
    if (says(event, "signal", row.signal)) return &row;
  }
  return nullptr;
}

bool emitter_fits(const JsonValue& event) {
  const SignalRow* const row = row_of(event);
  if (row == nullptr) return false;
  return says(event, "emitted_by", row->emitted_by[0]) ||
         (!row->emitted_by[1].empty() && says(event, "emitted_by", row->emitted_by[1]));
}

bool required_is_there(const JsonValue& event) {
  const SignalRow* const row = row_of(event);
  if (row == nullptr) return false;
  for (const std::string_view member : row->required) {
    if (!member.empty() && !has(event, member)) return false;
  }
  return true;
}

constexpr std::array signal_only_conditions = {
    Condition{"R 1.5: signal is required", "signal", [](const JsonValue& e) { return has(e, "signal"); }},
    Condition{"R 1.5: emitted_by is required", "emitted_by", [](const JsonValue& e) { return has(e, "emitted_by"); }},
    Condition{"R 1.5: a signal travels on ControlLane", "lane", on_control_lane},
    Condition{"R 1.5: unknown signal", "signal", [](const JsonValue& e) { return row_of(e) != nullptr; }},
    Condition{"R 1.5: unknown scope", "scope",
              [](const JsonValue& e) {
                return !has(e, "scope") || says_one_of(e, "scope", {"session", "turn", "node", "provider_invocation"});
              }},
    Condition{"R 1.5: this signal has another emitter", "emitted_by", emitter_fits},
    Condition{"R 1.5: this signal has another event_scope", "event_scope",
              [](const JsonValue& e) {
                const SignalRow* const row = row_of(e);
                return row != nullptr && (row->event_scope.empty() || says(e, "event_scope", row->event_scope));
              }},
    Condition{"R 1.5: this signal lacks a member of its row", "signal", required_is_there},
};
constexpr auto signal_conditions = joined(envelope_conditions, signal_only_conditions);
constexpr ObjectRule control_signal{"1.2", envelope_members, signal_conditions};

// ---- 1.6 decision_outcome ------------------------------------------------------------------------------

constexpr std::array outcome_kinds = {
    "admit"sv, "reject"sv, "defer"sv, "shed"sv, "stale_epoch_reject"sv, "deauthorized_drain"sv};
constexpr std::array phases = {"pre_turn"sv, "scheduling_point"sv, "active_turn"sv};
constexpr std::array outcome_scopes = {"tenant"sv,       "session"sv,      "turn"sv,
                                       "edge_enqueue"sv, "edge_dequeue"sv, "node_dispatch"sv};
constexpr std::array outcome_emitters = {"RK-24"sv, "RK-25"sv, "CP-05"sv};

constexpr std::array outcome_members = {
    MemberRule{"outcome_kind", choice(outcome_kinds), true},
    MemberRule{"phase", choice(phases), true},
    MemberRule{"scope", choice(outcome_scopes), true},
    MemberRule{"session_id", text_plus, true},
    MemberRule{"turn_id", text_plus},
    MemberRule{"event_id", text_plus, true},
    MemberRule{"runtime_timestamp_ms", from_zero, true},
    MemberRule{"wall_clock_timestamp_ms", from_zero, true},
    MemberRule{"timestamp_ms", from_zero},
    MemberRule{"emitted_by", choice(outcome_emitters), true},
    MemberRule{"authority_epoch", from_zero},
    MemberRule{"reason", text_plus, true},
};

bool is_kind(const JsonValue& o, std::string_view kind) { return says(o, "outcome_kind", kind); }
bool is_admission(const JsonValue& o) { return says_one_of(o, "outcome_kind", {"admit", "reject", "defer"}); }
bool is_authority(const JsonValue& o) {
  return says_one_of(o, "outcome_kind", {"stale_epoch_reject", "deauthorized_drain"});
}
bool in_phase(const JsonValue& o, std::string_view phase) { return says(o, "phase", phase); }
bool at_scheduling_scope(const JsonValue& o) {
  return says_one_of(o, "scope", {"edge_enqueue", "edge_dequeue", "node_dispatch"});
}
bool at_session_or_turn(const JsonValue& o) { return says_one_of(o, "scope", {"session", "turn"}); }

constexpr std::array outcome_conditions = {
    Condition{"R 1.6: admission comes from RK-25 or CP-05", "emitted_by",
              [](const JsonValue& o) { return !is_admission(o) || says_one_of(o, "emitted_by", {"RK-25", "CP-05"}); }},
    Condition{"R 1.6: shed comes from RK-25", "emitted_by",
              [](const JsonValue& o) { return !is_kind(o, "shed") || says(o, "emitted_by", "RK-25"); }},
    Condition{"R 1.6: shed happens at a scheduling point", "phase",
              [](const JsonValue& o) { return !is_kind(o, "shed") || in_phase(o, "scheduling_point"); }},
    Condition{"R 1.6: authority outcomes come from RK-24", "emitted_by",
              [](const JsonValue& o) { return !is_authority(o) || says(o, "emitted_by", "RK-24"); }},
    Condition{"R 1.6: authority outcomes carry authority_epoch", "authority_epoch",
              [](const JsonValue& o) { return !is_authority(o) || has(o, "authority_epoch"); }},
    Condition{"R 1.6: CP-05 decides before a turn only", "phase",
              [](const JsonValue& o) { return !says(o, "emitted_by", "CP-05") || in_phase(o, "pre_turn"); }},
    Condition{"R 1.6: CP-05 decides for a tenant or session", "scope",
              [](const JsonValue& o) {
                return !says(o, "emitted_by", "CP-05") || says_one_of(o, "scope", {"tenant", "session"});
              }},
    Condition{"R 1.6: pre_turn is about a tenant, session or turn", "scope",
              [](const JsonValue& o) {
                return !in_phase(o, "pre_turn") || says_one_of(o, "scope", {"tenant", "session", "turn"});
              }},
    Condition{"R 1.6: scheduling_point is about an edge or node", "scope",
              [](const JsonValue& o) { return !in_phase(o, "scheduling_point") || at_scheduling_scope(o); }},
    Condition{"R 1.6: active_turn is about a turn, edge or node", "scope",
              [](const JsonValue& o) {
                return !in_phase(o, "active_turn") || says(o, "scope", "turn") || at_scheduling_scope(o);
              }},
    Condition{"R 1.6: active_turn needs turn_id", "turn_id",
              [](const JsonValue& o) { return !in_phase(o, "active_turn") || has(o, "turn_id"); }},
    Condition{"R 1.6: scope turn needs turn_id", "turn_id",
              [](const JsonValue& o) { return !says(o, "scope", "turn") || has(o, "turn_id"); }},
    Condition{"R 1.6: stale_epoch_reject is no outcome of an active turn", "phase",
              [](const JsonValue& o) { return !is_kind(o, "stale_epoch_reject") || !in_phase(o, "active_turn"); }},
    Condition{"R 1.6: stale_epoch_reject before a turn is about a session or turn", "scope",
              [](const JsonValue& o) {
                return !is_kind(o, "stale_epoch_reject") || !in_phase(o, "pre_turn") || at_session_or_turn(o);
              }},
    Condition{"R 1.6: deauthorized_drain never happens at a scheduling point", "phase",
              [](const JsonValue& o) { return !is_kind(o, "deauthorized_drain") || !in_phase(o, "scheduling_point"); }},
    Condition{"R 1.6: deauthorized_drain is about a session or turn", "scope",
              [](const JsonValue& o) {
                if (!is_kind(o, "deauthorized_drain")) return true;
                return in_phase(o, "active_turn") ? says(o, "scope", "turn") : at_session_or_turn(o);
              }},
};
constexpr ObjectRule decision_outcome{"1.6", outcome_members, outcome_conditions};

// ---- 1.7 turn_transition -------------------------------------------------------------------------------

constexpr std::array states = {"Idle"sv, "Opening"sv, "Active"sv, "Terminal"sv, "Closed"sv};
constexpr std::array triggers = {
    "turn_open_proposed"sv, "turn_open"sv,         "commit"sv, "abort"sv, "close"sv, "reject"sv, "defer"sv,
    "stale_epoch_reject"sv, "deauthorized_drain"sv};
constexpr std::array transition_members = {
    MemberRule{"from_state", choice(states), true},
    MemberRule{"trigger", choice(triggers), true},
    MemberRule{"to_state", choice(states), true},
    MemberRule{"deterministic", {.shape = Shape::always_true}, true},
};

constexpr std::array transition_table = {
    TransitionRow{"Idle", "turn_open_proposed", "Opening"},
    TransitionRow{"Opening", "turn_open", "Active"},
    TransitionRow{"Opening", "reject", "Idle"},
    TransitionRow{"Opening", "defer", "Idle"},
    TransitionRow{"Opening", "stale_epoch_reject", "Idle"},
    TransitionRow{"Opening", "deauthorized_drain", "Idle"},
    TransitionRow{"Active", "commit", "Terminal"},
    TransitionRow{"Active", "abort", "Terminal"},
    TransitionRow{"Terminal", "close", "Closed"},
};

bool is_known_transition(const JsonValue& transition) {
  for (const TransitionRow& row : transition_table) {
    if (says(transition, "from_state", row.from) && says(transition, "trigger", row.trigger) &&
        says(transition, "to_state", row.to)) {
      return true;
    }
  }
  return false;
}
constexpr std::array transition_conditions = {
    Condition{"R 1.7: no such transition (R 2.1)", "to_state", is_known_transition}};
constexpr ObjectRule turn_transition{"1.7", transition_members, transition_conditions};

// ---- 1.8 resolved_turn_plan ----------------------------------------------------------------------------

constexpr std::array budget_members = {
    MemberRule{"turn_budget_ms", from_one, true}, MemberRule{"node_budget_ms_default", from_one, true},
    MemberRule{"path_budget_ms_default", from_one, true}, MemberRule{"edge_budget_ms_default", from_one, true}};
constexpr ObjectRule budgets{"1.8", budget_members};

constexpr std::array threshold_members = {MemberRule{"high", from_one, true}, MemberRule{"low", from_zero, true}};
constexpr ObjectRule threshold{"1.8", threshold_members};

constexpr std::array edge_watermark_members = {MemberRule{"queue_items", object_of(threshold)},
                                               MemberRule{"queue_ms", object_of(threshold)}};
constexpr std::array edge_watermark_conditions = {
    Condition{"R 1.8: watermarks need queue_items or queue_ms", "",
              [](const JsonValue& marks) { return !marks.members.empty(); }}};
constexpr ObjectRule edge_watermarks{"1.8", edge_watermark_members, edge_watermark_conditions};

constexpr std::array lane_handling_members = {MemberRule{"DataLane", choice(names_of<EdgeStrategy>()), true},
                                              MemberRule{"ControlLane", choice(names_of<ControlHandling>()), true},
                                              MemberRule{"TelemetryLane", choice(names_of<TelemetryHandling>()), true}};
constexpr ObjectRule lane_handling{"1.8", lane_handling_members};

constexpr std::array sync_members = {MemberRule{"group_by", choice(names_but_absent<SyncGroupBy>())},
                                     MemberRule{"policy", choice(names_but_absent<SyncPolicy>()), true},
                                     MemberRule{"scope", choice(names_of<SyncScope>()), true},
                                     MemberRule{"sync_domain", text_plus}};
constexpr std::array sync_conditions = {
    Condition{"R 1.8: group_by is required unless policy is no_sync", "group_by",
              [](const JsonValue& sync) { return says(sync, "policy", "no_sync") || has(sync, "group_by"); }},
    Condition{"R 1.8: drop_with_discontinuity needs sync_domain", "sync_domain", [](const JsonValue& sync) {
                return !says(sync, "policy", "drop_with_discontinuity") || has(sync, "sync_domain");
              }}};
constexpr ObjectRule sync_drop_policy{"1.8", sync_members, sync_conditions};

constexpr std::array edge_policy_members = {MemberRule{"strategy", choice(names_of<EdgeStrategy>()), true},
                                            MemberRule{"max_queue_items", from_one, true},
                                            MemberRule{"max_queue_ms", from_one, true},
                                            MemberRule{"max_queue_bytes", from_one, true},
                                            MemberRule{"max_latency_contribution_ms", from_one, true},
                                            MemberRule{"max_block_time_ms", from_one},
                                            MemberRule{"watermarks", object_of(edge_watermarks), true},
                                            MemberRule{"lane_handling", object_of(lane_handling), true},
                                            MemberRule{"fairness_key", text_plus},
                                            MemberRule{"defaulting_source", choice(names_of<DefaultingSource>()), true},
                                            MemberRule{"sync_drop_policy", object_of(sync_drop_policy)}};
constexpr std::array edge_policy_conditions = {Condition{
    "R 1.8: strategy block needs max_block_time_ms", "max_block_time_ms",
    [](const JsonValue& edge) { return !says(edge, "strategy", "block") || has(edge, "max_block_time_ms"); }}};
constexpr ObjectRule edge_policy{"1.8", edge_policy_members, edge_policy_conditions};
constexpr ValueRule edge_policy_value = object_of(edge_policy);

constexpr std::array node_policy_members = {MemberRule{"concurrency_limit", from_zero},
                                            MemberRule{"fairness_key", {.shape = Shape::visible_text}}};
constexpr ObjectRule node_policy{"1.8", node_policy_members};
constexpr ValueRule node_policy_value = object_of(node_policy);

constexpr std::array mode_members = {MemberRule{"DataLane", choice(names_of<FlowMode>()), true},
                                     MemberRule{"ControlLane", choice(names_of<FlowMode>()), true},
                                     MemberRule{"TelemetryLane", choice(names_of<FlowMode>()), true}};
constexpr ObjectRule mode_by_lane{"1.8", mode_members};
constexpr std::array lane_watermark_members = {MemberRule{"DataLane", object_of(threshold), true},
                                               MemberRule{"ControlLane", object_of(threshold), true},
                                               MemberRule{"TelemetryLane", object_of(threshold), true}};
constexpr ObjectRule lane_watermarks{"1.8", lane_watermark_members};
constexpr std::array shedding_members = {MemberRule{"DataLane", choice(names_of<DataShedding>()), true},
                                         MemberRule{"ControlLane", choice(names_of<ControlShedding>()), true},
                                         MemberRule{"TelemetryLane", choice(names_of<TelemetryShedding>()), true}};
constexpr ObjectRule shedding_by_lane{"1.8", shedding_members};
constexpr std::array flow_control_members = {
    MemberRule{"mode_by_lane", object_of(mode_by_lane), true},
    MemberRule{"watermarks", object_of(lane_watermarks), true},
    MemberRule{"shedding_strategy_by_lane", object_of(shedding_by_lane), true}};
constexpr ObjectRule flow_control{"1.8", flow_control_members};

constexpr ValueRule action = choice(names_of<AdaptiveAction>());
constexpr ValueRule replay_mode = choice(names_of<ReplayMode>());
constexpr std::array recording_members = {MemberRule{"recording_level", choice(names_of<RecordingLevel>()), true},
                                          MemberRule{"allowed_replay_modes", unique_list_of(replay_mode, 1), true}};
constexpr ObjectRule recording_policy{"1.8", recording_members};

constexpr std::array snapshot_members = {MemberRule{"routing_view_snapshot", text_plus, true},
                                         MemberRule{"admission_policy_snapshot", text_plus, true},
                                         MemberRule{"abi_compatibility_snapshot", text_plus, true},
                                         MemberRule{"version_resolution_snapshot", text_plus, true},
                                         MemberRule{"policy_resolution_snapshot", text_plus, true},
                                         MemberRule{"provider_health_snapshot", text_plus, true}};
constexpr ObjectRule snapshot_provenance{"1.8", snapshot_members};

constexpr std::array input_members = {MemberRule{"input_key", text_plus, true},
                                      MemberRule{"source", choice(names_of<NondeterminismSource>()), true},
                                      MemberRule{"evidence_ref", text_plus, true}};
constexpr ObjectRule nondeterministic_input{"1.8", input_members};
constexpr ValueRule input_value = object_of(nondeterministic_input);
constexpr ValueRule input_list{.shape = Shape::list, .element = &input_value};
constexpr std::array determinism_members = {
    MemberRule{"seed", from_zero, true},
    MemberRule{"ordering_markers", unique_list_of(text_plus, 1), true},
    MemberRule{"merge_rule_id", text_plus, true},
    MemberRule{"merge_rule_version", {.shape = Shape::version, .version_prefix_optional = true}, true},
    MemberRule{"nondeterministic_inputs", input_list, true},
    MemberRule{"ordering_marker", any_text}};
constexpr ObjectRule determinism{"1.8", determinism_members};

constexpr std::array handoff_edge_members = {MemberRule{"enabled", boolean},
                                             MemberRule{"trigger_on_punctuation", boolean},
                                             MemberRule{"coalesce_latest_only", boolean},
                                             MemberRule{"emit_flow_control_signals", boolean},
                                             MemberRule{"degrade_on_threshold_breach", boolean},
                                             MemberRule{"min_partial_chars", from_one},
                                             MemberRule{"max_partial_age_ms", from_one},
                                             MemberRule{"max_pending_revisions", from_one},
                                             MemberRule{"max_pending_segments", from_one}};
constexpr std::array handoff_edge_conditions = {Condition{
    "R 1.8: an enabled handoff edge needs its four thresholds", "enabled", [](const JsonValue& edge) {
      return !is_true(edge, "enabled") || (has(edge, "min_partial_chars") && has(edge, "max_partial_age_ms") &&
                                           has(edge, "max_pending_revisions") && has(edge, "max_pending_segments"));
    }}};
constexpr ObjectRule handoff_edge{"1.8", handoff_edge_members, handoff_edge_conditions};
constexpr std::array handoff_members = {MemberRule{"enabled", boolean},
                                        MemberRule{"stt_to_llm", object_of(handoff_edge)},
                                        MemberRule{"llm_to_tts", object_of(handoff_edge)}};
constexpr std::array handoff_conditions = {
    Condition{"R 1.8: an enabled handoff needs both edges", "enabled",
              [](const JsonValue& handoff) {
                return !is_true(handoff, "enabled") || (has(handoff, "stt_to_llm") && has(handoff, "llm_to_tts"));
              }},
    Condition{"R 1.8: an enabled handoff needs an enabled edge", "enabled", [](const JsonValue& handoff) {
                if (!is_true(handoff, "enabled")) return true;
                return is_true(*handoff.find("stt_to_llm"), "enabled") ||
                       is_true(*handoff.find("llm_to_tts"), "enabled");
              }}};
constexpr ObjectRule streaming_handoff{"1.8", handoff_members, handoff_conditions};

constexpr std::array plan_members = {MemberRule{"turn_id", text_plus, true},
                                     MemberRule{"pipeline_version", text_plus, true},
                                     MemberRule{"graph_definition_ref", text_plus, true},
                                     MemberRule{"execution_profile", text_plus, true},
                                     MemberRule{"plan_hash", {.shape = Shape::hash}, true},
                                     MemberRule{"authority_epoch", from_zero, true},
                                     MemberRule{"budgets", object_of(budgets), true},
                                     MemberRule{"provider_bindings", map_of(text_plus, 1), true},
                                     MemberRule{"edge_buffer_policies", map_of(edge_policy_value, 1), true},
                                     MemberRule{"flow_control", object_of(flow_control), true},
                                     MemberRule{"allowed_adaptive_actions", unique_list_of(action, 0), true},
                                     MemberRule{"snapshot_provenance", object_of(snapshot_provenance), true},
                                     MemberRule{"recording_policy", object_of(recording_policy), true},
                                     MemberRule{"determinism", object_of(determinism), true},
                                     MemberRule{"node_execution_policies", map_of(node_policy_value, 0)},
                                     MemberRule{"streaming_handoff", object_of(streaming_handoff)}};
constexpr ObjectRule resolved_turn_plan{"1.8", plan_members};

// ---- 1.1 artifact_bundle: its event is a record or a signal, held to 1.3 only -----------------------------

constexpr ObjectRule envelope{"1.2", envelope_members, envelope_conditions};
constexpr std::array bundle_members = {MemberRule{"event", object_of(envelope), true},
                                       MemberRule{"control_signal", object_of(control_signal), true},
                                       MemberRule{"turn_transition", object_of(turn_transition), true},
                                       MemberRule{"resolved_turn_plan", object_of(resolved_turn_plan), true},
                                       MemberRule{"decision_outcome", object_of(decision_outcome), true}};
constexpr ObjectRule artifact_bundle{"1.1", bundle_members};

constexpr std::array<const ObjectRule*, artifact_kinds.size()> kind_rules = {
    &event_record, &control_signal, &decision_outcome, &turn_transition, &resolved_turn_plan, &artifact_bundle};

}  // namespace

constinit const ObjectRule decision_outcome_rule = decision_outcome;

const ObjectRule* find_artifact_rule(std::string_view kind) {
  for (std::size_t i = 0; i < artifact_kinds.size(); ++i) {
    if (artifact_kinds[i] == kind) return kind_rules[i];
  }
  return nullptr;
}

std::span<const SignalRow> signal_rows() { return signal_table; }
std::span<const TransitionRow> transition_rows() { return transition_table; }

const ValueRule& plan_member_rule(std::string_view name) {
  for (const MemberRule& member : plan_members) {
    if (member.name == name) return member.rule;
  }
  PHAL_ENFORCE(false, "a plan member is asked for by its wire name");
  return plan_members.front().rule;
}

}  // namespace phalarope::spec
