// Plans from JSON requests, and frozen plans as JSON. See plan_resolve.hpp.
#include "core/spec/plan_resolve.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "core/engine/base/enforce.hpp"
#include "core/engine/base/sha256.hpp"
#include "core/engine/plan/plan_names.hpp"
#include "core/engine/plan/white_space.hpp"
#include "core/spec/artifact_rules.hpp"
#include "core/spec/strict_json.hpp"

namespace phalarope::spec {

namespace {

/// The members after AuthorityEpoch, in the order of the hash text, with the name each has in the artifact.
struct HashedMember {
  std::string_view hash_name;
  std::string_view wire_name;
  bool surface;
};
constexpr std::array hashed_members = {HashedMember{"SnapshotProvenance", "snapshot_provenance", false},
                                       HashedMember{"AllowedAdaptiveActions", "allowed_adaptive_actions", false},
                                       HashedMember{"Budgets", "budgets", true},
                                       HashedMember{"ProviderBindings", "provider_bindings", true},
                                       HashedMember{"EdgeBufferPolicies", "edge_buffer_policies", true},
                                       HashedMember{"NodeExecutionPolicies", "node_execution_policies", true},
                                       HashedMember{"FlowControl", "flow_control", true},
                                       HashedMember{"RecordingPolicy", "recording_policy", true}};
constexpr std::size_t surface_count = 6;

/// Everything a plan is made of, as JSON: identity as text, the hashed members as canonical text of each.
struct PlanParts {
  std::string turn_id;
  std::string pipeline_version;
  std::string graph_definition_ref;
  std::string execution_profile;
  std::int64_t authority_epoch = 0;
  std::array<std::string, hashed_members.size()> members;
};

void append_text_member(std::string& out, std::string_view name, std::string_view text) {
  if (!out.ends_with('{')) out += ",";
  append_json_string(out, name);
  out += ":";
  append_json_string(out, text);
}
void append_raw_member(std::string& out, std::string_view name, std::string_view json) {
  out += ",";
  append_json_string(out, name);
  out += ":";
  out += json;
}

std::string hash_text_of(const PlanParts& parts) {
  std::string text = "{";
  append_text_member(text, "TurnID", parts.turn_id);
  append_text_member(text, "PipelineVersion", parts.pipeline_version);
  append_text_member(text, "GraphDefinitionRef", parts.graph_definition_ref);
  append_text_member(text, "ExecutionProfile", parts.execution_profile);
  append_raw_member(text, "AuthorityEpoch", std::to_string(parts.authority_epoch));
  for (std::size_t i = 0; i < hashed_members.size(); ++i) {
    append_raw_member(text, hashed_members[i].hash_name, parts.members[i]);
  }
  return text + "}";
}

std::string artifact_of(const PlanParts& parts, std::string_view plan_hash, std::int64_t seed) {
  std::string text = "{";
  append_text_member(text, "turn_id", parts.turn_id);
  append_text_member(text, "pipeline_version", parts.pipeline_version);
  append_text_member(text, "graph_definition_ref", parts.graph_definition_ref);
  append_text_member(text, "execution_profile", parts.execution_profile);
  append_text_member(text, "plan_hash", plan_hash);
  append_raw_member(text, "authority_epoch", std::to_string(parts.authority_epoch));
  for (std::size_t i = 0; i < hashed_members.size(); ++i) {
    append_raw_member(text, hashed_members[i].wire_name, parts.members[i]);
  }
  append_raw_member(text, "determinism",
                    "{\"seed\":" + std::to_string(seed) +
                        ",\"ordering_markers\":[\"runtime_sequence\",\"event_id\"]"
                        ",\"merge_rule_id\":\"default-merge-rule\",\"merge_rule_version\":\"v1.0.0\""
                        ",\"nondeterministic_inputs\":[{\"input_key\":\"plan_hash\",\"source\":\"other\""
                        ",\"evidence_ref\":\"" +
                        std::string(plan_hash) + "\"}]}");
  return text + "}";
}

/// The hashed members of an engine plan: its hash text is canonical JSON already, so it is read back from there.
std::array<std::string, hashed_members.size()> members_of(const ResolvedTurnPlan& plan) {
  std::vector<char> buffer(hash_tail_bytes_max);
  HashTextWriter writer(buffer);
  write_hash_tail(plan, writer);
  PHAL_ENFORCE(!writer.overflowed(), "a materialised plan's hash text fits its bound");
  const auto tail = parse_strict_json("{" + std::string(writer.text().substr(1)));
  PHAL_ENFORCE(tail && tail->members.size() == hashed_members.size(), "the hash tail is one object of known members");
  std::array<std::string, hashed_members.size()> members;
  for (std::size_t i = 0; i < hashed_members.size(); ++i) append_json(members[i], tail->members[i]);
  return members;
}

/// The members of the built-in template, whose surfaces are those of simple/v1 (4.4).
std::array<std::string, hashed_members.size()> default_members() {
  const auto prepared = std::make_unique<PreparedPlan>();
  PHAL_ENFORCE(prepare(default_plan_template(), *prepared).has_value(), "the built-in template is sound");
  return members_of(prepared->plan);
}

std::unexpected<ResolveRefusal> refusal(PlanFailure failure, std::string message) {
  return std::unexpected(ResolveRefusal{failure, std::move(message)});
}

/// A required text that is there and not empty.
std::optional<std::string> required_text(const JsonValue& request, std::string_view name) {
  const JsonValue* const value = request.find(name);
  if (value == nullptr || !value->is(JsonValue::Kind::text) || value->text.empty()) return std::nullopt;
  return value->text;
}

bool snapshots_are_complete(const JsonValue& request) {
  const JsonValue* const snapshots = request.find("snapshot_provenance");
  if (snapshots == nullptr || !snapshots->is(JsonValue::Kind::object)) return false;
  constexpr std::array<std::string_view, 6> names = {"routing_view_snapshot",      "admission_policy_snapshot",
                                                     "abi_compatibility_snapshot", "version_resolution_snapshot",
                                                     "policy_resolution_snapshot", "provider_health_snapshot"};
  return std::all_of(names.begin(), names.end(),
                     [&](std::string_view name) { return required_text(*snapshots, name).has_value(); });
}

bool is_supplied(const JsonValue& request, std::string_view surface) {
  const JsonValue* const value = request.find(surface);
  if (value == nullptr) return false;
  if (surface == "node_execution_policies") return true;
  if (!value->is(JsonValue::Kind::object)) return true;
  const bool all_zero = std::all_of(value->members.begin(), value->members.end(), [](const JsonValue& member) {
    return member.is(JsonValue::Kind::integer) && member.integer == 0;
  });
  return surface == "budgets" ? !all_zero : !value->members.empty();
}

/// Rule 1: what must be there at all. The name of the first thing that is missing, or nothing.
std::optional<std::string> read_required(const JsonValue& request, PlanParts& parts) {
  const std::array<std::pair<std::string_view, std::string*>, 4> texts = {
      {{"turn_id", &parts.turn_id},
       {"pipeline_version", &parts.pipeline_version},
       {"graph_definition_ref", &parts.graph_definition_ref},
       {"execution_profile", &parts.execution_profile}}};
  for (const auto& [name, target] : texts) {
    const auto text = required_text(request, name);
    if (!text) return std::string(name);
    *target = *text;
  }
  parts.execution_profile = std::string(trim_white_space(parts.execution_profile));
  if (parts.execution_profile.empty()) return "execution_profile";
  const JsonValue* const actions = request.find("allowed_adaptive_actions");
  if (actions == nullptr || !actions->is(JsonValue::Kind::list)) return "allowed_adaptive_actions";
  if (!snapshots_are_complete(request)) return "snapshot_provenance";
  return std::nullopt;
}

/// Rules 2 and 3: the six surfaces, all supplied or all from the profile.
std::optional<ResolveRefusal> read_surfaces(const JsonValue& request, PlanParts& parts) {
  const auto supplied = static_cast<std::size_t>(std::count_if(
      hashed_members.begin(), hashed_members.end(),
      [&](const HashedMember& member) { return member.surface && is_supplied(request, member.wire_name); }));
  if (supplied != 0 && supplied != surface_count) {
    return ResolveRefusal{PlanFailure::incomplete_overrides, "supply all six policy surfaces or none"};
  }
  if (supplied == 0) {
    if (parts.execution_profile != "simple" && parts.execution_profile != "simple/v1") {
      return ResolveRefusal{PlanFailure::unsupported_profile, "without overrides the profile is simple or simple/v1"};
    }
    static const auto defaults = default_members();
    for (std::size_t i = 0; i < hashed_members.size(); ++i) {
      if (hashed_members[i].surface) parts.members[i] = defaults[i];
    }
    return std::nullopt;
  }
  for (std::size_t i = 0; i < hashed_members.size(); ++i) {
    if (!hashed_members[i].surface) continue;
    const std::string name(hashed_members[i].wire_name);
    const JsonValue& value = *request.find(name);
    const ValueRule& rule = plan_member_rule(name);
    if (const auto violation = judge(value, rule, "1.8", name)) {
      return ResolveRefusal{PlanFailure::invalid_surface, violation->path + ": " + violation->rule};
    }
    append_canonical(parts.members[i], value, rule);
  }
  return std::nullopt;
}

/// Rule 4, for what is no surface.
std::optional<ResolveRefusal> read_others(const JsonValue& request, PlanParts& parts) {
  if (const JsonValue* const epoch = request.find("authority_epoch"); epoch != nullptr) {
    if (const auto violation = judge(*epoch, plan_member_rule("authority_epoch"), "1.8", "authority_epoch")) {
      return ResolveRefusal{PlanFailure::invalid_plan, violation->path + ": " + violation->rule};
    }
    parts.authority_epoch = epoch->integer;
  }
  for (std::size_t i = 0; i < hashed_members.size(); ++i) {
    if (hashed_members[i].surface) continue;
    const std::string name(hashed_members[i].wire_name);
    const JsonValue& value = *request.find(name);
    const ValueRule& rule = plan_member_rule(name);
    if (const auto violation = judge(value, rule, "1.8", name)) {
      return ResolveRefusal{PlanFailure::invalid_plan, violation->path + ": " + violation->rule};
    }
    append_canonical(parts.members[i], value, rule);
  }
  return std::nullopt;
}

}  // namespace

std::expected<ResolvedPlan, ResolveRefusal> resolve_plan(const JsonValue& request) {
  PlanParts parts;
  if (!request.is(JsonValue::Kind::object)) return refusal(PlanFailure::missing_required, "the line is no JSON object");
  if (const auto missing = read_required(request, parts)) {
    return refusal(PlanFailure::missing_required, *missing + " is missing or empty");
  }
  if (auto refused = read_surfaces(request, parts)) return std::unexpected(*std::move(refused));
  if (auto refused = read_others(request, parts)) return std::unexpected(*std::move(refused));

  ResolvedPlan plan;
  plan.hash_text = hash_text_of(parts);
  const Sha256Hex hex = to_hex(sha256(plan.hash_text));
  plan.plan_hash.assign(hex.data(), hex.size());
  const auto seed = issue_seed(plan.plan_hash, Epoch{static_cast<std::uint64_t>(parts.authority_epoch)});
  if (!seed) return refusal(seed.error(), "no seed can be issued");
  plan.seed = *seed;
  plan.artifact = artifact_of(parts, plan.plan_hash, plan.seed);
  return plan;
}

std::expected<ResolvedPlan, ResolveRefusal> resolve_plan(std::string_view request_json) {
  const auto request = parse_strict_json(request_json);
  if (!request) return refusal(PlanFailure::missing_required, request.error());
  return resolve_plan(*request);
}

JsonValue default_plan_request(std::string_view turn_id, std::string_view pipeline_version,
                               std::int64_t authority_epoch) {
  static const PlanTemplate defaults = default_plan_template();
  const SnapshotProvenance& snapshots = defaults.snapshot_provenance;
  const auto text = [](std::string_view name, std::string_view value) {
    return json_text(std::string(name), std::string(value));
  };
  std::vector<JsonValue> actions;
  for (const AdaptiveAction action : defaults.allowed_adaptive_actions) actions.push_back(text({}, wire_name(action)));
  return json_object(
      {},
      {text("turn_id", turn_id), text("pipeline_version", pipeline_version),
       text("graph_definition_ref", defaults.graph_definition_ref.view()),
       text("execution_profile", defaults.execution_profile.view()), json_integer("authority_epoch", authority_epoch),
       json_object("snapshot_provenance",
                   {text("routing_view_snapshot", snapshots.routing_view_snapshot.view()),
                    text("admission_policy_snapshot", snapshots.admission_policy_snapshot.view()),
                    text("abi_compatibility_snapshot", snapshots.abi_compatibility_snapshot.view()),
                    text("version_resolution_snapshot", snapshots.version_resolution_snapshot.view()),
                    text("policy_resolution_snapshot", snapshots.policy_resolution_snapshot.view()),
                    text("provider_health_snapshot", snapshots.provider_health_snapshot.view())}),
       json_list("allowed_adaptive_actions", std::move(actions))});
}

std::string answer_resolve_line(std::string_view line, std::size_t index) {
  std::string out = "{\"index\":" + std::to_string(index);
  const auto plan = resolve_plan(line);
  if (!plan) {
    out += ",\"ok\":false";
    append_text_member(out, "failure", describe(plan.error().failure).id);
    append_text_member(out, "message", plan.error().message);
    return out + "}";
  }
  out += ",\"ok\":true";
  append_text_member(out, "plan_hash", plan->plan_hash);
  append_raw_member(out, "seed", std::to_string(plan->seed));
  append_raw_member(out, "plan", plan->artifact);
  return out + "}";
}

std::string to_json(const ResolvedTurnPlan& plan) {
  PlanParts parts;
  parts.turn_id = plan.turn_id.view();
  parts.pipeline_version = plan.pipeline_version.view();
  parts.graph_definition_ref = plan.graph_definition_ref.view();
  parts.execution_profile = plan.execution_profile.view();
  parts.authority_epoch = static_cast<std::int64_t>(plan.authority_epoch.value);
  parts.members = members_of(plan);
  return artifact_of(parts, plan.plan_hash.view(), plan.determinism.seed);
}

}  // namespace phalarope::spec
