// Engine structs to FlatBuffers. See plan_codec.hpp; plan_decode.cpp mirrors this file function by function.
#include <cstring>
#include <string>

#include "core/engine/plan/plan_names.hpp"
#include "core/spec/plan_codec.hpp"
#include "plan_generated.h"

namespace phalarope::spec {

namespace {

namespace fb = wire::plan;
using Builder = flatbuffers::FlatBufferBuilder;
template <typename T>
using Offset = flatbuffers::Offset<T>;
using TextOffset = Offset<flatbuffers::String>;

constexpr std::size_t builder_start_bytes = 4096;
constexpr const char* pipeline_identifier = "PHPL";
constexpr const char* turn_plan_identifier = "PHTP";

// The schema's enums and the engine's are two lists of the same members: hold the last of each together.
static_assert(static_cast<int>(fb::NodeType::MAX) == static_cast<int>(NodeType::telemetry));
static_assert(static_cast<int>(fb::Modality::MAX) == static_cast<int>(Modality::tts));
static_assert(static_cast<int>(fb::AdaptiveAction::MAX) == static_cast<int>(AdaptiveAction::fallback));
static_assert(static_cast<int>(fb::EdgeStrategy::MAX) == static_cast<int>(EdgeStrategy::latest_only));
static_assert(static_cast<int>(fb::TelemetryHandling::MAX) == static_cast<int>(TelemetryHandling::best_effort_drop));
static_assert(static_cast<int>(fb::SyncPolicy::MAX) == static_cast<int>(SyncPolicy::no_sync));
static_assert(static_cast<int>(fb::SyncGroupBy::MAX) == static_cast<int>(SyncGroupBy::custom));
static_assert(static_cast<int>(fb::FlowMode::MAX) == static_cast<int>(FlowMode::hybrid));
static_assert(static_cast<int>(fb::DataShedding::MAX) == static_cast<int>(DataShedding::fallback));
static_assert(static_cast<int>(fb::ReplayMode::MAX) == static_cast<int>(ReplayMode::recompute_decisions));
static_assert(static_cast<int>(fb::NondeterminismSource::MAX) == static_cast<int>(NondeterminismSource::other));

template <std::size_t bytes_max>
TextOffset text(Builder& builder, const FixedString<bytes_max>& value) {
  const std::string_view view = value.view();
  return builder.CreateString(view.data(), view.size());
}
/// An absent text takes no room at all.
template <std::size_t bytes_max>
TextOffset optional_text(Builder& builder, const FixedString<bytes_max>& value) {
  return value.empty() ? TextOffset{} : text(builder, value);
}

template <typename Wire, typename Engine>
constexpr Wire to_wire(Engine value) {
  return static_cast<Wire>(value);
}

fb::Threshold to_wire_threshold(const Threshold& threshold) { return {threshold.high, threshold.low}; }

template <typename Wire, typename Items, typename Encode>
auto list(Builder& builder, const Items& items, Encode encode_one) {
  std::vector<Offset<Wire>> offsets;
  offsets.reserve(items.size());
  for (const auto& item : items) offsets.push_back(encode_one(builder, item));
  return builder.CreateVector(offsets);
}

template <typename Items>
Offset<flatbuffers::Vector<std::uint8_t>> enum_list(Builder& builder, const Items& items) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(items.size());
  for (const auto item : items) bytes.push_back(static_cast<std::uint8_t>(item));
  return builder.CreateVector(bytes);
}

/// flatc types a vector of enums by the enum, while it is stored as the bytes that enum_list() wrote.
template <typename Wire>
Offset<flatbuffers::Vector<Wire>> as_enum_vector(Offset<flatbuffers::Vector<std::uint8_t>> bytes) {
  return {bytes.o};
}

Offset<fb::Binding> encode_binding(Builder& builder, const ProviderBinding& binding) {
  const auto modality = text(builder, binding.modality);
  const auto provider = text(builder, binding.provider);
  return fb::CreateBinding(builder, modality, provider);
}

Offset<fb::SyncDropPolicy> encode_sync(Builder& builder, const SyncDropPolicy& sync) {
  const auto domain = optional_text(builder, sync.sync_domain);
  return fb::CreateSyncDropPolicy(builder, to_wire<fb::SyncPolicy>(sync.policy), to_wire<fb::SyncScope>(sync.scope),
                                  to_wire<fb::SyncGroupBy>(sync.group_by), domain);
}

Offset<fb::EdgePolicy> encode_edge_policy(Builder& builder, const EdgePolicy& policy) {
  const auto edge = text(builder, policy.edge);
  const auto fairness_key = optional_text(builder, policy.fairness_key);
  const bool synchronised = policy.sync_drop_policy.policy != SyncPolicy::none;
  const auto sync = synchronised ? encode_sync(builder, policy.sync_drop_policy) : Offset<fb::SyncDropPolicy>{};
  const auto queue_items = to_wire_threshold(policy.watermarks.queue_items);
  const auto queue_ms = to_wire_threshold(policy.watermarks.queue_ms);

  fb::EdgePolicyBuilder table(builder);
  table.add_edge(edge);
  table.add_strategy(to_wire<fb::EdgeStrategy>(policy.strategy));
  table.add_defaulting_source(to_wire<fb::DefaultingSource>(policy.defaulting_source));
  table.add_data_handling(to_wire<fb::EdgeStrategy>(policy.lane_handling.data_lane));
  table.add_telemetry_handling(to_wire<fb::TelemetryHandling>(policy.lane_handling.telemetry_lane));
  table.add_max_queue_items(policy.max_queue_items);
  table.add_max_queue_ms(policy.max_queue_ms);
  table.add_max_queue_bytes(policy.max_queue_bytes);
  table.add_max_latency_contribution_ms(policy.max_latency_contribution_ms);
  table.add_max_block_time_ms(policy.max_block_time_ms);
  if (policy.watermarks.queue_items.present()) table.add_queue_items(&queue_items);
  if (policy.watermarks.queue_ms.present()) table.add_queue_ms(&queue_ms);
  table.add_fairness_key(fairness_key);
  table.add_sync_drop_policy(sync);
  return table.Finish();
}

Offset<fb::NodePolicy> encode_node_policy(Builder& builder, const NodeExecutionPolicy& policy) {
  const auto node = text(builder, policy.node);
  const auto fairness_key = optional_text(builder, policy.fairness_key);
  return fb::CreateNodePolicy(builder, node, policy.concurrency_limit, fairness_key);
}

Offset<fb::FlowControl> encode_flow_control(Builder& builder, const FlowControl& flow) {
  const auto data = to_wire_threshold(flow.data_watermarks);
  const auto control = to_wire_threshold(flow.control_watermarks);
  const auto telemetry = to_wire_threshold(flow.telemetry_watermarks);
  return fb::CreateFlowControl(builder, to_wire<fb::FlowMode>(flow.data_mode), to_wire<fb::FlowMode>(flow.control_mode),
                               to_wire<fb::FlowMode>(flow.telemetry_mode), &data, &control, &telemetry,
                               to_wire<fb::DataShedding>(flow.data_shedding),
                               to_wire<fb::TelemetryShedding>(flow.telemetry_shedding));
}

Offset<fb::RecordingPolicy> encode_recording(Builder& builder, const RecordingPolicy& recording) {
  const auto modes = as_enum_vector<fb::ReplayMode>(enum_list(builder, recording.allowed_replay_modes));
  return fb::CreateRecordingPolicy(builder, to_wire<fb::RecordingLevel>(recording.recording_level), modes);
}

/// Works for PlanSurfaces and for a ResolvedTurnPlan, which carries the same six members.
template <typename Surfaces>
Offset<fb::Surfaces> encode_surfaces(Builder& builder, const Surfaces& surfaces) {
  const Budgets& from = surfaces.budgets;
  const fb::Budgets budgets(from.turn_budget_ms, from.node_budget_ms_default, from.path_budget_ms_default,
                            from.edge_budget_ms_default);
  const auto bindings = list<fb::Binding>(builder, surfaces.provider_bindings, encode_binding);
  const auto edges = list<fb::EdgePolicy>(builder, surfaces.edge_buffer_policies, encode_edge_policy);
  const auto nodes = list<fb::NodePolicy>(builder, surfaces.node_execution_policies, encode_node_policy);
  const auto flow = encode_flow_control(builder, surfaces.flow_control);
  const auto recording = encode_recording(builder, surfaces.recording_policy);
  return fb::CreateSurfaces(builder, &budgets, bindings, edges, nodes, flow, recording);
}

Offset<fb::SnapshotProvenance> encode_snapshots(Builder& builder, const SnapshotProvenance& from) {
  const auto routing = text(builder, from.routing_view_snapshot);
  const auto admission = text(builder, from.admission_policy_snapshot);
  const auto abi = text(builder, from.abi_compatibility_snapshot);
  const auto version = text(builder, from.version_resolution_snapshot);
  const auto policy = text(builder, from.policy_resolution_snapshot);
  const auto health = text(builder, from.provider_health_snapshot);
  return fb::CreateSnapshotProvenance(builder, routing, admission, abi, version, policy, health);
}

Offset<fb::PlanTemplate> encode_template(Builder& builder, const PlanTemplate& plan) {
  const auto version = text(builder, plan.pipeline_version);
  const auto graph = text(builder, plan.graph_definition_ref);
  const auto profile = text(builder, plan.execution_profile);
  const auto snapshots = encode_snapshots(builder, plan.snapshot_provenance);
  const auto overrides = encode_surfaces(builder, plan.overrides);
  Offset<flatbuffers::Vector<fb::AdaptiveAction>> actions;
  if (plan.adaptive_actions_present) {
    actions = as_enum_vector<fb::AdaptiveAction>(enum_list(builder, plan.allowed_adaptive_actions));
  }
  return fb::CreatePlanTemplate(builder, version, graph, profile, snapshots, actions,
                                plan.supplied.node_execution_policies, plan.supplied.flow_control,
                                plan.supplied.recording_policy, overrides);
}

Offset<fb::Node> encode_node(Builder& builder, const NodeDefinition& node) {
  const auto id = text(builder, node.id);
  const auto fairness_key = optional_text(builder, node.fairness_key);
  return fb::CreateNode(builder, id, to_wire<fb::NodeType>(node.type), node.lane, to_wire<fb::Modality>(node.modality),
                        node.concurrency_limit, fairness_key, node.node_budget_ms);
}

Offset<fb::Edge> encode_edge(Builder& builder, const EdgeDefinition& edge) {
  const auto id = optional_text(builder, edge.id);
  const fb::EdgeCondition when(edge.when.confidence_permille.min, edge.when.confidence_permille.max,
                               edge.when.utterance_class.min, edge.when.utterance_class.max);
  return fb::CreateEdge(builder, id, edge.from.value, edge.to.value, edge.lane, edge.when.always() ? nullptr : &when);
}

Offset<fb::InterruptionPolicy> encode_interruption(Builder& builder, const InterruptionPolicy& policy) {
  std::vector<fb::PhaseInterruption> phases;
  for (std::size_t i = 0; i < conversation_phase_count; ++i) {
    phases.emplace_back(policy.enough_speech[i].value, policy.word_confirms[i]);
  }
  const auto stored_phases = builder.CreateVectorOfStructs(phases);
  return fb::CreateInterruptionPolicy(builder, policy.hold_max.value, policy.verdict_wait.value,
                                      policy.duck_gain_permille, policy.fade_ms, stored_phases);
}

fb::ProgressDeadlines to_wire_deadlines(const ProgressDeadlines& from) {
  return {from.connect_ms, from.first_output_ms, from.gap_ms};
}

Offset<fb::Determinism> encode_determinism(Builder& builder, const Determinism& from) {
  std::vector<TextOffset> markers;
  for (const Name& marker : from.ordering_markers) markers.push_back(text(builder, marker));
  const auto stored_markers = builder.CreateVector(markers);
  const auto rule_id = text(builder, from.merge_rule_id);
  const auto rule_version = text(builder, from.merge_rule_version);
  const auto inputs = list<fb::NondeterministicInput>(
      builder, from.nondeterministic_inputs, [](Builder& inner, const NondeterministicInput& input) {
        const auto key = text(inner, input.input_key);
        const auto reference = text(inner, input.evidence_ref);
        return fb::CreateNondeterministicInput(inner, key, to_wire<fb::NondeterminismSource>(input.source), reference);
      });
  return fb::CreateDeterminism(builder, from.seed, stored_markers, rule_id, rule_version, inputs);
}

std::vector<std::byte> bytes_of(const Builder& builder) {
  std::vector<std::byte> bytes(builder.GetSize());
  std::memcpy(bytes.data(), builder.GetBufferPointer(), bytes.size());
  return bytes;
}

}  // namespace

