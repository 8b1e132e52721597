// Sound artifacts of each kind, to be broken one member at a time.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace phalarope::spec::test {

using Json = nlohmann::json;

inline Json event_record() {
  return Json::parse(R"({"schema_version":"v1.0","event_scope":"turn","session_id":"s","turn_id":"t",
    "pipeline_version":"p","event_id":"e","lane":"DataLane","transport_sequence":0,"runtime_sequence":1,
    "runtime_timestamp_ms":2,"wall_clock_timestamp_ms":3,"payload_class":"text_raw","authority_epoch":0})");
}

inline Json control_signal() {
  return Json::parse(R"({"schema_version":"v1.0","event_scope":"turn","session_id":"s","turn_id":"t",
    "pipeline_version":"p","event_id":"e","lane":"ControlLane","transport_sequence":0,"runtime_sequence":1,
    "runtime_timestamp_ms":2,"wall_clock_timestamp_ms":3,"payload_class":"metadata","authority_epoch":0,
    "signal":"abort","emitted_by":"RK-03","reason":"cancelled","scope":"turn"})");
}

inline Json decision_outcome() {
  return Json::parse(R"({"outcome_kind":"admit","phase":"pre_turn","scope":"turn","session_id":"s","turn_id":"t",
    "event_id":"e","runtime_timestamp_ms":1,"wall_clock_timestamp_ms":1,"emitted_by":"RK-25","reason":"r"})");
}

inline Json turn_transition() {
  return Json::parse(R"({"from_state":"Active","trigger":"abort","to_state":"Terminal","deterministic":true})");
}

inline Json edge_policy() {
  return Json::parse(R"({"strategy":"block","max_queue_items":33,"max_queue_ms":220,"max_queue_bytes":180000,
    "max_latency_contribution_ms":80,"max_block_time_ms":25,
    "watermarks":{"queue_items":{"high":24,"low":10},"queue_ms":{"high":200,"low":50}},
    "lane_handling":{"DataLane":"block","ControlLane":"non_blocking_priority","TelemetryLane":"sample"},
    "fairness_key":"tenant","defaulting_source":"explicit_edge_config",
    "sync_drop_policy":{"group_by":"sync_id","policy":"drop_with_discontinuity","scope":"plan_wide",
      "sync_domain":"av-sync"}})");
}

/// The six surfaces of vector V5.
inline Json surfaces() {
  Json json = Json::parse(R"({"budgets":{"turn_budget_ms":5000,"node_budget_ms_default":1500,
      "path_budget_ms_default":3000,"edge_budget_ms_default":500},
    "provider_bindings":{"stt":"default-stt","llm":"default-llm","tts":"default-tts"},
    "node_execution_policies":{"provider-stt":{"concurrency_limit":1,"fairness_key":"provider-heavy"},
      "provider-llm":{}},
    "flow_control":{"mode_by_lane":{"DataLane":"signal","ControlLane":"signal","TelemetryLane":"signal"},
      "watermarks":{"DataLane":{"high":100,"low":50},"ControlLane":{"high":20,"low":10},
        "TelemetryLane":{"high":200,"low":100}},
      "shedding_strategy_by_lane":{"DataLane":"drop","ControlLane":"none","TelemetryLane":"sample"}},
    "recording_policy":{"recording_level":"L0","allowed_replay_modes":["replay_decisions"]}})");
  json["edge_buffer_policies"]["edge-stt->llm"] = edge_policy();
  return json;
}

inline Json snapshots() {
  return Json::parse(R"({"routing_view_snapshot":"routing-view/v1","admission_policy_snapshot":"admission-policy/v1",
    "abi_compatibility_snapshot":"abi-compat/v1","version_resolution_snapshot":"version-resolution/v1",
    "policy_resolution_snapshot":"policy-resolution/v1","provider_health_snapshot":"provider-health/v1"})");
}

inline Json turn_plan() {
  Json json = surfaces();
  json["turn_id"] = "t";
  json["pipeline_version"] = "p";
  json["graph_definition_ref"] = "g";
  json["execution_profile"] = "simple";
  json["plan_hash"] = std::string(64, 'A');
  json["authority_epoch"] = 0;
  json["allowed_adaptive_actions"] = {"retry"};
  json["snapshot_provenance"] = snapshots();
  json["determinism"] = Json::parse(R"({"seed":1,"ordering_markers":["runtime_sequence"],"merge_rule_id":"m",
    "merge_rule_version":"1.0","nondeterministic_inputs":[{"input_key":"k","source":"other","evidence_ref":"r"}]})");
  return json;
}

inline Json artifact_bundle() {
  return {{"event", event_record()},
          {"control_signal", control_signal()},
          {"turn_transition", turn_transition()},
          {"resolved_turn_plan", turn_plan()},
          {"decision_outcome", decision_outcome()}};
}

/// The sound sample of an artifact kind.
inline Json sample_of(std::string_view kind) {
  if (kind == "event_record") return event_record();
  if (kind == "control_signal") return control_signal();
  if (kind == "decision_outcome") return decision_outcome();
  if (kind == "turn_transition") return turn_transition();
  return kind == "resolved_turn_plan" ? turn_plan() : artifact_bundle();
}

/// A request for `plan resolve`: vector V1 (runtime.md Appendix D).
inline Json resolve_request() {
  return {{"turn_id", "turn-vec-1"},
          {"pipeline_version", "pipeline-v1"},
          {"authority_epoch", 7},
          {"graph_definition_ref", "graph/default"},
          {"execution_profile", "simple"},
          {"snapshot_provenance", snapshots()},
          {"allowed_adaptive_actions", Json::array()}};
}

/// Sets or removes (`value` is a discarded Json) the member at a JSON pointer.
inline Json changed(Json json, const std::string& pointer, const Json& value) {
  const Json::json_pointer at(pointer);
  if (value.is_discarded()) {
    json.at(at.parent_pointer()).erase(at.back());
  } else {
    json[at] = value;
  }
  return json;
}
inline Json removed() { return Json(Json::value_t::discarded); }

}  // namespace phalarope::spec::test
