// Any list of events: it is answered, what the report shows is valid, and the invariants of a turn hold over it.
// RapidCheck prints the seed of a failure (RC_PARAMS="seed=..." repeats it).
//
// contract: I2, I3, I6, I7, I8
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "core/spec/artifact_validator.hpp"
#include "core/spec/scenario/scenario_lines.hpp"

namespace phalarope::spec {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t session_epoch = 2;

Json drawn_event() {
  const std::size_t kind = *rc::gen::inRange<std::size_t>(0, scenario_kinds.size());
  Json event{{"kind", std::string(scenario_kinds[kind].name)}};
  const auto sometimes = [] { return *rc::gen::inRange(0, 6) == 0; };
  event["turn_id"] = *rc::gen::element<std::string>("a", "b", "c");
  if (sometimes()) event["authority_epoch"] = *rc::gen::inRange(1, 6);
  for (const char* flag : {"cancel_accepted", "snapshot_valid", "authority_epoch_valid", "authority_authorized",
                           "plan_unavailable", "evidence_unavailable"}) {
    if (sometimes()) event[flag] = *rc::gen::arbitrary<bool>();
  }
  if (sometimes()) event["capacity"] = *rc::gen::element<std::string>("allow", "defer", "reject");
  if (sometimes()) event["runtime_sequence"] = *rc::gen::arbitrary<std::int64_t>();
  if (sometimes()) event["runtime_timestamp_ms"] = *rc::gen::arbitrary<std::int64_t>();
  return event;
}

Json answer_to(const Json& events) {
  const Json line{{"session",
                   {{"session_id", "s"},
                    {"turn_id", "a"},
                    {"pipeline_version", "p"},
                    {"authority_epoch", session_epoch},
                    {"default_data_class", "audio_raw"},
                    {"transport", "tin"}}},
                  {"events", events}};
  const ScenarioTime time{.now_ms = 1, .generated_at_utc = "now"};
  return Json::parse(answer_scenario_line(line.dump(), 0, time));
}

/// A drawn list of which every event is taken: what is refused is left out, so that long lives are seen.
Json drawn_life() {
  Json events = Json::array();
  const int wanted = *rc::gen::inRange(1, 25);
  for (int i = 0; i < wanted; ++i) {
    events.push_back(drawn_event());
    if (answer_to(events)["ok"] == false) events.erase(events.size() - 1);
  }
  return events;
}

/// The position in a default event id, evt-tin-NNN-kind, from 0.
std::size_t index_of(const Json& with_event_id) {
  return std::stoul(with_event_id["event_id"].get<std::string>().substr(8, 3)) - 1;
}

RC_GTEST_PROP(ScenarioProperty, AnyListIsAnsweredAndARefusalChangesNothingBeforeIt, ()) {
  Json events = Json::array();
  const int count = *rc::gen::inRange(1, 12);
  for (int i = 0; i < count; ++i) events.push_back(drawn_event());
  const Json answer = answer_to(events);
  RC_ASSERT(answer == answer_to(events));  // I8
  if (answer["ok"] == true) return;
  const std::size_t refused_at = answer["error"]["event_index"];
  RC_ASSERT(refused_at < events.size());
  if (refused_at == 0) return;
  events.erase(events.begin() + static_cast<std::ptrdiff_t>(refused_at), events.end());
  RC_ASSERT(answer_to(events)["ok"] == true);
}

RC_GTEST_PROP(ScenarioProperty, AnAcceptedTurnEndsOnceAndNoOtherDoes, ()) {  // I2, I3
  const Json events = drawn_life();
  if (events.empty()) return;
  const Json report = answer_to(events)["report"];
  RC_ASSERT(report["processed_events"] == events.size());
  enum { outside, inside, ending } at = outside;
  for (const Json& entry : report.value("lifecycle_events", Json::array())) {
    const std::string name = entry["Name"];
    if (name == "turn_open") {
      RC_ASSERT(at == outside);
      at = inside;
    } else if (name == "commit" || name == "abort") {
      RC_ASSERT(at == inside);
      at = ending;
    } else if (name == "close") {
      RC_ASSERT(at == ending);
      at = outside;
    } else if (name == "disconnected" || name == "stall" ||
               (name == "deauthorized_drain" && entry["Reason"] == "authority_revoked_in_turn")) {
      RC_ASSERT(at == inside);
    } else {
      RC_ASSERT(at == outside);
    }
  }
  RC_ASSERT(at != ending);
}

RC_GTEST_PROP(ScenarioProperty, AfterAnAcceptedCancelNoOutputOfTheTurnIsAccepted, ()) {  // I6
  const Json events = drawn_life();
  if (events.empty()) return;
  const Json report = answer_to(events)["report"];
  std::set<std::size_t> ended;
  for (const Json& result : report.value("active_results", Json::array())) {
    if (result["state"] == "Closed" && result.contains("lifecycle_events")) ended.insert(index_of(result));
  }
  std::map<std::size_t, Json> outputs;
  for (const Json& output : report.value("output_decisions", Json::array())) outputs[index_of(output)] = output;
  std::set<std::string> cancelled;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::string turn = events[i]["turn_id"];
    const bool carries = events[i].value("cancel_accepted", false);
    if (const auto output = outputs.find(i); output != outputs.end()) {
      const bool judged_by_epoch = output->second["signal"] == "stale_epoch_reject";
      if (carries && !judged_by_epoch) cancelled.insert(turn);
      if (cancelled.contains(turn)) RC_ASSERT(output->second["accepted"] == false);
      if (!cancelled.contains(turn) && !judged_by_epoch) RC_ASSERT(output->second["accepted"] == true);
    }
    if (ended.contains(i) && (carries || events[i]["kind"] == "cancel")) cancelled.insert(turn);
  }
}

RC_GTEST_PROP(ScenarioProperty, NothingUnderAnOlderEpochIsAccepted, ()) {  // I7
  const Json events = drawn_life();
  if (events.empty()) return;
  const Json report = answer_to(events)["report"];
  std::map<std::size_t, std::int64_t> accepted;
  for (const char* list : {"ingress_records", "control_signals"}) {
    for (const Json& item : report.value(list, Json::array())) {
      const bool is_record = std::string(list) == "ingress_records";
      const auto verdict = validate_artifact(is_record ? "event_record" : "control_signal", item.dump());
      RC_ASSERT(verdict.valid);
      const bool refused = item.value("signal", "") == "stale_epoch_reject";
      if (!refused) accepted[index_of(item)] = item["authority_epoch"];
    }
  }
  std::int64_t current = session_epoch;
  for (const auto& [index, epoch] : accepted) {
    RC_ASSERT(epoch >= current);
    current = epoch;
  }
}

}  // namespace
}  // namespace phalarope::spec
