// The user's cancel, by its scope: the turn ends, or one provider is done without and the turn goes on.
//
//   session, turn, none     the turn's outputs are fenced, abort(cancelled), close
//   node                    that node's outputs and inputs are fenced for the rest of the turn
//   provider_invocation     the same by the call's number: a provider has one call in a turn (turn_book.hpp)
//
// The turn that goes on ends by itself: with what was said before, or without a word (D14). Contract: runtime.md 7.1,
// 7.2.
#include "core/engine/session/session.hpp"

namespace phalarope {

void Session::on_user_cancel(const Event& input, Outbox& out) noexcept {
  // Whoever names a turn means that one: a cancel that was overtaken by the turn's end ends no other (2.1).
  if (!turn_active() || (input.turn_number != 0 && input.turn_number != turn_number_)) return;
  if (input.scope == Scope::node || input.scope == Scope::provider_invocation) {
    const NodeIndex node = provider_of(input);
    if (node != no_node) cancel_node(node, input, out);
    return;
  }
  Event& cancel = signal(EventKind::cancel, Emitter::lane_router, Reason::user_cancel, out);
  cancel.scope = input.scope == Scope::session ? Scope::session : Scope::turn;
  finish(PendingEnds(End::cancel_accepted), Reason::user_cancel, out);
}

// The provider node that a cancel is about; no_node when it names none of this turn.
NodeIndex Session::provider_of(const Event& cancel) const noexcept {
  const GraphDefinition& graph = plan_.pipeline->graph;
  const bool by_call = cancel.scope == Scope::provider_invocation;
  const Modality called = by_call ? book_.modality_of_call(cancel.provider_invocation) : Modality::none;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Modality modality = graph.nodes[i].modality;
    if (modality == Modality::none) continue;
    if (by_call ? modality == called : cancel.node == i) return NodeIndex{static_cast<std::uint8_t>(i)};
  }
  return no_node;
}

void Session::cancel_node(NodeIndex node, const Event& input, Outbox& out) noexcept {
  GraphCommands commands;
  constexpr std::int64_t hard = 1;
  if (!graph_.cancel_node(node, about_the_turn(input), hard, commands)) return;
  note_progress(input);
  // Fence, flush, record, and only then publish (7.2): the node is fenced by now.
  const Modality modality = plan_.pipeline->graph.nodes[node.value].modality;
  book_.failed(modality, wire::OutcomeClass::cancelled, wire::RetryDecision::none, input);
  for (const Event& command : commands) out.give(command);
  Event& cancel = signal(EventKind::cancel, Emitter::lane_router, Reason::user_cancel, out);
  cancel.scope = input.scope;
  cancel.node = node.value;
  cancel.provider_invocation = input.provider_invocation;
  do_without(modality, out);
}

// What the cancelled provider still owed will not come; what the others have goes on.
void Session::do_without(Modality modality, Outbox& out) noexcept {
  switch (modality) {
    case Modality::stt:
      if (utterance_.number == turn_utterance_ && utterance_.open()) {
        to_recogniser(EventKind::command_recognise_abandon, out);
        utterance_.state = UtteranceState::done;
      }
      if (!words_delivered_) answer().dialogue_done = true;  // nobody will be asked
      words_delivered_ = true;
      break;
    case Modality::llm:
      answer().dialogue_done = true;
      break;
    case Modality::tts:
      drop_sentences(out);
      answer().sentences_voicing = 0;
      break;
    case Modality::none:
      break;
  }
  announce_end(out);
}

}  // namespace phalarope
