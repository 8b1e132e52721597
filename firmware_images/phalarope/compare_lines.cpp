#include "firmware_images/phalarope/compare_lines.hpp"

#include <optional>
#include <vector>

#include "core/replay/comparison_report.hpp"
#include "core/spec/artifact_rules.hpp"
#include "core/spec/strict_json.hpp"
#include "firmware_images/gates/replay_artifact_json.hpp"

namespace phalarope::program {
namespace {

using gates::flag_in;
using gates::integer_in;
using gates::list_in;
using gates::read_artifact;
using gates::read_cursor;
using gates::text_in;
using spec::JsonValue;

// What follows reads lines that compare_line_rule accepts: a required member is there, and each has its shape.

replay::Divergence read_appended(const JsonValue& json) {
  return {.message_class = replay::MessageClass::appended,
          .class_name = text_in(json, "class"),
          .scope = text_in(json, "scope"),
          .message = text_in(json, "message"),
          .diff_ms = integer_in(json, "diff_ms")};
}

replay::Expectation read_expectation(const JsonValue& json) {
  return {.class_name = text_in(json, "class"), .scope = text_in(json, "scope"), .approved = flag_in(json, "approved")};
}

replay::DivergencePolicy read_policy(const JsonValue& json) {
  return {.timing_tolerance_ms = *integer_in(json, "timing_tolerance_ms"),
          .expected = list_in(json, "expected", read_expectation)};
}

std::string refusal(std::size_t index, replay::ComparisonError error, std::string_view message) {
  std::string out = "{\"index\":" + std::to_string(index) + ",\"ok\":false,\"error\":";
  spec::append_json_string(out, name_of(error));
  out += ",\"message\":";
  spec::append_json_string(out, message);
  return out + "}";
}

}  // namespace

std::string answer_compare_line(std::string_view line, std::size_t index) {
  using replay::ComparisonError;
  const auto json = spec::parse_strict_json(line);
  if (!json) return refusal(index, ComparisonError::invalid_request, json.error());
  if (const auto violation = spec::judge(*json, spec::compare_line_rule)) {
    const std::string where = violation->path.empty() ? "" : violation->path + ": ";
    return refusal(index, ComparisonError::invalid_request, where + violation->rule);
  }
  const auto mode = replay::replay_mode_named(text_in(*json, "mode"));
  if (!mode) {
    return refusal(index, ComparisonError::invalid_request,
                   "mode: E 2.1: unknown value \"" + text_in(*json, "mode") + "\"");
  }
  auto result = replay::compare(read_artifact(*json->find("baseline")), read_artifact(*json->find("candidate")),
                                {.mode = *mode,
                                 .cursor = read_cursor(json->find("cursor")),
                                 .tolerance_ms = *integer_in(*json, "compare_tolerance_ms")});
  if (!result) return refusal(index, result.error(), "cursor: E 2.3: the baseline has no such entry");

  for (replay::Divergence& appended : list_in(*json, "appended_divergences", read_appended)) {
    result->divergences.push_back(std::move(appended));
  }
  const replay::PolicyVerdict verdict = replay::judge(result->divergences, read_policy(*json->find("policy")));
  const std::string found = replay::comparison_json(*result, verdict);
  return "{\"index\":" + std::to_string(index) + ",\"ok\":true," + found.substr(1);
}

}  // namespace phalarope::program
