#include "core/replay/event_json.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>

#include "core/engine/turn/signal.hpp"
#include "core/replay/event_fields.hpp"
#include "core/replay/signal_rules.hpp"

namespace phalarope::replay {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view parent_prefix = "runtime_sequence:";

std::int64_t to_wire_ms(std::int64_t ns) { return std::max<std::int64_t>(0, ns) / ns_per_ms; }
std::int64_t clamped(std::int64_t value) { return std::max<std::int64_t>(0, value); }
/// A 64-bit unsigned number as the wire's signed one.
std::int64_t clamped(std::uint64_t value) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(value, INT64_MAX));
}

bool is_data_record(EventKind kind) {
  return static_cast<std::uint16_t>(kind) > last_signal_kind && static_cast<std::uint16_t>(kind) < first_extension_kind;
}
/// `shed` of a lane names its lane without an edge (5.3).
bool has_target_lane(EventKind kind) {
  const SignalRule* rule = find_rule(kind);
  return kind == EventKind::shed || (rule != nullptr && (rule->needs & needs_edge) != 0);
}
template <typename Number>
std::optional<Number> number_behind(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string free_or_coded_reason(const Event& event, const RecordingNames& names) {
  if (event.reason != Reason::none) return std::string(reason_text(event.reason));
  const bool may_be_symbol = is_contract_signal(event.kind) && event.argument_a > 0 && event.argument_a <= UINT32_MAX &&
                             event.kind != EventKind::credit_grant && event.kind != EventKind::discontinuity;
  return may_be_symbol ? std::string(names.symbol(static_cast<std::uint32_t>(event.argument_a))) : "";
}

std::string invocation_id(const Event& event, const RecordingNames& names) {
  const auto symbol = names.symbol(event.provider_invocation);
  if (!symbol.empty()) return std::string(symbol);
  const std::string turn = event.turn_number == 0 ? "session" : RecordingNames::turn_id(event.turn_number);
  return "pvi/" + names.session_id + "/" + turn + "/" + std::to_string(event.provider_invocation);
}

/// 1.2 and 1.3: what every event says.
ordered_json envelope(const Event& event, const RecordingNames& names, std::string event_id) {
  const Scope event_scope = event_scope_of(event);
  ordered_json json;
  json["schema_version"] = "v1." + std::to_string(event.schema_minor);
  json["event_scope"] = scope_text(event_scope);
  json["session_id"] = names.session_id;
  if (event.turn_number != 0) json["turn_id"] = RecordingNames::turn_id(event.turn_number);
  json["pipeline_version"] = names.pipeline_version;
  json["event_id"] = std::move(event_id);
  json["lane"] = lane_text(event.lane);
  json["transport_sequence"] = event.transport_sequence;
  json["runtime_sequence"] = clamped(event.runtime_sequence);
  json["runtime_timestamp_ms"] = to_wire_ms(event.mono_ns);
  json["wall_clock_timestamp_ms"] = to_wire_ms(event.wall_ns);
  json["payload_class"] = payload_class_text(event.payload_class);
  json["authority_epoch"] = clamped(event.authority_epoch);
  if (event.has(EventFlag::has_media_time)) {
    const char* axis = event.has(EventFlag::media_time_is_pts) ? "pts_ms" : "sample_index";
    json["media_time"] = {{axis, clamped(event.media_sample)}};
  } else if (event.payload_class == PayloadClass::audio_raw) {
    json["media_time"] = {{"pts_ms", to_wire_ms(event.mono_ns)}};  // 1.10 rule 5
  }
  if (event.node != no_node.value) json["node_id"] = names.node_id(event.node);
  if (event.edge != no_edge.value) json["edge_id"] = names.edge_id(event.edge);
  if (event.causal_parent != 0)
    json["causal_parent_id"] = std::string(parent_prefix) + std::to_string(event.causal_parent);
  if (event.provider_invocation != 0) json["provider_invocation_id"] = invocation_id(event, names);
  if (event.sync_or_merge_group != 0 && event.kind != EventKind::discontinuity) {
    const std::string known(names.symbol(event.sync_or_merge_group));
    json["sync_id"] = known.empty() ? "sync-" + std::to_string(event.sync_or_merge_group) : known;
  }
  if (event.has(EventFlag::late_after_cancel) && event_scope == Scope::turn) json["late_after_cancel"] = true;
  if (const auto code = code_of(event.emitter); !code.empty()) json["emitted_by"] = code;
  if (const auto reason = free_or_coded_reason(event, names); !reason.empty()) json["reason"] = reason;
  if (event.has(EventFlag::has_range)) json["seq_range"] = {{"start", event.range_start}, {"end", event.range_end}};
  return json;
}

void add_signal_members(ordered_json& json, const Event& event, const RecordingNames& names) {
  json["signal"] = kind_text(event.kind);
  if (event.scope != Scope::none) json["scope"] = scope_text(event.scope);
  if (has_target_lane(event.kind)) {
    json["target_lane"] = lane_text(event.target_lane);
    if (event.edge == no_edge.value && event.kind != EventKind::shed) {
      json["edge_id"] = names.lane_edge_id(event.target_lane);
    }
  }
  if (event.kind == EventKind::credit_grant) json["amount"] = event.argument_a;
  if (event.kind == EventKind::discontinuity) {
    if (const auto domain = names.symbol(static_cast<std::uint32_t>(event.argument_a)); !domain.empty()) {
      json["sync_domain"] = domain;
    }
    const auto id = names.symbol(event.sync_or_merge_group);
    if (!id.empty()) json["discontinuity_id"] = id;
    if (id.empty() && event.sync_or_merge_group != 0) {
      json["discontinuity_id"] = "discontinuity-" + std::to_string(event.sync_or_merge_group);
    }
  }
}

/// The first rule of 1.3 and 1.5 that a finished signal breaks.
std::optional<JsonProblem> broken_rule(const ordered_json& json, const SignalRule& rule) {
  const auto missing = [&](const char* member) { return !json.contains(member); };
  const auto needs = [&](SignalMember member) { return (rule.needs & member) != 0; };
  const std::string signal = json["signal"];
  if (json["lane"] != "ControlLane") return JsonProblem{"lane", "a control signal travels on ControlLane"};
  if (json["payload_class"] != "metadata") return JsonProblem{"payload_class", "ControlLane carries metadata only"};
  if (missing("emitted_by")) return JsonProblem{"emitted_by", "required"};
  const auto emitter = emitter_of(json["emitted_by"].get<std::string>());
  if (emitter != rule.emitters[0] && (emitter != rule.emitters[1] || emitter == Emitter::none)) {
    return JsonProblem{"emitted_by", "may not emit " + signal};
  }
  if (rule.event_scope != Scope::none && json["event_scope"] != scope_text(rule.event_scope)) {
    return JsonProblem{"event_scope", signal + " is of scope " + std::string(scope_text(rule.event_scope))};
  }
  if (json["event_scope"] == "turn" && missing("turn_id")) return JsonProblem{"turn_id", "required in scope turn"};
  const std::pair<SignalMember, const char*> obligations[] = {
      {needs_reason, "reason"},
      {needs_scope, "scope"},
      {needs_edge, "edge_id"},
      {needs_edge, "target_lane"},
      {needs_range, "seq_range"},
      {needs_discontinuity, "sync_domain"},
      {needs_discontinuity, "discontinuity_id"},
      {needs_amount, "amount"},
  };
  for (const auto& [member, name] : obligations) {
    if (needs(member) && missing(name)) return JsonProblem{name, "required for " + signal};
  }
  if (json.contains("seq_range") &&
      (json["seq_range"]["start"] < 0 || json["seq_range"]["end"] < json["seq_range"]["start"])) {
    return JsonProblem{"seq_range", "0 <= start <= end"};
  }
  if (json.contains("amount") && json["amount"] < 1) return JsonProblem{"amount", "at least 1"};
  return std::nullopt;
}

void add_extension_members(ordered_json& json, const Event& event, std::string_view text) {
  if (!is_contract_signal(event.kind)) json["kind"] = kind_text(event.kind);
  if (!json.contains("emitted_by") && event.emitter != Emitter::none) json["emitter"] = emitter_role(event.emitter);
  json["direction"] = event.has(EventFlag::output) ? "output" : "input";
  if (event.ticket != 0) json["ticket"] = clamped(event.ticket);
  if (event.argument_a != 0) json["argument_a"] = event.argument_a;
  if (event.argument_b != 0) json["argument_b"] = event.argument_b;
  if (!text.empty()) json["text"] = text;
}

std::string dump(const ordered_json& json) { return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace); }

}  // namespace

