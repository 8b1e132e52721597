#include "core/replay/comparison_report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "core/engine/plan/plan_names.hpp"
#include "core/replay/safe_text.hpp"

namespace phalarope::replay {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const Divergence& divergence) {
  Json json = {{"class", divergence.class_name},
               {"scope", divergence.scope},
               {"message", divergence.message},
               {"message_class", name_of(divergence.message_class)}};
  if (divergence.diff_ms) json["diff_ms"] = *divergence.diff_ms;
  return json;
}

Json judged_to_json(const Divergence& divergence) {
  Json json = to_json(divergence);
  json["expected"] = divergence.expected;
  return json;
}

Json to_json(const Expectation& missing) { return {{"class", missing.class_name}, {"scope", missing.scope}}; }

Json to_json(const ReplayCursor& cursor) {
  return {{"session_id", cursor.session_id},
          {"turn_id", cursor.turn_id},
          {"lane", wire_name(cursor.lane)},
          {"runtime_sequence", cursor.runtime_sequence},
          {"event_id", cursor.event_id}};
}

template <typename Entry, typename ToJson>
Json list_of(std::span<const Entry> entries, ToJson one_to_json) {
  Json list = Json::array();
  for (const Entry& entry : entries) list.push_back(one_to_json(entry));
  return list;
}

Json members_of(const ComparisonResult& result, const PolicyVerdict& verdict) {
  const auto plain = [](const Divergence& divergence) { return to_json(divergence); };
  const auto missing = [](const Expectation& expectation) { return to_json(expectation); };
  Json json = {{"divergences", list_of(std::span<const Divergence>(result.divergences), plain)},
               {"failing", list_of(std::span<const Divergence>(verdict.failing), judged_to_json)},
               {"unexplained", list_of(std::span<const Divergence>(verdict.unexplained), judged_to_json)},
               {"missing_expected", list_of(std::span<const Expectation>(verdict.missing_expected), missing)},
               {"pass", verdict.passes()}};
  if (result.cursor) json["cursor"] = to_json(*result.cursor);
  return json;
}

/// All six classes, also those that did not occur.
Json counts_by_class(const Divergences& divergences) {
  Json counts = Json::object();
  for (const std::string_view name : divergence_class_names) {
    counts[std::string(name)] = std::ranges::count(divergences, name, &Divergence::class_name);
  }
  return counts;
}

/// A recording may hold bytes that are no UTF-8; a report shows them as replacement characters.
std::string dump(const Json& json, int indent) {
  constexpr bool escape_beyond_ascii = false;
  return json.dump(indent, ' ', escape_beyond_ascii, Json::error_handler_t::replace);
}
constexpr int on_one_line = -1;

std::string headline(const ComparisonReport& report) {
  if (!report.verdict.passes()) return "fails: " + std::to_string(report.verdict.failing.size()) + " divergences";
  if (!report.doubts.empty()) return "no failing divergence, but parts of a recording are missing or damaged";
  if (report.result.divergences.empty()) return "passes: no divergence";
  return "passes: " + std::to_string(report.result.divergences.size()) + " divergences, all allowed by the policy";
}

std::string sentence(const Divergence& divergence) {
  std::string text = divergence.class_name + " " + divergence.scope + ": " + divergence.message;
  if (divergence.diff_ms) text += " (" + std::to_string(*divergence.diff_ms) + " ms)";
  return text;
}

constexpr std::size_t lines_shown_max = 20;

void append_lines(std::string& text, std::string_view label, std::span<const Divergence> divergences) {
  for (std::size_t i = 0; i < divergences.size(); ++i) {
    if (i == lines_shown_max) {
      text += "  ...       " + std::to_string(divergences.size() - lines_shown_max) + " more (--json)\n";
      return;
    }
    text += "  " + std::string(label) + harmless(sentence(divergences[i]), false) + "\n";
  }
}

std::string table_rows(std::span<const Divergence> divergences) {
  std::string rows;
  for (const Divergence& divergence : divergences) {
    const std::string apart = divergence.diff_ms ? std::to_string(*divergence.diff_ms) + " ms" : "";
    rows += "<tr>";
    for (const std::string_view cell :
         {std::string_view(divergence.class_name), std::string_view(divergence.scope),
          name_of(divergence.message_class), std::string_view(divergence.message), std::string_view(apart)}) {
      rows += "<td>" + html_escaped(harmless(cell, false)) + "</td>";
    }
    rows += "</tr>\n";
  }
  return rows;
}

std::string table(std::string_view title, std::span<const Divergence> divergences) {
  if (divergences.empty()) return {};
  return "<h2>" + std::string(title) + " (" + std::to_string(divergences.size()) +
         ")</h2>\n<table>\n<tr><th>class</th><th>scope</th><th>rule</th><th>what</th><th>apart</th></tr>\n" +
         table_rows(divergences) + "</table>\n";
}

