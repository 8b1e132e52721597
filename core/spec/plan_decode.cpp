// FlatBuffers to engine structs. See plan_codec.hpp; plan_encode.cpp mirrors this file function by function.
#include <optional>

#include "core/engine/plan/plan_names.hpp"
#include "core/spec/aligned_bytes.hpp"
#include "core/spec/plan_codec.hpp"
#include "plan_generated.h"

namespace phalarope::spec {

namespace {

namespace fb = wire::plan;

constexpr const char* turn_plan_identifier = "PHTP";
// A verified buffer nests as deep as the schema: far below this; the bound is against forged offsets.
constexpr flatbuffers::uoffset_t nesting_max = 16;
constexpr flatbuffers::uoffset_t tables_max = 4096;

/// Reads fields and remembers the first thing that does not fit; every read leaves a well-formed value behind.
class FieldReader {
 public:
  std::optional<DecodeFailure> failure() const { return failure_; }

  template <std::size_t bytes_max>
  void text(const flatbuffers::String* from, FixedString<bytes_max>& to) {
    if (from == nullptr) return;
    if (!to.assign({from->data(), from->size()})) fail(DecodeFailure::out_of_bounds);
  }

  template <typename Engine, typename Wire>
  void member(Wire from, Engine& to) {
    const auto value = static_cast<Engine>(from);
    if (!is_known(value)) return fail(DecodeFailure::unknown_member);
    to = value;
  }

  template <typename Engine, std::size_t items_max, typename Stored, typename Read>
  void list(const flatbuffers::Vector<Stored>* from, FixedVector<Engine, items_max>& to, Read read_one) {
    if (from == nullptr) return;
    for (flatbuffers::uoffset_t i = 0; i < from->size(); ++i) {
      Engine item{};
      read_one(from->Get(i), item);
      if (!to.push_back(item)) return fail(DecodeFailure::out_of_bounds);
    }
  }

  void fail(DecodeFailure failure) {
    if (!failure_) failure_ = failure;
  }

