// A scenario's answer in the words of scenario_rows.txt, so that a difference reads side by side.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "core/spec/artifact_validator.hpp"
#include "core/spec/scenario/scenario_lines.hpp"

namespace phalarope::spec::test {

using Json = nlohmann::json;

constexpr std::int64_t now_ms = 5'000;

inline Json session() {
  return {{"session_id", "s"},
          {"turn_id", "t"},
          {"pipeline_version", "p"},
          {"authority_epoch", 5},
          {"default_data_class", "text_raw"},
          {"transport", "can"}};
}

inline Json answer_to(const std::string& line) {
  return Json::parse(answer_scenario_line(line, 0, {.now_ms = now_ms, .generated_at_utc = "2026-01-01T00:00:00Z"}));
}
inline Json answer_to(const Json& events, const Json& changes = Json::object()) {
  Json with = session();
  with.update(changes);
  return answer_to(Json{{"session", with}, {"events", events}}.dump());
}

inline std::string with_reason(const std::string& name, const std::string& reason) {
  return reason.empty() ? name : name + "(" + reason + ")";
}

inline std::string list_text(const Json& entries) {
  std::string text;
  for (const Json& entry : entries) {
    EXPECT_EQ(entry.size(), 2U) << entry;
    text += (text.empty() ? "" : " ") + with_reason(entry.at("Name"), entry.at("Reason"));
  }
  return text;
}

/// name(reason) emitter event_id turn|session scope #runtime_sequence @transport_sequence +ms e<epoch>
inline std::string signal_text(const Json& signal) {
  const ArtifactVerdict verdict = validate_artifact("control_signal", signal.dump());
  EXPECT_TRUE(verdict.valid) << signal << "\n" << verdict.path << ": " << verdict.rule;
  const std::string turn = signal.value("turn_id", "-");
  return with_reason(signal["signal"], signal.value("reason", "")) + " " + signal["emitted_by"].get<std::string>() +
         " " + signal["event_id"].get<std::string>() + " " + signal["event_scope"].get<std::string>() + ":" + turn +
         " " + signal.value("scope", "none") + " #" + signal["runtime_sequence"].dump() + " @" +
         signal["transport_sequence"].dump() + " +" + signal["runtime_timestamp_ms"].dump() + " e" +
         signal["authority_epoch"].dump();
}

inline std::string record_text(const Json& record) {
  const ArtifactVerdict verdict = validate_artifact("event_record", record.dump());
  EXPECT_TRUE(verdict.valid) << record << "\n" << verdict.path << ": " << verdict.rule;
  EXPECT_EQ(record["event_scope"], "turn");
  return record["lane"].get<std::string>() + " " + record["payload_class"].get<std::string>() + " " +
         record["event_id"].get<std::string>() + " " + record["turn_id"].get<std::string>() + " e" +
         record["authority_epoch"].dump() +
         (record.contains("media_time") ? " pts=" + record["media_time"]["pts_ms"].dump() : "");
}

/// Every list of the answer under a key of its own, one entry a list element; lists that are not there are left out.
inline std::map<std::string, std::vector<std::string>> text_of(const Json& answer) {
  std::map<std::string, std::vector<std::string>> text;
  if (answer["ok"] == false) {
    const Json& error = answer["error"];
    text["refused"] = {error["event_index"].dump() + " " + error["diagnostic"].get<std::string>()};
    EXPECT_FALSE(error["message"].get<std::string>().empty());
    return text;
  }
  const Json& report = answer["report"];
  const auto list = [&report](const char* name) { return report.value(name, Json::array()); };
  if (const auto lifecycle = list_text(list("lifecycle_events")); !lifecycle.empty()) text["list"] = {lifecycle};
  for (const Json& signal : list("control_signals")) text["signal"].push_back(signal_text(signal));
  for (const Json& record : list("ingress_records")) text["record"].push_back(record_text(record));
  for (const char* results : {"open_results", "active_results"}) {
    for (const Json& result : list(results)) {
      std::string said = result["state"].get<std::string>() + " " + result["event_id"].get<std::string>() + ":";
      for (const Json& signal : result.value("control_signals", Json::array())) {
        signal_text(signal);  // judged here, shown by name only
        said += " " + with_reason(signal["signal"], signal.value("reason", ""));
      }
      text[std::string(results) == "open_results" ? "open" : "active"].push_back(said);
    }
  }
  for (const Json& output : list("output_decisions")) {
    text["output"].push_back(output["event_id"].get<std::string>() + (output["accepted"] == true ? " yes " : " no ") +
                             with_reason(output["signal"], output["reason"]) + " " +
                             output["emitted_by"].get<std::string>() +
                             (output.contains("late_after_cancel") ? " late" : ""));
  }
  for (const Json& late : list("late_events")) {
    text["late"].push_back(late["event_id"].get<std::string>() + " " + late["action"].get<std::string>());
  }
  return text;
}

}  // namespace phalarope::spec::test
