#include "core/library/tutor_session.hpp"

#include <algorithm>
#include <set>

#include "core/library/text_tools.hpp"

namespace phalarope::library {
namespace {

constexpr std::array<std::string_view, 22> general_phrases = {
    "hello",          "start lesson", "i am ready",      "good",
    "done",           "i have it",    "repeat that",     "skip this",
    "say that again", "pause lesson", "continue lesson", "go on",
    "finish lesson",  "i don't know", "i do not know",   "high",
    "medium",         "low",          "not sure",        "very sure",
    "i feel sure",    "practice more"};

/// Without a selection: what every library can do, targets and then recall (chain-library.md 10, "no selector error").
std::optional<Selection> without_selector(const Catalogue& catalogue) {
  const auto runnable = std::ranges::find_if(catalogue.chains, [&](const Chain& chain) {
    return std::ranges::any_of(chain.blocks,
                               [&](const Block& block) { return catalogue.method(block.method_id) != nullptr; });
  });
  if (runnable == catalogue.chains.end()) return std::nullopt;
  return Selection{.chain_id = runnable->id,
                   .chain_name = runnable->name,
                   .selected_blocks = method_ids(runnable->blocks),
                   .score = ScoreV1{},
                   .knob_overrides = {},
                   .run_blocks = method_ids(runnable->blocks)};
}

bool can_run(const Catalogue& catalogue, const Selection& selection) {
  return catalogue.chain(selection.chain_id) != nullptr &&
         std::ranges::any_of(selection.run_blocks,
                             [&](const std::string& id) { return catalogue.method(id) != nullptr; });
}

}  // namespace

SelectorInput input_for(const TopicPack& topic, const TutorMemory& memory) {
  SelectorInput input;
  input.assessment_mode = topic.assessment_mode;
  input.stage = "first_exposure";
  input.energy = memory.energy;
  input.time_available = memory.minutes;
  std::vector<ErrorRow> missed;
  for (const ErrorRow& row : memory.error_log) {
    if (at(row, ErrorColumn::topic_id) == topic.id) missed.push_back(row);
  }
  const auto earlier = memory.earlier_sessions.find(topic.id);
  if (earlier != memory.earlier_sessions.end() && earlier->second > 0) input.stage = "consolidation";
  if (missed.empty()) return input;
  input.stage = "review";
  input.prior_exposure_band = "familiar";
  input.recent_errors = dominant_errors(missed);
  std::map<std::string, std::size_t> modes;
  for (const ErrorRow& row : missed) ++modes[at(row, ErrorColumn::assessment_mode)];
  const auto most = std::ranges::max_element(modes, {}, [](const auto& mode) { return mode.second; });
  input.assessment_mode = most->first;
  return input;
}

TutorSession::TutorSession(TutorMaterial material, TutorMemory memory)
    : material_(std::move(material)), memory_(std::move(memory)) {}

TutorReply TutorSession::hear(const Heard& heard) {
  if (run_) return run_->hear(heard);
  const std::string words = heard_words(heard.text);
  for (const TopicPack& topic : material_.topics) {
    const bool named = std::ranges::any_of(topic.spoken_names, [&](const std::string& name) {
      return (" " + words + " ").find(" " + heard_words(name) + " ") != std::string::npos;
    });
    if (named) return start(topic);
  }
  return {which_topic(), false};
}

std::string TutorSession::which_topic() const {
  std::vector<std::string> titles;
  for (const TopicPack& topic : material_.topics) titles.push_back(topic.title);
  return "Which topic do you want to learn: " + joined(titles, ", or ") + "?";
}

TutorReply TutorSession::start(const TopicPack& topic) {
  TutorPlan plan;
  plan.input = input_for(topic, memory_);
  auto selection = material_.selector.select(memory_.policy, plan.input);
  const bool usable = selection && can_run(*material_.catalogue, *selection);
  const std::optional<Selection> chosen = usable ? std::optional(*selection) : without_selector(*material_.catalogue);
  if (!chosen) return {"The library has no chain that I could run.", true};
  plan.catalogue = material_.catalogue;
  plan.topic = topic;
  plan.selection = *chosen;
  for (const ErrorRow& row : memory_.error_log) {
    if (at(row, ErrorColumn::topic_id) == topic.id) plan.items_first.push_back(at(row, ErrorColumn::item_id));
  }
  run_.emplace(std::move(plan));
  return run_->begin();
}

std::map<std::string, std::string> TutorSession::pronunciations() const {
  std::map<std::string, std::string> all;
  for (const TopicPack& topic : material_.topics) all.insert(topic.pronunciations.begin(), topic.pronunciations.end());
  return all;
}

std::vector<std::string> TutorSession::phrases() const {
  std::set<std::string> all(general_phrases.begin(), general_phrases.end());
  const auto add = [&](const std::string& text) {
    if (std::string words = heard_words(text); !words.empty()) all.insert(std::move(words));
    all.insert(in_lower_case(text));
  };
  for (const TopicPack& topic : material_.topics) {
    for (const std::string& name : topic.spoken_names) add(name);
    for (const TopicItem& item : topic.items) {
      for (const std::string& answer : item.accept) add(answer);
      for (const auto& [answer, type] : item.error_on_miss) add(answer);
    }
  }
  return {all.begin(), all.end()};
}

}  // namespace phalarope::library
