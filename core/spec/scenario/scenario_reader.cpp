#include "core/spec/scenario/scenario_reader.hpp"

#include <array>
#include <limits>
#include <utility>

#include "core/engine/plan/white_space.hpp"
#include "core/engine/turn/refusal.hpp"
#include "core/spec/artifact_rules.hpp"

namespace phalarope::spec {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view section = "R Appendix C";
constexpr ValueRule text_plus{};
constexpr ValueRule any_text{.may_be_empty = true};
constexpr ValueRule any_integer{.shape = Shape::integer, .min = std::numeric_limits<std::int64_t>::min()};
constexpr ValueRule from_zero{.shape = Shape::integer, .min = 0};
constexpr ValueRule boolean{.shape = Shape::boolean};

constexpr std::array data_classes = {"audio_raw"sv, "text_raw"sv, "derived_summary"sv};
constexpr std::array session_members = {
    MemberRule{"session_id", text_plus, true},
    MemberRule{"turn_id", text_plus, true},
    MemberRule{"pipeline_version", text_plus, true},
    MemberRule{"authority_epoch", from_zero, true},
    MemberRule{"default_data_class", {.shape = Shape::choice, .choices = data_classes}, true},
    MemberRule{"transport", text_plus, true}};
constexpr ObjectRule session_object{section, session_members};

constexpr std::array capacities = {"allow"sv, "defer"sv, "reject"sv};  // in the order of Capacity
constexpr std::array event_members = {MemberRule{"kind", text_plus, true},
                                      MemberRule{"session_id", any_text},
                                      MemberRule{"turn_id", any_text},
                                      MemberRule{"pipeline_version", any_text},
                                      MemberRule{"event_id", any_text},
                                      MemberRule{"transport_sequence", any_integer},
                                      MemberRule{"runtime_sequence", any_integer},
                                      MemberRule{"authority_epoch", any_integer},
                                      MemberRule{"runtime_timestamp_ms", any_integer},
                                      MemberRule{"wall_clock_timestamp_ms", any_integer},
                                      MemberRule{"payload_class", any_text},
                                      MemberRule{"cancel_accepted", boolean},
                                      MemberRule{"reason", any_text},
                                      MemberRule{"snapshot_valid", boolean},
                                      MemberRule{"authority_epoch_valid", boolean},
                                      MemberRule{"authority_authorized", boolean},
                                      MemberRule{"plan_failure_policy", any_text},
                                      MemberRule{"capacity", {.shape = Shape::choice, .choices = capacities}},
                                      MemberRule{"snapshot_failure_policy", any_text},
                                      MemberRule{"plan_unavailable", boolean},
                                      MemberRule{"evidence_unavailable", boolean}};
constexpr ObjectRule event_object{section, event_members};

ScenarioRefusal refusal(std::optional<std::size_t> index, std::string_view diagnostic, std::string message) {
  return {.event_index = index, .diagnostic = std::string(diagnostic), .message = std::move(message)};
}

std::string told(const Violation& violation) {
  return violation.path.empty() ? violation.rule : violation.path + ": " + violation.rule;
}

std::string text_of(const JsonValue& object, std::string_view member) {
  const JsonValue* const value = object.find(member);
  return value == nullptr ? std::string() : value->text;
}
std::int64_t number_of(const JsonValue& object, std::string_view member) {
  const JsonValue* const value = object.find(member);
  return value == nullptr ? 0 : value->integer;
}
bool truth_of(const JsonValue& object, std::string_view member, bool otherwise) {
  const JsonValue* const value = object.find(member);
  return value == nullptr ? otherwise : value->boolean;
}
Capacity capacity_of(const JsonValue& object) {
  const JsonValue* const value = object.find("capacity");
  if (value == nullptr || value->text == capacities[0]) return Capacity::allow;
  return value->text == capacities[1] ? Capacity::defer : Capacity::reject;
}

/// Whether a required id is missing or blank; of another type it is a fault of shape.
bool names_nothing(const JsonValue& object, std::string_view member) {
  const JsonValue* const value = object.find(member);
  return value == nullptr || (value->is(JsonValue::Kind::text) && is_blank(value->text));
}

/// Copies the members as written; gaps are filled afterwards.
ScenarioEvent as_written(const JsonValue& json, const ScenarioKind& kind) {
  ScenarioEvent event;
  event.kind = &kind;
  event.session_id = text_of(json, "session_id");
  event.turn_id = text_of(json, "turn_id");
  event.names_turn = !event.turn_id.empty();
  event.pipeline_version = text_of(json, "pipeline_version");
  event.event_id = text_of(json, "event_id");
  event.transport_sequence = number_of(json, "transport_sequence");
  event.runtime_sequence = number_of(json, "runtime_sequence");
  event.authority_epoch = number_of(json, "authority_epoch");
  event.carries_epoch = event.authority_epoch != 0;
  event.runtime_timestamp_ms = number_of(json, "runtime_timestamp_ms");
  event.wall_clock_timestamp_ms = number_of(json, "wall_clock_timestamp_ms");
  event.payload_class = text_of(json, "payload_class");
  event.reason = text_of(json, "reason");
  event.cancel_accepted = truth_of(json, "cancel_accepted", false);
  event.snapshot_valid = truth_of(json, "snapshot_valid", true);
  event.authority_epoch_valid = truth_of(json, "authority_epoch_valid", true);
  event.authority_authorized = truth_of(json, "authority_authorized", true);
  event.plan_unavailable = truth_of(json, "plan_unavailable", false);
  event.capacity = capacity_of(json);
  event.snapshot_failure_policy = failure_policy_of(text_of(json, "snapshot_failure_policy"));
  event.plan_failure_policy = failure_policy_of(text_of(json, "plan_failure_policy"));
  event.evidence_unavailable = truth_of(json, "evidence_unavailable", false);
  return event;
}

/// `position` counted from 1, three digits at least.
std::string default_event_id(std::string_view transport, std::size_t position, std::string_view kind) {
  std::string digits = std::to_string(position);
  if (digits.size() < 3) digits.insert(0, 3 - digits.size(), '0');
  return "evt-" + std::string(transport) + "-" + digits + "-" + std::string(kind);
}

void fill(std::string& text, const std::string& otherwise) {
  if (text.empty()) text = otherwise;
}

}  // namespace

