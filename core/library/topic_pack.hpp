// TopicPack: what a tutor teaches: objectives, and items with the answers that count. The chain gives the order, the
// pack the content.
//
//   conf/topics/*.yaml ─▶ parse_topic ─▶ TopicPack     or every complaint as file:line: field: what. What to do
//
// An item is right when the answer equals an accepted one or holds all of its keywords; texts are compared as
// heard_words() leaves them: lower case, no punctuation, no fillers. Values; any thread.
// Contract: chain-library.md 15 ("Topic pack", "Scoring").
#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace phalarope::library {

constexpr std::size_t topic_items_max = 64;
constexpr std::size_t topic_objectives_max = 16;

struct TopicItem {
  std::string id;
  std::string objective_id;
  std::string mode;
  std::string prompt;
  std::vector<std::string> accept;
  std::vector<std::string> keywords;
  std::vector<std::string> confusable_with;          // item ids
  std::map<std::string, std::string> error_on_miss;  // answer -> error type
};

struct TopicObjective {
  std::string id;
  std::string text;
};

struct TopicPack {
  std::string id;
  std::string title;
  std::vector<std::string> spoken_names;  // what the learner may say to choose it; the title is one of them
  std::string assessment_mode;
  std::vector<TopicObjective> objectives;
  std::vector<TopicItem> items;
  std::map<std::string, std::string> pronunciations;  // word -> phones, for words that a dictionary lacks

  const TopicItem* item(std::string_view id) const;
};

/// One complaint a line.
std::expected<TopicPack, std::string> parse_topic(std::string_view yaml, const std::string& file);

/// `Um, the 30 compressions!` -> `30 compressions`.
std::string heard_words(std::string_view text);

/// Whether the answer is right for the item.
bool is_right(const TopicItem& item, std::string_view answer);

/// The error type of a miss; `answer` is empty when there was none.
std::string_view error_type_of(const TopicPack& topic, const TopicItem& item, std::string_view answer);

}  // namespace phalarope::library
