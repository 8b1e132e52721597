// Hash material: writer and the two unchanging parts. See hash_text.hpp.
#include "core/engine/plan/hash_text.hpp"

#include <array>
#include <charconv>
#include <cstring>

#include "core/engine/plan/plan_names.hpp"

namespace phalarope {

void HashTextWriter::raw(std::string_view text) noexcept {
  if (overflowed_ || text.size() > buffer_.size() - used_bytes_) {
    overflowed_ = true;
    return;
  }
  std::memcpy(buffer_.data() + used_bytes_, text.data(), text.size());
  used_bytes_ += text.size();
}

void HashTextWriter::integer(std::int64_t value) noexcept {
  constexpr std::size_t int64_digits_max = 20;
  std::array<char, int64_digits_max> digits;
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  raw({digits.data(), static_cast<std::size_t>(written.ptr - digits.data())});
}

void HashTextWriter::escaped(unsigned char byte) noexcept {
  constexpr std::string_view hex = "0123456789abcdef";
  switch (byte) {
    case '"':
      return raw("\\\"");
    case '\\':
      return raw("\\\\");
    case '\b':
      return raw("\\b");
    case '\f':
      return raw("\\f");
    case '\n':
      return raw("\\n");
    case '\r':
      return raw("\\r");
    case '\t':
      return raw("\\t");
    default:
      break;
  }
  const std::array<char, escape_bytes_max> text = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
  raw({text.data(), text.size()});
}

/// text.substr(from) for a `from` that is known to be inside; substr itself may throw.
static constexpr std::string_view tail(std::string_view text, std::size_t from) noexcept {
  return {text.data() + from, text.size() - from};
}

void HashTextWriter::string(std::string_view text) noexcept {
  // U+2028 and U+2029 are the only characters beyond one byte that are escaped.
  constexpr std::string_view separator_prefix = "\xE2\x80";
  raw("\"");
  std::size_t plain_start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool special = byte < 0x20 || byte == '"' || byte == '\\' || byte == '<' || byte == '>' || byte == '&';
    const bool separator = i + 2 < text.size() && tail(text, i).starts_with(separator_prefix) &&
                           (text[i + 2] == '\xA8' || text[i + 2] == '\xA9');
    if (!special && !separator) continue;
    raw({text.data() + plain_start, i - plain_start});
    if (separator) {
      raw(text[i + 2] == '\xA8' ? "\\u2028" : "\\u2029");
      i += 2;
    } else {
      escaped(byte);
    }
    plain_start = i + 1;
  }
  raw(tail(text, plain_start));
  raw("\"");
}

namespace {

/// Writes the members of one object: comma and quoted name before each value.
class ObjectWriter {
 public:
  explicit ObjectWriter(HashTextWriter& out) noexcept : out_(out) { out_.raw("{"); }
  ~ObjectWriter() { out_.raw("}"); }
  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;

  HashTextWriter& member(std::string_view name) noexcept {
    if (!first_) out_.raw(",");
    first_ = false;
    out_.string(name);
    out_.raw(":");
    return out_;
  }
  void text(std::string_view name, std::string_view value) noexcept { member(name).string(value); }
  void number(std::string_view name, std::int64_t value) noexcept { member(name).integer(value); }
  void optional_text(std::string_view name, std::string_view value) noexcept {
    if (!value.empty()) text(name, value);
  }
  void optional_number(std::string_view name, std::int64_t value) noexcept {
    if (value != 0) number(name, value);
  }

 private:
  HashTextWriter& out_;
  bool first_ = true;
};

/// Positions of a map's entries in the order of their key bytes (insertion sort: at most a few dozen entries).
template <typename Entries, typename KeyOf>
auto sorted_positions(const Entries& entries, KeyOf key_of) noexcept {
  FixedVector<std::size_t, Entries::capacity()> order;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    PHAL_ENFORCE(order.push_back(i), "there are as many positions as entries");
    for (std::size_t at = i; at > 0 && key_of(entries[order[at]]) < key_of(entries[order[at - 1]]); --at) {
      const std::size_t later = order[at - 1];
      order[at - 1] = order[at];
      order[at] = later;
    }
  }
  return order;
}

template <typename Items>
void write_names(const Items& items, HashTextWriter& out) noexcept {
  out.raw("[");
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out.raw(",");
    out.string(wire_name(items[i]));
  }
  out.raw("]");
}

void write_threshold(const Threshold& threshold, HashTextWriter& out) noexcept {
  ObjectWriter object(out);
  object.number("high", threshold.high);
  object.number("low", threshold.low);
}

void write_sync_policy(const SyncDropPolicy& policy, HashTextWriter& out) noexcept {
  ObjectWriter object(out);
  object.optional_text("group_by", wire_name(policy.group_by));
  object.text("policy", wire_name(policy.policy));
  object.text("scope", wire_name(policy.scope));
  object.optional_text("sync_domain", policy.sync_domain.view());
}

void write_edge_policy(const EdgePolicy& policy, HashTextWriter& out) noexcept {
  ObjectWriter object(out);
  object.text("strategy", wire_name(policy.strategy));
  object.number("max_queue_items", policy.max_queue_items);
  object.number("max_queue_ms", policy.max_queue_ms);
  object.number("max_queue_bytes", policy.max_queue_bytes);
  object.number("max_latency_contribution_ms", policy.max_latency_contribution_ms);
  object.optional_number("max_block_time_ms", policy.max_block_time_ms);
  {
    ObjectWriter watermarks(object.member("watermarks"));
    const EdgeWatermarks& marks = policy.watermarks;
    if (marks.queue_items.present()) write_threshold(marks.queue_items, watermarks.member("queue_items"));
    if (marks.queue_ms.present()) write_threshold(marks.queue_ms, watermarks.member("queue_ms"));
  }
  {
    ObjectWriter lanes(object.member("lane_handling"));
    lanes.text("DataLane", wire_name(policy.lane_handling.data_lane));
    lanes.text("ControlLane", wire_name(policy.lane_handling.control_lane));
    lanes.text("TelemetryLane", wire_name(policy.lane_handling.telemetry_lane));
  }
  object.optional_text("fairness_key", policy.fairness_key.view());
  object.text("defaulting_source", wire_name(policy.defaulting_source));
  if (policy.sync_drop_policy.policy != SyncPolicy::none) {
    write_sync_policy(policy.sync_drop_policy, object.member("sync_drop_policy"));
  }
}