std::expected<ScenarioSession, ScenarioRefusal> read_scenario_session(const JsonValue& line) {
  const auto refused = [](std::string_view diagnostic, std::string message) {
    return std::unexpected(refusal(std::nullopt, diagnostic, std::move(message)));
  };
  if (!line.is(JsonValue::Kind::object)) return refused(scenario_diagnostic::schema, "the line is no JSON object");
  const JsonValue* const session = line.find("session");
  if (session == nullptr || !session->is(JsonValue::Kind::object)) {
    return refused(scenario_diagnostic::schema, "session: must be an object");
  }
  for (const auto& [member, cause] : {std::pair("session_id"sv, TurnRefusal::session_id_required),
                                      std::pair("turn_id"sv, TurnRefusal::turn_id_required)}) {
    if (names_nothing(*session, member)) {
      return refused(id_of(cause), "session." + std::string(member) + ": must be there and not blank");
    }
  }
  if (const auto violation = judge(*session, session_object)) {
    return refused(scenario_diagnostic::schema, "session." + told(*violation));
  }
  return ScenarioSession{.session_id = text_of(*session, "session_id"),
                         .turn_id = text_of(*session, "turn_id"),
                         .pipeline_version = text_of(*session, "pipeline_version"),
                         .authority_epoch = number_of(*session, "authority_epoch"),
                         .default_data_class = text_of(*session, "default_data_class"),
                         .transport = text_of(*session, "transport")};
}

std::expected<const JsonValue*, ScenarioRefusal> read_scenario_events(const JsonValue& line) {
  const JsonValue* const events = line.find("events");
  if (events == nullptr || !events->is(JsonValue::Kind::list) || events->items.empty()) {
    return std::unexpected(
        refusal(std::nullopt, scenario_diagnostic::no_events, "events: must be an array with at least one event"));
  }
  return events;
}

std::expected<ScenarioEvent, ScenarioRefusal> ScenarioReader::read(const JsonValue& json) {
  const std::size_t index = index_;
  const JsonValue* const kind = json.is(JsonValue::Kind::object) ? json.find("kind") : nullptr;
  const bool named = kind != nullptr && kind->is(JsonValue::Kind::text);
  if (named && find_scenario_kind(kind->text) == nullptr) {
    return std::unexpected(
        refusal(index, scenario_diagnostic::unknown_kind, "kind: there is no event kind \"" + kind->text + "\""));
  }
  JsonValue normalised = json;
  std::erase_if(normalised.members, [](const JsonValue& member) {
    return member.name == "transport_sequence" && member.is(JsonValue::Kind::null);
  });
  if (const auto violation = judge(normalised, event_object)) {
    return std::unexpected(refusal(index, scenario_diagnostic::schema, told(*violation)));
  }
  ScenarioEvent event = as_written(normalised, *find_scenario_kind(kind->text));
  fill_gaps(event);
  transport_sequence_ = event.transport_sequence;
  runtime_sequence_ = event.runtime_sequence;
  ++index_;
  return event;
}

void ScenarioReader::fill_gaps(ScenarioEvent& event) const {
  fill(event.session_id, session_.session_id);
  fill(event.turn_id, session_.turn_id);
  fill(event.pipeline_version, session_.pipeline_version);
  fill(event.event_id, default_event_id(session_.transport, index_ + 1, event.kind->name));
  fill(event.reason, session_.transport + "_" + std::string(event.kind->name));
  if (!event.carries_epoch) event.authority_epoch = session_.authority_epoch;
  if (event.transport_sequence <= 0) event.transport_sequence = saturating_add(transport_sequence_, 1);
  if (event.runtime_sequence <= 0) event.runtime_sequence = saturating_add(runtime_sequence_, 1);
  if (event.runtime_timestamp_ms <= 0) {
    event.runtime_timestamp_ms = saturating_add(now_ms_, static_cast<std::int64_t>(index_));
  }
  if (event.wall_clock_timestamp_ms <= 0) event.wall_clock_timestamp_ms = event.runtime_timestamp_ms;
}

}  // namespace phalarope::spec
