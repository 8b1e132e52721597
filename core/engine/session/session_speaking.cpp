// The answer: sentences to the synthesiser one at a time, frames to the loudspeaker against credit, and its end.
#include "core/engine/session/session.hpp"

namespace phalarope {

bool Session::of_this_turn(const Event& input) const noexcept { return turn_active() && input.ticket == ticket_; }

// A result that lost the race against a cancel: never delivered, counted, and told once per ticket (runtime.md 3.3).
void Session::refuse_late(const Event& input, Outbox& out) noexcept {
  release(input.payload, out);
  ++counters_.late_outputs_refused;
  if (turn_active()) book_.late_output_refused();
  if (input.kind != EventKind::synthesis_frame || input.ticket == late_told_ticket_) return;
  late_told_ticket_ = input.ticket;
  Event& refused = signal(EventKind::playback_cancelled, Emitter::transport, Reason::cancel_fence_applied, out);
  refused.turn_number = input.turn_number;
  refused.ticket = input.ticket;
  refused.scope = Scope::turn;
  refused.set(EventFlag::late_after_cancel);
}

// Never silently: the record says which of the node's results went nowhere.
void Session::drop_by_name(const Event& input, Outbox& out, std::uint8_t edge) noexcept {
  release(input.payload, out);
  say_dropped(input, edge, out);
}

void Session::say_dropped(const Event& input, std::uint8_t edge, Outbox& out) noexcept {
  Event& notice = signal(EventKind::drop_notice, Emitter::edge_buffer, Reason::queue_pressure_drop, out);
  notice.target_lane = Lane::data;
  notice.node = input.node;
  notice.edge = edge;
  notice.range_start = notice.range_end = static_cast<std::int64_t>(input.transport_sequence);
  notice.set(EventFlag::has_range);
}

void Session::on_dialogue_sentence(const Event& input, Outbox& out) noexcept {
  if (!of_this_turn(input)) return refuse_late(input, out);
  note_progress(input);
  GraphCommands commands;
  const bool routed = graph_.route(input, commands).has_value();
  if (!routed || commands.empty()) return drop_by_name(input, out);  // the dialogue, or the voice, was given up
  ++answer().sentences_given;
  offer_sentence(input, commands[0].edge, out);
}

void Session::on_dialogue_done(const Event& input, Outbox& out) noexcept {
  if (!of_this_turn(input)) return refuse_late(input, out);
  note_progress(input);
  GraphCommands commands;
  // Progress only: the end of the dialogue asks nothing of anybody. One that was given up stays a failure.
  if (graph_.route(input, commands)) book_.answered(Modality::llm, input);
  tools_running_ = 0;
  answer().dialogue_done = true;
  if (answer().silent()) {
    finish(PendingEnds(End::success), Reason::none, out);
    return;
  }
  announce_end(out);
}

// A job of the dialogue that is marked as a tool's: progress, and another measure for who interrupts meanwhile (D4).
// Tools may run side by side; an end without its beginning is progress and nothing more.
void Session::on_tool(const Event& input, Outbox& out) noexcept {
  release(input.payload, out);
  GraphCommands commands;
  if (!of_this_turn(input) || !graph_.route(input, commands)) return;
  note_progress(input);
  if (input.kind == EventKind::tool_started) {
    ++tools_running_;
  } else if (tools_running_ > 0) {
    --tools_running_;
  }
}

void Session::voice_next_sentence(Outbox& out) noexcept {
  if (answer().sentences_voicing > 0) return;
  if (answer().waiting.empty()) {
    if (!sentence_line_.queue.empty()) voice_from_the_edge(out);
    return;
  }
  const WaitingSentence sentence = answer().waiting[0];
  answer().waiting.erase_at(0);
  voice_sentence(voicing_of(sentence.text, sentence.index), out);
}

Event Session::voicing_of(const PayloadHandle& text, std::int64_t index) const noexcept {
  Event synthesise{};
  synthesise.kind = EventKind::command_synthesise;
  synthesise.node = graph_.find(NodeType::synthesiser).value;
  synthesise.payload = text;
  synthesise.payload_class = PayloadClass::text_raw;
  synthesise.argument_a = index;
  return synthesise;
}

void Session::voice_sentence(const Event& synthesise, Outbox& out) noexcept {
  ++answer().sentences_voicing;
  answer().output_announced = false;
  grant_credit(out);  // before the work, so that the first frame leaves while the sentence is still being voiced
  hand_out(synthesise, out);
}

// A synthesiser without credit is silent because the loudspeaker is behind, which is no failure of its own (D2).
void Session::mind_the_credit(const Event& input) noexcept {
  const bool dry = answer().granted_frames - answer().voiced_frames < plan_.pipeline->voice.frame_frames;
  graph_.set_waiting(graph_.find(NodeType::synthesiser), dry, input.at());
}

void Session::grant_credit(Outbox& out) noexcept {
  if (answer().sentences_voicing == 0) return;
  const VoicePolicy& voice = plan_.pipeline->voice;
  const std::int64_t frames = answer().credit_frames(voice.playback_ahead_frames_max, voice.frame_frames);
  if (frames == 0) return mind_the_credit(out.input());
  answer().granted_frames += frames * voice.frame_frames;
  Event credit{};
  credit.kind = EventKind::command_node_credit;
  credit.node = graph_.find(NodeType::synthesiser).value;
  credit.argument_a = frames;
  hand_out(credit, out);
  mind_the_credit(out.input());
}

void Session::on_synthesis_frame(const Event& input, Outbox& out) noexcept {
  if (!of_this_turn(input)) return refuse_late(input, out);
  // A place on the answer's axis that no answer has: the node has lost count, and that is no progress.
  if (!on_answer_axis(input.argument_a) || !on_answer_axis(input.argument_b)) return drop_by_name(input, out);
  note_progress(input);
  GraphCommands commands;
  if (!graph_.route(input, commands)) return refuse_late(input, out);
  book_.first_output(input);
  answer().voiced_frames = input.argument_a + input.argument_b;
  mind_the_credit(input);
  offer_frame(input, out);
}

void Session::on_synthesis_word(const Event& input, Outbox& out) noexcept {
  release(input.payload, out);
  if (!of_this_turn(input) || !on_answer_axis(input.argument_a)) return;
  const auto& starts = answer().word_starts;
  if (!starts.empty() && input.argument_a < starts[starts.size() - 1]) return;  // heard-so-far searches them in order
  // Beyond the bound the words of a very long answer are still spoken; only their heard-so-far figure stops growing.
  static_cast<void>(answer().word_starts.push_back(input.argument_a));
}

void Session::on_synthesis_done(const Event& input, Outbox& out) noexcept {
  if (!of_this_turn(input)) return refuse_late(input, out);
  note_progress(input);
  GraphCommands commands;
  if (graph_.route(input, commands)) book_.answered(Modality::tts, input);  // progress only
  if (answer().sentences_voicing > 0) --answer().sentences_voicing;
  voice_next_sentence(out);
  announce_end(out);
}

void Session::announce_end(Outbox& out) noexcept {
  if (answer().end_announced || !answer().all_voiced()) return;
  if (!sentence_line_.queue.empty() || !frame_line_.queue.empty()) return;
  answer().end_announced = true;
  if (answer().received_frames == 0) {
    // Every sentence was empty for the synthesiser: nothing will ever be played, so nothing will complete.
    finish(PendingEnds(End::success), Reason::none, out);
    return;
  }
  Event& end = command(EventKind::command_play_end, graph_.find(NodeType::playback), out);
  end.argument_a = answer().received_frames;
}

// That a voice is heard is the device's fact; that it may count as this session's output is a question of the epoch of
// its first frame (7.3 row 1, which playback_started obeys like output_accepted).
void Session::on_playback_started(const Event& input, Outbox& out) noexcept {
  if (!of_this_turn(input)) return;
  note_progress(input);
  answer().playback_started = true;
  if (input.authority_epoch == epoch().value) {
    book_.playback_started(input);
  } else {
    refuse_epoch(input.authority_epoch < epoch().value ? EpochCheck::stale : EpochCheck::invalid, input, out);
  }
  plan_ahead();  // an interruption may come from here on
}

void Session::on_playback_position(const Event& input, Outbox& out) noexcept {
  if (!of_this_turn(input)) return;
  note_progress(input);
  answer().played_frames = input.argument_a;
  play_waiting_frames(out);
  grant_credit(out);
  announce_end(out);
}

void Session::on_playback_completed(const Event& input, Outbox& out) noexcept {
  if (!of_this_turn(input)) return;
  answer().played_frames = answer().received_frames;
  finish(PendingEnds(End::success), Reason::none, out);
}

// The last resort of a turn whose recogniser or dialogue gave up and whose plan allows a fallback: one sentence that is
// always there, so that a stuck turn says so instead of falling silent (users.md 6).
void Session::apologise(Outbox& out) noexcept {
  apologised_ = true;
  words_delivered_ = true;
  drop_sentences(out);
  answer().dialogue_done = true;
  ++answer().sentences_given;
  ++answer().sentences_voicing;
  grant_credit(out);
  Event apology{};
  apology.kind = EventKind::command_apology;
  apology.node = graph_.find(NodeType::synthesiser).value;
  hand_out(apology, out);
}

}  // namespace phalarope
