// EventWriter: what the audio thread says to the engine, with the envelope filled in.
//
//   control ring  speech, fence, xrun, playback state     data ring  frames, positions
//
// Invariants. (1) transport_sequence counts, for each ring, every event the audio thread meant to send, sent or not, so
// the engine sees each gap and tells it (drop_notice). (2) A full ring is an answer: the event is counted and dropped,
// nothing waits. Who: the audio thread only. Contract: runtime.md 1.2; I5, I9.
#pragma once

#include "core/engine/audio_link.hpp"

namespace phalarope::hal {

struct EventWriterCounters {
  std::uint64_t sent = 0;
  std::uint64_t control_refused = 0;
  std::uint64_t data_refused = 0;
};

class EventWriter {
 public:
  EventWriter(AudioLink& link, std::uint16_t session_slot) noexcept : link_(link), session_slot_(session_slot) {}

  /// All events until the next call carry this time.
  void begin_period(Instant at) noexcept { at_ = at; }

  bool control(Event event) noexcept {
    event.lane = Lane::control;
    event.transport_sequence = ++control_sequence_;
    seal(event);
    const bool sent = link_.control.try_push(event);
    ++(sent ? counters_.sent : counters_.control_refused);
    return sent;
  }
  bool data(Event event) noexcept {
    event.lane = Lane::data;
    event.transport_sequence = ++data_sequence_;
    seal(event);
    const bool sent = link_.data.try_push(event);
    ++(sent ? counters_.sent : counters_.data_refused);
    return sent;
  }

  PayloadStore& payloads() noexcept { return link_.payloads; }
  const EventWriterCounters& counters() const noexcept { return counters_; }

 private:
  void seal(Event& event) noexcept {
    event.mono_ns = at_.value;
    event.session_slot = session_slot_;
    event.emitter = Emitter::device;
    event.set(EventFlag::has_media_time);
    if (static_cast<std::uint16_t>(event.kind) >= first_extension_kind) event.set(EventFlag::internal);
  }

  AudioLink& link_;
  std::uint16_t session_slot_;
  std::uint32_t control_sequence_ = 0;
  std::uint32_t data_sequence_ = 0;
  Instant at_{};
  EventWriterCounters counters_{};
};

}  // namespace phalarope::hal
