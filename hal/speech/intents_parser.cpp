// Reads intents YAML strictly: every field is known or is an error with file:line:field and the nearest known name.
//
//   language, not_understood, action_failed: text        back_channel, stop_phrases: list of phrases
//   pronunciations: {word: PHONES}                        slots: {name: [values] | {from, to} | {values: {spoken:
//   value}}} intents: list of {name, phrases, answer | answers, ask, defaults, follow_up, after, failed, action}
//   action: {program: [argv...] | http: {method, url, body}, timeout_ms, required}
//
// Faults are collected, so that one run shows them all (at most faults_max). yaml-cpp's exceptions end here.
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <set>
#include <utility>

#include "core/spec/document.hpp"
#include "hal/speech/intents.hpp"
#include "hal/speech/intents_matcher.hpp"
#include "hal/speech/number_words.hpp"
#include "hal/speech/phrase_template.hpp"

namespace phalarope::hal {
namespace {

constexpr std::size_t faults_max = 20;
constexpr std::size_t name_bytes_max = 64;

/// Edits from one word to another; only as good as a suggestion needs.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t j = 0; j <= right.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t changed = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[right.size()];
}

using Fields = std::initializer_list<std::string_view>;

std::string nearest(std::string_view name, Fields known) {
  const std::string_view shown = name.substr(0, name_bytes_max);
  const auto best = std::ranges::min_element(known, {}, [&](std::string_view one) { return distance(shown, one); });
  if (distance(shown, *best) <= std::max<std::size_t>(2, shown.size() / 2)) {
    return "is not a field here; did you mean '" + std::string(*best) + "'?";
  }
  std::string list = "is not a field here; known are";
  for (const std::string_view one : known) list.append(" ").append(one);
  return list;
}

bool has_intent(const Intents& intents, std::string_view name) {
  return std::ranges::find(intents.intents, name, &Intent::name) != intents.intents.end();
}

class IntentsReader {
 public:
  IntentsReader(std::string_view file, Intents& into, std::vector<IntentsError>& faults)
      : file_(file), into_(into), faults_(faults) {}

  void read(const YAML::Node& root) {
    if (!fields(root, "",
                {"format", "language", "not_understood", "action_failed", "back_channel", "stop_phrases",
                 "pronunciations", "slots", "intents"})) {
      return;
    }
    if (!root["format"] || text(root["format"], "format", name_bytes_max) != "phalarope-intents/v1") {
      fault(root, "format", "must be 'phalarope-intents/v1'");
    }
    if (root["language"]) into_.language = text(root["language"], "language", name_bytes_max);
    if (root["not_understood"]) into_.not_understood = text(root["not_understood"], "not_understood", answer_bytes_max);
    if (root["action_failed"]) into_.action_failed = text(root["action_failed"], "action_failed", answer_bytes_max);
    if (root["back_channel"]) into_.back_channel = spoken_list(root["back_channel"], "back_channel");
    if (root["stop_phrases"]) into_.stop_phrases = spoken_list(root["stop_phrases"], "stop_phrases");
    if (root["pronunciations"]) read_pronunciations(root["pronunciations"]);
    if (root["slots"]) read_slots(root["slots"]);
    if (root["intents"]) read_intent_list(root["intents"]);
  }

  void fault(const YAML::Node& node, std::string field, std::string sentence) {
    if (faults_.size() >= faults_max) return;
    faults_.push_back({file_, node.Mark().line + 1, std::move(field), std::move(sentence)});
  }

 private:
  /// True when `node` is a map with known fields, each once.
  bool fields(const YAML::Node& node, const std::string& where, Fields known) {
    if (!node.IsMap()) {
      fault(node, where.empty() ? "(file)" : where, "must be a map of fields");
      return false;
    }
    std::set<std::string> seen;
    for (const auto& pair : node) {
      const std::string name = pair.first.IsScalar() ? pair.first.Scalar() : "(not a name)";
      std::string field = where;
      if (!field.empty()) field += '.';
      field += name;
      if (std::ranges::find(known, name) == known.end()) fault(pair.first, field, nearest(name, known));
      if (!seen.insert(name).second) fault(pair.first, field, "is given twice; keep one");
    }
    return true;
  }

  std::string text(const YAML::Node& node, const std::string& field, std::size_t bytes_max) {
    if (!node.IsScalar() || node.Scalar().empty()) {
      fault(node, field, "must be a text");
      return {};
    }
    if (node.Scalar().size() > bytes_max) {
      fault(node, field, "is longer than " + std::to_string(bytes_max) + " bytes");
      return {};
    }
    return node.Scalar();
  }

