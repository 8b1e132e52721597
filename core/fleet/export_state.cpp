#include "core/fleet/export_state.hpp"

#include <nlohmann/json.hpp>

namespace phalarope::fleet {
namespace {

using Json = nlohmann::ordered_json;

/// A member that is no whole number from 0 on is not there.
template <typename Number>
void take(const Json& from, const char* name, Number& to) {
  const auto found = from.find(name);
  if (found != from.end() && found->is_number_unsigned()) to = found->get<Number>();
}

std::string text_of(const Json& from, const char* name) {
  const auto found = from.find(name);
  return found != from.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string to_json(const ExportState& state) {
  const Json json = {{"schema_version", export_state_schema},
                     {"recording_id", state.recording_id},
                     {"segment_number", state.point.segment_number},
                     {"sequence", state.point.sequence},
                     {"unacknowledged", state.unacknowledged},
                     {"behind", state.behind},
                     {"sink", state.sink},
                     {"updated_at_ms", state.updated_at_ms},
                     {"stats",
                      {{"enqueued", state.stats.enqueued},
                       {"dropped", state.stats.dropped},
                       {"exported", state.stats.exported},
                       {"retries", state.stats.retries},
                       {"failures", state.stats.failures},
                       {"queue_depth", state.stats.queue_depth},
                       {"caught_up", state.catch_up.caught_up},
                       {"duplicates", state.catch_up.duplicates},
                       {"evicted", state.catch_up.evicted},
                       {"passes", state.catch_up.passes}}},
                     {"lag_ms", state.lag_ms},
                     {"last_error", state.last_error}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::optional<ExportState> read_export_state(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || text_of(json, "schema_version") != export_state_schema) return std::nullopt;
  ExportState state;
  state.recording_id = text_of(json, "recording_id");
  if (state.recording_id.empty()) return std::nullopt;
  take(json, "segment_number", state.point.segment_number);
  take(json, "sequence", state.point.sequence);
  take(json, "unacknowledged", state.unacknowledged);
  const auto behind = json.find("behind");
  state.behind = behind != json.end() && behind->is_boolean() && behind->get<bool>();
  state.sink = text_of(json, "sink");
  take(json, "updated_at_ms", state.updated_at_ms);
  take(json, "lag_ms", state.lag_ms);
  state.last_error = text_of(json, "last_error");
  const auto stats = json.find("stats");
  if (stats == json.end() || !stats->is_object()) return state;
  take(*stats, "enqueued", state.stats.enqueued);
  take(*stats, "dropped", state.stats.dropped);
  take(*stats, "exported", state.stats.exported);
  take(*stats, "retries", state.stats.retries);
  take(*stats, "failures", state.stats.failures);
  take(*stats, "queue_depth", state.stats.queue_depth);
  take(*stats, "caught_up", state.catch_up.caught_up);
  take(*stats, "duplicates", state.catch_up.duplicates);
  take(*stats, "evicted", state.catch_up.evicted);
  take(*stats, "passes", state.catch_up.passes);
  return state;
}

}  // namespace phalarope::fleet
