// EventSource: who may say what. The world speaks to the engine through four doors, and each kind of event is legal
// from some of them only; what comes through the wrong one is refused by name, counted and recorded.
//
//   seat    a session's media thread, by its AudioLink: what the device did, the line, the user's hand
//   worker  a node, by its ingress port: results and failures
//   host    the process around the engine: authority, shutdown, the user's hand, the line
//   engine  the runtime itself: deadlines, the recorder's state, what the lanes say
//
// Invariants. (1) The world can cause an error value, never an assertion: what only the engine may say is never taken
// from outside, or a forged word about the recorder would open a turn that no room is held for (2.7). (2) An event that
// is refused mutates nothing but the counter and the record (1.11). (3) A kind without a row is legal from nobody.
// Pure. Contract: runtime.md 1.10, 1.11; I2, I10.
#pragma once

#include <cstdint>
#include <optional>

#include "core/engine/base/event.hpp"

namespace phalarope {

enum class EventSource : std::uint8_t { seat, worker, host, engine };
constexpr std::size_t event_sources_count = 4;

using SourceMask = std::uint8_t;
constexpr SourceMask mask_of(EventSource source) noexcept {
  return static_cast<SourceMask>(1U << static_cast<unsigned>(source));
}

/// Who may answer a command in this way; 0: it is an output, a command, or a number that no version knows.
constexpr SourceMask sources_of_answer(EventKind kind) noexcept {
  switch (kind) {
    case EventKind::recognition_partial:
    case EventKind::recognition_final:
    case EventKind::dialogue_sentence:
    case EventKind::dialogue_done:
    case EventKind::tool_started:
    case EventKind::tool_ended:
    case EventKind::synthesis_frame:
    case EventKind::synthesis_word:
    case EventKind::synthesis_done:
    case EventKind::node_cancelled:
      return mask_of(EventSource::worker);
    // A pool that refuses a node's work is that node's failure, and the engine says it.
    case EventKind::node_failed:
      return mask_of(EventSource::worker) | mask_of(EventSource::engine);
    default:
      return 0;
  }
}

/// Who may say `kind`; 0: nobody.
constexpr SourceMask sources_of(EventKind kind) noexcept {
  constexpr SourceMask seat = mask_of(EventSource::seat);
  constexpr SourceMask worker = mask_of(EventSource::worker);
  constexpr SourceMask host = mask_of(EventSource::host);
  constexpr SourceMask engine = mask_of(EventSource::engine);
  switch (kind) {
    // What the device did.
    case EventKind::audio_frame:
    case EventKind::speech_started:
    case EventKind::speech_continues:
    case EventKind::speech_ended:
    case EventKind::playback_started:
    case EventKind::playback_position:
    case EventKind::playback_completed:
    case EventKind::fence_applied:
    case EventKind::duck_applied:
    case EventKind::resume_applied:
    case EventKind::xrun:
    case EventKind::device_lost:
    case EventKind::device_restored:
    case EventKind::stream_ended:
      return seat;
    // The line and the user's hand: a board has them at the host, a call at its own seat.
    case EventKind::connected:
    case EventKind::reconnecting:
    case EventKind::disconnected:
    case EventKind::ended:
    case EventKind::silence:
    case EventKind::stall:
    case EventKind::end_of_utterance:
    case EventKind::user_turn_requested:
    case EventKind::user_cancel_requested:
      return seat | host;
    case EventKind::telemetry_sample:
      return seat | worker | host;
    case EventKind::engine_started:
    case EventKind::control_snapshot:
    case EventKind::lease_rotated:
    case EventKind::migration_start:
    case EventKind::migration_finish:
    case EventKind::session_handoff:
    case EventKind::shutdown_requested:
      return host;
    // What the engine says to itself, and no other may say for it.
    case EventKind::tick:
    case EventKind::evidence_state:
    case EventKind::recording_level_downgraded:
    case EventKind::watermark:
    case EventKind::flow_xoff:
    case EventKind::flow_xon:
    case EventKind::drop_notice:
    case EventKind::shed:
    case EventKind::reject:
      return engine;
    default:
      return sources_of_answer(kind);
  }
}

constexpr bool may_say(EventSource source, EventKind kind) noexcept {
  return (sources_of(kind) & mask_of(source)) != 0;
}

/// What a node says of the work it was given under an epoch.
constexpr bool is_a_result(EventKind kind) noexcept {
  return may_say(EventSource::worker, kind) && kind != EventKind::telemetry_sample;
}

/// What is wrong with an event at the door; its number is argument_b of the refusal's `reject` (runtime.md 1.11).
enum class IngressFault : std::uint8_t { source_not_entitled = 1, lane_unknown = 2 };

constexpr std::optional<IngressFault> fault_at_the_door(EventSource source, const Event& event) noexcept {
  if (!may_say(source, event.kind)) return IngressFault::source_not_entitled;
  if (static_cast<std::uint8_t>(event.lane) > static_cast<std::uint8_t>(Lane::telemetry)) {
    return IngressFault::lane_unknown;
  }
  return std::nullopt;
}

/// The refusal that is recorded in the place of what was refused: argument_a is its kind, argument_b the fault.
constexpr Event refusal_of(const Event& refused, IngressFault fault) noexcept {
  Event told{};
  told.kind = EventKind::reject;
  told.mono_ns = refused.mono_ns;
  told.wall_ns = refused.wall_ns;
  told.session_slot = refused.session_slot;
  told.transport_sequence = refused.transport_sequence;
  told.argument_a = static_cast<std::int64_t>(refused.kind);
  told.argument_b = static_cast<std::int64_t>(fault);
  told.lane = Lane::control;
  told.scope = Scope::session;
  told.emitter = Emitter::admission;
  told.reason = Reason::schema_validation_error;
  return told;
}

}  // namespace phalarope