  std::vector<std::string> texts(const YAML::Node& node, const std::string& field, std::size_t items_max,
                                 std::size_t bytes_max) {
    std::vector<std::string> list;
    if (!node.IsSequence() || node.size() == 0) {
      fault(node, field, "must be a list with at least one text");
      return list;
    }
    if (node.size() > items_max) {
      fault(node, field, "has more than " + std::to_string(items_max) + " items");
      return list;
    }
    for (const auto& item : node) list.push_back(text(item, field, bytes_max));
    return list;
  }

  /// Plain words only, as they are said.
  std::string spoken(const YAML::Node& node, const std::string& field) {
    const std::string said = text(node, field, phrase_bytes_max);
    std::string words;
    for (const std::string& word : normalise_words(said)) words.append(words.empty() ? "" : " ").append(word);
    if (!said.empty() && words.empty()) fault(node, field, "has no word that can be said");
    return words;
  }

  std::vector<std::string> spoken_list(const YAML::Node& node, const std::string& field) {
    std::vector<std::string> list;
    if (!node.IsSequence() || node.size() > slot_values_max) {
      fault(node, field, "must be a list of at most " + std::to_string(slot_values_max) + " phrases");
      return list;
    }
    for (const auto& item : node) list.push_back(spoken(item, field));
    return list;
  }

  void read_pronunciations(const YAML::Node& node) {
    if (!node.IsMap() || node.size() > slot_values_max) {
      return fault(node, "pronunciations", "must be a map of word: PHONES");
    }
    for (const auto& pair : node) {
      const std::string word = spoken(pair.first, "pronunciations");
      const std::string phones = text(pair.second, "pronunciations." + word, phrase_bytes_max);
      const bool plain = std::ranges::all_of(phones, [](char c) { return c == ' ' || (c >= 'A' && c <= 'Z'); });
      if (!plain)
        fault(pair.second, "pronunciations." + word, "must be phones such as 'M HH AH M'");
      else
        into_.pronunciations[word] = phones;
    }
  }

  void read_slots(const YAML::Node& node) {
    if (!node.IsMap()) return fault(node, "slots", "must be a map of slots by name");
    for (const auto& pair : node) {
      const std::string name = text(pair.first, "slots", name_bytes_max);
      const std::string field = "slots." + name;
      const bool plain = std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
      if (!plain) fault(pair.first, field, "must be named in lower-case letters and underscores");
      Slot slot{name, {}};
      if (pair.second.IsSequence()) {
        for (const std::string& value : spoken_list(pair.second, field)) slot.values.push_back({value, value});
      } else {
        read_slot_map(pair.second, field, slot);
      }
      if (slot.values.empty()) fault(pair.second, field, "has no value");
      if (slot.values.size() > slot_values_max) fault(pair.second, field, "has more than 256 values; narrow it");
      into_.slots[name] = std::move(slot);
      if (into_.slots.size() > slots_max) return fault(pair.first, field, "is one slot too many (32)");
    }
  }

  void read_slot_map(const YAML::Node& node, const std::string& field, Slot& slot) {
    if (!fields(node, field, {"from", "to", "step", "values"})) return;
    if (node["values"]) {
      if (!node["values"].IsMap()) return fault(node["values"], field + ".values", "must be a map of spoken: value");
      for (const auto& pair : node["values"]) {
        slot.values.push_back({spoken(pair.first, field), text(pair.second, field + ".values", phrase_bytes_max)});
      }
      return;
    }
    const std::int64_t from = number(node["from"], node, field + ".from", 0, spoken_number_max, -1);
    const std::int64_t to = number(node["to"], node, field + ".to", 0, spoken_number_max, -1);
    const std::int64_t step = node["step"] ? number(node["step"], node, field + ".step", 1, spoken_number_max, 1) : 1;
    if (from < 0 || to < 0) return;
    if (from > to) return fault(node, field, "goes from a number to a smaller one");
    for (std::int64_t value = from; value <= to; value += step) {
      slot.values.push_back({number_words(value), std::to_string(value)});
    }
  }

  std::int64_t number(const YAML::Node& node, const YAML::Node& parent, const std::string& field, std::int64_t low,
                      std::int64_t high, std::int64_t otherwise) {
    std::int64_t value = otherwise;
    if (node && node.IsScalar() && YAML::convert<std::int64_t>::decode(node, value) && value >= low && value <= high) {
      return value;
    }
    fault(node ? node : parent, field, "must be a number from " + std::to_string(low) + " to " + std::to_string(high));
    return otherwise;
  }

