// Doubt and verdict: somebody speaks while a turn runs. Hold first (duck, cancel nothing), then confirm or dismiss.
#include "core/engine/session/session.hpp"

namespace phalarope {

ConversationPhase Session::phase() const noexcept {
  if (!turn_active()) return ConversationPhase::listening;
  if (answer().playback_started) return ConversationPhase::speaking;
  const bool hears_the_user = utterance_.number == turn_utterance_ && utterance_.takes_audio();
  if (turn_utterance_ == 0 || hears_the_user) return ConversationPhase::listening;
  return tools_running_ > 0 ? ConversationPhase::tool_running : ConversationPhase::thinking;
}

void Session::suspect(InterruptionInput what, std::int64_t speech_ms, Outbox& out) noexcept {
  const InterruptionDecision decision =
      decide(interruption_, phase(), what, milliseconds(speech_ms), plan_.pipeline->interruption, out.input().at());
  interruption_ = decision.next;
  switch (decision.action) {
    case InterruptionAction::none:
      break;
    case InterruptionAction::hold:
      hold(decision.reason, out);
      break;
    case InterruptionAction::confirm:
      confirm(decision.reason, out);
      break;
    case InterruptionAction::dismiss:
      dismiss(decision.reason, out);
      break;
  }
}

void Session::hold(Reason reason, Outbox& out) noexcept {
  ++counters_.holds;
  held_at_frame_ = -1;
  // The duck is a command like any other, but the first of its step: the ear hears it within one period.
  Event& duck = command(EventKind::command_duck, graph_.find(NodeType::playback), out);
  duck.argument_a = plan_.pipeline->interruption.duck_gain_permille;
  Event& held_event = signal(EventKind::interruption_held, Emitter::cancellation, reason, out);
  held_event.provider_invocation = utterance_.number;
}

void Session::confirm(Reason reason, Outbox& out) noexcept {
  ++counters_.holds_confirmed;
  Event& confirmed = signal(EventKind::interruption_confirmed, Emitter::cancellation, reason, out);
  confirmed.provider_invocation = utterance_.number;
  barge_in_ = true;
  finish(PendingEnds(End::cancel_accepted), Reason::barge_in, out);
  interruption_ = InterruptionState{};
  // The new turn begins after the old one's close (3.1 rule 2), with the speech that interrupted.
  propose(Reason::barge_in, out);
}

void Session::dismiss(Reason reason, Outbox& out) noexcept {
  ++counters_.holds_dismissed;
  Event& dismissed = signal(EventKind::interruption_dismissed, Emitter::cancellation, reason, out);
  dismissed.provider_invocation = utterance_.number;
  if (utterance_.takes_audio()) {
    // Nobody waits for these words any more.
    to_recogniser(EventKind::command_recognise_abandon, out);
    utterance_.state = UtteranceState::done;
  }
  // Back to the start of the word that was being said; below zero means: only lift the duck, nothing was missed.
  Event& resume = command(EventKind::command_resume, graph_.find(NodeType::playback), out);
  resume.argument_a = held_at_frame_ < 0 ? -1 : answer().word_start_at(held_at_frame_);
  held_at_frame_ = -1;
}

// The turn ends by itself while it is in doubt: there is nothing left to interrupt. True when there was a doubt.
bool Session::dissolve_hold(Outbox& out) noexcept {
  if (!held()) return false;
  interruption_ = InterruptionState{};
  held_at_frame_ = -1;
  ++counters_.holds_dismissed;
  Event& dismissed = signal(EventKind::interruption_dismissed, Emitter::cancellation, Reason::turn_ended, out);
  dismissed.provider_invocation = utterance_.number;
  return true;
}

void Session::on_duck_applied(const Event& input) noexcept {
  if (held() && of_this_turn(input)) held_at_frame_ = input.argument_a;
}

void Session::on_fence_applied(const Event& input, Outbox& out) noexcept {
  if (input.ticket != interrupted_ticket_ || interrupted_ticket_ == 0) return;
  Event& heard = command(EventKind::command_heard, graph_.find(NodeType::dialogue), out);
  heard.turn_number = interrupted_turn_;
  heard.ticket = 0;  // said about a turn that is over: not to be dropped with it
  heard.argument_a = interrupted_answer().words_heard(input.argument_a);
  heard.argument_b = static_cast<std::int64_t>(interrupted_answer().word_starts.size());
  interrupted_ticket_ = 0;
}

}  // namespace phalarope