std::expected<std::optional<std::string>, JsonProblem> EventJsonWriter::write(const Event& event,
                                                                              std::string_view text) {
  const bool extended = extensions_ == Extensions::with;
  const SignalRule* rule = find_rule(event.kind);
  if (rule == nullptr && !is_data_record(event.kind) && !extended) return std::nullopt;
  const std::string turn = event.turn_number == 0 ? std::string() : RecordingNames::turn_id(event.turn_number);
  ordered_json json = envelope(event, names_, identities_.next_event_id(names_.session_id, turn));
  if (rule != nullptr) {
    add_signal_members(json, event, names_);
    // What the device says of itself uses the signals' names, but is not yet the engine's word.
    const auto problem = broken_rule(json, *rule);
    if (problem && !extended) return std::unexpected(*problem);
  }
  if (extended) add_extension_members(json, event, text);
  return dump(json);
}

// ---- reading --------------------------------------------------------------------------------------------------

namespace {

class SignalReader {
 public:
  SignalReader(const ordered_json& json, RecordingNames& names) : json_(json), names_(names) {}

  std::expected<Event, JsonProblem> read() {
    const SignalRule* rule = read_kind();
    if (rule == nullptr) return std::unexpected(*problem_);
    read_envelope();
    read_members();
    if (!problem_) problem_ = broken_rule(json_, *rule);
    if (!problem_) unknown_member();
    if (problem_) return std::unexpected(*problem_);
    return event_;
  }

