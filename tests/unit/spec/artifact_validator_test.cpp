// The judge of wire artifacts: sound samples pass, and every wound is found. Every document of these tests is judged
// by the published JSON Schema too.
#include "core/spec/artifact_validator.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "tests/unit/spec/artifact_samples.hpp"
#include "tests/unit/spec/schema_judge.hpp"

namespace phalarope::spec {
namespace {

using test::changed;
using test::Json;
using test::removed;

bool is_valid(std::string_view kind, const Json& document) { return test::judged_alike(kind, document.dump()); }

struct Change {
  const char* pointer;
  Json value;
};

void expect_wounds(std::string_view kind, const Json& sound, const std::vector<Change>& wounds) {
  ASSERT_TRUE(is_valid(kind, sound)) << validate_artifact(kind, sound.dump()).rule;
  for (const Change& wound : wounds) {
    const Json broken = changed(sound, wound.pointer, wound.value);
    const ArtifactVerdict verdict = validate_artifact(kind, broken.dump());
    EXPECT_FALSE(is_valid(kind, broken)) << wound.pointer << " = " << wound.value;
    EXPECT_FALSE(verdict.rule.empty());
  }
}

void expect_sound(std::string_view kind, const Json& sound, const std::vector<Change>& variants) {
  for (const Change& variant : variants) {
    const Json good = changed(sound, variant.pointer, variant.value);
    const ArtifactVerdict verdict = validate_artifact(kind, good.dump());
    EXPECT_TRUE(is_valid(kind, good)) << variant.pointer << " = " << variant.value << ": " << verdict.rule;
  }
}

// contract: 1.1
TEST(StrictJson, NothingIsRepairedOnTheWayIn) {
  const std::string sound = test::turn_transition().dump();
  EXPECT_TRUE(validate_artifact("turn_transition", " " + sound + "\n").valid);
  EXPECT_FALSE(validate_artifact("turn_transition", sound + "{}").valid) << "trailing content";
  EXPECT_FALSE(validate_artifact("turn_transition", sound + "x").valid);
  EXPECT_FALSE(validate_artifact("turn_transition", "[" + sound + "]").valid) << "not an object";
  EXPECT_FALSE(validate_artifact("turn_transition", "").valid);
  EXPECT_FALSE(validate_artifact("turn_transition", "null").valid);
  EXPECT_FALSE(validate_artifact("nonsense", sound).valid);
  const std::string twice = R"({"from_state":"Active","from_state":"Active","trigger":"abort","to_state":"Terminal",)"
                            R"("deterministic":true})";
  EXPECT_FALSE(validate_artifact("turn_transition", twice).valid) << "duplicate member";
  const std::string comment = "/*c*/" + sound;
  EXPECT_FALSE(validate_artifact("turn_transition", comment).valid);
  EXPECT_FALSE(validate_artifact("turn_transition", std::string(100'000, '[')).valid) << "deep nesting";
}

// contract: 1.1
TEST(StrictJson, IntegersAreIntegerLiteralsOfSixtyFourBits) {
  const std::string sound = test::event_record().dump();
  const auto with_sequence = [&](const std::string& literal) {
    std::string text = sound;
    const std::string member = "\"runtime_sequence\":1";
    text.replace(text.find(member), member.size(), "\"runtime_sequence\":" + literal);
    return test::judged_alike("event_record", text);
  };
  EXPECT_TRUE(with_sequence("0"));
  EXPECT_TRUE(with_sequence("9223372036854775807"));
  for (const char* literal : {"9223372036854775808", "99999999999999999999", "1.0", "1e3", "1E0", "-1", "\"1\"", "null",
                              "true", "01", "+1", "0x1"}) {
    EXPECT_FALSE(with_sequence(literal)) << literal;
  }
}

// contract: 1.2, 1.3 row 1, 1.3 rows 4-7, 1.4
TEST(EventRecord, FindsEachWound) {
  std::vector<Change> wounds;
  for (const char* required : {"/schema_version", "/event_scope", "/session_id", "/pipeline_version", "/event_id",
                               "/lane", "/transport_sequence", "/runtime_sequence", "/runtime_timestamp_ms",
                               "/wall_clock_timestamp_ms", "/payload_class", "/turn_id", "/authority_epoch"}) {
    wounds.push_back({required, removed()});
    wounds.push_back({required, nullptr});
    wounds.push_back({required, -1});
    wounds.push_back({required, ""});
  }
  for (const char* text : {"/lease_token", "/node_id", "/edge_id", "/causal_parent_id", "/idempotency_key", "/sync_id",
                           "/provider_invocation_id", "/sync_domain", "/merge_group_id", "/reason"}) {
    wounds.push_back({text, ""});
    wounds.push_back({text, nullptr});
  }
  for (const char* version : {"1.0", "v1", "v1.", "v1.0.", "v1.0.0.0", "v1.x", " v1.0", "v1.0 "}) {
    wounds.push_back({"/schema_version", version});
  }
  const Json too_many = [] {
    Json ids = Json::array();
    for (int i = 0; i < 65; ++i) ids.push_back("e" + std::to_string(i));
    return ids;
  }();
  const std::vector<Change> more = {
      {"/extra", 1},
      {"/lane", "ControlLane"},
      {"/lane", "datalane"},
      {"/signal", "abort"},
      {"/signal", ""},
      {"/payload_class", "audio_raw"},
      {"/payload_class", "pii"},
      {"/media_time", Json::object()},
      {"/media_time", {{"sample_index", 1}, {"pts_ms", 1}}},
      {"/media_time", {{"sample_index", -1}}},
      {"/media_time", {{"other", 1}}},
      {"/merged_from_event_ids", {"a"}},
      {"/discontinuity_id", "d"},
      {"/late_after_cancel", "yes"},
      {"/emitted_by", "RK-01"},
      {"/seq_range", {{"start", 2}, {"end", 1}}},
      {"/seq_range", {{"start", 2}}},
      {"/seq_range", {{"start", 1}, {"end", 2}, {"step", 1}}},
      {"/target_lane", "Data"},
      {"/amount", 0},
      {"/event_scope", "Turn"},
  };
  wounds.insert(wounds.end(), more.begin(), more.end());
  expect_wounds("event_record", test::event_record(), wounds);
  Json merged = test::event_record();
  merged["merge_group_id"] = "g";
  merged["merged_from_event_ids"] = {"a", "b"};
  expect_wounds("event_record", merged,
                {{"/merged_from_event_ids", Json::array()},
                 {"/merged_from_event_ids", {"a", "a"}},
                 {"/merged_from_event_ids", {"a", ""}},
                 {"/merged_from_event_ids", too_many},
                 {"/merge_group_id", removed()}});
  Json late = test::event_record();
  late["late_after_cancel"] = true;
  late["event_scope"] = "session";
  EXPECT_FALSE(is_valid("event_record", late));
  late["late_after_cancel"] = false;
  EXPECT_TRUE(is_valid("event_record", late));
}

// contract: 1.2, 1.3
TEST(EventRecord, AcceptsWhatIsOptional) {
  Json sound = test::event_record();
  expect_sound("event_record", sound,
               {{"/media_time", {{"sample_index", 0}}},
                {"/scope", "anything"},
                {"/scope", ""},
                {"/emitted_by", "CP-08"},
                {"/seq_range", {{"start", 2}, {"end", 2}}},
                {"/late_after_cancel", true},
                {"/schema_version", "v12.34.56"},
                {"/amount", 1}});
  sound["event_scope"] = "session";
  sound.erase("turn_id");
  sound.erase("authority_epoch");
  EXPECT_TRUE(is_valid("event_record", sound));
  sound["payload_class"] = "audio_raw";
  sound["media_time"] = {{"pts_ms", 5}};
  EXPECT_TRUE(is_valid("event_record", sound));
}

/// The 43 rows of 1.5, written down a second time on purpose.
struct SignalExpectation {
  std::vector<const char*> signals;
  std::set<std::string> emitters;
  const char* scope;
  std::vector<const char*> required;
};
const std::vector<SignalExpectation>& signal_expectations() {
  static const std::vector<SignalExpectation> rows = {
      {{"turn_open_proposed"}, {"RK-02"}, "session", {}},
      {{"turn_open", "commit", "close"}, {"RK-03"}, "turn", {}},
      {{"abort"}, {"RK-03"}, "turn", {"reason"}},
      {{"barge_in", "stop"}, {"RK-06", "RK-16"}, "", {}},
      {{"cancel"}, {"RK-06", "RK-16"}, "", {"scope"}},
      {{"watermark"}, {"RK-13"}, "", {"edge_id", "target_lane", "reason"}},
      {{"budget_warning", "budget_exhausted"}, {"RK-17"}, "", {"reason"}},
      {{"degrade", "fallback"}, {"RK-13", "RK-17"}, "", {"reason"}},
      {{"discontinuity"}, {"RK-15"}, "", {"sync_domain", "discontinuity_id", "reason"}},
      {{"drop_notice"}, {"RK-12", "RK-13"}, "", {"edge_id", "target_lane", "reason", "seq_range"}},
      {{"flow_xoff"}, {"RK-14"}, "", {"edge_id", "target_lane", "reason"}},
      {{"flow_xon"}, {"RK-14"}, "", {"edge_id", "target_lane"}},
      {{"credit_grant"}, {"RK-14"}, "", {"edge_id", "target_lane", "amount"}},
      {{"provider_error", "circuit_event", "provider_switch"}, {"RK-11"}, "", {"reason"}},
      {{"lease_issued", "lease_rotated", "migration_start", "migration_finish", "session_handoff"},
       {"CP-07", "CP-08"},
       "",
       {}},
      {{"admit", "reject", "defer"}, {"RK-25", "CP-05"}, "session", {"reason"}},
      {{"shed"}, {"RK-25"}, "", {"reason"}},
      {{"stale_epoch_reject", "deauthorized_drain"}, {"RK-24"}, "", {"reason"}},
      {{"connected", "reconnecting", "disconnected", "ended", "silence", "stall"}, {"RK-23"}, "", {}},
      {{"output_accepted", "playback_started", "playback_completed", "playback_cancelled"},
       {"RK-22", "RK-23"},
       "turn",
       {}},
      {{"recording_level_downgraded"}, {"OR-02"}, "", {"reason"}},
  };
  return rows;
}

Json signal_with_everything(const char* name, const SignalExpectation& row) {
  Json signal = test::control_signal();
  signal["signal"] = name;
  signal["emitted_by"] = *row.emitters.begin();
  if (*row.scope != '\0') signal["event_scope"] = row.scope;
  signal["edge_id"] = "e";
  signal["target_lane"] = "DataLane";
  signal["sync_domain"] = "d";
  signal["discontinuity_id"] = "i";
  signal["seq_range"] = {{"start", 1}, {"end", 1}};
  signal["amount"] = 1;
  return signal;
}

// contract: 1.5 rows, 1.5 signals
TEST(ControlSignal, HoldsAll43RowsToTheirRule) {
  constexpr const char* all_emitters[] = {"RK-02", "RK-03", "RK-06", "RK-11", "RK-12", "RK-13",
                                          "RK-14", "RK-15", "RK-16", "RK-17", "RK-22", "RK-23",
                                          "RK-24", "RK-25", "OR-02", "CP-05", "CP-07", "CP-08"};
  constexpr const char* all_members[] = {"reason",           "scope",       "edge_id",   "target_lane",
                                         "discontinuity_id", "sync_domain", "seq_range", "amount"};
  std::size_t count = 0;
  for (const SignalExpectation& row : signal_expectations()) {
    for (const char* name : row.signals) {
      ++count;
      const Json sound = signal_with_everything(name, row);
      ASSERT_TRUE(is_valid("control_signal", sound))
          << name << ": " << validate_artifact("control_signal", sound.dump()).rule;
      EXPECT_FALSE(is_valid("event_record", sound)) << name;
      for (const char* emitter : all_emitters) {
        EXPECT_EQ(is_valid("control_signal", changed(sound, "/emitted_by", emitter)), row.emitters.contains(emitter))
            << name << " from " << emitter;
      }
      for (const char* scope : {"session", "turn"}) {
        const bool fits = *row.scope == '\0' || std::string(scope) == row.scope;
        EXPECT_EQ(is_valid("control_signal", changed(sound, "/event_scope", scope)), fits) << name << " in " << scope;
      }
      for (const char* member : all_members) {
        Json without = changed(sound, std::string("/") + member, removed());
        // The envelope itself ties these two together (1.3).
        if (std::string(member) == "sync_domain" && row.signals.front() != std::string("discontinuity")) {
          without.erase("discontinuity_id");
        }
        const bool needed = std::find_if(row.required.begin(), row.required.end(), [&](const char* required) {
                              return std::string(required) == member;
                            }) != row.required.end();
        EXPECT_EQ(is_valid("control_signal", without), !needed) << name << " without " << member;
      }
    }
  }
  EXPECT_EQ(count, 43U);
}

// contract: 1.3 row 2, 1.3 row 3, 1.5, D16
TEST(ControlSignal, FindsEachWoundOfTheEnvelope) {
  expect_wounds("control_signal", test::control_signal(),
                {{"/signal", removed()},
                 {"/signal", "interruption_held"},
                 {"/signal", "Abort"},
                 {"/emitted_by", removed()},
                 {"/lane", "DataLane"},
                 {"/payload_class", "text_raw"},
                 {"/authority_epoch", removed()},
                 {"/turn_id", removed()},
                 {"/scope", "edge"},
                 {"/scope", ""},
                 {"/reason", ""}});
  Json session = test::control_signal();
  session["signal"] = "connected";
  session["emitted_by"] = "RK-23";
  session["event_scope"] = "session";
  session.erase("authority_epoch");
  EXPECT_FALSE(is_valid("control_signal", session)) << "ControlLane always needs the epoch";
}

/// 1.6 written down a second time, row by row of its table, as one formula over the enums.
bool outcome_expected(const std::string& kind, const std::string& phase, const std::string& scope,
                      const std::string& emitter, bool turn, bool epoch) {
  const bool scheduling = scope == "edge_enqueue" || scope == "edge_dequeue" || scope == "node_dispatch";
  const bool session_or_turn = scope == "session" || scope == "turn";
  if ((kind == "admit" || kind == "reject" || kind == "defer") && emitter == "RK-24") return false;
  if (kind == "shed" && (emitter != "RK-25" || phase != "scheduling_point")) return false;
  if ((kind == "stale_epoch_reject" || kind == "deauthorized_drain") && (emitter != "RK-24" || !epoch)) return false;
  if (emitter == "CP-05" && (phase != "pre_turn" || (scope != "tenant" && scope != "session"))) return false;
  if (phase == "pre_turn" && scheduling) return false;
  if (phase == "scheduling_point" && !scheduling) return false;
  if (phase == "active_turn" && ((scope != "turn" && !scheduling) || !turn)) return false;
  if (scope == "turn" && !turn) return false;
  if (kind == "stale_epoch_reject" && (phase == "active_turn" || (phase == "pre_turn" && !session_or_turn)))
    return false;
  if (kind == "deauthorized_drain") {
    if (phase == "scheduling_point") return false;
    if (phase == "pre_turn" && !session_or_turn) return false;
    if (phase == "active_turn" && scope != "turn") return false;
  }
  return true;
}

// contract: 1.6 rows, 1.6 combinations
TEST(DecisionOutcome, AgreesWithTheTableOverEveryCombination) {
  std::size_t valid_count = 0;
  for (const char* kind : {"admit", "reject", "defer", "shed", "stale_epoch_reject", "deauthorized_drain"}) {
    for (const char* phase : {"pre_turn", "scheduling_point", "active_turn"}) {
      for (const char* scope : {"tenant", "session", "turn", "edge_enqueue", "edge_dequeue", "node_dispatch"}) {
        for (const char* emitter : {"RK-24", "RK-25", "CP-05"}) {
          for (unsigned present = 0; present < 4; ++present) {
            Json outcome = test::decision_outcome();
            outcome.update({{"outcome_kind", kind}, {"phase", phase}, {"scope", scope}, {"emitted_by", emitter}});
            if ((present & 1U) == 0) outcome.erase("turn_id");
            if ((present & 2U) != 0) outcome["authority_epoch"] = 0;
            const bool expected =
                outcome_expected(kind, phase, scope, emitter, (present & 1U) != 0, (present & 2U) != 0);
            EXPECT_EQ(is_valid("decision_outcome", outcome), expected) << outcome;
            valid_count += expected ? 1 : 0;
          }
        }
      }
    }
  }
  EXPECT_GT(valid_count, 50U) << "the combinations reach both verdicts";
}

// contract: 1.6
TEST(DecisionOutcome, FindsEachWound) {
  expect_wounds("decision_outcome", test::decision_outcome(),
                {{"/outcome_kind", "accept"},
                 {"/session_id", ""},
                 {"/event_id", removed()},
                 {"/reason", ""},
                 {"/runtime_timestamp_ms", -1},
                 {"/wall_clock_timestamp_ms", removed()},
                 {"/timestamp_ms", 1.5},
                 {"/authority_epoch", -1},
                 {"/emitted_by", "RK-03"},
                 {"/turn_id", ""},
                 {"/turn_id", nullptr},
                 {"/lane", "DataLane"}});
}

// contract: 1.7, 2.1
TEST(TurnTransition, AcceptsExactlyTheNineRows) {
  const std::set<std::string> rows = {"Idle turn_open_proposed Opening",
                                      "Opening turn_open Active",
                                      "Opening reject Idle",
                                      "Opening defer Idle",
                                      "Opening stale_epoch_reject Idle",
                                      "Opening deauthorized_drain Idle",
                                      "Active commit Terminal",
                                      "Active abort Terminal",
                                      "Terminal close Closed"};
  std::size_t accepted = 0;
  for (const std::string from : {"Idle", "Opening", "Active", "Terminal", "Closed"}) {
    for (const std::string trigger : {"turn_open_proposed", "turn_open", "commit", "abort", "close", "reject", "defer",
                                      "stale_epoch_reject", "deauthorized_drain"}) {
      for (const std::string to : {"Idle", "Opening", "Active", "Terminal", "Closed"}) {
        const Json transition = {{"from_state", from}, {"trigger", trigger}, {"to_state", to}, {"deterministic", true}};
        const bool valid = is_valid("turn_transition", transition);
        EXPECT_EQ(valid, rows.contains(from + " " + trigger + " " + to)) << transition;
        accepted += valid ? 1 : 0;
      }
    }
  }
  EXPECT_EQ(accepted, 9U);
  expect_wounds("turn_transition", test::turn_transition(),
                {{"/deterministic", false},
                 {"/deterministic", removed()},
                 {"/deterministic", "true"},
                 {"/deterministic", 1},
                 {"/from_state", "active"},
                 {"/trigger", "nap"},
                 {"/turn_id", "t"}});
}

// contract: 1.8 rows, 1.8 edge policy rows
TEST(ResolvedTurnPlan, FindsEachWound) {
  std::vector<Change> wounds;
  for (const char* member : {"turn_id", "pipeline_version", "graph_definition_ref", "execution_profile", "plan_hash",
                             "authority_epoch", "budgets", "provider_bindings", "edge_buffer_policies", "flow_control",
                             "allowed_adaptive_actions", "snapshot_provenance", "recording_policy", "determinism"}) {
    static std::vector<std::string> pointers(64);
    static std::size_t used = 0;
    pointers[used] = std::string("/") + member;
    wounds.push_back({pointers[used].c_str(), removed()});
    wounds.push_back({pointers[used].c_str(), nullptr});
    wounds.push_back({pointers[used].c_str(), ""});
    ++used;
  }
  const std::string edge = "/edge_buffer_policies/edge-stt->llm";
  std::vector<std::string> kept;
  kept.reserve(64);
  const auto at_edge = [&](const char* rest) { return kept.emplace_back(edge + rest).c_str(); };
  const std::vector<Change> more = {
      {"/plan_hash", std::string(63, 'a')},
      {"/plan_hash", std::string(64, 'g')},
      {"/authority_epoch", -1},
      {"/budgets/turn_budget_ms", 0},
      {"/budgets/edge_budget_ms_default", removed()},
      {"/budgets/extra", 1},
      {"/provider_bindings", Json::object()},
      {"/provider_bindings/stt", ""},
      {"/provider_bindings/", "x"},
      {"/edge_buffer_policies", Json::object()},
      {at_edge("/strategy"), "queue"},
      {at_edge("/max_queue_items"), 0},
      {at_edge("/max_queue_ms"), removed()},
      {at_edge("/max_queue_bytes"), 0},
      {at_edge("/max_latency_contribution_ms"), 0},
      {at_edge("/max_block_time_ms"), 0},
      {at_edge("/max_block_time_ms"), removed()},
      {at_edge("/watermarks"), Json::object()},
      {at_edge("/watermarks/queue_items/high"), 0},
      {at_edge("/watermarks/queue_items/low"), -1},
      {at_edge("/watermarks/queue_ms/low"), removed()},
      {at_edge("/watermarks/queue_bytes"), {{"high", 1}, {"low", 0}}},
      {at_edge("/lane_handling/ControlLane"), "drop"},
      {at_edge("/lane_handling/TelemetryLane"), "block"},
      {at_edge("/lane_handling/DataLane"), removed()},
      {at_edge("/fairness_key"), ""},
      {at_edge("/defaulting_source"), "guess"},
      {at_edge("/sync_drop_policy"), Json::object()},
      {at_edge("/sync_drop_policy/group_by"), removed()},
      {at_edge("/sync_drop_policy/sync_domain"), removed()},
      {at_edge("/sync_drop_policy/policy"), ""},
      {at_edge("/sync_drop_policy/scope"), removed()},
      {at_edge("/colour"), "blue"},
      {"/flow_control/mode_by_lane/DataLane", "push"},
      {"/flow_control/watermarks/ControlLane", removed()},
      {"/flow_control/shedding_strategy_by_lane/ControlLane", "drop"},
      {"/flow_control/shedding_strategy_by_lane/TelemetryLane", "merge"},
      {"/flow_control/extra", 1},
      {"/allowed_adaptive_actions", {"retry", "retry"}},
      {"/allowed_adaptive_actions", {"wait"}},
      {"/snapshot_provenance/routing_view_snapshot", ""},
      {"/snapshot_provenance/extra", "x"},
      {"/recording_policy/recording_level", "L3"},
      {"/recording_policy/allowed_replay_modes", Json::array()},
      {"/recording_policy/allowed_replay_modes", {"audit"}},
      {"/recording_policy/allowed_replay_modes", {"replay_decisions", "replay_decisions"}},
      {"/determinism/seed", -1},
      {"/determinism/ordering_markers", Json::array()},
      {"/determinism/ordering_markers", {"a", "a"}},
      {"/determinism/merge_rule_version", "v1"},
      {"/determinism/nondeterministic_inputs", removed()},
      {"/determinism/nondeterministic_inputs/0/source", "dice"},
      {"/determinism/nondeterministic_inputs/0/input_key", ""},
      {"/determinism/ordering_marker", 1},
      {"/node_execution_policies/", Json::object()},
      {"/node_execution_policies/provider-stt/concurrency_limit", -1},
      {"/node_execution_policies/provider-stt/fairness_key", " "},
      {"/node_execution_policies/provider-stt/weight", 1},
      {"/node_execution_policies", nullptr},
      {"/streaming_handoff", {{"on", true}}},
      {"/extra", 1}};
  wounds.insert(wounds.end(), more.begin(), more.end());
  expect_wounds("resolved_turn_plan", test::turn_plan(), wounds);
}

// contract: 1.8
TEST(ResolvedTurnPlan, AcceptsWhatIsOptional) {
  expect_sound(
      "resolved_turn_plan", test::turn_plan(),
      {{"/node_execution_policies", removed()},
       {"/node_execution_policies", Json::object()},
       {"/allowed_adaptive_actions", Json::array()},
       {"/determinism/nondeterministic_inputs", Json::array()},
       {"/determinism/ordering_marker", ""},
       {"/determinism/merge_rule_version", "v1.0.0"},
       {"/plan_hash", std::string(64, 'f')},
       {"/edge_buffer_policies/edge-stt->llm/sync_drop_policy", {{"policy", "no_sync"}, {"scope", "edge_local"}}},
       {"/edge_buffer_policies/edge-stt->llm/watermarks/queue_items", {{"high", 1}, {"low", 9}}}});
}

// contract: 1.8, 5.9
TEST(ResolvedTurnPlan, StreamingHandoffNamesItsThresholdsWhenEnabled) {
  const Json edge = {{"enabled", true},           {"min_partial_chars", 12},
                     {"max_partial_age_ms", 300}, {"max_pending_revisions", 4},
                     {"max_pending_segments", 4}, {"trigger_on_punctuation", false}};
  const Json off = {{"enabled", false}};
  const auto handoff = [&](const Json& value) {
    return is_valid("resolved_turn_plan", changed(test::turn_plan(), "/streaming_handoff", value));
  };
  EXPECT_TRUE(handoff(Json::object()));
  EXPECT_TRUE(handoff({{"enabled", true}, {"stt_to_llm", edge}, {"llm_to_tts", off}}));
  EXPECT_TRUE(handoff({{"enabled", false}, {"stt_to_llm", off}}));
  EXPECT_FALSE(handoff({{"enabled", true}, {"stt_to_llm", off}, {"llm_to_tts", off}}));
  EXPECT_FALSE(handoff({{"enabled", true}, {"stt_to_llm", edge}}));
  EXPECT_FALSE(handoff({{"stt_to_llm", changed(edge, "/max_pending_segments", removed())}}));
  EXPECT_FALSE(handoff({{"stt_to_llm", changed(edge, "/min_partial_chars", 0)}}));
  EXPECT_FALSE(handoff({{"stt_to_llm", changed(edge, "/patience", 1)}}));
}

// contract: 1.1
TEST(ArtifactBundle, HoldsEachMemberToItsOwnKind) {
  const Json bundle = test::artifact_bundle();
  ASSERT_TRUE(is_valid("artifact_bundle", bundle));
  std::vector<Change> wounds = {{"/extra", 1},
                                {"/event/lane", "Data"},
                                {"/event/turn_id", removed()},
                                {"/control_signal/emitted_by", "RK-25"},
                                {"/turn_transition/to_state", "Idle"},
                                {"/resolved_turn_plan/plan_hash", "short"},
                                {"/decision_outcome/phase", "active_turn "}};
  for (const char* member :
       {"/event", "/control_signal", "/turn_transition", "/resolved_turn_plan", "/decision_outcome"}) {
    wounds.push_back({member, removed()});
    wounds.push_back({member, Json::array()});
  }
  expect_wounds("artifact_bundle", bundle, wounds);
}

// contract: 1.1, 1.3
TEST(ArtifactBundle, TakesARecordOrASignalAsItsEvent) {
  Json unknown_signal = test::control_signal();
  unknown_signal["signal"] = "not of 1.5";
  for (const Json& event : {test::event_record(), test::control_signal(), unknown_signal}) {
    EXPECT_TRUE(is_valid("artifact_bundle", changed(test::artifact_bundle(), "/event", event))) << event;
  }
  EXPECT_FALSE(is_valid("artifact_bundle", changed(test::artifact_bundle(), "/control_signal", unknown_signal)));
}

TEST(ValidateLine, AnswersInTheShapeOfTheCommand) {
  const Json good = Json::parse(
      answer_validate_line(R"({"kind":"turn_transition","doc":)" + test::turn_transition().dump() + "}", 4));
  EXPECT_EQ(good, (Json{{"index", 4}, {"valid", true}}));
  const Json bad =
      Json::parse(answer_validate_line(R"({"kind":"turn_transition","doc":{"from_state":"Idle","trigger":"nap",)"
                                       R"("to_state":"Idle","deterministic":true}})",
                                       0));
  EXPECT_EQ(bad["valid"], false);
  EXPECT_EQ(bad["path"], "trigger");
  for (const char* line :
       {"", "[]", "{", R"({"kind":"event_record"})", R"({"kind":1,"doc":{}})", R"({"kind":"x","doc":1})"}) {
    const Json answer = Json::parse(answer_validate_line(line, 1));
    EXPECT_EQ(answer["valid"], false) << line;
    EXPECT_EQ(answer["index"], 1);
  }
}

}  // namespace
}  // namespace phalarope::spec
