// Any bytes as a line of `phalarope scenario`: answered with one line of strict JSON, the same one twice, and every
// signal and record of a report is a valid artifact.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/engine/base/enforce.hpp"
#include "core/spec/artifact_validator.hpp"
#include "core/spec/scenario/scenario_lines.hpp"
#include "core/spec/strict_json.hpp"

namespace {

using namespace phalarope::spec;

void expect_valid_items(const JsonValue& report, std::string_view list, std::string_view kind) {
  const JsonValue* const items = report.find(list);
  if (items == nullptr) return;
  for (const JsonValue& item : items->items) {
    std::string text;
    append_json(text, item);
    PHAL_ENFORCE(validate_artifact(kind, text).valid, "what a report shows is a valid artifact");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const ScenarioTime time{.now_ms = 1, .generated_at_utc = "2026-01-01T00:00:00Z"};
  const std::string answer = answer_scenario_line(line, 0, time);
  PHAL_ENFORCE(answer == answer_scenario_line(line, 0, time), "the same line gets the same answer");
  PHAL_ENFORCE(answer.find('\n') == std::string::npos, "an answer is one line");
  const auto json = parse_strict_json(answer);
  PHAL_ENFORCE(json.has_value() && json->find("ok") != nullptr, "an answer is strict JSON and says ok or not");
  const JsonValue* const report = json->find("report");
  PHAL_ENFORCE((report != nullptr) == json->find("ok")->boolean, "there is a report exactly when all went well");
  PHAL_ENFORCE((json->find("error") != nullptr) != json->find("ok")->boolean, "there is an error when it did not");
  if (report == nullptr) return 0;
  expect_valid_items(*report, "ingress_records", "event_record");
  expect_valid_items(*report, "control_signals", "control_signal");
  return 0;
}
