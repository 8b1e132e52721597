#include "core/replay/node_script.hpp"

#include "core/engine/command_kinds.hpp"

namespace phalarope::replay {
namespace {

bool names_an_utterance(EventKind kind) {
  return kind == EventKind::command_recognise_start || kind == EventKind::command_recognise_audio ||
         kind == EventKind::command_recognise_finalise || kind == EventKind::command_recognise_abandon;
}

bool is_the_same(const Event& was, const Event& is, std::string_view words_then, std::string_view words_now) {
  if (was.kind != is.kind || was.argument_b != is.argument_b) return false;
  // Whether the board speaks while an utterance begins changes how it is listened to, not what is said.
  if (was.kind != EventKind::command_recognise_start && was.argument_a != is.argument_a) return false;
  if (was.media_sample != is.media_sample || words_then != words_now) return false;
  return !names_an_utterance(is.kind) || was.provider_invocation == is.provider_invocation;
}

/// A command whose answer depends on nothing before it but what the user said.
bool stands_for_itself(EventKind kind) {
  return kind == EventKind::command_recognise_start || kind == EventKind::command_dialogue_ask;
}

}  // namespace

bool is_for_a_node(const Event& output) {
  return wants_a_node(output.kind) || output.kind == EventKind::command_node_cancel;
}

const ScriptedCommand* NodeScript::follow(const Event& command, std::string_view words, const Tape& tape) {
  std::optional<std::size_t> place;
  if (on_script_ && at_ < commands_.size() &&
      is_the_same(tape.items[commands_[at_].item].event, command, commands_[at_].words, words)) {
    place = at_;
  } else if (stands_for_itself(command.kind)) {
    place = found_again(command, words, tape);
  }
  on_script_ = place.has_value();
  if (!place) return nullptr;
  at_ = *place + 1;
  return &commands_[*place];
}

std::optional<std::size_t> NodeScript::found_again(const Event& command, std::string_view words,
                                                   const Tape& tape) const {
  for (std::size_t i = at_; i < commands_.size(); ++i) {
    if (is_the_same(tape.items[commands_[i].item].event, command, commands_[i].words, words)) return i;
  }
  return std::nullopt;
}

}  // namespace phalarope::replay