 private:
  void fail(std::string path, std::string rule) {
    if (!problem_) problem_ = JsonProblem{std::move(path), std::move(rule)};
  }
  /// A required or optional string+; empty when absent.
  std::string text(const char* member, bool required) {
    known_.insert(member);
    if (!json_.contains(member)) {
      if (required) fail(member, "required");
      return {};
    }
    if (!json_[member].is_string() || json_[member].get_ref<const std::string&>().empty()) {
      fail(member, "a text of at least one character");
      return {};
    }
    return json_[member];
  }
  std::int64_t whole(const ordered_json& where, const char* member, const std::string& path) {
    if (!where.contains(member) || !where[member].is_number_integer()) {
      fail(path, "a whole number");
      return 0;
    }
    const bool too_large = where[member].is_number_unsigned() && where[member].get<std::uint64_t>() > INT64_MAX;
    const std::int64_t value = too_large ? -1 : where[member].get<std::int64_t>();
    if (value < 0) fail(path, "0 or more, within 64 bits");
    return value;
  }
  std::int64_t whole(const char* member) {
    known_.insert(member);
    return whole(json_, member, member);
  }
  std::uint32_t whole32(const char* member) {
    const std::int64_t value = whole(member);
    if (value > UINT32_MAX) fail(member, "within 32 bits");
    return static_cast<std::uint32_t>(value);
  }
  std::int64_t from_ms(const char* member) {
    const std::int64_t ms = whole(member);
    if (ms > INT64_MAX / ns_per_ms) {
      fail(member, "within the engine's nanoseconds");
      return 0;
    }
    return ms * ns_per_ms;
  }
  template <typename Enum, std::size_t count>
  Enum named(const std::string& value, const char* member, const Enum (&values)[count],
             std::string_view (*name)(Enum)) {
    for (const Enum one : values) {
      if (name(one) == value) return one;
    }
    if (!value.empty()) fail(member, "unknown name \"" + value + "\"");
    return values[0];
  }
  Lane lane(const char* member, bool required) {
    return named(text(member, required), member, {Lane::control, Lane::data, Lane::telemetry}, lane_text);
  }