std::vector<std::byte> encode(const CompiledPipeline& pipeline) {
  Builder builder(builder_start_bytes);
  const auto version = text(builder, pipeline.pipeline_version);
  const auto plan = encode_template(builder, pipeline.plan);
  const auto nodes = list<fb::Node>(builder, pipeline.graph.nodes, encode_node);
  const auto edges = list<fb::Edge>(builder, pipeline.graph.edges, encode_edge);
  const auto interruption = encode_interruption(builder, pipeline.interruption);
  const VoicePolicy& from = pipeline.voice;
  const auto voice = fb::CreateVoicePolicy(builder, from.sample_rate_hz, from.frame_frames,
                                           from.playback_ahead_frames_max, from.sentences_ahead_max);
  const auto stt = to_wire_deadlines(pipeline.deadlines.stt);
  const auto llm = to_wire_deadlines(pipeline.deadlines.llm);
  const auto tts = to_wire_deadlines(pipeline.deadlines.tts);
  const auto root =
      fb::CreateCompiledPipeline(builder, version, plan, nodes, edges, interruption, voice, &stt, &llm, &tts);
  builder.Finish(root, pipeline_identifier);
  return bytes_of(builder);
}

std::vector<std::byte> encode(const ResolvedTurnPlan& plan) {
  Builder builder(builder_start_bytes);
  const auto turn_id = text(builder, plan.turn_id);
  const auto version = text(builder, plan.pipeline_version);
  const auto graph = text(builder, plan.graph_definition_ref);
  const auto profile = text(builder, plan.execution_profile);
  const auto hash = text(builder, plan.plan_hash);
  const auto surfaces = encode_surfaces(builder, plan);
  const auto actions = as_enum_vector<fb::AdaptiveAction>(enum_list(builder, plan.allowed_adaptive_actions));
  const auto snapshots = encode_snapshots(builder, plan.snapshot_provenance);
  const auto determinism = encode_determinism(builder, plan.determinism);
  const auto root = fb::CreateResolvedTurnPlan(builder, turn_id, version, graph, profile, hash,
                                               plan.authority_epoch.value, surfaces, actions, snapshots, determinism);
  builder.Finish(root, turn_plan_identifier);
  return bytes_of(builder);
}

}  // namespace phalarope::spec
