// Conditions on edges. See edge_conditions.hpp.
#include "core/spec/edge_conditions.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace phalarope::spec {

namespace {

constexpr std::array<std::string_view, 6> utterance_names = {"undecided",   "words",    "back_channel",
                                                             "stop_phrase", "rejected", "empty"};
static_assert(utterance_names.size() == static_cast<std::size_t>(UtteranceClass::empty) + 1);
constexpr std::string_view confidence_field = "confidence_permille";
constexpr std::string_view utterance_field = "utterance";

std::string with_port(std::string_view port, std::string_view field) {
  return std::string(port) + "." + std::string(field);
}

/// The name under which a person wrote the field, `port.field` or `field`.
std::string written_name(MapReader& map, std::string_view port, std::string_view field,
                         std::vector<std::string>& keep) {
  keep.push_back(with_port(port, field));
  const std::string& long_name = keep.back();
  return !port.empty() && map.has(long_name) ? long_name : std::string(field);
}

void read_confidence(MapReader& when, const std::string& name, ValueRange& range) {
  auto map = when.map(name);
  if (!map) return;
  constexpr IntegerRange permille{.min = 0, .max = 1000};
  const ValueRange all = range;
  map->integer("at_least", range.min, permille);
  if (map->has("below") && map->has("at_most")) map->complain("below", "and at_most say it twice", "Keep one of them");
  map->integer("at_most", range.max, permille);
  std::int64_t below = range.max + 1;
  map->integer("below", below, {.min = 0, .max = 1001});
  range.max = std::min(range.max, below - 1);
  map->finish();
  if (!map->has("at_least") && !map->has("at_most") && !map->has("below")) {
    map->complain({}, "bounds nothing", "Give at_least, at_most or below");
  } else if (range == all) {
    map->complain({}, "always holds: the field runs from 0 to 1000", "Leave it out, or tighten it");
  } else if (range.empty()) {
    map->complain({}, "can never hold", "Let at_least be the smaller");
  }
}

}  // namespace

EdgeCondition read_condition(MapReader& map, std::string_view key, std::string_view port) {
  EdgeCondition condition;
  auto when = map.map(key);
  if (!when) return condition;
  // MapReader keeps views of the names it was asked for.
  std::vector<std::string> names;
  names.reserve(4);
  const std::string confidence = written_name(*when, port, confidence_field, names);
  const std::string utterance = written_name(*when, port, utterance_field, names);
  if (when->has(confidence)) read_confidence(*when, confidence, condition.confidence_permille);
  if (const auto chosen = when->choice(utterance, utterance_names)) {
    const auto value = static_cast<std::int64_t>(*chosen);
    condition.utterance_class = {.min = value, .max = value};
  }
  if (!when->has(confidence) && !when->has(utterance)) {
    when->complain({}, "asks nothing", "Give confidence_permille, utterance or both");
  }
  when->finish();
  return condition;
}

EdgeCondition both(const EdgeCondition& left, const EdgeCondition& right) {
  const auto meet = [](const ValueRange& a, const ValueRange& b) {
    return ValueRange{.min = std::max(a.min, b.min), .max = std::min(a.max, b.max)};
  };
  return {.confidence_permille = meet(left.confidence_permille, right.confidence_permille),
          .utterance_class = meet(left.utterance_class, right.utterance_class)};
}

std::string to_text(const EdgeCondition& condition) {
  std::string text;
  const EdgeCondition always;
  if (condition.confidence_permille != always.confidence_permille) {
    text = "confidence " + std::to_string(condition.confidence_permille.min) + ".." +
           std::to_string(condition.confidence_permille.max);
  }
  if (condition.utterance_class != always.utterance_class) {
    const auto name = static_cast<std::size_t>(condition.utterance_class.min);
    text += (text.empty() ? "" : ", ");
    text += "utterance " + std::string(name < utterance_names.size() ? utterance_names[name] : "?");
  }
  return text;
}

}  // namespace phalarope::spec