  const SignalRule* read_kind() {
    if (!json_.is_object()) {
      fail("", "a document is one JSON object");
      return nullptr;
    }
    const std::string signal = text("signal", true);
    for (const SignalRule& rule : signal_rows::table) {
      if (kind_text(rule.kind) != signal) continue;
      event_.kind = rule.kind;
      return &rule;
    }
    fail("signal", "unknown name \"" + signal + "\"");
    return nullptr;
  }

  void read_envelope() {
    const auto minor = number_behind<std::uint16_t>(text("schema_version", true), "v1.");
    if (!minor) fail("schema_version", "v1.<minor>");
    event_.schema_minor = minor.value_or(0);
    if (const auto scope = text("event_scope", true); scope != "turn" && scope != "session") {
      fail("event_scope", "session or turn");
    }
    text("session_id", true);
    text("pipeline_version", true);
    text("event_id", true);
    if (const auto turn = text("turn_id", false); !turn.empty()) {
      const auto number = RecordingNames::turn_number(turn);
      if (!number) fail("turn_id", "turn-<number>");
      event_.turn_number = number.value_or(0);
    }
    event_.lane = lane("lane", true);
    event_.transport_sequence = whole32("transport_sequence");
    event_.runtime_sequence = static_cast<std::uint64_t>(whole("runtime_sequence"));
    event_.mono_ns = from_ms("runtime_timestamp_ms");
    event_.wall_ns = from_ms("wall_clock_timestamp_ms");
    event_.authority_epoch = static_cast<std::uint64_t>(whole("authority_epoch"));
    event_.payload_class = named(text("payload_class", true), "payload_class",
                                 {PayloadClass::metadata, PayloadClass::audio_raw, PayloadClass::text_raw,
                                  PayloadClass::derived_summary, PayloadClass::PII, PayloadClass::PHI},
                                 payload_class_text);
    const auto emitter = emitter_of(text("emitted_by", true));
    if (!emitter) fail("emitted_by", "unknown code");
    event_.emitter = emitter.value_or(Emitter::none);
    event_.set(EventFlag::output);
  }

  void read_members() {
    event_.scope =
        named(text("scope", false), "scope",
              {Scope::none, Scope::session, Scope::turn, Scope::node, Scope::provider_invocation}, scope_text);
    event_.target_lane = lane("target_lane", false);
    read_media_time();
    read_places();
    if (const auto parent = text("causal_parent_id", false); !parent.empty()) {
      const auto number = number_behind<std::uint32_t>(parent, parent_prefix);
      if (!number) fail("causal_parent_id", "runtime_sequence:<number>");
      event_.causal_parent = number.value_or(0);
    }
    read_invocation();
    if (const auto sync = text("sync_id", false); !sync.empty()) event_.sync_or_merge_group = numbered(sync, "sync-");
    if (const auto id = text("discontinuity_id", false); !id.empty()) event_.sync_or_merge_group = names_.intern(id);
    if (const auto domain = text("sync_domain", false); !domain.empty()) event_.argument_a = names_.intern(domain);
    known_.insert("late_after_cancel");
    if (json_.contains("late_after_cancel")) {
      if (!json_["late_after_cancel"].is_boolean()) return fail("late_after_cancel", "true or false");
      if (json_["late_after_cancel"].get<bool>()) event_.set(EventFlag::late_after_cancel);
    }
    known_.insert("amount");
    if (json_.contains("amount")) event_.argument_a = whole("amount");
    read_reason();
    known_.insert("seq_range");
    if (!json_.contains("seq_range")) return;
    const ordered_json& range = json_["seq_range"];
    if (!range.is_object() || range.size() != 2) return fail("seq_range", "exactly start and end");
    event_.range_start = whole(range, "start", "seq_range.start");
    event_.range_end = whole(range, "end", "seq_range.end");
    event_.set(EventFlag::has_range);
  }

