#include "firmware_images/phalarope/tutor_dialogue.hpp"

#include <algorithm>

#include "hal/host/delivery.hpp"
#include "hal/speech/intents_dialogue.hpp"
#include "hal/speech/sentence_splitter.hpp"

namespace phalarope::program {
namespace {

/// Longer first sentences are handed over clause by clause, so that the voice starts early.
constexpr std::size_t first_clause_words_max = 12;
/// Words that end or acknowledge a turn; none of them is an answer of a topic.
constexpr std::string_view control_words =
    "format: phalarope-intents/v1\nlanguage: en\nnot_understood: \"I did not understand.\"\n"
    "action_failed: \"That did not work.\"\nback_channel: [mhm, uh-huh, yeah, okay]\n"
    "stop_phrases: [stop, be quiet, never mind]\npronunciations:\n  mhm: M HH M\n";

}  // namespace

std::optional<library::Heard> heard_by_tutor(UtteranceClass what, std::string_view text) {
  switch (what) {
    case UtteranceClass::undecided:
    case UtteranceClass::words:
      return library::Heard{library::Said::words, std::string(text), {}};
    case UtteranceClass::rejected:
      return library::Heard{library::Said::not_understood, {}, {}};
    case UtteranceClass::stop_phrase:
    case UtteranceClass::back_channel:
    case UtteranceClass::empty:
      break;
  }
  return std::nullopt;
}

void TutorDialogue::handle(const Event& command, NodeContext& context) {
  if (command.kind != EventKind::command_dialogue_ask) return;
  // The engine thread's store is seen by the worker's next poll; nothing else is passed with it, so relaxed will do.
  const auto cancelled = [&] {
    return context.cancelled() ||
           (command.ticket != 0 && cancelled_ticket_.load(std::memory_order_relaxed) == command.ticket);
  };
  const auto heard = heard_by_tutor(static_cast<UtteranceClass>(command.argument_a), context.text(command.payload));
  const library::TutorReply reply = heard ? session_->hear(*heard) : library::TutorReply{};
  std::int64_t given = 0;
  for (const std::string& sentence : hal::split_sentences(reply.text, first_clause_words_max)) {
    if (given >= static_cast<std::int64_t>(hal::answer_sentences_limit)) break;
    if (cancelled()) return;
    Event result = hal::result_of(command, EventKind::dialogue_sentence);
    result.argument_a = given;
    if (!hal::deliver_text(context, result, sentence)) return;
    ++given;
  }
  if (cancelled()) return;
  Event done = hal::result_of(command, EventKind::dialogue_done);
  done.payload_class = PayloadClass::metadata;
  done.argument_a = given;
  done.argument_b = given > 0 && !reply.over ? 1 : 0;
  hal::deliver(context, done, {});
}

void TutorDialogue::cancel(Ticket ticket) noexcept { cancelled_ticket_.store(ticket.value, std::memory_order_relaxed); }

std::expected<hal::Intents, std::string> tutor_intents(const library::TutorSession& session) {
  std::string yaml(control_words);
  for (const auto& [word, phones] : session.pronunciations()) yaml += "  " + word + ": " + phones + "\n";
  yaml += "intents:\n";
  std::size_t number = 0;
  for (const std::string& phrase : session.phrases()) {
    yaml += "  - name: say_" + std::to_string(number++) + "\n    phrases: [\"" + phrase + "\"]\n    answer: \"-\"\n";
  }
  auto intents = hal::parse_intents(yaml, "what the tutor understands");
  if (intents) return std::move(*intents);
  return std::unexpected(intents.error().front().text());
}

}  // namespace phalarope::program
