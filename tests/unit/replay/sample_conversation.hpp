// A small conversation, as a recording: a question with an answer that is heard to its end, a cough that is dismissed,
// and an answer that is interrupted by the next question. Every time in it is written here, so a test knows the truth.
#pragma once

#include <string_view>

#include "core/engine/base/event.hpp"
#include "core/engine/session/session_start.hpp"
#include "tests/unit/replay/memory_recording.hpp"

namespace phalarope::replay {

class SampleConversation {
 public:
  static constexpr std::int64_t rate = 16000;
  static constexpr std::int64_t start_ns = 5 * ns_per_second;

  /// `hostile` replaces the user's words of the first turn.
  explicit SampleConversation(std::string_view hostile = "what is the weather like") {
    write_start();
    first_turn(hostile);
    cough();
    second_turn();
    interrupting_turn();
  }
  MemoryRecording recording;

 private:
  static std::int64_t at_ms(std::int64_t ms) { return start_ns + ms * ns_per_ms; }

  Event make(EventKind kind, std::int64_t ms, std::uint32_t turn, bool output) {
    Event event{};
    event.kind = kind;
    event.runtime_sequence = ++sequence_;
    event.transport_sequence = static_cast<std::uint32_t>(sequence_);
    event.mono_ns = at_ms(ms);
    event.wall_ns = 1'760'000'000 * ns_per_second + ms * ns_per_ms;
    event.authority_epoch = 7;
    event.turn_number = turn;
    event.ticket = turn == 0 ? 0 : turn + 40;
    event.scope = turn == 0 ? Scope::session : Scope::turn;
    if (output) event.set(EventFlag::output);
    return event;
  }
  void in(EventKind kind, std::int64_t ms, std::uint32_t turn = 0, std::int64_t a = 0, std::int64_t b = 0,
          std::string_view text = {}) {
    Event event = make(kind, ms, turn, false);
    event.argument_a = a;
    event.argument_b = b;
    event.emitter = Emitter::device;
    if (kind == EventKind::speech_started || kind == EventKind::speech_ended || kind == EventKind::fence_applied) {
      event.media_sample = ms * rate / 1000;
      event.set(EventFlag::has_media_time);
    }
    put(event, text);
  }
  void out(EventKind kind, std::int64_t ms, std::uint32_t turn, Emitter emitter, Reason reason = Reason::none,
           Lane target = Lane::control) {
    Event event = make(kind, ms, turn, true);
    event.emitter = emitter;
    event.reason = reason;
    event.target_lane = target;
    put(event, {});
  }
  void put(const Event& event, std::string_view text) {
    recording.add(event);
    if (!text.empty()) recording.add_text(text);
  }
  void answer(std::uint32_t turn, std::int64_t ms, std::string_view sentence, std::int64_t word_samples) {
    in(EventKind::dialogue_sentence, ms, turn, 0, 0, sentence);
    std::int64_t sample = 0;
    while (!sentence.empty()) {
      const auto space = sentence.find(' ');
      in(EventKind::synthesis_word, ms + 20, turn, sample, sample / word_samples, sentence.substr(0, space));
      sentence = space == sentence.npos ? std::string_view{} : sentence.substr(space + 1);
      sample += word_samples;
    }
    in(EventKind::synthesis_done, ms + 30, turn, 0, sample);
  }