constexpr std::string_view page_head = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Phalarope: comparison</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #ddd; vertical-align: top }
.pass { color: #17692b } .fail { color: #a3161c }
@media (prefers-color-scheme: dark) {
  body { background: #16181b; color: #ddd } th, td { border-color: #333 }
  .pass { color: #7bd88f } .fail { color: #ff8080 }
}
</style></head><body>
)";

std::string fact(std::string_view name, std::string_view value) {
  return "<tr><th>" + std::string(name) + "</th><td>" + html_escaped(harmless(value, false)) + "</td></tr>\n";
}

}  // namespace

std::string comparison_json(const ComparisonResult& result, const PolicyVerdict& verdict) {
  return dump(members_of(result, verdict), on_one_line);
}

std::string cursor_json(const ReplayCursor& cursor) { return dump(to_json(cursor), on_one_line); }

std::string report_json(const ComparisonReport& report) {
  Json json = {{"verdict", report.passes()           ? "pass"
                           : report.verdict.passes() ? "not_trusted"
                                                     : "fail"},
               {"baseline_ref", report.baseline_ref},
               {"candidate_ref", report.candidate_ref},
               {"mode", wire_name(report.request.mode)}};
  if (report.request.cursor) json["request_cursor"] = to_json(*report.request.cursor);
  if (report.next_cursor) json["next_cursor"] = to_json(*report.next_cursor);
  if (!report.nodes.empty()) json["nodes"] = report.nodes;
  if (!report.stepped.empty()) json["stepped"] = report.stepped;
  json["compare_tolerance_ms"] = report.request.tolerance_ms;
  json["timing_tolerance_ms"] = report.policy.timing_tolerance_ms;
  json["expected_configured"] = report.policy.expected.size();
  json["entries_baseline"] = report.entries_baseline;
  json["entries_candidate"] = report.entries_candidate;
  json["total_divergences"] = report.result.divergences.size();
  json["failing_count"] = report.verdict.failing.size();
  json["unexplained_count"] = report.verdict.unexplained.size();
  json["by_class"] = counts_by_class(report.result.divergences);
  json.update(members_of(report.result, report.verdict));
  json["doubts"] = report.doubts;
  constexpr int two_columns = 2;
  return dump(json, two_columns);
}

std::string report_text(const ComparisonReport& report) {
  std::string text = "compare: " + headline(report) + "\n";
  text += "  baseline  " + harmless(report.baseline_ref, false) + " (" + std::to_string(report.entries_baseline) +
          " entries)\n  candidate " + harmless(report.candidate_ref, false) + " (" +
          std::to_string(report.entries_candidate) + " entries)\n  mode      " +
          std::string(wire_name(report.request.mode)) + "\n";
  for (const std::string& node : report.nodes) text += "  node      " + harmless(node, false) + "\n";
  for (const std::string& step : report.stepped) text += "  step      " + harmless(step, false) + "\n";
  append_lines(text, "fails     ", report.verdict.failing);
  if (report.verdict.passes()) append_lines(text, "differs   ", report.result.divergences);
  for (const std::string& doubt : report.doubts) text += "  doubt     " + harmless(doubt, false) + "\n";
  if (report.result.cursor) text += "  cursor    " + harmless(to_text(*report.result.cursor), false) + "\n";
  if (report.next_cursor) text += "  next      " + harmless(to_text(*report.next_cursor), false) + "\n";
  return text;
}

std::string report_html(const ComparisonReport& report) {
  std::string page(page_head);
  page +=
      "<h1>Comparison <span class=\"" + std::string(report.passes() ? "pass" : "fail") + "\">" + headline(report) +
      "</span></h1>\n<table>\n" + fact("baseline", report.baseline_ref) + fact("candidate", report.candidate_ref) +
      fact("mode", wire_name(report.request.mode)) +
      fact("entries", std::to_string(report.entries_baseline) + " and " + std::to_string(report.entries_candidate)) +
      fact("timing tolerance", std::to_string(report.policy.timing_tolerance_ms) + " ms");
  if (report.request.cursor) page += fact("from", to_text(*report.request.cursor));
  if (report.result.cursor) page += fact("to", to_text(*report.result.cursor));
  for (const std::string& node : report.nodes) page += fact("node", node);
  for (const std::string& doubt : report.doubts) page += fact("doubt", doubt);
  page += "</table>\n" + table("Failing", report.verdict.failing) + table("Unexplained", report.verdict.unexplained) +
          table("All divergences", report.result.divergences);
  return page + "</body></html>\n";
}

}  // namespace phalarope::replay
