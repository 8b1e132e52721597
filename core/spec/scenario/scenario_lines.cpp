#include "core/spec/scenario/scenario_lines.hpp"

#include <expected>
#include <utility>
#include <vector>

#include "core/spec/scenario/scenario_engine.hpp"
#include "core/spec/scenario/scenario_reader.hpp"
#include "core/spec/strict_json.hpp"

namespace phalarope::spec {
namespace {

JsonValue report_json(const ScenarioSession& session, const ScenarioReport& report, const ScenarioTime& time) {
  std::vector<JsonValue> members{json_text("generated_at_utc", time.generated_at_utc),
                                 json_text("session_id", session.session_id), json_text("turn_id", session.turn_id),
                                 json_text("pipeline_version", session.pipeline_version),
                                 json_integer("processed_events", static_cast<std::int64_t>(report.processed_events))};
  for (const auto& [name, list] :
       {std::pair("ingress_records", &report.ingress_records), std::pair("control_signals", &report.control_signals),
        std::pair("lifecycle_events", &report.lifecycle_events), std::pair("open_results", &report.open_results),
        std::pair("active_results", &report.active_results), std::pair("output_decisions", &report.output_decisions),
        std::pair("late_events", &report.late_events)}) {
    if (!list->empty()) members.push_back(json_list(name, *list));
  }
  return json_object("report", std::move(members));
}

std::expected<JsonValue, ScenarioRefusal> run(const JsonValue& line, const ScenarioTime& time) {
  const auto session = read_scenario_session(line);
  if (!session) return std::unexpected(session.error());
  const auto events = read_scenario_events(line);
  if (!events) return std::unexpected(events.error());
  ScenarioReader reader(*session, time.now_ms);
  ScenarioEngine engine(*session);
  for (std::size_t i = 0; i < (*events)->items.size(); ++i) {
    auto event = reader.read((*events)->items[i]);
    if (!event) return std::unexpected(event.error());
    if (auto refusal = engine.process(*std::move(event))) {
      refusal->event_index = i;
      return std::unexpected(*std::move(refusal));
    }
  }
  return report_json(*session, engine.report(), time);
}

std::string refused(std::size_t index, const ScenarioRefusal& refusal) {
  JsonValue event_index{.name = "event_index"};  // null: the scenario as a whole
  if (refusal.event_index) event_index = json_integer("event_index", static_cast<std::int64_t>(*refusal.event_index));
  std::string out;
  append_json(
      out, json_object({}, {json_integer("index", static_cast<std::int64_t>(index)), json_boolean("ok", false),
                            json_object("error", {std::move(event_index), json_text("diagnostic", refusal.diagnostic),
                                                  json_text("message", refusal.message)}),
                            json_text("message", refusal.message)}));
  return out;
}

}  // namespace

std::string answer_scenario_line(std::string_view line, std::size_t index, const ScenarioTime& time) {
  const auto json = parse_strict_json(line);
  if (!json) {
    return refused(
        index,
        {.event_index = std::nullopt, .diagnostic = std::string(scenario_diagnostic::schema), .message = json.error()});
  }
  auto report = run(*json, time);
  if (!report) return refused(index, report.error());
  std::string out;
  append_json(out, json_object({}, {json_integer("index", static_cast<std::int64_t>(index)), json_boolean("ok", true),
                                    *std::move(report)}));
  return out;
}

}  // namespace phalarope::spec
