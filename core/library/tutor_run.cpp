// How a session goes from block to block. Gates and actions stand in tutor_gates.cpp. See tutor_run.hpp.
#include "core/library/tutor_run.hpp"

#include <algorithm>

#include "core/engine/base/enforce.hpp"
#include "core/library/runtime_stage.hpp"
#include "core/library/schema_reader.hpp"
#include "core/library/text_tools.hpp"

namespace phalarope::library {
namespace {

enum class Command : std::uint8_t { none, repeat, skip, pause, go_on, finish, unknown_answer };
struct CommandRow {
  std::string_view phrase;
  Command command;
};
/// What the learner may say in every step, as heard_words() leaves it.
constexpr std::array<CommandRow, 12> commands = {{{"repeat", Command::repeat},
                                                  {"repeat that", Command::repeat},
                                                  {"say that again", Command::repeat},
                                                  {"skip", Command::skip},
                                                  {"skip this", Command::skip},
                                                  {"pause", Command::pause},
                                                  {"pause lesson", Command::pause},
                                                  {"go on", Command::go_on},
                                                  {"continue lesson", Command::go_on},
                                                  {"finish lesson", Command::finish},
                                                  {"i don't know", Command::unknown_answer},
                                                  {"i do not know", Command::unknown_answer}}};
struct ConfidenceRow {
  std::string_view word;
  std::string_view tag;
};
constexpr std::array<ConfidenceRow, 4> confidence_words = {
    {{"high", "H"}, {"medium", "M"}, {"low", "L"}, {"not sure", "L"}}};

constexpr std::array<std::string_view, 3> exit_questions = {"Before we end: say in one sentence what you keep.",
                                                            "What is still the muddiest point?",
                                                            "What will you do next with it?"};

/// Minutes per item: an answer later than 45 seconds is a miss, and it is answered in a few words.
constexpr std::size_t items_per_minute = 1;
constexpr std::size_t questions_read_out = 2;

Command command_in(std::string_view text) {
  const std::string heard = heard_words(text);
  const auto row = std::ranges::find(commands, heard, &CommandRow::phrase);
  return row == commands.end() ? Command::none : row->command;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

}  // namespace

TutorRun::TutorRun(TutorPlan plan) : plan_(std::move(plan)), blocks_(plan_.selection.run_blocks) {
  chain_ = plan_.catalogue->chain(plan_.selection.chain_id);
  dependency_fixed_ = plan_.selection.dependency_fix_applied;
  std::erase_if(blocks_, [&](const std::string& id) { return plan_.catalogue->method(id) == nullptr; });
  PHAL_ENFORCE(chain_ != nullptr && !blocks_.empty(), "a run is started with a chain that has blocks");
}

TutorReply TutorRun::begin() {
  tell("chain.selected", plan_.selection.chain_id + " " + std::string(policy_name(plan_.selection.policy)));
  std::string text = plan_.topic.title + ". We do: " + chain_->name + ". " + enter_block();
  return {std::move(text), over()};
}

TutorReply TutorRun::hear(const Heard& heard) {
  if (over()) return {"The lesson is over.", true};
  if (++turns_ > tutor_steps_max) return {close("step_limit", "That was a long lesson. We stop here."), true};
  const Command command = heard.said == Said::words ? command_in(heard.text) : Command::none;
  if (command == Command::finish) return {close("stopped", "Then we stop here."), true};
  if (paused_ && command != Command::go_on) return {"We pause. Say go on when you are ready.", false};
  if (std::exchange(paused_, false) || command == Command::repeat) return {last_prompt_, false};
  if (command == Command::pause) {
    paused_ = true;
    return {"We pause. Say go on when you are ready.", false};
  }
  std::string text =
      after_answer(command == Command::unknown_answer ? Heard{Said::nothing, "", heard.answer_ms} : heard);
  return {std::move(text), over()};
}

/// What the last words mean for the question that was open.
std::string TutorRun::after_answer(const Heard& heard) {
  const bool skip = heard.said == Said::words && command_in(heard.text) == Command::skip;
  switch (phase_) {
    case Phase::step:
      if (!skip) ++answered_;
      ++step_;
      return next_in_block();
    case Phase::item:
      if (skip) return finish_item("");
      if (heard.said == Said::not_understood && !std::exchange(asked_again_, true)) {
        return "I did not understand. " + last_prompt_;
      }
      return score(heard);
    case Phase::confidence: {
      const auto row = std::ranges::find(confidence_words, heard_words(heard.text), &ConfidenceRow::word);
      if (row != confidence_words.end()) {
        ++calibrated_;
        tell("chain.item", items_[step_] + " confidence " + std::string(row->tag));
        if (!misses_.empty() && misses_.back().item_id == items_[step_]) {
          at(misses_.back().row, ErrorColumn::confidence) = row->tag;
        }
      }
      return finish_item("");
    }
    case Phase::exit_question:
      ++exit_question_;
      return ask_exit_question();
    case Phase::over:
      break;
  }
  return {};
}

std::string TutorRun::enter_block() {
  if (block_ == blocks_.size()) return exit_or_actions();
  step_ = answered_ = 0;
  if (stage_of(blocks_[block_]) == "RETRIEVE" && is_listed("retrieve_after_reference_only") &&
      judge("retrieve_after_reference_only") == Verdict::fail && !run_actions("retrieve_after_reference_only")) {
    return close("gate_unsatisfied",
                 "We cannot recall yet, because there is no reference page. Next time we make one first.");
  }
  tell("chain.step_begin", std::to_string(block_) + " " + blocks_[block_]);
  choose_items();
  return next_in_block();
}

std::string TutorRun::next_in_block() {
  const std::vector<std::string>& actions = method().actions;
  if (!scores()) {
    if (step_ >= actions.size()) return leave_block(answered_ == 0);
    phase_ = Phase::step;
    return last_prompt_ = filled(actions[step_]);
  }
  if (step_ >= items_.size()) return leave_block(false);
  phase_ = Phase::item;
  asked_again_ = false;
  last_prompt_ = plan_.topic.item(items_[step_])->prompt;
  const bool opens = step_ == 0 && !actions.empty();
  return (opens ? filled(actions.front()) + " " : std::string()) + last_prompt_;
}

std::string TutorRun::leave_block(bool skipped) {
  const Method& left = method();
  if (!skipped) {
    for (std::string& artifact : texts_of(left.source.find("outputs"))) artifacts_.push_back(std::move(artifact));
    done_blocks_.push_back(left.id);
  }
  tell("chain.step_end", std::to_string(block_) + " " + left.id + (skipped ? " skipped" : " done"));
  const std::string stage = stage_of(left.id);
  ++block_;
  struct LeaveGate {
    std::string_view stage;
    std::string_view gate;
    std::string_view missing;
  };
  constexpr std::array<LeaveGate, 3> gates = {
      {{"PRIME", "prime_artifacts_present", "the preparation was left out"},
       {"CALIBRATE", "calibrate_attempt_completed", "too few questions were answered with how sure you are"},
       {"REFERENCE", "reference_targets_ready", "the reference page is not complete"}}};
  const auto row = std::ranges::find(gates, stage, &LeaveGate::stage);
  const bool recall_follows = stage != "REFERENCE" || later_block_has("RETRIEVE");
  if (row != gates.end() && is_listed(row->gate) && !later_block_has(stage) && recall_follows) {
    if (judge(row->gate) == Verdict::fail && !run_actions(row->gate)) {
      return close("gate_unsatisfied",
                   "We stop here: " + std::string(row->missing) + ". Next time we begin with that.");
    }
  }
  return enter_block();
}

/// Which items a scored block asks: what was missed in this run, what was missed last time, then the others.
void TutorRun::choose_items() {
  items_.clear();
  if (!scores()) return;
  const auto most = std::max<std::size_t>(
      1, static_cast<std::size_t>(std::max<std::int64_t>(method().duration_min, 1)) * items_per_minute);
  const auto take = [&](const std::string& id) {
    const bool fresh = std::ranges::find(items_, id) == items_.end();
    if (items_.size() < most && fresh && plan_.topic.item(id) != nullptr) items_.push_back(id);
  };
  const bool calibrates = stage_of(method().id) == "CALIBRATE";
  const auto was_asked = [&](const std::string& id) { return std::ranges::find(ever_asked_, id) != ever_asked_.end(); };
  if (!calibrates) {
    for (const TutorMiss& miss : misses_) take(miss.item_id);
  }
  if (stage_of(method().id) == "OVERLEARN" && !misses_.empty()) return;
  for (const std::string& id : plan_.items_first) {
    if (!was_asked(id)) take(id);
  }
  for (const TopicItem& item : plan_.topic.items) {
    if (!was_asked(item.id)) take(item.id);
  }
  for (const TopicItem& item : plan_.topic.items) take(item.id);
}

std::string TutorRun::score(const Heard& heard) {
  const TopicItem& item = *plan_.topic.item(items_[step_]);
  const bool right = heard.said == Said::words && is_right(item, heard.text);
  const bool first = std::ranges::find(ever_asked_, item.id) == ever_asked_.end();
  const bool calibrates = stage_of(method().id) == "CALIBRATE";
  tell("chain.item", item.id + (right ? " right" : " miss"));
  if (first && !calibrates) {
    ever_asked_.push_back(item.id);
    ++asked_;
    right_ += right ? 1 : 0;
  }
  if (!right && first) add_miss(item, heard);
  for (TutorMiss& miss : misses_) {
    // Asked again and heard again: that is what was done about the miss.
    if (!first && miss.item_id == item.id) at(miss.row, ErrorColumn::fix_applied) = "asked again in " + method().id;
  }
  if (calibrates) {
    phase_ = Phase::confidence;
    return last_prompt_ = "How sure were you? High, medium or low?";
  }
  const std::string& answer = item.accept.empty() ? item.keywords.front() : item.accept.front();
  return finish_item(right ? "Right. " : "Not quite. It is: " + answer + ". ");
}

std::string TutorRun::finish_item(std::string feedback) {
  ++step_;
  return feedback + next_in_block();
}

void TutorRun::add_miss(const TopicItem& item, const Heard& heard) {
  ErrorRow row;
  const std::string answer = heard.said == Said::words ? heard.text : std::string();
  at(row, ErrorColumn::topic_id) = plan_.topic.id;
  at(row, ErrorColumn::item_id) = item.id;
  at(row, ErrorColumn::error_type) = error_type_of(plan_.topic, item, answer);
  at(row, ErrorColumn::stage_detected) = in_lower_case(stage_of(method().id));
  if (heard.answer_ms) {
    const std::int64_t tenths = std::max<std::int64_t>(*heard.answer_ms, 0) / 100;
    at(row, ErrorColumn::time_to_answer) = std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
  }
  at(row, ErrorColumn::fix_applied) = "NONE";
  at(row, ErrorColumn::assessment_mode) = item.mode;
  at(row, ErrorColumn::chain_id) = plan_.selection.chain_id;
  at(row, ErrorColumn::support_level) = "low";
  at(row, ErrorColumn::prior_exposure_band) = plan_.input.stage == "first_exposure" ? "new" : "intermediate";
  at(row, ErrorColumn::selector_policy_version) = policy_name(plan_.selection.policy);
  at(row, ErrorColumn::dependency_fix_applied) = dependency_fixed_ ? "1" : "0";
  tell("chain.error_row", item.id + " " + at(row, ErrorColumn::error_type));
  misses_.push_back({item.id, std::move(row)});
}

std::string TutorRun::ask_exit_question() {
  phase_ = Phase::exit_question;
  if (exit_question_ < exit_questions.size()) return last_prompt_ = exit_questions[exit_question_];
  return close("completed", ledger());
}

std::string TutorRun::ledger() const {
  std::vector<std::string> weak;
  for (const TutorMiss& miss : misses_) weak.push_back(plan_.topic.item(miss.item_id)->prompt);
  std::string text = "That was " + plan_.topic.title + ". Right at the first try: " + std::to_string(right_) + " of " +
                     std::to_string(asked_) + ". ";
  text += weak.empty() ? "Weak points: none. " : "Look again at this: " + joined(weak, " ") + " ";
  return text + "Goodbye.";
}

std::string TutorRun::close(std::string reason, std::string sentence) {
  phase_ = Phase::over;
  closed_as_ = reason;
  tell("chain.closed", std::move(reason));
  return sentence;
}

std::string TutorRun::filled(const std::string& action) const {
  std::vector<std::string> objectives;
  std::vector<std::string> questions;
  for (const TopicObjective& objective : plan_.topic.objectives) objectives.push_back(objective.text);
  for (const TopicItem& item : plan_.topic.items) {
    if (questions.size() < questions_read_out) questions.push_back(item.prompt);
  }
  std::string text = action;
  replace_all(text, "{topic}", plan_.topic.title);
  replace_all(text, "{objectives}", joined(objectives, ". "));
  replace_all(text, "{facts}", joined(objectives, ". ") + ".");
  replace_all(text, "{fact}", objectives.front());
  replace_all(text, "{questions}", joined(questions, " "));
  return text;
}

std::vector<ErrorRow> TutorRun::rows() const {
  std::vector<ErrorRow> rows;
  for (const TutorMiss& miss : misses_) rows.push_back(miss.row);
  return rows;
}

const Method& TutorRun::method() const { return *plan_.catalogue->method(blocks_[block_]); }

std::string TutorRun::stage_of(const std::string& method_id) const {
  const Method* const known = plan_.catalogue->method(method_id);
  return known == nullptr ? std::string() : fold_stage(known->control_stage);
}

bool TutorRun::scores() const {
  const std::string stage = stage_of(blocks_[block_]);
  return stage == "CALIBRATE" || stage == "RETRIEVE" || stage == "OVERLEARN";
}

}  // namespace phalarope::library
