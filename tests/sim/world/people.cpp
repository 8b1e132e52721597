// People, and what is done to the line, the device and the right to speak while they talk.
#include <algorithm>

#include "core/engine/session/session_input.hpp"
#include "tests/sim/world/world.hpp"

namespace phalarope::sim {
namespace {
constexpr std::int64_t samples_per_ms = 16;
constexpr std::int64_t report_every_ms = 100;    // voice activity, and in this world a frame
constexpr std::int64_t silence_max_ms = 60'000;  // somebody goes away and comes back
constexpr std::int64_t flood_frames_max = 1'500;
}  // namespace

void World::somebody_acts() {
  user_is_impatient();
  device_suffers();
  line_suffers();
  control_plane_acts();
  flood_comes();
  somebody_speaks();
}

void World::user_is_impatient() {
  if (!faults_.strikes(Fault::user_impatient, chance_)) return;
  const bool talks = chance_.happens(500);
  const std::int64_t delay_ms = chance_.between(0, 50);
  later(milliseconds(delay_ms),
        made(talks ? EventKind::user_turn_requested : EventKind::user_cancel_requested, Lane::control));
}

void World::device_suffers() {
  if (faults_.strikes(Fault::xrun, chance_)) {
    Event xrun = made(EventKind::xrun, Lane::control);
    xrun.range_start = now_ns_ / ns_per_ms * samples_per_ms;
    xrun.range_end = xrun.range_start + 160;
    xrun.reason = Reason::capture_overrun;
    later(Duration{0}, xrun);
  }
  if (faults_.strikes(Fault::device_gone, chance_)) {
    later(Duration{0}, made(EventKind::device_lost, Lane::control));
    const std::int64_t gone_ms = chance_.between(10, 60'000);
    later(milliseconds(gone_ms), made(EventKind::device_restored, Lane::control));
  }
  if (tells_of_evidence_ && faults_.strikes(Fault::evidence_full, chance_)) {
    Event full = made(EventKind::evidence_state, Lane::control);
    full.argument_a = static_cast<std::int64_t>(chance_.happens(500) ? EvidenceRoom::lost : EvidenceRoom::running_only);
    later(Duration{0}, full);
    full.argument_a = static_cast<std::int64_t>(EvidenceRoom::next_turn);
    const std::int64_t full_ms = chance_.between(1, 2'000);
    later(milliseconds(full_ms), full);
  }
}

void World::line_suffers() {
  if (faults_.strikes(Fault::line_drops, chance_)) {
    constexpr EventKind losses[] = {EventKind::disconnected, EventKind::reconnecting, EventKind::silence,
                                    EventKind::stall};
    const std::int64_t which = chance_.between(0, 3);
    later(Duration{0}, made(losses[which], Lane::control));
    const std::int64_t away_ms = chance_.between(1, 40'000);
    later(milliseconds(away_ms), made(EventKind::connected, Lane::control));
  }
  if (faults_.strikes(Fault::hang_up, chance_)) {
    const bool politely = chance_.happens(500);
    later(Duration{0}, made(politely ? EventKind::shutdown_requested : EventKind::ended, Lane::control));
  }
}

void World::control_plane_acts() {
  Event snapshot = made(EventKind::control_snapshot, Lane::control);
  snapshot.argument_a = control_all_granted;
  const auto under = [&snapshot](std::uint64_t epoch) {
    snapshot.authority_epoch = epoch;
    snapshot.argument_b = static_cast<std::int64_t>(epoch);
  };
  if (faults_.strikes(Fault::authority_revoked, chance_)) {
    under(epoch_);
    snapshot.argument_a &= ~control_bit(ControlBit::authorized);
    // Every third time nothing is withdrawn in between: the epoch rises under the turn that runs.
    if (epoch_ % 3 != 0) later(Duration{0}, snapshot);
    under(++epoch_);
    snapshot.argument_a = control_all_granted;
    const std::int64_t revoked_ms = chance_.between(1, 1'000);
    later(milliseconds(revoked_ms), snapshot);
  }
  if (epoch_ > 1 && faults_.strikes(Fault::stale_snapshot, chance_)) {
    under(epoch_ - 1);
    later(milliseconds(1'001), snapshot);
  }
  if (faults_.strikes(Fault::control_withheld, chance_)) {
    under(epoch_);
    constexpr std::int64_t bits_max = std::int64_t{1} << 12;
    snapshot.argument_a = chance_.between(0, bits_max - 1) | control_bit(ControlBit::authorized);
    later(Duration{0}, snapshot);
    snapshot.argument_a = control_all_granted;
    const std::int64_t withheld_ms = chance_.between(1, 3'000);
    later(milliseconds(withheld_ms), snapshot);
  }
}

// A storm of frames that belong to no utterance, and of metrics: what data and telemetry do to control is nothing.
void World::flood_comes() {
  if (!faults_.strikes(Fault::flood, chance_)) return;
  const std::int64_t frames = chance_.between(100, flood_frames_max);
  for (std::int64_t i = 0; i < frames; ++i) {
    later(Duration{0}, made(EventKind::audio_frame, Lane::data));
    if (i % 2 == 0) later(Duration{0}, made(EventKind::telemetry_sample, Lane::telemetry));
  }
}

// One stretch of speech: its start, what voice activity says meanwhile, its frames, its end. A third are coughs and
// "mhm"s; now and then nobody says anything for a long time.
void World::somebody_speaks() {
  std::int64_t pause_ms = chance_.between(0, manner_.pause_max_ms);
  if (chance_.happens(10)) pause_ms += chance_.between(0, silence_max_ms);
  const std::int64_t start_ns = std::max(now_ns_ + pause_ms * ns_per_ms, speaking_until_ns_ + ns_per_ms);
  const bool brief = chance_.happens(300);
  const std::int64_t length_ms = brief ? chance_.between(80, 400) : chance_.between(400, manner_.speech_max_ms);
  const std::uint32_t utterance = ++utterance_;
  if (!faults_.act()) return later(Duration{start_ns - now_ns_}, made(EventKind::telemetry_sample, Lane::telemetry));
  const auto at = [&](std::int64_t ms, Event event) {
    if (event.node == no_node.value) event.argument_a = utterance;
    event.media_sample = (start_ns / ns_per_ms + ms) * samples_per_ms;
    later(Duration{start_ns + ms * ns_per_ms - now_ns_}, event);
  };
  at(0, made(EventKind::speech_started, Lane::control));
  Event frame = made(EventKind::audio_frame, Lane::data);
  frame.provider_invocation = utterance;
  for (std::int64_t ms = report_every_ms; ms < length_ms; ms += report_every_ms) {
    if (!faults_.strikes(Fault::frames_lost, chance_)) at(ms, frame);
    Event continues = made(EventKind::speech_continues, Lane::control);
    continues.argument_b = ms;
    at(ms, continues);
    if (ms == 3 * report_every_ms && chance_.happens(400)) {
      Event partial = made(EventKind::recognition_partial, Lane::data);
      partial.provider_invocation = utterance;
      partial.node = recogniser_;
      const bool words = chance_.happens(700);
      partial.argument_a = static_cast<std::int64_t>(words ? UtteranceClass::words : UtteranceClass::back_channel);
      at(ms, partial);
    }
  }
  if (!faults_.strikes(Fault::speech_end_lost, chance_)) at(length_ms, made(EventKind::speech_ended, Lane::control));
  if (!faults_.strikes(Fault::frames_lost, chance_)) at(length_ms, frame);
  speaking_until_ns_ = start_ns + length_ms * ns_per_ms;
}

}  // namespace phalarope::sim