 private:
  std::optional<DecodeFailure> failure_;
};

void read_threshold(const fb::Threshold* from, Threshold& to) {
  if (from != nullptr) to = {.high = from->high(), .low = from->low()};
}

void read_sync(FieldReader& reader, const fb::SyncDropPolicy* from, SyncDropPolicy& to) {
  if (from == nullptr) return;
  reader.member(from->policy(), to.policy);
  reader.member(from->scope(), to.scope);
  reader.member(from->group_by(), to.group_by);
  reader.text(from->sync_domain(), to.sync_domain);
}

void read_edge_policy(FieldReader& reader, const fb::EdgePolicy& from, EdgePolicy& to) {
  reader.text(from.edge(), to.edge);
  reader.member(from.strategy(), to.strategy);
  reader.member(from.defaulting_source(), to.defaulting_source);
  reader.member(from.data_handling(), to.lane_handling.data_lane);
  reader.member(from.telemetry_handling(), to.lane_handling.telemetry_lane);
  to.max_queue_items = from.max_queue_items();
  to.max_queue_ms = from.max_queue_ms();
  to.max_queue_bytes = from.max_queue_bytes();
  to.max_latency_contribution_ms = from.max_latency_contribution_ms();
  to.max_block_time_ms = from.max_block_time_ms();
  read_threshold(from.queue_items(), to.watermarks.queue_items);
  read_threshold(from.queue_ms(), to.watermarks.queue_ms);
  reader.text(from.fairness_key(), to.fairness_key);
  read_sync(reader, from.sync_drop_policy(), to.sync_drop_policy);
}

void read_flow_control(FieldReader& reader, const fb::FlowControl* from, FlowControl& to) {
  if (from == nullptr) return;
  reader.member(from->data_mode(), to.data_mode);
  reader.member(from->control_mode(), to.control_mode);
  reader.member(from->telemetry_mode(), to.telemetry_mode);
  read_threshold(from->data_watermarks(), to.data_watermarks);
  read_threshold(from->control_watermarks(), to.control_watermarks);
  read_threshold(from->telemetry_watermarks(), to.telemetry_watermarks);
  reader.member(from->data_shedding(), to.data_shedding);
  reader.member(from->telemetry_shedding(), to.telemetry_shedding);
}

void read_recording(FieldReader& reader, const fb::RecordingPolicy* from, RecordingPolicy& to) {
  if (from == nullptr) return;
  reader.member(from->recording_level(), to.recording_level);
  reader.list(from->allowed_replay_modes(), to.allowed_replay_modes,
              [&](auto stored, ReplayMode& mode) { reader.member(stored, mode); });
}

/// Works for PlanSurfaces and for a ResolvedTurnPlan, which carries the same six members.
template <typename Surfaces>
void read_surfaces(FieldReader& reader, const fb::Surfaces* from, Surfaces& to) {
  if (from == nullptr) return;
  if (const fb::Budgets* budgets = from->budgets(); budgets != nullptr) {
    to.budgets = {.turn_budget_ms = budgets->turn_ms(),
                  .node_budget_ms_default = budgets->node_ms(),
                  .path_budget_ms_default = budgets->path_ms(),
                  .edge_budget_ms_default = budgets->edge_ms()};
  }
  reader.list(from->provider_bindings(), to.provider_bindings, [&](const fb::Binding* stored, ProviderBinding& item) {
    reader.text(stored->modality(), item.modality);
    reader.text(stored->provider(), item.provider);
  });
  reader.list(from->edge_buffer_policies(), to.edge_buffer_policies,
              [&](const fb::EdgePolicy* stored, EdgePolicy& item) { read_edge_policy(reader, *stored, item); });
  reader.list(from->node_execution_policies(), to.node_execution_policies,
              [&](const fb::NodePolicy* stored, NodeExecutionPolicy& item) {
                reader.text(stored->node(), item.node);
                item.concurrency_limit = stored->concurrency_limit();
                reader.text(stored->fairness_key(), item.fairness_key);
              });
  read_flow_control(reader, from->flow_control(), to.flow_control);
  read_recording(reader, from->recording_policy(), to.recording_policy);
}

void read_snapshots(FieldReader& reader, const fb::SnapshotProvenance* from, SnapshotProvenance& to) {
  if (from == nullptr) return;
  reader.text(from->routing_view_snapshot(), to.routing_view_snapshot);
  reader.text(from->admission_policy_snapshot(), to.admission_policy_snapshot);
  reader.text(from->abi_compatibility_snapshot(), to.abi_compatibility_snapshot);
  reader.text(from->version_resolution_snapshot(), to.version_resolution_snapshot);
  reader.text(from->policy_resolution_snapshot(), to.policy_resolution_snapshot);
  reader.text(from->provider_health_snapshot(), to.provider_health_snapshot);
}

template <typename Actions, typename Stored>
void read_actions(FieldReader& reader, const Stored* from, Actions& to) {
  reader.list(from, to, [&](auto stored, AdaptiveAction& action) { reader.member(stored, action); });
}

void read_template(FieldReader& reader, const fb::PlanTemplate& from, PlanTemplate& to) {
  reader.text(from.pipeline_version(), to.pipeline_version);
  reader.text(from.graph_definition_ref(), to.graph_definition_ref);
  reader.text(from.execution_profile(), to.execution_profile);
  read_snapshots(reader, from.snapshot_provenance(), to.snapshot_provenance);
  to.adaptive_actions_present = from.allowed_adaptive_actions() != nullptr;
  read_actions(reader, from.allowed_adaptive_actions(), to.allowed_adaptive_actions);
  to.supplied = {.node_execution_policies = from.node_policies_supplied(),
                 .flow_control = from.flow_control_supplied(),
                 .recording_policy = from.recording_policy_supplied()};
  read_surfaces(reader, from.overrides(), to.overrides);
}

void read_graph(FieldReader& reader, const fb::CompiledPipeline& from, GraphDefinition& to) {
  reader.list(from.nodes(), to.nodes, [&](const fb::Node* stored, NodeDefinition& node) {
    reader.text(stored->id(), node.id);
    reader.member(stored->type(), node.type);
    reader.member(stored->lane(), node.lane);
    reader.member(stored->modality(), node.modality);
    node.concurrency_limit = stored->concurrency_limit();
    reader.text(stored->fairness_key(), node.fairness_key);
    node.node_budget_ms = stored->node_budget_ms();
  });
  reader.list(from.edges(), to.edges, [&](const fb::Edge* stored, EdgeDefinition& edge) {
    reader.text(stored->id(), edge.id);
    edge.from = NodeIndex{stored->from()};
    edge.to = NodeIndex{stored->to()};
    reader.member(stored->lane(), edge.lane);
    if (const fb::EdgeCondition* const when = stored->when(); when != nullptr) {
      edge.when = {.confidence_permille = {.min = when->confidence_min(), .max = when->confidence_max()},
                   .utterance_class = {.min = when->utterance_min(), .max = when->utterance_max()}};
    }
    const bool ends_exist = edge.from.value < to.nodes.size() && edge.to.value < to.nodes.size();
    if (!ends_exist) reader.fail(DecodeFailure::out_of_bounds);
  });
}

void read_interruption(FieldReader& reader, const fb::InterruptionPolicy* from, InterruptionPolicy& to) {
  if (from == nullptr) return;
  to.hold_max = Duration{from->hold_max_ns()};
  to.verdict_wait = Duration{from->verdict_wait_ns()};
  to.duck_gain_permille = from->duck_gain_permille();
  to.fade_ms = from->fade_ms();
  if (from->phases() == nullptr) return;
  if (from->phases()->size() > conversation_phase_count) return reader.fail(DecodeFailure::out_of_bounds);
  for (flatbuffers::uoffset_t i = 0; i < from->phases()->size(); ++i) {
    to.enough_speech[i] = Duration{from->phases()->Get(i)->enough_speech_ns()};
    to.word_confirms[i] = from->phases()->Get(i)->word_confirms();
  }
}

void read_deadlines(const fb::ProgressDeadlines* from, ProgressDeadlines& to) {
  if (from == nullptr) return;
  to = {.connect_ms = from->connect_ms(), .first_output_ms = from->first_output_ms(), .gap_ms = from->gap_ms()};
}

void read_determinism(FieldReader& reader, const fb::Determinism& from, Determinism& to) {
  to.seed = from.seed();
  reader.list(from.ordering_markers(), to.ordering_markers,
              [&](const flatbuffers::String* stored, Name& marker) { reader.text(stored, marker); });
  reader.text(from.merge_rule_id(), to.merge_rule_id);
  reader.text(from.merge_rule_version(), to.merge_rule_version);
  reader.list(from.nondeterministic_inputs(), to.nondeterministic_inputs,
              [&](const fb::NondeterministicInput* stored, NondeterministicInput& input) {
                reader.text(stored->input_key(), input.input_key);
                reader.member(stored->source(), input.source);
                reader.text(stored->evidence_ref(), input.evidence_ref);
              });
}

flatbuffers::Verifier verifier_over(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), nesting_max, tables_max};
}

}  // namespace

