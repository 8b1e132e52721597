// Writes the grammar. See intents_grammar.hpp.
#include "hal/speech/intents_grammar.hpp"

#include <set>
#include <string_view>

namespace phalarope::hal {
namespace {

/// A bare "two" or "the kitchen" is rare and short: unweighted it would be heard in every grunt.
constexpr std::string_view slot_answer_weight = "/0.02/";

void append_part(std::string& out, const PhrasePart& part) {
  switch (part.kind) {
    case PhrasePart::Kind::word:
      out.append(part.text).append(" ");
      return;
    case PhrasePart::Kind::slot:
      out.append("<slot_").append(part.text).append("> ");
      return;
    case PhrasePart::Kind::sequence:
      for (const PhrasePart& one : part.parts) append_part(out, one);
      return;
    case PhrasePart::Kind::optional:
      out.append("[ ");
      append_part(out, part.parts.front());
      out.append("] ");
      return;
    case PhrasePart::Kind::alternatives:
      out.append("( ");
      for (std::size_t i = 0; i < part.parts.size(); ++i) {
        if (i != 0) out.append("| ");
        append_part(out, part.parts[i]);
      }
      out.append(") ");
      return;
  }
}

void append_rule(std::string& out, std::string_view name, const std::vector<std::string>& choices) {
  if (choices.empty()) return;
  out.append("<").append(name).append("> = ");
  for (std::size_t i = 0; i < choices.size(); ++i) out.append(i == 0 ? "" : "| ").append(choices[i]).append(" ");
  out.append(";\n");
}

std::set<std::string> asked_slots(const Intents& intents) {
  std::set<std::string> names;
  for (const Intent& intent : intents.intents) {
    for (const auto& [slot, question] : intent.ask) names.insert(slot);
  }
  return names;
}

void collect(std::set<std::string>& words, std::string_view text) {
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    if (space > 0) words.emplace(text.substr(0, space));
    text.remove_prefix(std::min(space + 1, text.size()));
  }
}

void collect(std::set<std::string>& words, const PhrasePart& part) {
  if (part.kind == PhrasePart::Kind::word) words.insert(part.text);
  for (const PhrasePart& one : part.parts) collect(words, one);
}

}  // namespace

std::string jsgf_grammar(const Intents& intents) {
  std::string out = "#JSGF V1.0;\ngrammar intents;\n";
  for (const auto& [name, slot] : intents.slots) {
    std::vector<std::string> spoken;
    for (const SlotValue& value : slot.values) spoken.push_back(value.spoken);
    append_rule(out, "slot_" + name, spoken);
  }
  std::vector<std::string> commands;
  for (const Intent& intent : intents.intents) {
    for (const PhrasePart& phrase : intent.phrases) append_part(commands.emplace_back(), phrase);
  }
  std::vector<std::string> answers;
  for (const std::string& name : asked_slots(intents)) {
    answers.push_back(std::string("[ in ] [ the ] <slot_").append(name).append(">"));
  }
  append_rule(out, "command", commands);
  append_rule(out, "slot_answer", answers);
  append_rule(out, "back_channel", intents.back_channel);
  append_rule(out, "stop_phrase", intents.stop_phrases);
  std::vector<std::string> choices;
  if (!intents.back_channel.empty()) choices.emplace_back("<back_channel> [ <back_channel> ]");
  if (!intents.stop_phrases.empty()) choices.emplace_back("<stop_phrase>");
  if (!commands.empty()) choices.emplace_back("<command>");
  if (!answers.empty()) choices.push_back(std::string(slot_answer_weight).append(" <slot_answer>"));
  // JSGF wants a weight on every choice or on none.
  for (std::string& choice : choices) {
    if (!answers.empty() && !choice.starts_with('/')) choice.insert(0, "/1.0/ ");
  }
  append_rule(out, "utterance", choices);
  const std::size_t at = out.rfind("<utterance> =");
  if (at != std::string::npos) out.insert(at, "public ");
  return out;
}

std::vector<std::string> grammar_words(const Intents& intents) {
  std::set<std::string> words;
  for (const auto& [name, slot] : intents.slots) {
    for (const SlotValue& value : slot.values) collect(words, value.spoken);
  }
  for (const Intent& intent : intents.intents) {
    for (const PhrasePart& phrase : intent.phrases) collect(words, phrase);
  }
  for (const std::string& phrase : intents.back_channel) collect(words, phrase);
  for (const std::string& phrase : intents.stop_phrases) collect(words, phrase);
  if (!asked_slots(intents).empty()) collect(words, std::string_view("in the"));
  return {words.begin(), words.end()};
}

}  // namespace phalarope::hal
