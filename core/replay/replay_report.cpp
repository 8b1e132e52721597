// The two faces of a ReplayReport: a terminal's and a tool's.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/replay/replayer.hpp"

namespace phalarope::replay {
namespace {

constexpr std::size_t differences_shown_max = 20;

std::string hex(std::uint64_t value) {
  char text[19];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

/// "segment-000001.phr, block 12, record 345"
std::string where(const RecordPosition& position, std::uint64_t record) {
  std::string text = position.file.empty() ? "" : position.file + ", block " + std::to_string(position.block) + ", ";
  return text + "record " + std::to_string(record);
}

std::string sentence(const Difference& difference) {
  std::string event =
      "event " + std::to_string(difference.runtime_sequence) + " " + std::string(kind_text(difference.event));
  if (!difference.session.empty()) event += ", session " + difference.session;
  if (!difference.node.empty()) event += ", node " + difference.node;
  if (!difference.edge.empty()) event += ", edge " + difference.edge;
  switch (difference.kind) {
    case DifferenceKind::field:
      return event + ": " + std::string(difference.field) + " was " + difference.recorded + ", is " +
             difference.replayed;
    case DifferenceKind::output_missing:
      return event + ": was given, is not given any more";
    case DifferenceKind::output_unexpected:
      return event + ": was not given, is given now";
  }
  return event;
}

std::string headline(const ReplayReport& report) {
  switch (report.verdict) {
    case ReplayVerdict::identical:
      return "identical: every output of every step is the recorded one";
    case ReplayVerdict::different:
      return "different: " + std::to_string(report.outputs_different) + " of " +
             std::to_string(report.outputs_recorded) + " recorded outputs";
    case ReplayVerdict::not_trusted:
      return "no difference found, but parts of the recording are missing or damaged";
    case ReplayVerdict::not_startable:
      return "cannot start: the recording does not begin with a pipeline this engine accepts";
    case ReplayVerdict::empty:
      return "empty: the recording has no input events";
  }
  return "";
}

std::string_view name_of(DifferenceKind kind) {
  switch (kind) {
    case DifferenceKind::field:
      return "field";
    case DifferenceKind::output_missing:
      return "output_missing";
    case DifferenceKind::output_unexpected:
      return "output_unexpected";
  }
  return "";
}

}  // namespace

std::string report_text(const ReplayReport& report) {
  std::string text = "replay: " + headline(report) + "\n";
  text += "  events   " + std::to_string(report.events) + " (" + std::to_string(report.inputs) + " in, " +
          std::to_string(report.outputs_recorded) + " out)\n";
  if (report.runs > 1) text += "  runs     " + std::to_string(report.runs) + "\n";
  if (report.outputs_cut_off > 0) {
    text += "  cut off  " + std::to_string(report.outputs_cut_off) + " outputs of the last step before a power cut\n";
  }
  if (const auto rate = report.events_per_second()) text += "  speed    " + std::to_string(*rate) + " events/s\n";
  text += "  digest   " + hex(report.digest_replayed);
  text += report.digest_replayed == report.digest_recorded ? "\n" : "  recorded " + hex(report.digest_recorded) + "\n";
  std::size_t shown = 0;
  for (const Difference& difference : report.differences) {
    if (++shown > differences_shown_max) {
      text += "  ... and " + std::to_string(report.differences.size() - differences_shown_max) + " more (--json)\n";
      break;
    }
    text += "  differs  " + sentence(difference) + "\n           at " + where(difference.position, difference.record) +
            "\n";
  }
  if (report.stopped_early) text += "  stopped  after " + std::to_string(report.differences.size()) + " differences\n";
  for (const RecordGap& gap : report.gaps) {
    if (gap.count == 0) {
      text += "  gap      outputs stand before the first input\n";
      continue;
    }
    text += "  gap      records " + std::to_string(gap.first_missing) + ".." +
            std::to_string(gap.first_missing + gap.count - 1) + " are missing" +
            (gap.may_hold_events ? "\n" : " (no events among them)\n");
  }
  for (const Damage& damage : report.damage) {
    text += "  damage   " + damage.what + ", " + std::to_string(damage.bytes) + " bytes, " + damage.position.file +
            " block " + std::to_string(damage.position.block) + "\n";
  }
  return text;
}

std::string report_json(const ReplayReport& report) {
  using nlohmann::ordered_json;
  const auto position_json = [](const RecordPosition& position) {
    return ordered_json{{"file", position.file}, {"block", position.block}, {"offset_bytes", position.offset_bytes}};
  };
  ordered_json json;
  json["verdict"] = name_of(report.verdict);
  json["mode"] = "replay_decisions";
  json["records"] = report.records;
  json["events"] = report.events;
  json["inputs"] = report.inputs;
  json["outputs_recorded"] = report.outputs_recorded;
  json["outputs_replayed"] = report.outputs_replayed;
  json["outputs_different"] = report.outputs_different;
  json["outputs_cut_off"] = report.outputs_cut_off;
  json["runs"] = report.runs;
  json["stopped_early"] = report.stopped_early;
  json["digest_recorded"] = hex(report.digest_recorded);
  json["digest_replayed"] = hex(report.digest_replayed);
  if (report.elapsed_ns) json["elapsed_ms"] = *report.elapsed_ns / ns_per_ms;
  if (const auto rate = report.events_per_second()) json["events_per_second"] = *rate;
  json["differences"] = ordered_json::array();
  for (const Difference& difference : report.differences) {
    ordered_json entry{{"kind", name_of(difference.kind)},
                       {"position", position_json(difference.position)},
                       {"record", difference.record},
                       {"runtime_sequence", difference.runtime_sequence},
                       {"event", kind_text(difference.event)}};
    if (!difference.session.empty()) entry["session_id"] = difference.session;
    if (!difference.node.empty()) entry["node_id"] = difference.node;
    if (!difference.edge.empty()) entry["edge_id"] = difference.edge;
    if (!difference.field.empty()) entry["field"] = difference.field;
    entry["recorded"] = difference.recorded;
    entry["replayed"] = difference.replayed;
    json["differences"].push_back(std::move(entry));
  }
  json["gaps"] = ordered_json::array();
  for (const RecordGap& gap : report.gaps) {
    json["gaps"].push_back(
        {{"first_missing", gap.first_missing}, {"count", gap.count}, {"may_hold_events", gap.may_hold_events}});
  }
  json["damage"] = ordered_json::array();
  for (const Damage& damage : report.damage) {
    json["damage"].push_back(
        {{"position", position_json(damage.position)}, {"what", damage.what}, {"bytes", damage.bytes}});
  }
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace phalarope::replay
