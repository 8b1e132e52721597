#include "core/replay/comparison_report.hpp"

#include <nlohmann/json.hpp>
#include <span>

#include "core/engine/plan/plan_names.hpp"

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

}  // namespace

std::string comparison_json(const ComparisonResult& result, const PolicyVerdict& verdict) {
  const auto plain = [](const Divergence& divergence) { return to_json(divergence); };
  const auto missing = [](const Expectation& expectation) { return to_json(expectation); };
  Json json = {{"divergences", list_of(std::span<const Divergence>(result.divergences), plain)},
               {"failing", list_of(std::span<const Divergence>(verdict.failing), judged_to_json)},
               {"unexplained", list_of(std::span<const Divergence>(verdict.unexplained), judged_to_json)},
               {"missing_expected", list_of(std::span<const Expectation>(verdict.missing_expected), missing)},
               {"pass", verdict.passes()}};
  if (result.cursor) json["cursor"] = to_json(*result.cursor);
  // A recording may hold bytes that are no UTF-8; a report shows them as replacement characters.
  constexpr int on_one_line = -1;
  constexpr bool escape_beyond_ascii = false;
  return json.dump(on_one_line, ' ', escape_beyond_ascii, Json::error_handler_t::replace);
}

}  // namespace phalarope::replay
