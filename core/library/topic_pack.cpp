#include "core/library/topic_pack.hpp"

#include <algorithm>
#include <array>

#include "core/library/schema_reader.hpp"
#include "core/library/text_tools.hpp"
#include "core/library/yaml_value.hpp"

namespace phalarope::library {
namespace {

using Kind = YamlValue::Kind;

constexpr std::array<std::string_view, 9> fillers = {"um", "uh", "er", "well", "the", "a", "an", "please", "it's"};

struct ModeError {
  std::string_view mode;
  std::string_view error;
};
constexpr std::array<ModeError, 5> mode_errors = {{{"procedure", "Procedure"},
                                                   {"computation", "Computation"},
                                                   {"spatial", "Representation"},
                                                   {"classification", "Confusion"},
                                                   {"mechanism", "Rule"}}};

/// Reads one pack and remembers everything that is wrong with it.
class TopicReader {
 public:
  TopicReader(std::string file) : file_(std::move(file)) {}

  void read(const YamlValue& root, TopicPack& topic) {
    topic.id = text(root, "topic_id");
    topic.title = text(root, "title");
    topic.spoken_names = texts_of(root.find("spoken_names"));
    topic.spoken_names.push_back(topic.title);
    topic.assessment_mode = word(root, "assessment_mode", assessment_modes);
    each(root, "objectives", topic_objectives_max, [&](const YamlValue& objective) {
      topic.objectives.push_back({text(objective, "id"), text(objective, "text")});
    });
    each(root, "items", topic_items_max, [&](const YamlValue& item) { topic.items.push_back(read_item(item)); });
    if (const YamlValue* const words = root.find("pronunciations"); words != nullptr) {
      for (const YamlValue& word : words->entries) topic.pronunciations[word.key] = text(*words, word.key);
    }
    for (const TopicItem& item : topic.items) check_references(root, topic, item);
  }

  void complain(int line, std::string_view field, std::string_view what, std::string_view what_to_do) {
    complaints += file_ + ":" + std::to_string(line) + ": " + std::string(field) + ": " + std::string(what) + ". " +
                  std::string(what_to_do) + "\n";
  }

  std::string complaints;

 private:
  std::string text(const YamlValue& map, std::string_view field) {
    const YamlValue* const value = map.find(field);
    if (value != nullptr && value->is(Kind::text) && !trimmed(value->text).empty()) return value->text;
    complain(value == nullptr ? map.line : value->line, field, "a text is missing", "Write it, in quotes if need be");
    return {};
  }

  std::string word(const YamlValue& map, std::string_view field, Words words) {
    std::string said = text(map, field);
    if (!said.empty() && !holds(words, said)) {
      complain(map.find(field)->line, field, "'" + said + "' is not known", "Use one of " + joined(words, ", "));
    }
    return said;
  }

  template <typename Read>
  void each(const YamlValue& root, std::string_view field, std::size_t most, Read&& read) {
    const YamlValue* const list = root.find(field);
    if (list == nullptr || !list->is(Kind::list) || list->items.empty() || list->items.size() > most) {
      return complain(list == nullptr ? root.line : list->line, field, "must be a list of 1 to " + std::to_string(most),
                      "See conf/topics");
    }
    for (const YamlValue& item : list->items) read(item);
  }

  TopicItem read_item(const YamlValue& item) {
    TopicItem made;
    made.id = text(item, "item_id");
    made.objective_id = text(item, "objective_id");
    made.mode = word(item, "mode", assessment_modes);
    made.prompt = text(item, "prompt");
    made.accept = texts_of(item.find("accept"));
    made.keywords = texts_of(item.find("keywords"));
    made.confusable_with = texts_of(item.find("confusable_with"));
    if (made.accept.empty() && made.keywords.empty()) {
      complain(item.line, "accept", "no answer of " + made.id + " could be right", "List accepted answers or keywords");
    }
    if (const YamlValue* const errors = item.find("error_on_miss"); errors != nullptr) {
      for (const YamlValue& error : errors->entries) {
        if (!holds(error_types, error.text)) {
          complain(error.line, "error_on_miss", "'" + error.text + "' is no error type",
                   "Use one of " + joined(error_types, ", "));
        }
        made.error_on_miss[heard_words(error.key)] = error.text;
      }
    }
    return made;
  }

  void check_references(const YamlValue& root, const TopicPack& topic, const TopicItem& item) {
    if (std::ranges::find(topic.objectives, item.objective_id, &TopicObjective::id) == topic.objectives.end()) {
      complain(root.line, "objective_id", item.id + " names no objective of the topic", "Name one of them");
    }
    if (std::ranges::count(topic.items, item.id, &TopicItem::id) > 1) {
      complain(root.line, "item_id", item.id + " occurs twice", "Give each item its own id");
    }
    for (const std::string& other : item.confusable_with) {
      if (topic.item(other) == nullptr) {
        complain(root.line, "confusable_with", item.id + " names no item of the topic", "Name one of them");
      }
    }
  }

  std::string file_;
};

}  // namespace

const TopicItem* TopicPack::item(std::string_view wanted) const {
  const auto at = std::ranges::find(items, wanted, &TopicItem::id);
  return at == items.end() ? nullptr : &*at;
}

std::expected<TopicPack, std::string> parse_topic(std::string_view yaml, const std::string& file) {
  TopicReader reader(file);
  TopicPack topic;
  const auto parsed = parse_yaml(yaml);
  if (!parsed) {
    reader.complain(std::max(parsed.error().line, 1), "topic", parsed.error().what, parsed.error().what_to_do);
  } else {
    reader.read(parsed->root, topic);
  }
  if (!reader.complaints.empty()) return std::unexpected(std::move(reader.complaints));
  return topic;
}

std::string heard_words(std::string_view text) {
  std::string plain;
  for (const char c : in_lower_case(text)) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '\'' || (c & '\x80') != 0;
    plain += kept ? c : ' ';
  }
  std::vector<std::string> words;
  for (std::string_view rest = trimmed(plain); !rest.empty();) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, end);
    if (std::ranges::find(fillers, word) == fillers.end()) words.emplace_back(word);
    rest = trimmed(rest.substr(end));
  }
  return joined(words, " ");
}

bool is_right(const TopicItem& item, std::string_view answer) {
  const std::string heard = heard_words(answer);
  if (heard.empty()) return false;
  const auto equal = [&](const std::string& accepted) { return heard_words(accepted) == heard; };
  if (std::ranges::any_of(item.accept, equal)) return true;
  const std::string framed = " " + heard + " ";
  return !item.keywords.empty() && std::ranges::all_of(item.keywords, [&](const std::string& keyword) {
    return framed.find(" " + heard_words(keyword) + " ") != std::string::npos;
  });
}

std::string_view error_type_of(const TopicPack& topic, const TopicItem& item, std::string_view answer) {
  if (const auto named = item.error_on_miss.find(heard_words(answer)); named != item.error_on_miss.end()) {
    return named->second;
  }
  for (const std::string& other : item.confusable_with) {
    const TopicItem* const confused = topic.item(other);
    if (confused != nullptr && is_right(*confused, answer)) return "Confusion";
  }
  const auto by_mode = std::ranges::find(mode_errors, item.mode, &ModeError::mode);
  return by_mode == mode_errors.end() ? std::string_view("Recall") : by_mode->error;
}

}  // namespace phalarope::library
