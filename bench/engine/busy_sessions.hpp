// BusySessions: many conversations on one engine, each busy all the time; for benches of the engine under load.
//
//   Ear (one per session) ── control, data rings ──▶ EngineRuntime ──▶ commands ──▶ Ear
//                                                        ▲ └── node commands ──▶ ReadyNodes ── ingress ─┐
//                                                        └────────────────────────────────────────────┘
//
// An Ear is the audio thread of one session without its signal processing: its user speaks for 1.5 s of every 6 s and
// interrupts every second answer; what is to be played is played, period by period. ReadyNodes answers every command
// at once, so that nothing but the engine costs time. Virtual time. One thread.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "core/engine/runtime.hpp"
#include "tests/unit/engine/session/engine_driver.hpp"

namespace phalarope::bench {

constexpr std::int64_t period_ns = 10 * ns_per_ms;
constexpr std::int64_t period_frames = 160;
constexpr std::int64_t synthesis_frames = 320;
constexpr int cycle_periods = 600;
constexpr int speech_periods = 150;
constexpr int answer_frames_max = 150;  // 3 s of voice

/// The rings of one session.
struct Line {
  SpscRing<Event, audio_control_events_max> control;
  SpscRing<Event, audio_data_events_max> data;
  SpscRing<Event, audio_commands_max> commands;
  Fence fence;
};

class ReadyNodes final : public ExecutionPool {
 public:
  ReadyNodes(Ingress::Port port, PayloadStore& payloads, std::size_t sessions)
      : port_(port), payloads_(payloads), voices_(sessions) {}

  bool try_submit(NodeIndex, const Event& command) override {
    if (command.payload.present()) static_cast<void>(payloads_.release(command.payload));
    switch (command.kind) {
      case EventKind::command_recognise_finalise:
        answer(command, EventKind::recognition_final, static_cast<std::int64_t>(UtteranceClass::words));
        break;
      case EventKind::command_dialogue_ask:
        answer(command, EventKind::dialogue_sentence, 0);
        answer(command, EventKind::dialogue_done, 0);
        break;
      case EventKind::command_synthesise:
        voice_of(command).left = answer_frames_max;
        speak(command);
        break;
      case EventKind::command_node_credit:
        voice_of(command).credit += command.argument_a;
        speak(command);
        break;
      default:
        break;  // nothing to say to it
    }
    return true;
  }
  void cancel(NodeIndex, const Event&) noexcept override {}

 private:
  struct Voice {
    std::uint64_t ticket = 0;
    std::int64_t credit = 0;
    std::int64_t position = 0;
    int left = 0;
  };
  Voice& voice_of(const Event& command) {
    Voice& voice = voices_[command.session_slot];
    if (voice.ticket != command.ticket) voice = {.ticket = command.ticket};
    return voice;
  }
  void speak(const Event& command) {
    Voice& voice = voices_[command.session_slot];
    if (voice.left == 0) return;
    for (; voice.left > 0 && voice.credit > 0; --voice.left, --voice.credit) {
      answer(command, EventKind::synthesis_frame, voice.position, synthesis_frames);
      voice.position += synthesis_frames;
    }
    if (voice.left == 0) answer(command, EventKind::synthesis_done, 0);
  }
  void answer(const Event& command, EventKind kind, std::int64_t a, std::int64_t b = 0) {
    Event result = command;
    result.kind = kind;
    result.argument_a = a;
    result.argument_b = b;
    result.payload = {};
    result.flags = 0;
    result.lane = Lane::data;
    static_cast<void>(port_.try_send(result));
  }

  Ingress::Port port_;
  PayloadStore& payloads_;
  std::vector<Voice> voices_;
};

class Ear {
 public:
  Ear(Line& line, PayloadStore& payloads, int phase_periods)
      : line_(line), payloads_(payloads), period_(phase_periods) {}

  void connect() { say(line_.control, EventKind::connected); }
  /// One period: obeys, plays, hears.
  void run(std::int64_t now_ns) {
    now_ns_ = now_ns;
    obey();
    play();
    hear();
    ++period_;
  }

