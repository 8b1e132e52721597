// Override surfaces from a file. See surfaces_file.hpp.
#include "core/spec/surfaces_file.hpp"

#include <algorithm>

#include "core/engine/plan/white_space.hpp"

namespace phalarope::spec {

namespace {

void read_threshold(MapReader& parent, std::string_view key, Threshold& target, Presence presence) {
  auto map = parent.map(key, presence);
  if (!map) return;
  map->integer("high", target.high, at_least_one, Presence::required);
  map->integer("low", target.low, at_least_zero, Presence::required);
  map->finish();
}

void read_budgets(MapReader& overrides, Budgets& budgets) {
  auto map = overrides.map("budgets", Presence::required);
  if (!map) return;
  map->integer("turn_budget_ms", budgets.turn_budget_ms, at_least_one, Presence::required);
  map->integer("node_budget_ms_default", budgets.node_budget_ms_default, at_least_one, Presence::required);
  map->integer("path_budget_ms_default", budgets.path_budget_ms_default, at_least_one, Presence::required);
  map->integer("edge_budget_ms_default", budgets.edge_budget_ms_default, at_least_one, Presence::required);
  map->finish();
}

void read_bindings(MapReader& overrides, PlanSurfaces& surfaces) {
  overrides.each_entry(
      "provider_bindings",
      [&](const std::string& modality, const Document& value, const std::string& path) {
        const auto provider = scalar_of(value, path, overrides.diagnostics());
        if (!provider) return;
        ProviderBinding binding;
        const bool fits = !modality.empty() && !provider->empty() && binding.modality.assign(modality) &&
                          binding.provider.assign(*provider);
        if (!fits || !surfaces.provider_bindings.push_back(binding)) {
          overrides.diagnostics().push_back(
              diagnostic_at(value, path, "is empty, too long or one binding too many",
                            "Give at most 8 bindings of at most 63 bytes, such as `stt: pocketsphinx`"));
        }
      },
      Presence::required);
}

void read_sync_policy(MapReader& edge, SyncDropPolicy& sync) {
  auto map = edge.map("sync_drop_policy");
  if (!map) return;
  map->choice("policy", sync.policy, Presence::required);
  map->choice("scope", sync.scope, Presence::required);
  const bool grouped = sync.policy == SyncPolicy::atomic_drop || sync.policy == SyncPolicy::drop_with_discontinuity;
  map->choice("group_by", sync.group_by, grouped ? Presence::required : Presence::optional);
  const bool marked = sync.policy == SyncPolicy::drop_with_discontinuity;
  map->text("sync_domain", sync.sync_domain, marked ? Presence::required : Presence::optional);
  map->finish();
}

void read_watermarks(MapReader& edge, EdgeWatermarks& marks) {
  auto map = edge.map("watermarks", Presence::required);
  if (!map) return;
  read_threshold(*map, "queue_items", marks.queue_items, Presence::optional);
  read_threshold(*map, "queue_ms", marks.queue_ms, Presence::optional);
  if (!map->has("queue_items") && !map->has("queue_ms")) {
    map->complain({}, "names no watermark", "Give queue_items, queue_ms or both, each with high and low");
  }
  map->finish();
}

void read_lane_handling(MapReader& edge, LaneHandling& lanes) {
  auto map = edge.map("lane_handling", Presence::required);
  if (!map) return;
  map->choice("DataLane", lanes.data_lane, Presence::required);
  map->choice("ControlLane", lanes.control_lane, Presence::required);
  map->choice("TelemetryLane", lanes.telemetry_lane, Presence::required);
  map->finish();
}

void read_edge_policy(MapReader& map, EdgePolicy& policy) {
  map.choice("strategy", policy.strategy, Presence::required);
  map.integer("max_queue_items", policy.max_queue_items, at_least_one, Presence::required);
  map.integer("max_queue_ms", policy.max_queue_ms, at_least_one, Presence::required);
  map.integer("max_queue_bytes", policy.max_queue_bytes, at_least_one, Presence::required);
  map.integer("max_latency_contribution_ms", policy.max_latency_contribution_ms, at_least_one, Presence::required);
  map.integer("max_block_time_ms", policy.max_block_time_ms, at_least_one,
              policy.strategy == EdgeStrategy::block ? Presence::required : Presence::optional);
  read_watermarks(map, policy.watermarks);
  read_lane_handling(map, policy.lane_handling);
  map.text("fairness_key", policy.fairness_key);
  policy.defaulting_source = DefaultingSource::explicit_edge_config;
  map.choice("defaulting_source", policy.defaulting_source);
  read_sync_policy(map, policy.sync_drop_policy);
  map.finish();
}

void read_edge_policies(MapReader& overrides, std::span<const std::string_view> edge_names, PlanSurfaces& surfaces) {
  overrides.each_entry(
      "edge_buffer_policies",
      [&](const std::string& edge, const Document& value, const std::string& path) {
        EdgePolicy policy;
        if (std::find(edge_names.begin(), edge_names.end(), edge) == edge_names.end()) {
          overrides.diagnostics().push_back(
              diagnostic_at(value, path, "is no edge of this graph", one_of(edge, edge_names)));
          return;
        }
        MapReader map(value, path, overrides.diagnostics());
        read_edge_policy(map, policy);
        if (!policy.edge.assign(edge) || !surfaces.edge_buffer_policies.push_back(policy)) {
          map.complain({}, "is one edge policy too many", "Give at most one per edge and `default`");
        }
      },
      Presence::required);
}

void read_node_policies(MapReader& overrides, PlanSurfaces& surfaces) {
  overrides.each_entry(
      "node_execution_policies",
      [&](const std::string& node, const Document& value, const std::string& path) {
        NodeExecutionPolicy policy;
        MapReader map(value, path, overrides.diagnostics());
        map.integer("concurrency_limit", policy.concurrency_limit, at_least_zero);
        map.text("fairness_key", policy.fairness_key);
        if (!policy.fairness_key.empty() && is_blank(policy.fairness_key.view())) {
          map.complain("fairness_key", "is blank", "Give it a visible name or leave it out");
        }
        map.finish();
        if (node.empty() || !policy.node.assign(node) || !surfaces.node_execution_policies.push_back(policy)) {
          map.complain({}, "has no usable name, or is one node policy too many", "Give at most 16 of at most 63 bytes");
        }
      },
      Presence::required);
}

void read_flow_control(MapReader& overrides, FlowControl& flow) {
  auto map = overrides.map("flow_control", Presence::required);
  if (!map) return;
  if (auto modes = map->map("mode_by_lane", Presence::required)) {
    modes->choice("DataLane", flow.data_mode, Presence::required);
    modes->choice("ControlLane", flow.control_mode, Presence::required);
    modes->choice("TelemetryLane", flow.telemetry_mode, Presence::required);
    modes->finish();
  }
  if (auto marks = map->map("watermarks", Presence::required)) {
    read_threshold(*marks, "DataLane", flow.data_watermarks, Presence::required);
    read_threshold(*marks, "ControlLane", flow.control_watermarks, Presence::required);
    read_threshold(*marks, "TelemetryLane", flow.telemetry_watermarks, Presence::required);
    marks->finish();
  }
  if (auto shedding = map->map("shedding_strategy_by_lane", Presence::required)) {
    shedding->choice("DataLane", flow.data_shedding, Presence::required);
    shedding->choice("ControlLane", flow.control_shedding, Presence::required);
    shedding->choice("TelemetryLane", flow.telemetry_shedding, Presence::required);
    shedding->finish();
  }
  map->finish();
}

void read_recording(MapReader& overrides, RecordingPolicy& recording) {
  auto map = overrides.map("recording_policy", Presence::required);
  if (!map) return;
  map->choice("recording_level", recording.recording_level, Presence::required);
  read_replay_modes(*map, "allowed_replay_modes", recording, Presence::required);
  map->finish();
}

}  // namespace

void read_replay_modes(MapReader& map, std::string_view key, RecordingPolicy& recording, Presence presence) {
  bool given = false;
  map.each_item(
      key,
      [&](const Document& item, const std::string& path) {
        if (!given) recording.allowed_replay_modes.clear();
        given = true;
        const auto name = scalar_of(item, path, map.diagnostics());
        if (!name) return;
        const auto mode = from_wire_name<ReplayMode>(*name);
        const auto& known = recording.allowed_replay_modes;
        if (!mode) {
          map.diagnostics().push_back(diagnostic_at(item, path, "unknown replay mode \"" + *name + "\"",
                                                    one_of(*name, plan_enum_names<ReplayMode>)));
        } else if (std::find(known.begin(), known.end(), *mode) != known.end() ||
                   !recording.allowed_replay_modes.push_back(*mode)) {
          map.diagnostics().push_back(diagnostic_at(item, path, "occurs twice", "Keep one"));
        }
      },
      presence);
  if (!given && map.has(key)) map.complain(key, "is empty", one_of("", plan_enum_names<ReplayMode>));
}

void read_override_surfaces(MapReader& overrides, std::span<const std::string_view> edge_names,
                            PlanSurfaces& surfaces) {
  surfaces = {};
  read_budgets(overrides, surfaces.budgets);
  read_bindings(overrides, surfaces);
  read_edge_policies(overrides, edge_names, surfaces);
  read_node_policies(overrides, surfaces);
  read_flow_control(overrides, surfaces.flow_control);
  read_recording(overrides, surfaces.recording_policy);
  overrides.finish();
}

}  // namespace phalarope::spec
