#include "firmware_images/phalarope/fork_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/replay/event_fields.hpp"
#include "core/replay/safe_text.hpp"
#include "firmware_images/phalarope/console.hpp"
#include "firmware_images/phalarope/conversation_report.hpp"

namespace phalarope::program {
namespace {

using Json = nlohmann::ordered_json;

std::string seconds(std::int64_t ns) { return fmt::format("{:.2f} s", static_cast<double>(ns) / 1e9); }

std::string words_of(const replay::LogEvent& decision) {
  std::string words(replay::kind_text(decision.event.kind));
  if (decision.event.reason != Reason::none)
    words += " (" + std::string(replay::reason_text(decision.event.reason)) + ")";
  if (decision.event.turn_number != 0) words += " of turn " + std::to_string(decision.event.turn_number);
  return words;
}

bool same(const replay::LogEvent& was, const replay::LogEvent& is) {
  return was.event.kind == is.event.kind && was.event.reason == is.event.reason &&
         was.event.turn_number == is.event.turn_number && was.event.mono_ns == is.event.mono_ns;
}

struct FirstDecision {
  std::int64_t at_ns = 0;
  std::string recorded = "nothing";
  std::string now = "nothing";
};

/// The first decision in which the two futures part, with its time.
std::optional<FirstDecision> first_decision(const ForkReport& report) {
  const auto& was = report.recorded.decisions;
  const auto& is = report.forked.decisions;
  for (std::size_t i = 0; i < std::max(was.size(), is.size()); ++i) {
    if (i < was.size() && i < is.size() && same(was[i], is[i])) continue;
    FirstDecision first;
    if (i < was.size()) first.recorded = words_of(was[i]) + " at " + seconds(was[i].event.mono_ns);
    if (i < is.size()) first.now = words_of(is[i]) + " at " + seconds(is[i].event.mono_ns);
    first.at_ns =
        std::min(i < was.size() ? was[i].event.mono_ns : INT64_MAX, i < is.size() ? is[i].event.mono_ns : INT64_MAX);
    return first;
  }
  return std::nullopt;
}

std::string answer_of(const replay::TurnLog& turn) {
  std::string text;
  for (const replay::AnswerSentence& sentence : turn.sentences) text += (text.empty() ? "" : " ") + sentence.text;
  return text;
}

std::string clock_text(const std::optional<std::int64_t>& ns) { return ns ? seconds(*ns) : "-"; }

std::string interruption_of(const replay::TurnLog& turn) {
  std::string text;
  for (const replay::Interruption& one : turn.interruptions) {
    text += (text.empty() ? "" : ", ") + std::string(replay::name_of(one.verdict)) + " " +
            seconds(one.verdict_ns.value_or(one.held_ns));
  }
  return text.empty() ? "-" : text;
}

std::string end_of(const replay::TurnLog& turn) {
  if (turn.terminal == EventKind::none) return "-";
  std::string text = name_of(turn.terminal);
  if (turn.reason != Reason::none) text += " (" + std::string(name_of(turn.reason)) + ")";
  return text + " " + clock_text(turn.terminal_ns);
}

std::vector<std::string> row_of(std::string_view turn, std::string_view whose, const replay::TurnLog* log) {
  if (log == nullptr) return {std::string(turn), std::string(whose), "(no such turn)", "", "", "", "", ""};
  return {std::string(turn),
          std::string(whose),
          log->user_words.empty() ? "-" : shortened(log->user_words),
          log->sentences.empty() ? "-" : shortened(answer_of(*log)),
          clock_text(log->first_sample_ns),
          interruption_of(*log),
          log->words.empty() ? "-" : fmt::format("{} of {}", log->words_heard(), log->words.size()),
          end_of(*log)};
}

std::set<std::uint32_t> turns_of(const ForkReport& report) {
  std::set<std::uint32_t> numbers;
  for (const auto* log : {&report.recorded, &report.forked}) {
    for (const replay::TurnLog& turn : log->turns) {
      if (turn.number >= report.first_turn) numbers.insert(turn.number);
    }
  }
  return numbers;
}

std::string futures(const ForkReport& report) {
  std::vector<std::vector<std::string>> rows{
      {"turn", "", "heard", "answered", "first sample", "interruption", "words", "end"}};
  for (const std::uint32_t number : turns_of(report)) {
    const auto was = row_of(std::to_string(number), "recorded", report.recorded.find_turn(number));
    auto is = row_of("", "fork", report.forked.find_turn(number));
    if (std::equal(was.begin() + 2, was.end(), is.begin() + 2)) is = {"", "fork", "(the same)", "", "", "", "", ""};
    rows.push_back(was);
    rows.push_back(std::move(is));
  }
  return table(rows);
}

Json number(const std::optional<std::int64_t>& value) { return value ? Json(*value) : Json(nullptr); }

Json cursor_of(const replay::ReplayCursor& cursor) { return Json::parse(replay::cursor_json(cursor)); }

}  // namespace

std::string fork_text(const ForkReport& report) {
  const replay::ForkOutcome& outcome = report.outcome;
  std::string text =
      fmt::format("fork at {} ({})\n", replay::harmless(to_text(report.cursor), false), seconds(report.point_ns));
  text += fmt::format("  plan       {:.12} -> {:.12}\n", report.plan_hash, report.forked_plan_hash);
  for (const std::string& change : report.changes) text += "  change     " + replay::harmless(change, false) + "\n";
  if (report.changes.empty()) text += "  change     none\n";
  text += fmt::format("  past       {} outputs, every one as recorded\n", outcome.past_outputs);
  text += fmt::format("  shared     {} outputs more, as recorded\n", outcome.shared_outputs);
  if (outcome.first) {
    text += fmt::format("  differs    {}: {} was recorded, now {}\n", seconds(outcome.first->at_ns),
                        outcome.first->recorded.empty() ? "nothing" : outcome.first->recorded,
                        outcome.first->now.empty() ? "nothing" : outcome.first->now);
  }
  if (const auto first = first_decision(report)) {
    text += "  decision   " + first->recorded + " was recorded; now " + first->now + "\n";
  } else {
    text += "  decision   none differs\n";
  }
  for (const std::string& note : outcome.notes) {
    text += fmt::format("  world      from {} on: {}\n", clock_text(outcome.world_valid_until_ns),
                        replay::harmless(note, false));
  }
  if (!outcome.stopped.empty()) {
    text += fmt::format("  stops      {}: {}\n", clock_text(outcome.world_valid_until_ns),
                        replay::harmless(outcome.stopped, false));
  }
  text += "\n" + futures(report) + "\n";
  if (!report.recorded_sound.empty()) text += "hear then  " + report.recorded_sound + "\n";
  if (!report.forked_sound.empty()) text += "hear now   " + report.forked_sound + "\n";
  return text + "prove it   phalarope replay " + report.recording + "\n";
}

Json fork_json(const ForkReport& report) {
  const replay::ForkOutcome& outcome = report.outcome;
  Json json = {{"cursor", cursor_of(report.cursor)},
               {"at_ns", report.point_ns},
               {"plan_hash", report.plan_hash},
               {"forked_plan_hash", report.forked_plan_hash},
               {"changes", report.changes},
               {"past_outputs", outcome.past_outputs},
               {"shared_outputs", outcome.shared_outputs},
               {"live_steps", outcome.live_steps},
               {"world_valid_until_ns", number(outcome.world_valid_until_ns)},
               {"notes", outcome.notes},
               {"stopped", outcome.stopped},
               {"to_first_difference_ns", report.to_first_difference_ns},
               {"elapsed_ns", report.elapsed_ns}};
  if (outcome.first) {
    json["first_difference"] = {{"at_ns", outcome.first->at_ns},
                                {"field", outcome.first->field},
                                {"recorded", outcome.first->recorded},
                                {"now", outcome.first->now}};
  }
  if (const auto first = first_decision(report)) {
    json["first_decision"] = {{"at_ns", first->at_ns}, {"recorded", first->recorded}, {"now", first->now}};
  }
  json["recorded"] = conversation_json(report.recorded);
  json["fork"] = conversation_json(report.forked);
  json["comparison"] = Json::parse(replay::report_json(report.comparison));
  json["files"] = {
      {"recording", report.recording}, {"recorded_sound", report.recorded_sound}, {"fork_sound", report.forked_sound}};
  return json;
}

}  // namespace phalarope::program