  void read_intent_list(const YAML::Node& node) {
    if (!node.IsSequence()) return fault(node, "intents", "must be a list");
    for (const auto& item : node) {
      if (into_.intents.size() >= intents_max) return fault(item, "intents", "are more than 256");
      Intent intent = read_intent(item);
      const bool taken = has_intent(into_, intent.name);
      if (taken) fault(item, "intents." + intent.name, "has the name of an earlier intent");
      into_.intents.push_back(std::move(intent));
    }
  }

  Intent read_intent(const YAML::Node& node) {
    Intent intent;
    intent.file = file_;
    intent.line = node.Mark().line + 1;
    if (!fields(
            node, "intents[]",
            {"name", "phrases", "answer", "answers", "ask", "defaults", "follow_up", "after", "failed", "action"})) {
      return intent;
    }
    if (!node["name"])
      fault(node, "intents[].name", "is missing; give the intent a name");
    else
      intent.name = text(node["name"], "intents[].name", name_bytes_max);
    const std::string where = "intents." + intent.name;
    if (!node["phrases"])
      fault(node, where + ".phrases", "is missing; say how people say it");
    else
      read_phrases(node["phrases"], where + ".phrases", intent);
    if (node["answer"]) intent.answers.push_back(text(node["answer"], where + ".answer", answer_bytes_max));
    if (node["answers"]) {
      intent.answers = texts(node["answers"], where + ".answers", intent_answers_max, answer_bytes_max);
    }
    if (!!node["answer"] == !!node["answers"]) fault(node, where + ".answer", "needs one of 'answer' and 'answers'");
    if (node["ask"]) intent.ask = text_map(node["ask"], where + ".ask");
    if (node["defaults"]) intent.defaults = text_map(node["defaults"], where + ".defaults");
    if (node["follow_up"]) intent.follow_up = text(node["follow_up"], where + ".follow_up", answer_bytes_max);
    if (node["after"]) intent.after = texts(node["after"], where + ".after", intents_max, name_bytes_max);
    if (node["failed"]) intent.failed = text(node["failed"], where + ".failed", answer_bytes_max);
    if (node["action"]) read_action(node["action"], where + ".action", intent.action);
    return intent;
  }

  void read_phrases(const YAML::Node& node, const std::string& field, Intent& intent) {
    intent.phrase_texts = texts(node, field, intent_phrases_max, phrase_bytes_max);
    for (std::size_t i = 0; i < intent.phrase_texts.size(); ++i) {
      if (intent.phrase_texts[i].empty()) continue;
      auto phrase = parse_phrase(intent.phrase_texts[i]);
      if (phrase)
        intent.phrases.push_back(std::move(*phrase));
      else
        fault(node[i], field, "'" + intent.phrase_texts[i] + "' " + phrase.error());
    }
  }

  std::map<std::string, std::string> text_map(const YAML::Node& node, const std::string& field) {
    std::map<std::string, std::string> map;
    if (!node.IsMap() || node.size() > slots_max) {
      fault(node, field, "must be a map of slot: text");
      return map;
    }
    for (const auto& pair : node) {
      map[text(pair.first, field, name_bytes_max)] = text(pair.second, field, answer_bytes_max);
    }
    return map;
  }

  void read_action(const YAML::Node& node, const std::string& field, Action& action) {
    if (!fields(node, field, {"program", "http", "timeout_ms", "required"})) return;
    if (!!node["program"] == !!node["http"]) fault(node, field, "needs one of 'program' and 'http'");
    if (node["program"]) {
      action.kind = Action::Kind::program;
      action.arguments = texts(node["program"], field + ".program", action_arguments_max, answer_bytes_max);
      const bool absolute = !action.arguments.empty() && action.arguments.front().starts_with('/');
      if (!absolute) fault(node["program"], field + ".program", "must start with the program's absolute path");
    }
    if (node["http"] && fields(node["http"], field + ".http", {"method", "url", "body"})) {
      action.kind = Action::Kind::http;
      const YAML::Node& http = node["http"];
      action.method = http["method"] ? text(http["method"], field + ".http.method", name_bytes_max) : "POST";
      if (http["url"]) action.url = text(http["url"], field + ".http.url", answer_bytes_max);
      if (http["body"]) action.body = text(http["body"], field + ".http.body", answer_bytes_max);
      const bool known = action.method == "GET" || action.method == "POST" || action.method == "PUT";
      if (!known) fault(http, field + ".http.method", "must be GET, POST or PUT");
      const bool web = action.url.starts_with("http://") || action.url.starts_with("https://");
      if (!web) fault(http, field + ".http.url", "must start with http:// or https://");
    }
    if (node["timeout_ms"]) {
      action.timeout_ms =
          number(node["timeout_ms"], node, field + ".timeout_ms", 1, action_timeout_ms_max, action_timeout_ms_default);
    }
    if (node["required"] && !YAML::convert<bool>::decode(node["required"], action.required)) {
      fault(node["required"], field + ".required", "must be true or false");
    }
  }