 private:
  template <typename Ring>
  void say(Ring& ring, EventKind kind, std::int64_t a = 0, std::int64_t b = 0) {
    Event event{};
    event.kind = kind;
    event.mono_ns = now_ns_;
    event.wall_ns = now_ns_;
    event.media_sample = now_ns_ / period_ns * period_frames;
    event.argument_a = a;
    event.argument_b = b;
    if (a_playback(kind)) event.ticket = ticket_;
    static_cast<void>(ring.try_push(event));
  }
  static bool a_playback(EventKind kind) {
    return kind == EventKind::playback_started || kind == EventKind::playback_position ||
           kind == EventKind::playback_completed || kind == EventKind::fence_applied || kind == EventKind::duck_applied;
  }
  void obey() {
    Event command;
    while (line_.commands.try_pop(command)) {
      if (command.payload.present()) static_cast<void>(payloads_.release(command.payload));
      if (command.kind == EventKind::command_play_frame && line_.fence.admits(Ticket{command.ticket})) {
        if (ticket_ != command.ticket) {
          ticket_ = command.ticket;
          played_ = 0;
          end_ = -1;
          say(line_.control, EventKind::playback_started);
        }
      } else if (command.kind == EventKind::command_play_end && command.ticket == ticket_) {
        end_ = command.argument_a;
      } else if (command.kind == EventKind::command_duck) {
        say(line_.control, EventKind::duck_applied, played_);
      }
    }
  }
  void play() {
    if (ticket_ == 0) return;
    if (!line_.fence.admits(Ticket{ticket_})) {
      say(line_.control, EventKind::fence_applied, played_);
      ticket_ = 0;
      return;
    }
    played_ += period_frames;
    say(line_.data, EventKind::playback_position, played_);
    if (end_ < 0 || played_ < end_) return;
    say(line_.control, EventKind::playback_completed, end_);
    ticket_ = 0;
  }
  void hear() {
    const int at = period_ % cycle_periods;
    // Every second cycle somebody speaks again while the board still answers.
    const bool interrupts = period_ / cycle_periods % 2 == 1;
    speech(at);
    if (interrupts) speech(at - 2 * speech_periods);
  }
  void speech(int at) {
    if (at < 0 || at > speech_periods) return;
    if (at == 0) say(line_.control, EventKind::speech_started, ++utterance_);
    if (at > 0 && at % 10 == 0 && at < speech_periods) {
      say(line_.control, EventKind::speech_continues, utterance_, at * 10);
    }
    if (at == speech_periods) say(line_.control, EventKind::speech_ended, utterance_);
    Event frame{};
    frame.kind = EventKind::audio_frame;
    frame.lane = Lane::data;
    frame.mono_ns = now_ns_;
    frame.wall_ns = now_ns_;
    frame.media_sample = now_ns_ / period_ns * period_frames;
    frame.provider_invocation = static_cast<std::uint32_t>(utterance_);
    const auto slab = payloads_.try_acquire(microphone_pool, period_frames * 2);
    if (!slab) return;
    frame.payload = *slab;
    if (!line_.data.try_push(frame)) static_cast<void>(payloads_.release(*slab));
  }

  Line& line_;
  PayloadStore& payloads_;
  int period_;
  std::int64_t now_ns_ = 0;
  std::int64_t utterance_ = 0;
  std::uint64_t ticket_ = 0;
  std::int64_t played_ = 0;
  std::int64_t end_ = -1;
};

/// The engine with all its sessions; the ears are the caller's.
class BusySessions {
 public:
  explicit BusySessions(std::size_t count)
      : region_(std::make_unique_for_overwrite<std::byte[]>(arena_bytes)),
        arena_({region_.get(), arena_bytes}),
        ingress_(8192, 1),
        nodes_(*ingress_.attach(), payloads_, count) {
    static_cast<void>(payloads_.add_pool(arena_, {.pool = microphone_pool, .slab_bytes = 640, .slabs_max = 8192}));
    std::vector<SessionStart> starts(count);
    for (std::size_t i = 0; i < count; ++i) {
      static_cast<void>(starts[i].set_session_id("s" + std::to_string(i)));
      lines_.push_back(std::make_unique<Line>());
      Line& line = *lines_.back();
      links_.push_back(AudioLink{.control = line.control,
                                 .data = line.data,
                                 .commands = line.commands,
                                 .fence = line.fence,
                                 .payloads = payloads_});
    }
    const CompiledPipeline pipeline = testing::small_pipeline();
    engine_ = *Engine::create(arena_, {.pipelines = {&pipeline, 1}, .sessions = starts});
    storage_ = arena_.make_array<Block>(evidence_bytes / sizeof(Block));
    ring_ = std::make_unique<ByteRing>(std::span<std::byte>(storage_.front().bytes, storage_.size() * sizeof(Block)));
    recorder_ = std::make_unique<Recorder>(*ring_, RecorderConfig{});
    runtime_ = std::make_unique<EngineRuntime>(RuntimeWiring{.engine = *engine_,
                                                             .audio = links_,
                                                             .ingress = ingress_,
                                                             .operator_events = operator_events_,
                                                             .recorder = *recorder_});
    runtime_->set_pool(nodes_);
  }

  Line& line(std::size_t slot) { return *lines_[slot]; }
  AudioLink link(std::size_t slot) { return links_[slot]; }
  PayloadStore& payloads() { return payloads_; }
  EngineRuntime& runtime() { return *runtime_; }
  const Engine& engine() const { return *engine_; }

  /// The engine thread's part of a period, until nothing is left to do.
  void run_engine(std::int64_t now_ns) {
    while (runtime_->poll(Instant{now_ns}, WallTime{now_ns}) > 0) {
    }
  }
  /// The flusher's part: the evidence leaves the ring.
  void drain_evidence() {
    while (ring_->next()) {
    }
    ring_->release();
  }

 private:
  static constexpr std::size_t arena_bytes = 192 * 1024 * 1024;
  static constexpr std::size_t evidence_bytes = 64 * 1024 * 1024;
  struct alignas(64) Block {
    std::byte bytes[64];
  };
  std::unique_ptr<std::byte[]> region_;
  Arena arena_;
  PayloadStore payloads_;
  Ingress ingress_;
  ReadyNodes nodes_;
  std::vector<std::unique_ptr<Line>> lines_;
  std::vector<AudioLink> links_;
  SpscRing<Event, operator_events_max> operator_events_;
  std::span<Block> storage_;
  std::unique_ptr<ByteRing> ring_;
  std::unique_ptr<Recorder> recorder_;
  Engine* engine_ = nullptr;
  std::unique_ptr<EngineRuntime> runtime_;
};

}  // namespace phalarope::bench
