// The user's speech: from the first suspicion of voice to words that the dialogue can answer.
#include "core/engine/session/session.hpp"

namespace phalarope {
namespace {
constexpr std::int64_t bytes_per_frame = 2;  // s16 mono

UtteranceClass class_of(const Event& recognition) noexcept {
  return static_cast<UtteranceClass>(recognition.argument_a);
}
}  // namespace

// An utterance belongs to a turn only once the turn is its own; what interrupts is nobody's until it is confirmed.
Event& Session::to_recogniser(EventKind kind, Outbox& out) noexcept {
  Event& given = command(kind, graph_.find(NodeType::recogniser), out);
  given.provider_invocation = utterance_.number;
  if (turn_utterance_ != utterance_.number) {
    given.turn_number = 0;
    given.ticket = 0;
    given.scope = Scope::session;
  }
  return given;
}

void Session::on_speech_started(const Event& input, Outbox& out) noexcept {
  // Two utterances never share the recogniser: the older one is asked for its verdict with what it has.
  if (utterance_.takes_audio()) ask_for_verdict(out);
  utterance_.begin(static_cast<std::uint32_t>(input.argument_a), input.mono_ns);

  Event& start = to_recogniser(EventKind::command_recognise_start, out);
  start.media_sample = input.media_sample;
  start.argument_a = answer().playback_started ? 1 : 0;

  if (!turn_active()) {
    propose(Reason::session_turn_intent, out);
  } else if (turn_utterance_ == 0) {
    turn_utterance_ = utterance_.number;  // push to talk: the turn was waiting for this
    note_progress(input);
  } else {
    suspect(InterruptionInput::speech_started, 0, out);
  }
}

void Session::on_speech_continues(const Event& input, Outbox& out) noexcept {
  if (!utterance_.current(static_cast<std::uint32_t>(input.argument_a))) return;
  note_progress(input);
  if (turn_active()) suspect(InterruptionInput::speech_continues, input.argument_b, out);
}

void Session::on_speech_ended(const Event& input, Outbox& out) noexcept {
  if (!utterance_.current(static_cast<std::uint32_t>(input.argument_a))) return;
  if (utterance_.state != UtteranceState::heard) return;
  note_progress(input);
  utterance_.close_at(input.media_sample, input.mono_ns);
  if (held()) suspect(InterruptionInput::speech_ended, 0, out);
  if (utterance_.complete()) ask_for_verdict(out);
}

void Session::on_end_of_utterance(const Event& input, Outbox& out) noexcept {
  if (utterance_.state != UtteranceState::heard) return;
  note_progress(input);
  utterance_.ended_ns = input.mono_ns;
  ask_for_verdict(out);
}

void Session::on_audio_frame(const Event& input, Outbox& out) noexcept {
  const bool wanted = utterance_.takes_audio() && utterance_.current(input.provider_invocation);
  if (!wanted) {
    release(input.payload, out);
    return;
  }
  if (fits_edge(heard_edge_, input.payload)) {
    Event& audio = to_recogniser(EventKind::command_recognise_audio, out);
    audio.media_sample = input.media_sample;
    audio.payload = input.payload;
    audio.payload_class = PayloadClass::audio_raw;
  } else {
    drop_by_name(input, out, heard_edge_);
  }
  utterance_.pass_on(input.media_sample + input.payload.length_bytes / bytes_per_frame, input.mono_ns);
  if (utterance_.complete()) ask_for_verdict(out);
}

void Session::ask_for_verdict(Outbox& out) noexcept {
  Event& finalise = to_recogniser(EventKind::command_recognise_finalise, out);
  const std::int64_t budget_ms = plan_.prepared->plan.budgets.node_budget_ms_default;
  utterance_.await_verdict(out.input().mono_ns + milliseconds(budget_ms).value);
  if (turn_active() && turn_utterance_ == utterance_.number) graph_.commanded(finalise);
}

void Session::on_recognition_partial(const Event& input, Outbox& out) noexcept {
  release(input.payload, out);
  if (!utterance_.current(input.provider_invocation) || !turn_active()) return;
  if (turn_utterance_ == utterance_.number) {
    note_progress(input);
    GraphCommands nothing;  // progress only: nobody is asked anything by half a sentence
    static_cast<void>(graph_.route(input, nothing));
    return;
  }
  if (const auto what = input_of(class_of(input), false)) suspect(*what, 0, out);
}

void Session::on_recognition_final(const Event& input, Outbox& out) noexcept {
  if (utterance_.current(input.provider_invocation)) utterance_.state = UtteranceState::done;
  if (held() && utterance_.number == input.provider_invocation) {
    suspect(input_of(class_of(input), true).value_or(InterruptionInput::verdict_empty), 0, out);
  }
  // A confirmed interruption has opened the turn of this utterance by now.
  if (turn_active() && turn_utterance_ == input.provider_invocation && !words_delivered_) {
    deliver_words(input, out);
  } else {
    release(input.payload, out);
  }
}

void Session::deliver_words(const Event& input, Outbox& out) noexcept {
  words_delivered_ = true;
  note_progress(input);
  book_.answered(Modality::stt, input);
  if (utterance_.number == turn_utterance_)
    book_.user_fell_silent(utterance_.speech_end_ns(plan_.pipeline->voice.sample_rate_hz));
  const UtteranceClass what = class_of(input);
  GraphCommands commands;
  // The recogniser owes its answer to this turn; a refusal means that it has already failed in it.
  if (what == UtteranceClass::empty || what == UtteranceClass::undecided || !graph_.route(input, commands)) {
    // Nothing was said: a turn about nothing ends well and without a word (runtime.md 2.8).
    release(input.payload, out);
    finish(PendingEnds(End::success), Reason::none, out);
    return;
  }
  bool payload_passed_on = false;
  for (Event& ask : commands) {
    PHAL_ENFORCE(ask.kind == EventKind::command_dialogue_ask, "words go to a dialogue and to nobody else");
    if (!fits_edge(ask.edge, input.payload)) {
      say_dropped(input, ask.edge, out);
      continue;
    }
    ask.payload = input.payload;
    ask.payload_class = PayloadClass::text_raw;
    ask.argument_a = input.argument_a;
    hand_out(ask, out);
    payload_passed_on = true;
  }
  if (payload_passed_on) return;
  // No edge took these words (each has its condition): nobody will answer, so the turn is over and not stuck (D14).
  release(input.payload, out);
  finish(PendingEnds(End::success), Reason::none, out);
}

}  // namespace phalarope
