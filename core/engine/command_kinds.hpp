// Whose deed a command is: a node's, the audio thread's, or the host's own. Pure. Contract: schemas/event.fbs.
#pragma once

#include "core/engine/base/event.hpp"

namespace phalarope {

/// A node's work; command_node_cancel is not: it overtakes.
constexpr bool wants_a_node(EventKind kind) noexcept {
  switch (kind) {
    case EventKind::command_recognise_start:
    case EventKind::command_recognise_audio:
    case EventKind::command_recognise_finalise:
    case EventKind::command_recognise_abandon:
    case EventKind::command_dialogue_ask:
    case EventKind::command_synthesise:
    case EventKind::command_node_credit:
    case EventKind::command_heard:
    case EventKind::command_apology:
      return true;
    default:
      return false;  // not a decision over all kinds
  }
}

constexpr bool wants_the_audio_thread(EventKind kind) noexcept {
  return kind == EventKind::command_duck || kind == EventKind::command_resume ||
         kind == EventKind::command_play_frame || kind == EventKind::command_play_end;
}

}  // namespace phalarope