std::string_view describe(DecodeFailure failure) noexcept {
  switch (failure) {
    case DecodeFailure::damaged:
      return "the bytes are not a stored plan, or are damaged";
    case DecodeFailure::out_of_bounds:
      return "a text or list is longer than this version can hold";
    case DecodeFailure::unknown_member:
      return "it holds a value this version does not know; use a newer version";
  }
  return "unknown";
}

Result<CompiledPipeline, DecodeFailure> decode_pipeline(std::span<const std::byte> bytes) {
  const auto words = aligned_copy(bytes);
  const auto view = std::as_bytes(std::span(words)).first(bytes.size());
  auto verifier = verifier_over(view);
  if (!fb::VerifyCompiledPipelineBuffer(verifier)) return refuse(DecodeFailure::damaged);
  const fb::CompiledPipeline& from = *fb::GetCompiledPipeline(view.data());

  FieldReader reader;
  CompiledPipeline pipeline;
  reader.text(from.pipeline_version(), pipeline.pipeline_version);
  read_template(reader, *from.plan(), pipeline.plan);
  read_graph(reader, from, pipeline.graph);
  read_interruption(reader, from.interruption(), pipeline.interruption);
  if (const fb::VoicePolicy* voice = from.voice(); voice != nullptr) {
    pipeline.voice = {.sample_rate_hz = voice->sample_rate_hz(),
                      .frame_frames = voice->frame_frames(),
                      .playback_ahead_frames_max = voice->playback_ahead_frames_max(),
                      .sentences_ahead_max = voice->sentences_ahead_max()};
  }
  read_deadlines(from.stt_deadlines(), pipeline.deadlines.stt);
  read_deadlines(from.llm_deadlines(), pipeline.deadlines.llm);
  read_deadlines(from.tts_deadlines(), pipeline.deadlines.tts);
  if (reader.failure()) return refuse(*reader.failure());
  return pipeline;
}

Result<ResolvedTurnPlan, DecodeFailure> decode_turn_plan(std::span<const std::byte> bytes) {
  const auto words = aligned_copy(bytes);
  const auto view = std::as_bytes(std::span(words)).first(bytes.size());
  auto verifier = verifier_over(view);
  if (!verifier.VerifyBuffer<fb::ResolvedTurnPlan>(turn_plan_identifier)) return refuse(DecodeFailure::damaged);
  const fb::ResolvedTurnPlan& from = *flatbuffers::GetRoot<fb::ResolvedTurnPlan>(view.data());

  FieldReader reader;
  ResolvedTurnPlan plan;
  reader.text(from.turn_id(), plan.turn_id);
  reader.text(from.pipeline_version(), plan.pipeline_version);
  reader.text(from.graph_definition_ref(), plan.graph_definition_ref);
  reader.text(from.execution_profile(), plan.execution_profile);
  reader.text(from.plan_hash(), plan.plan_hash);
  plan.authority_epoch = Epoch{from.authority_epoch()};
  read_surfaces(reader, from.surfaces(), plan);
  read_actions(reader, from.allowed_adaptive_actions(), plan.allowed_adaptive_actions);
  read_snapshots(reader, from.snapshot_provenance(), plan.snapshot_provenance);
  read_determinism(reader, *from.determinism(), plan.determinism);
  if (reader.failure()) return refuse(*reader.failure());
  return plan;
}

}  // namespace phalarope::spec