  std::string file_;
  Intents& into_;
  std::vector<IntentsError>& faults_;
};

/// Rules that only hold over all files: slots exist, `after` names intents, no phrase has two classes.
class IntentsCheck {
 public:
  IntentsCheck(const Intents& intents, std::vector<IntentsError>& faults) : intents_(intents), faults_(faults) {}

  void run() {
    for (const Intent& intent : intents_.intents) {
      for (const PhrasePart& phrase : intent.phrases) check_slots(intent, phrase);
      for (const auto& [slot, question] : intent.ask) check_slot(intent, slot, "ask");
      for (const auto& [slot, value] : intent.defaults) check_slot(intent, slot, "defaults");
      for (const std::string& name : intent.after) {
        if (!has_intent(intents_, name))
          fault(intent, "after", "names the intent '" + name + "', which does not exist");
      }
    }
    for (const std::string& phrase : intents_.back_channel) check_class(phrase, "back_channel");
    for (const std::string& phrase : intents_.stop_phrases) check_class(phrase, "stop_phrases");
    if (intents_.not_understood.empty() && faults_.empty()) {
      faults_.push_back({"", 0, "not_understood", "is missing; say what the board answers when it did not understand"});
    }
  }

 private:
  void fault(const Intent& intent, std::string_view field, std::string sentence) {
    if (faults_.size() >= faults_max) return;
    faults_.push_back(
        {intent.file, intent.line, "intents." + intent.name + "." + std::string(field), std::move(sentence)});
  }
  void check_slot(const Intent& intent, const std::string& name, std::string_view field) {
    if (!intents_.slots.contains(name)) fault(intent, field, "names the slot '" + name + "', which is not in 'slots'");
  }
  void check_slots(const Intent& intent, const PhrasePart& part) {
    if (part.kind == PhrasePart::Kind::slot) check_slot(intent, part.text, "phrases");
    for (const PhrasePart& one : part.parts) check_slots(intent, one);
  }
  void check_class(const std::string& phrase, std::string_view field) {
    for (const Intent& intent : intents_.intents) {
      if (!intent.after.empty()) continue;
      Intents alone;
      alone.slots = intents_.slots;
      alone.intents = {intent};
      const auto match = match_intent(alone, phrase, "");
      if (match) fault(intent, "phrases", "can be said as '" + phrase + "', which is in '" + std::string(field) + "'");
    }
  }

  const Intents& intents_;
  std::vector<IntentsError>& faults_;
};

void read_text(std::string_view yaml, std::string_view name, Intents& into, std::vector<IntentsError>& faults) {
  if (yaml.size() > intents_file_bytes_max) {
    faults.push_back({std::string(name), 1, "(file)", "is larger than 256 KiB; split it"});
    return;
  }
  IntentsReader reader(name, into, faults);
  try {
    reader.read(YAML::Load(std::string(yaml)));
  } catch (const YAML::Exception& error) {
    faults.push_back({std::string(name), error.mark.line + 1, "(yaml)", error.msg});
  }
}

IntentsResult finish(Intents&& intents, std::vector<IntentsError>&& faults) {
  if (faults.empty()) IntentsCheck(intents, faults).run();
  if (!faults.empty()) return refuse(std::move(faults));
  return std::move(intents);
}

}  // namespace

std::string IntentsError::text() const { return file + ":" + std::to_string(line) + ": " + field + ": " + sentence; }

IntentsResult parse_intents(std::string_view yaml, std::string_view name) {
  Intents intents;
  std::vector<IntentsError> faults;
  read_text(yaml, name, intents, faults);
  return finish(std::move(intents), std::move(faults));
}

IntentsResult read_intents(const std::vector<std::string>& paths) {
  Intents intents;
  std::vector<IntentsError> faults;
  for (const std::string& path : paths) {
    spec::Diagnostics unreadable;
    const std::string text = spec::read_text_file(path, unreadable);
    if (!unreadable.empty()) {
      faults.push_back({path, 0, "(file)", "cannot be read; check the path and its permissions"});
      continue;
    }
    read_text(text, path, intents, faults);
  }
  return finish(std::move(intents), std::move(faults));
}

}  // namespace phalarope::hal
