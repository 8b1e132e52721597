// The offline dialogue. See intents_dialogue.hpp.
#include "hal/speech/intents_dialogue.hpp"

#include <time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <optional>
#include <utility>

#include "hal/host/delivery.hpp"
#include "hal/speech/action_runner.hpp"
#include "hal/speech/intents_matcher.hpp"
#include "hal/speech/sentence_splitter.hpp"

namespace phalarope::hal {
namespace {

using Slots = std::map<std::string, std::string>;

/// What the conversation remembers between two turns.
struct Conversation {
  Slots last_slots;
  std::string last_answer;
  std::int64_t words_heard = -1;  // of last_answer; -1: all of it
  // A question of ours that is still open: the intent that waits for a slot.
  const Intent* waiting_intent = nullptr;
  std::string waiting_slot;
  Slots waiting_slots;
};

struct Answer {
  std::string text;
  bool expects_reply = false;
};

/// The ask in hand: whether anybody still wants its answer, the way to tell that a tool is at work for it, and what the
/// session remembers of the asks before.
struct Asked {
  FunctionRef<bool()> cancelled;
  FunctionRef<void(EventKind)> tell;
  std::optional<StateOfSession> memory;
};

constexpr std::string_view last_intent_key = "last_intent";

std::string formatted_time(const Clock& clock, const char* format) {
  const time_t seconds = static_cast<time_t>(clock.wall().value / ns_per_second);
  tm local{};
  localtime_r(&seconds, &local);
  std::array<char, 64> text{};
  const std::size_t length = strftime(text.data(), text.size(), format, &local);
  return {text.data(), length};
}

std::string joined(std::span<const std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) text.append(text.empty() ? "" : " ").append(word);
  return text;
}

/// An action is a tool: whoever interrupts while it is at work is measured otherwise than while the board thinks (D4).
ActionResult with_a_tool(const Action& action, const Asked& asked) {
  if (action.kind == Action::Kind::none) return run_action(action, asked.cancelled);
  asked.tell(EventKind::tool_started);
  ActionResult result = run_action(action, asked.cancelled);
  asked.tell(EventKind::tool_ended);
  return result;
}

}  // namespace

struct DialogueNode::State {
  State(DialogueConfig with, const Intents& from) : config(std::move(with)), intents(from) {}

  std::optional<std::string> refused_action() const;
  void ask(const Event& command, NodeContext& context);
  Answer answer_to(std::string_view text, Asked& asked);
  Answer carry_out(const Intent& intent, Slots slots, Asked& asked);
  std::string filled(const std::string& pattern, const Slots& slots, const std::string& result) const;
  std::optional<std::string> variable(const std::string& name, const Slots& slots, const std::string& result) const;
  std::string said() const;

  DialogueConfig config;
  Intents intents;
  HostClock host_clock;
  std::string trouble;
  std::atomic<std::uint64_t> cancelled_ticket{0};
  Conversation conversation;
  std::map<std::string, std::size_t> turns_of_intent;  // answers are taken in turn; keys are the intents' names
};

DialogueNode::DialogueNode(DialogueConfig config, const Intents& intents)
    : state_(std::make_unique<State>(std::move(config), intents)) {}
DialogueNode::~DialogueNode() = default;

std::optional<std::string_view> DialogueNode::init() {
  const auto refused = state_->refused_action();
  if (!refused) return std::nullopt;
  state_->trouble = *refused;
  return state_->trouble;
}

void DialogueNode::handle(const Event& command, NodeContext& context) {
  if (command.kind == EventKind::command_dialogue_ask) return state_->ask(command, context);
  if (command.kind == EventKind::command_heard) state_->conversation.words_heard = command.argument_a;
}

// The engine thread's store is seen by the worker's next poll; nothing else is passed with it, so relaxed will do.
void DialogueNode::cancel(Ticket ticket) noexcept {
  state_->cancelled_ticket.store(ticket.value, std::memory_order_relaxed);
}

/// An action that the configuration does not allow, in one sentence.
std::optional<std::string> DialogueNode::State::refused_action() const {
  for (const Intent& intent : intents.intents) {
    const std::string where = intent.file + ":" + std::to_string(intent.line) + ": intents." + intent.name + ".action";
    const Action& action = intent.action;
    if (action.kind == Action::Kind::program && action.required &&
        std::ranges::find(config.allowed_programs, action.arguments.front()) == config.allowed_programs.end()) {
      return where + ": '" + action.arguments.front() + "' is not in allowed_programs; add it there.";
    }
    if (action.kind == Action::Kind::http &&
        std::ranges::find(config.allowed_hosts, url_host(action.url)) == config.allowed_hosts.end()) {
      return where + ": '" + url_host(action.url) + "' is not in allowed_hosts; add it there.";
    }
  }
  return std::nullopt;
}

