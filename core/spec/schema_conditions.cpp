// What each condition of the rule tables is in JSON Schema. See artifact_schema.hpp.
//
// A row reads "if these terms hold, then those must". A term is
//
//   member            it is there
//   !member           it is not there
//   member=a|b        it is there and one of these texts; `true` is the JSON value
//
// and several terms stand with blanks between them. The rows repeat the conditions of artifact_tables.cpp in another
// language on purpose: there they are code, and the contract test holds the two against each other.
#include <algorithm>
#include <array>
#include <iterator>

#include "core/engine/base/enforce.hpp"
#include "core/spec/artifact_rules.hpp"
#include "core/spec/artifact_schema.hpp"

namespace phalarope::spec {

namespace {

struct ConditionRow {
  std::string_view condition;  // Condition::text
  std::string_view if_terms;   // empty: always
  std::string_view then_terms;
};

constexpr std::array condition_rows = {
    ConditionRow{"R 1.3: event_scope=turn needs turn_id", "event_scope=turn", "turn_id"},
    ConditionRow{"R 1.3: event_scope=turn needs authority_epoch", "event_scope=turn", "authority_epoch"},
    ConditionRow{"R 1.3: ControlLane needs authority_epoch", "lane=ControlLane", "authority_epoch"},
    ConditionRow{"R 1.3: ControlLane needs signal", "lane=ControlLane", "signal"},
    ConditionRow{"R 1.3: ControlLane needs emitted_by", "lane=ControlLane", "emitted_by"},
    ConditionRow{"R 1.3: ControlLane carries metadata only", "lane=ControlLane", "payload_class=metadata"},
    ConditionRow{"R 1.3: signal needs emitted_by", "signal", "emitted_by"},
    ConditionRow{"R 1.3: signal travels on ControlLane", "signal", "lane=ControlLane"},
    ConditionRow{"R 1.3: audio_raw needs media_time", "payload_class=audio_raw", "media_time"},
    ConditionRow{"R 1.3: merged_from_event_ids needs merge_group_id", "merged_from_event_ids", "merge_group_id"},
    ConditionRow{"R 1.3: discontinuity_id needs sync_domain", "discontinuity_id", "sync_domain"},
    ConditionRow{"R 1.3: late_after_cancel=true needs event_scope=turn", "late_after_cancel=true", "event_scope=turn"},

    ConditionRow{"R 1.4: a record has no signal", "", "!signal"},
    ConditionRow{"R 1.4: a record is never on ControlLane", "", "lane=DataLane|TelemetryLane"},

    ConditionRow{"R 1.5: signal is required", "", "signal"},
    ConditionRow{"R 1.5: emitted_by is required", "", "emitted_by"},
    ConditionRow{"R 1.5: a signal travels on ControlLane", "", "lane=ControlLane"},
    ConditionRow{"R 1.5: unknown scope", "scope", "scope=session|turn|node|provider_invocation"},

    ConditionRow{"R 1.6: admission comes from RK-25 or CP-05", "outcome_kind=admit|reject|defer",
                 "emitted_by=RK-25|CP-05"},
    ConditionRow{"R 1.6: shed comes from RK-25", "outcome_kind=shed", "emitted_by=RK-25"},
    ConditionRow{"R 1.6: shed happens at a scheduling point", "outcome_kind=shed", "phase=scheduling_point"},
    ConditionRow{"R 1.6: authority outcomes come from RK-24", "outcome_kind=stale_epoch_reject|deauthorized_drain",
                 "emitted_by=RK-24"},
    ConditionRow{"R 1.6: authority outcomes carry authority_epoch",
                 "outcome_kind=stale_epoch_reject|deauthorized_drain", "authority_epoch"},
    ConditionRow{"R 1.6: CP-05 decides before a turn only", "emitted_by=CP-05", "phase=pre_turn"},
    ConditionRow{"R 1.6: CP-05 decides for a tenant or session", "emitted_by=CP-05", "scope=tenant|session"},
    ConditionRow{"R 1.6: pre_turn is about a tenant, session or turn", "phase=pre_turn", "scope=tenant|session|turn"},
    ConditionRow{"R 1.6: scheduling_point is about an edge or node", "phase=scheduling_point",
                 "scope=edge_enqueue|edge_dequeue|node_dispatch"},
    ConditionRow{"R 1.6: active_turn is about a turn, edge or node", "phase=active_turn",
                 "scope=turn|edge_enqueue|edge_dequeue|node_dispatch"},
    ConditionRow{"R 1.6: active_turn needs turn_id", "phase=active_turn", "turn_id"},
    ConditionRow{"R 1.6: scope turn needs turn_id", "scope=turn", "turn_id"},
    ConditionRow{"R 1.6: stale_epoch_reject is no outcome of an active turn", "outcome_kind=stale_epoch_reject",
                 "phase=pre_turn|scheduling_point"},
    ConditionRow{"R 1.6: stale_epoch_reject before a turn is about a session or turn",
                 "outcome_kind=stale_epoch_reject phase=pre_turn", "scope=session|turn"},
    ConditionRow{"R 1.6: deauthorized_drain never happens at a scheduling point", "outcome_kind=deauthorized_drain",
                 "phase=pre_turn|active_turn"},
    ConditionRow{"R 1.6: deauthorized_drain is about a session or turn",
                 "outcome_kind=deauthorized_drain phase=active_turn", "scope=turn"},
    ConditionRow{"R 1.6: deauthorized_drain is about a session or turn",
                 "outcome_kind=deauthorized_drain phase=pre_turn", "scope=session|turn"},

    ConditionRow{"R 1.8: group_by is required unless policy is no_sync", "policy=atomic_drop|drop_with_discontinuity",
                 "group_by"},
    ConditionRow{"R 1.8: drop_with_discontinuity needs sync_domain", "policy=drop_with_discontinuity", "sync_domain"},
    ConditionRow{"R 1.8: strategy block needs max_block_time_ms", "strategy=block", "max_block_time_ms"},
    ConditionRow{"R 1.8: an enabled handoff edge needs its four thresholds", "enabled=true",
                 "min_partial_chars max_partial_age_ms max_pending_revisions max_pending_segments"},
    ConditionRow{"R 1.8: an enabled handoff needs both edges", "enabled=true", "stt_to_llm llm_to_tts"},
};

/// Conditions of another shape, as they stand in the schema.
struct ConditionText {
  std::string_view condition;
  std::string_view json;
};
constexpr std::array condition_texts = {
    ConditionText{"R 1.2: media_time has exactly one of sample_index, pts_ms",
                  R"({"minProperties":1,"maxProperties":1})"},
    ConditionText{"R 1.8: watermarks need queue_items or queue_ms", R"({"minProperties":1})"},
    ConditionText{"R 1.8: an enabled handoff needs an enabled edge",
                  R"({"if":{"properties":{"enabled":{"const":true}},"required":["enabled"]},"then":{"anyOf":[)"
                  R"({"properties":{"stt_to_llm":{"properties":{"enabled":{"const":true}},"required":["enabled"]}},)"
                  R"("required":["stt_to_llm"]},)"
                  R"({"properties":{"llm_to_tts":{"properties":{"enabled":{"const":true}},"required":["enabled"]}},)"
                  R"("required":["llm_to_tts"]}]}})"},
};

constexpr std::string_view beyond_range = "R 1.2: seq_range ends before it starts";
constexpr std::array<std::string_view, 5> beyond_schema = {
    "R 1.1 rule 1: a document is one JSON object in UTF-8, nothing after it, no member name twice, nested at most 64 "
    "deep",
    "R 1.1 rule 4: an integer is written without fraction or exponent (1.0 and 1e0 are refused)",
    "R 1.1 rule 4: an integer fits signed 64 bits, also where a validator compares bounds as floating point",
    "R 1.2: seq_range.end is at least seq_range.start",
    "R 1.8: a fairness_key made of white space beyond ASCII only is blank too"};

std::string_view next_part(std::string_view& text, char separator) {
  const std::size_t at = text.find(separator);
  const std::string_view part = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return part;
}

/// The values a term allows, as a schema.
JsonValue values_schema(std::string name, std::string_view values) {
  if (values == "true") return json_object(std::move(name), {json_boolean("const", true)});
  std::vector<JsonValue> texts;
  while (!values.empty()) texts.push_back(json_text("", std::string(next_part(values, '|'))));
  if (texts.size() > 1) return json_object(std::move(name), {json_list("enum", std::move(texts))});
  return json_object(std::move(name), {json_text("const", std::move(texts.front().text))});
}

/// All terms together, as one schema.
JsonValue terms_schema(std::string name, std::string_view terms) {
  std::vector<JsonValue> properties, required, parts;
  while (!terms.empty()) {
    std::string_view values = next_part(terms, ' ');
    if (values.starts_with('!')) {
      const JsonValue absent = json_list("required", {json_text("", std::string(values.substr(1)))});
      parts.push_back(json_object("not", {absent}));
      continue;
    }
    const std::string member(next_part(values, '='));
    required.push_back(json_text("", member));
    if (!values.empty()) properties.push_back(values_schema(member, values));
  }
  if (!properties.empty()) parts.push_back(json_object("properties", std::move(properties)));
  if (!required.empty()) parts.push_back(json_list("required", std::move(required)));
  return json_object(std::move(name), std::move(parts));
}

JsonValue implication(std::string_view if_terms, std::string_view then_terms) {
  if (if_terms.empty()) return terms_schema("", then_terms);
  return json_object("", {terms_schema("if", if_terms), terms_schema("then", then_terms)});
}

// ---- the rows of 1.5 and 2.1 -------------------------------------------------------------------------------

std::string joined(std::string_view first, std::string_view separator, std::string_view second) {
  return std::string(first) + std::string(second.empty() ? "" : separator) + std::string(second);
}

JsonValue known_signals() {
  std::string names;
  for (const SignalRow& row : signal_rows()) names += (names.empty() ? "" : "|") + std::string(row.signal);
  return terms_schema("", "signal=" + names);
}

/// One implication for each row of 1.5 that says something about `what`.
template <typename ThenOf>
std::vector<JsonValue> for_each_signal(ThenOf then_of) {
  std::vector<JsonValue> all;
  for (const SignalRow& row : signal_rows()) {
    const std::string then_terms = then_of(row);
    if (!then_terms.empty()) all.push_back(implication(joined("signal=", "", row.signal), then_terms));
  }
  return all;
}

std::string needed_members(const SignalRow& row) {
  std::string terms;
  for (const std::string_view member : row.required) {
    if (!member.empty()) terms += (terms.empty() ? "" : " ") + std::string(member);
  }
  return terms;
}

JsonValue known_transitions() {
  std::vector<JsonValue> rows;
  for (const TransitionRow& row : transition_rows()) {
    const std::string terms =
        joined("from_state=", "", row.from) + joined(" trigger=", "", row.trigger) + joined(" to_state=", "", row.to);
    rows.push_back(terms_schema("", terms));
  }
  return json_object("", {json_list("anyOf", std::move(rows))});
}

}  // namespace

std::optional<std::vector<JsonValue>> schema_of_condition(std::string_view condition) {
  if (condition == beyond_range) return std::nullopt;
  if (condition == "R 1.5: unknown signal") return {{known_signals()}};
  if (condition == "R 1.5: this signal has another emitter") {
    return for_each_signal(
        [](const SignalRow& row) { return "emitted_by=" + joined(row.emitted_by[0], "|", row.emitted_by[1]); });
  }
  if (condition == "R 1.5: this signal has another event_scope") {
    return for_each_signal([](const SignalRow& row) {
      return row.event_scope.empty() ? std::string() : joined("event_scope=", "", row.event_scope);
    });
  }
  if (condition == "R 1.5: this signal lacks a member of its row") return for_each_signal(needed_members);
  if (condition == "R 1.7: no such transition (R 2.1)") return {{known_transitions()}};
  std::vector<JsonValue> all;
  for (const ConditionRow& row : condition_rows) {
    if (row.condition == condition) all.push_back(implication(row.if_terms, row.then_terms));
  }
  for (const ConditionText& row : condition_texts) {
    if (row.condition == condition) all.push_back(*parse_strict_json(row.json));
  }
  PHAL_ENFORCE(!all.empty(), "each condition has its row here, or stands among those beyond a schema");
  return all;
}

std::span<const std::string_view> rules_beyond_schema() { return beyond_schema; }

}  // namespace phalarope::spec