  void write_start() {
    recording.add_symbol(1, "kitchen-board");
    recording.add_symbol(2, "home/v3");
    const std::byte word{1};
    recording.add(RecordType::pipeline, {&word, 1});
    SessionStart start;
    static_cast<void>(start.set_session_id("kitchen-board"));
    recording.add(RecordType::session, std::as_bytes(std::span(&start, 1)));
    in(EventKind::engine_started, 0);
    out(EventKind::connected, 1, 0, Emitter::connection);
  }
  void first_turn(std::string_view words) {
    in(EventKind::speech_started, 400, 0, 1);
    out(EventKind::turn_open_proposed, 400, 1, Emitter::session_prelude, Reason::session_turn_intent);
    out(EventKind::turn_open, 401, 1, Emitter::turn_arbiter);
    in(EventKind::speech_ended, 1500, 0, 1);
    in(EventKind::recognition_final, 1530, 1, 1, 930, words);
    answer(1, 1560, "it is sunny today with a light wind", 4800);
    in(EventKind::playback_started, 1620, 1);
    out(EventKind::output_accepted, 1620, 1, Emitter::transport, Reason::output_accepted);
  }
  void cough() {
    in(EventKind::speech_started, 2300, 0, 2);
    out(EventKind::interruption_held, 2302, 1, Emitter::cancellation, Reason::speech_suspected);
    in(EventKind::duck_applied, 2310, 1, 10880);
    in(EventKind::speech_ended, 2420, 0, 2);
    out(EventKind::interruption_dismissed, 2480, 1, Emitter::cancellation, Reason::speech_too_short);
    in(EventKind::resume_applied, 2490, 1, 9600);
    in(EventKind::playback_completed, 4200, 1, 38400);
    out(EventKind::commit, 4201, 1, Emitter::turn_arbiter);
    out(EventKind::close, 4201, 1, Emitter::turn_arbiter);
  }
  void second_turn() {
    in(EventKind::speech_started, 4900, 0, 3);
    out(EventKind::turn_open_proposed, 4900, 2, Emitter::session_prelude, Reason::session_turn_intent);
    out(EventKind::turn_open, 4901, 2, Emitter::turn_arbiter);
    in(EventKind::speech_ended, 5800, 0, 3);
    in(EventKind::recognition_final, 5840, 2, 1, 880, "read me the news");
    answer(2, 5900, "the city council has decided to close the old bridge", 4000);
    in(EventKind::playback_started, 5990, 2);
    out(EventKind::watermark, 6100, 2, Emitter::watermark, Reason::lane_queue_high_watermark, Lane::data);
    out(EventKind::flow_xoff, 6100, 2, Emitter::flow_control, Reason::backpressure_asserted, Lane::data);
    out(EventKind::flow_xon, 6300, 2, Emitter::flow_control, Reason::none, Lane::data);
  }
  void interrupting_turn() {
    in(EventKind::speech_started, 6900, 0, 4);
    out(EventKind::interruption_held, 6902, 2, Emitter::cancellation, Reason::speech_suspected);
    in(EventKind::duck_applied, 6911, 2, 14720);
    out(EventKind::interruption_confirmed, 7180, 2, Emitter::cancellation, Reason::word_recognised);
    out(EventKind::abort, 7180, 2, Emitter::turn_arbiter, Reason::cancelled);
    out(EventKind::close, 7180, 2, Emitter::turn_arbiter);
    out(EventKind::turn_open_proposed, 7180, 3, Emitter::session_prelude, Reason::barge_in);
    out(EventKind::turn_open, 7181, 3, Emitter::turn_arbiter);
    // Applied at device sample 7188 ms; the last audible one is 160 samples (10 ms) on.
    in(EventKind::fence_applied, 7188, 2, 19000, 7188 * rate / 1000 + 159);
    in(EventKind::speech_ended, 7800, 0, 4);
    in(EventKind::recognition_final, 7830, 3, 1, 910, "stop, turn on the light");
    answer(3, 7850, "the light is on", 4200);
    in(EventKind::playback_started, 7930, 3);
    Event lost = make(EventKind::xrun, 8100, 0, false);
    lost.reason = Reason::playback_underrun;
    lost.range_start = 129600;
    lost.range_end = 129919;
    put(lost, {});
    in(EventKind::playback_completed, 9010, 3, 16800);
    out(EventKind::commit, 9011, 3, Emitter::turn_arbiter);
    out(EventKind::close, 9011, 3, Emitter::turn_arbiter);
  }

  std::uint64_t sequence_ = 0;
};

}  // namespace phalarope::replay