void DialogueNode::State::ask(const Event& command, NodeContext& context) {
  const auto cancelled = [&] {
    return context.cancelled() ||
           (command.ticket != 0 && cancelled_ticket.load(std::memory_order_relaxed) == command.ticket);
  };
  const auto tell = [&](EventKind what_happened) {
    if (cancelled()) return;
    Event told = result_of(command, what_happened);
    told.payload_class = PayloadClass::metadata;
    static_cast<void>(deliver(context, told, {}));
  };
  Asked asked{.cancelled = cancelled, .tell = tell, .memory = context.session_state()};
  const auto what = static_cast<UtteranceClass>(command.argument_a);
  Answer answer;
  switch (what) {
    case UtteranceClass::undecided:
    case UtteranceClass::words:
      answer = answer_to(context.text(command.payload), asked);
      break;
    case UtteranceClass::rejected:
      answer.text = intents.not_understood;
      break;
    case UtteranceClass::stop_phrase:
    case UtteranceClass::back_channel:
    case UtteranceClass::empty:
      break;
  }
  std::int64_t given = 0;
  for (const std::string& sentence : split_sentences(answer.text, config.first_clause_words_max)) {
    if (given >= static_cast<std::int64_t>(answer_sentences_limit)) break;
    if (cancelled()) return;
    Event result = result_of(command, EventKind::dialogue_sentence);
    result.argument_a = given;
    if (!deliver_text(context, result, sentence)) return;
    ++given;
  }
  if (cancelled()) return;
  if (given > 0) {
    conversation.last_answer = answer.text;
    conversation.words_heard = -1;
  }
  Event done = result_of(command, EventKind::dialogue_done);
  done.payload_class = PayloadClass::metadata;
  done.argument_a = given;
  done.argument_b = answer.expects_reply ? 1 : 0;
  deliver(context, done, {});
}

Answer DialogueNode::State::answer_to(std::string_view text, Asked& asked) {
  const Intent* waiting = std::exchange(conversation.waiting_intent, nullptr);
  const std::string last_intent(asked.memory ? asked.memory->get(last_intent_key).value_or("") : "");
  if (const auto match = match_intent(intents, text, last_intent)) {
    return carry_out(*match->intent, match->slots, asked);
  }
  if (waiting != nullptr) {
    const auto slot = intents.slots.find(conversation.waiting_slot);
    const auto value = slot == intents.slots.end() ? std::nullopt : match_slot(slot->second, text);
    if (value) {
      Slots slots = conversation.waiting_slots;
      slots[conversation.waiting_slot] = *value;
      return carry_out(*waiting, std::move(slots), asked);
    }
  }
  return {intents.not_understood, false};
}

Answer DialogueNode::State::carry_out(const Intent& intent, Slots slots, Asked& asked) {
  // An open slot: what is asked for is asked, the rest has a default.
  for (const auto& [slot, value] : intent.defaults) slots.try_emplace(slot, value);
  for (const auto& [slot, question] : intent.ask) {
    if (slots.contains(slot)) continue;
    conversation.waiting_intent = &intent;
    conversation.waiting_slot = slot;
    conversation.waiting_slots = slots;
    return {filled(question, slots, {}), true};
  }
  Action action = intent.action;
  for (std::size_t i = 1; i < action.arguments.size(); ++i)
    action.arguments[i] = filled(action.arguments[i], slots, {});
  action.body = filled(action.body, slots, {});
  const bool allowed =
      action.kind != Action::Kind::program ||
      std::ranges::find(config.allowed_programs, action.arguments.front()) != config.allowed_programs.end();
  const ActionResult result = allowed ? with_a_tool(action, asked) : ActionResult{ActionOutcome::absent, {}};
  const bool absent = result.outcome == ActionOutcome::absent && !action.required;
  if (result.outcome != ActionOutcome::done && !absent) {
    return {filled(intent.failed.empty() ? intents.action_failed : intent.failed, slots, result.output), false};
  }
  const std::size_t turn = turns_of_intent[intent.name]++ % intent.answers.size();
  Answer answer{filled(intent.answers[turn], slots, result.output), !intent.follow_up.empty()};
  if (!intent.follow_up.empty()) answer.text.append(" ").append(filled(intent.follow_up, slots, result.output));
  if (asked.memory) static_cast<void>(asked.memory->put(last_intent_key, intent.name));
  conversation.last_slots = std::move(slots);
  return answer;
}

/// Replaces {name}; an unknown name stays as it is written.
std::string DialogueNode::State::filled(const std::string& pattern, const Slots& slots,
                                        const std::string& result) const {
  std::string text;
  std::size_t at = 0;
  while (at < pattern.size()) {
    const std::size_t open = pattern.find('{', at);
    const std::size_t close = open == std::string::npos ? open : pattern.find('}', open);
    if (close == std::string::npos) break;
    text.append(pattern, at, open - at);
    const auto value = variable(pattern.substr(open + 1, close - open - 1), slots, result);
    text.append(value ? *value : pattern.substr(open, close - open + 1));
    at = close + 1;
  }
  text.append(pattern, at);
  if (text.size() > answer_bytes_max) text.resize(answer_bytes_max);
  return text;
}

std::optional<std::string> DialogueNode::State::variable(const std::string& name, const Slots& slots,
                                                         const std::string& result) const {
  if (const auto slot = slots.find(name); slot != slots.end()) return slot->second;
  if (name == "result") return result;
  if (name == "said") return said();
  const Clock& clock = config.clock != nullptr ? *config.clock : host_clock;
  if (name == "time") return formatted_time(clock, "%H:%M");
  if (name == "date") return formatted_time(clock, "%A, %B %d");
  if (const auto slot = conversation.last_slots.find(name); slot != conversation.last_slots.end()) return slot->second;
  return std::nullopt;
}

/// The last answer, told apart by what was heard of it.
std::string DialogueNode::State::said() const {
  const auto words = spoken_words(conversation.last_answer);
  if (words.empty()) return "I have not said anything yet.";
  const bool all = conversation.words_heard < 0 || conversation.words_heard >= static_cast<std::int64_t>(words.size());
  if (all) return "I said: " + conversation.last_answer;
  const auto heard = static_cast<std::size_t>(conversation.words_heard);
  if (heard == 0) return "You did not hear me. I wanted to say: " + conversation.last_answer;
  return "You heard: " + joined(std::span(words).first(heard)) +
         ". The rest was: " + joined(std::span(words).subspan(heard));
}

}  // namespace phalarope::hal
