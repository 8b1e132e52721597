// Random interleavings of every command, fence and device event against a naive model: whatever the order, no sample
// of a ticket is heard after its fence, slabs balance, and a plain answer comes out as it went in.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "hal/audio/playback.hpp"
#include "tests/unit/hal/audio/audio_world.hpp"

namespace phalarope::hal {
namespace {

using testing::AudioWorld;
using testing::of_kind;

constexpr int operations = 300;
/// Each ticket speaks with one constant value, so that a heard sample names its ticket.
std::int16_t voice_of(Ticket ticket) { return static_cast<std::int16_t>(2000 + 20 * (ticket.value % 1000)); }

/// The model in one rule: a frame may carry the present ticket's voice, or, for one fade after the fence has moved,
/// that of the ticket the last period saw.
void check_period(const std::vector<std::int16_t>& period, Ticket audible, Ticket fading, std::int64_t fade_frames) {
  for (std::size_t i = 0; i < period.size(); ++i) {
    const std::int64_t sample = period[i];
    if (sample == 0) continue;
    RC_ASSERT(sample > 0);
    if (fading != no_ticket && fading != audible) {
      RC_ASSERT(static_cast<std::int64_t>(i) < fade_frames);
      RC_ASSERT(sample <= voice_of(fading));
    } else {
      RC_ASSERT(audible != no_ticket);
      RC_ASSERT(sample <= voice_of(audible));
    }
  }
}

RC_GTEST_PROP(PlaybackProperty, NoSampleOfATicketIsHeardAfterItsFence, ()) {
  AudioWorld world;
  AudioLink link = world.link();
  EventWriter writer(link, 0);
  Playback playback(world.fence, world.payloads);
  Ticket audible{};         // the fence, as the model sees it
  Ticket at_last_period{};  // what the fence was when the last period was rendered
  std::int64_t fade = 0;
  std::uint64_t highest = 0;
  std::int64_t sent = 0;
  std::int64_t axis = 0;
  std::map<std::uint64_t, int> ends;
  std::map<std::uint64_t, int> starts;
  for (int i = 0; i < operations; ++i) {
    switch (*rc::gen::inRange(0, 10)) {
      case 0:  // a new turn
        // From "none" no voice is ended, so the fence keeps the notice of the voice that was.
        if (audible != no_ticket) fade = *rc::gen::inRange(0, 200);
        audible = Ticket{++highest};
        world.fence.set(audible, {.fade_frames = fade, .reason = Reason::barge_in});
        sent = 0;
        break;
      case 1:
        if (audible != no_ticket) fade = *rc::gen::inRange(0, 200);
        world.fence.raise({.fade_frames = fade, .reason = Reason::barge_in});
        audible = no_ticket;
        break;
      case 2:
      case 3: {  // a frame of the present turn
        const std::int64_t frames = *rc::gen::inRange(1, 500);
        if (audible == no_ticket) break;
        if (world.play(audible, sent, std::vector<std::int16_t>(static_cast<std::size_t>(frames), voice_of(audible)))) {
          sent += frames;
        }
        break;
      }
      case 4: {  // a late frame, or one of a ticket that never was
        const Ticket stale{static_cast<std::uint64_t>(*rc::gen::inRange(0, static_cast<int>(highest) + 1))};
        if (stale != audible) world.play(stale, 0, std::vector<std::int16_t>(100, -30'000));
        break;
      }
      case 5:
        world.send(EventKind::command_duck, audible, 100);
        break;
      case 6:
        world.send(EventKind::command_resume, audible, *rc::gen::inRange(-100, 3000));
        break;
      case 7:
        if (*rc::gen::inRange(0, 4) == 0) world.send(EventKind::command_play_end, audible, sent);
        break;
      default: {
        Event command{};
        while (world.commands->try_pop(command)) playback.take(command);
        std::vector<std::int16_t> period(static_cast<std::size_t>(*rc::gen::inRange(64, 320)));
        playback.render(period);
        const std::int64_t fade_max = std::min({fade, fade_frames_max, static_cast<std::int64_t>(period.size())});
        const bool ending = at_last_period != audible && ends[at_last_period.value] == 0;
        check_period(period, audible, ending ? at_last_period : no_ticket, fade_max);
        const auto frames = static_cast<std::int64_t>(period.size());
        playback.settle({.first_frame = axis, .queued_frames = 2 * frames}, frames, writer);
        axis += frames;
        // The period that ends a voice is its own; after a completed answer the new one may start at once.
        at_last_period = audible;
        for (const Event& event : world.take_events()) {
          if (event.kind == EventKind::playback_completed || event.kind == EventKind::fence_applied) {
            RC_ASSERT(++ends[event.ticket] == 1);
          }
          if (event.kind == EventKind::playback_started) RC_ASSERT(++starts[event.ticket] == 1);
        }
      }
    }
  }
  world.fence.silence();
  Event command{};
  while (world.commands->try_pop(command)) playback.take(command);
  std::vector<std::int16_t> period(160);
  playback.render(period);
  playback.settle({.first_frame = axis, .queued_frames = 320}, 160, writer);
  playback.release_all();
  RC_ASSERT(world.slabs_held(synthesis_pool) == 0U);
  RC_ASSERT(world.stale_uses(synthesis_pool) == 0U);
  for (const Event& event : world.take_events()) {
    if (event.kind == EventKind::fence_applied) ++ends[event.ticket];
  }
  for (const auto& [ticket, count] : starts) RC_ASSERT(ends[ticket] == 1);
}

}  // namespace
}  // namespace phalarope::hal
