// AudioLink: all that the audio thread and the engine thread share.
//
//   audio thread                                   engine thread
//     control ring ──speech, fence, xrun events──▶   drained first
//     data ring    ──frames, positions──────────▶    drained second
//     commands     ◀─duck, resume, play, end──────   one ring, in order
//     fence        ◀─one 64-bit ticket────────────   one store; the audio thread compares before it plays
//     payloads     ◀▶ slabs named by handle
//
// Neither side waits for the other. The audio thread owns the producing end of the two event rings and the consuming
// end of the command ring. A full ring is an answer: the audio thread counts it and goes on; the engine sees the gap
// in transport_sequence.
#pragma once

#include "core/engine/base/event.hpp"
#include "core/engine/lanes/spsc_ring.hpp"
#include "core/engine/memory/payload_store.hpp"
#include "core/engine/turn/fence.hpp"

namespace phalarope {

constexpr std::size_t audio_control_events_max = 256;
constexpr std::size_t audio_data_events_max = 1024;
constexpr std::size_t audio_commands_max = 1024;

struct AudioLink {
  SpscRing<Event, audio_control_events_max>& control;
  SpscRing<Event, audio_data_events_max>& data;
  SpscRing<Event, audio_commands_max>& commands;
  Fence& fence;
  PayloadStore& payloads;
  /// The source numbers what it meant to send, each ring for itself and from 1: a gap tells what found no room.
  bool numbers_its_events = false;
};

}  // namespace phalarope