  void read_media_time() {
    known_.insert("media_time");
    if (!json_.contains("media_time")) return;
    const ordered_json& time = json_["media_time"];
    const bool pts = time.is_object() && time.contains("pts_ms");
    if (!time.is_object() || time.size() != 1) return fail("media_time", "exactly one of sample_index, pts_ms");
    event_.media_sample = whole(time, pts ? "pts_ms" : "sample_index", "media_time");
    event_.set(EventFlag::has_media_time);
    if (pts) event_.set(EventFlag::media_time_is_pts);
  }

  std::uint8_t place(const std::string& id, const std::vector<std::string>& ids, std::string_view prefix,
                     const char* member) {
    const auto known = std::ranges::find(ids, id);
    if (known != ids.end()) return static_cast<std::uint8_t>(known - ids.begin());
    const auto number = number_behind<std::uint8_t>(id, prefix);
    if (!number || *number == no_node.value) fail(member, "unknown id \"" + id + "\"");
    return number.value_or(no_node.value);
  }
  void read_places() {
    if (const auto node = text("node_id", false); !node.empty()) {
      event_.node = place(node, names_.node_ids, "node-", "node_id");
    }
    const auto edge = text("edge_id", false);
    // The edge id of a lane's own queue says no more than target_lane does.
    if (edge.empty() || edge == names_.lane_edge_id(event_.target_lane)) return;
    event_.edge = place(edge, names_.edge_ids, "edge-", "edge_id");
  }
  /// "sync-17" is 17; any other text is a symbol.
  std::uint32_t numbered(const std::string& id, std::string_view prefix) {
    const auto number = number_behind<std::uint32_t>(id, prefix);
    return number && names_.symbol(*number).empty() ? *number : names_.intern(id);
  }
  void read_invocation() {
    const auto id = text("provider_invocation_id", false);
    if (id.empty()) return;
    const std::string turn = event_.turn_number == 0 ? "session" : RecordingNames::turn_id(event_.turn_number);
    event_.provider_invocation = numbered(id, "pvi/" + names_.session_id + "/" + turn + "/");
  }
  void read_reason() {
    const auto reason = text("reason", false);
    if (reason.empty()) return;
    for (const Reason known : wire::EnumValuesReason()) {
      if (known == Reason::none || reason_text(known) != reason) continue;
      event_.reason = known;
      return;
    }
    if (event_.kind == EventKind::credit_grant || event_.kind == EventKind::discontinuity) {
      return fail("reason", "unknown code \"" + reason + "\"");
    }
    event_.argument_a = names_.intern(reason);
  }

  void unknown_member() {
    for (const auto& [member, value] : json_.items()) {
      if (!known_.contains(member)) return fail(member, "not a member of control_signal");
    }
  }

  const ordered_json& json_;
  RecordingNames& names_;
  Event event_{};
  std::set<std::string> known_;
  std::optional<JsonProblem> problem_;
};

}  // namespace

std::expected<Event, JsonProblem> control_signal_from_json(std::string_view json, RecordingNames& names) {
  const auto parsed = ordered_json::parse(json, nullptr, false);
  if (parsed.is_discarded()) return std::unexpected(JsonProblem{"", "not a JSON document"});
  return SignalReader(parsed, names).read();
}

}  // namespace phalarope::replay