void write_flow_control(const FlowControl& flow, HashTextWriter& out) noexcept {
  ObjectWriter object(out);
  {
    ObjectWriter modes(object.member("mode_by_lane"));
    modes.text("DataLane", wire_name(flow.data_mode));
    modes.text("ControlLane", wire_name(flow.control_mode));
    modes.text("TelemetryLane", wire_name(flow.telemetry_mode));
  }
  {
    ObjectWriter marks(object.member("watermarks"));
    write_threshold(flow.data_watermarks, marks.member("DataLane"));
    write_threshold(flow.control_watermarks, marks.member("ControlLane"));
    write_threshold(flow.telemetry_watermarks, marks.member("TelemetryLane"));
  }
  ObjectWriter shedding(object.member("shedding_strategy_by_lane"));
  shedding.text("DataLane", wire_name(flow.data_shedding));
  shedding.text("ControlLane", wire_name(flow.control_shedding));
  shedding.text("TelemetryLane", wire_name(flow.telemetry_shedding));
}

void write_snapshots(const SnapshotProvenance& snapshots, HashTextWriter& out) noexcept {
  ObjectWriter object(out);
  object.text("routing_view_snapshot", snapshots.routing_view_snapshot.view());
  object.text("admission_policy_snapshot", snapshots.admission_policy_snapshot.view());
  object.text("abi_compatibility_snapshot", snapshots.abi_compatibility_snapshot.view());
  object.text("version_resolution_snapshot", snapshots.version_resolution_snapshot.view());
  object.text("policy_resolution_snapshot", snapshots.policy_resolution_snapshot.view());
  object.text("provider_health_snapshot", snapshots.provider_health_snapshot.view());
}

void write_budgets(const Budgets& budgets, HashTextWriter& out) noexcept {
  ObjectWriter object(out);
  object.number("turn_budget_ms", budgets.turn_budget_ms);
  object.number("node_budget_ms_default", budgets.node_budget_ms_default);
  object.number("path_budget_ms_default", budgets.path_budget_ms_default);
  object.number("edge_budget_ms_default", budgets.edge_budget_ms_default);
}

void write_bindings(const ResolvedTurnPlan& plan, HashTextWriter& out) noexcept {
  ObjectWriter object(out);
  const auto& bindings = plan.provider_bindings;
  for (const std::size_t at : sorted_positions(bindings, [](const auto& entry) { return entry.modality.view(); })) {
    object.text(bindings[at].modality.view(), bindings[at].provider.view());
  }
}

void write_edge_policies(const ResolvedTurnPlan& plan, HashTextWriter& out) noexcept {
  ObjectWriter object(out);
  const auto& edges = plan.edge_buffer_policies;
  for (const std::size_t at : sorted_positions(edges, [](const auto& entry) { return entry.edge.view(); })) {
    write_edge_policy(edges[at], object.member(edges[at].edge.view()));
  }
}

void write_node_policies(const ResolvedTurnPlan& plan, HashTextWriter& out) noexcept {
  ObjectWriter object(out);
  const auto& nodes = plan.node_execution_policies;
  for (const std::size_t at : sorted_positions(nodes, [](const auto& entry) { return entry.node.view(); })) {
    ObjectWriter policy(object.member(nodes[at].node.view()));
    policy.optional_number("concurrency_limit", nodes[at].concurrency_limit);
    policy.optional_text("fairness_key", nodes[at].fairness_key.view());
  }
}

}  // namespace

void write_hash_head(const ResolvedTurnPlan& plan, HashTextWriter& out) noexcept {
  out.raw(",\"PipelineVersion\":");
  out.string(plan.pipeline_version.view());
  out.raw(",\"GraphDefinitionRef\":");
  out.string(plan.graph_definition_ref.view());
  out.raw(",\"ExecutionProfile\":");
  out.string(plan.execution_profile.view());
  out.raw(",\"AuthorityEpoch\":");
}

void write_hash_tail(const ResolvedTurnPlan& plan, HashTextWriter& out) noexcept {
  out.raw(",\"SnapshotProvenance\":");
  write_snapshots(plan.snapshot_provenance, out);
  out.raw(",\"AllowedAdaptiveActions\":");
  write_names(plan.allowed_adaptive_actions, out);
  out.raw(",\"Budgets\":");
  write_budgets(plan.budgets, out);
  out.raw(",\"ProviderBindings\":");
  write_bindings(plan, out);
  out.raw(",\"EdgeBufferPolicies\":");
  write_edge_policies(plan, out);
  out.raw(",\"NodeExecutionPolicies\":");
  write_node_policies(plan, out);
  out.raw(",\"FlowControl\":");
  write_flow_control(plan.flow_control, out);
  out.raw(",\"RecordingPolicy\":");
  {
    ObjectWriter recording(out);
    recording.text("recording_level", wire_name(plan.recording_policy.recording_level));
    write_names(plan.recording_policy.allowed_replay_modes, recording.member("allowed_replay_modes"));
  }
  out.raw("}");
}

}  // namespace phalarope
