#include "firmware_images/phalarope/conversation_report.hpp"

#include <fmt/format.h>

#include "firmware_images/phalarope/console.hpp"

namespace phalarope::program {
namespace {

using replay::ConversationLog;
using replay::TurnLog;

constexpr std::size_t words_shown_bytes_max = 34;

std::string milliseconds_text(std::optional<std::int64_t> span_ns) {
  if (!span_ns) return "-";
  return fmt::format("{:.1f} ms", static_cast<double>(*span_ns) / static_cast<double>(ns_per_ms));
}

std::string words_text(const TurnLog& turn) {
  if (turn.utterance_class == UtteranceClass::rejected) return "(not understood)";
  return turn.user_words.empty() ? "-" : shortened(turn.user_words);
}

std::string answer_text(const TurnLog& turn) {
  std::string text;
  for (const replay::AnswerSentence& sentence : turn.sentences) text += (text.empty() ? "" : " ") + sentence.text;
  return text.empty() ? "-" : shortened(text);
}

std::string heard_text(const TurnLog& turn) {
  if (turn.words.empty()) return "-";
  return fmt::format("{} of {}", turn.words_heard(), turn.words.size());
}

std::string end_text(const TurnLog& turn) {
  const std::string name = name_of(turn.terminal);
  if (turn.reason == Reason::none) return name;
  return name + " (" + name_of(turn.reason) + ")";
}

/// The interruption that ended the turn, else the last one.
const replay::Interruption* telling_interruption(const TurnLog& turn) {
  const replay::Interruption* last = nullptr;
  for (const replay::Interruption& interruption : turn.interruptions) {
    last = &interruption;
    if (interruption.verdict == replay::InterruptionVerdict::confirmed) return last;
  }
  return last;
}

std::optional<std::int64_t> fence_to_silence_ns(const replay::Interruption& interruption, std::int64_t rate_hz) {
  const auto samples = interruption.fence_to_silence_samples();
  if (!samples) return std::nullopt;
  return *samples * ns_per_second / rate_hz;
}

}  // namespace

std::string shortened(const std::string& text) {
  if (text.size() <= words_shown_bytes_max) return text;
  std::size_t cut = words_shown_bytes_max - 1;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0U) == 0x80U) --cut;  // not inside a code point
  return text.substr(0, cut) + "…";
}

std::string conversation_table(const ConversationLog& log) {
  std::vector<std::vector<std::string>> rows{
      {"turn", "heard", "answered", "end of speech", "suspicion", "confirm", "fence to", "words", "end"},
      {"", "", "", "to first sample", "to duck", "to fence", "last sample", "heard", ""}};
  for (const TurnLog& turn : log.turns) {
    std::vector<std::string> row{std::to_string(turn.number), words_text(turn), answer_text(turn),
                                 milliseconds_text(turn.response_ns())};
    if (const replay::Interruption* doubt = telling_interruption(turn)) {
      row.push_back(milliseconds_text(doubt->suspicion_to_duck_ns()));
      row.push_back(doubt->verdict == replay::InterruptionVerdict::dismissed
                        ? "dismissed"
                        : milliseconds_text(doubt->confirm_to_fence_ns()));
      row.push_back(milliseconds_text(fence_to_silence_ns(*doubt, log.sample_rate_hz)));
    } else {
      row.insert(row.end(), {"-", "-", "-"});
    }
    row.push_back(heard_text(turn));
    row.push_back(end_text(turn));
    rows.push_back(std::move(row));
  }
  return table(rows);
}

nlohmann::json conversation_json(const ConversationLog& log) {
  const auto number = [](std::optional<std::int64_t> value) {
    return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
  };
  nlohmann::json turns = nlohmann::json::array();
  for (const TurnLog& turn : log.turns) {
    nlohmann::json entry = {{"turn", turn.number},
                            {"heard", turn.user_words},
                            {"class", turn.utterance_class ? wire::EnumNameUtteranceClass(*turn.utterance_class) : ""},
                            {"end", name_of(turn.terminal)},
                            {"reason", name_of(turn.reason)},
                            {"response_ns", number(turn.response_ns())},
                            {"words_heard", turn.words_heard()},
                            {"words_spoken", turn.words.size()}};
    nlohmann::json sentences = nlohmann::json::array();
    for (const replay::AnswerSentence& sentence : turn.sentences) sentences.push_back(sentence.text);
    entry["answer"] = std::move(sentences);
    nlohmann::json doubts = nlohmann::json::array();
    for (const replay::Interruption& doubt : turn.interruptions) {
      doubts.push_back({{"verdict", replay::name_of(doubt.verdict)},
                        {"reason", name_of(doubt.verdict_reason)},
                        {"suspicion_to_duck_ns", number(doubt.suspicion_to_duck_ns())},
                        {"confirm_to_fence_ns", number(doubt.confirm_to_fence_ns())},
                        {"fence_to_silence_samples", number(doubt.fence_to_silence_samples())},
                        {"onset_to_silence_ns", number(doubt.onset_to_silence_ns(log.sample_rate_hz))}});
    }
    entry["interruptions"] = std::move(doubts);
    turns.push_back(std::move(entry));
  }
  return {{"session", log.names.session_id}, {"events", log.events}, {"turns", std::move(turns)}};
}

}  // namespace phalarope::program
