// RealtimeRunner: a conversation on a board: the threads of design.md, started and stopped in order.
//
//   audio   FIFO, highest  ─ run_period ─▶ notify ─┐
//   engine  FIFO, next     ◀──── WakeUp ───────────┴─ poll, record, sleep until the next event or deadline
//   workers normal         ─ nodes ─▶ notify
//   flusher idle           ─ ring ─▶ disk; watchdog
//   control the caller     ─ supervise(): stuck nodes, watchdog, status
//
// A graceful stop ends the active turn, lets the evidence say so, closes the segment, and only then joins.
// Contract: design.md "Threads", "Rules of the heart"; reliability goals Q7, Q34.
#pragma once

#include <atomic>
#include <mutex>
#include <thread>

#include "hal/host/conversation.hpp"
#include "hal/host/heartbeat.hpp"
#include "hal/host/realtime.hpp"
#include "hal/host/service_manager.hpp"
#include "hal/host/thread_pool.hpp"
#include "hal/host/wake_up.hpp"

namespace phalarope::hal {

struct RealtimeSettings {
  ThreadSettings audio{.name = "phal-audio", .fifo_priority = 80, .cores = {}, .stack_prefault_bytes = 256 * 1024};
  ThreadSettings engine{.name = "phal-engine", .fifo_priority = 70, .cores = {}, .stack_prefault_bytes = 256 * 1024};
  ThreadSettings worker{.name = "phal-work", .fifo_priority = 0, .cores = {}, .stack_prefault_bytes = 0};
  ThreadSettings flusher{.name = "phal-flush", .fifo_priority = -1, .cores = {}, .stack_prefault_bytes = 0};
  std::size_t workers = 2;
  bool lock_memory = true;
};

/// What a real-time thread did to the system since it began to loop: all zero is the promise (Q7).
struct ThreadFacts {
  std::int64_t page_faults = 0;
  std::uint64_t rounds = 0;
};

class RealtimeRunner {
 public:
  RealtimeRunner(Conversation& conversation, AudioDevice& device, RealtimeSettings settings);
  ~RealtimeRunner();
  RealtimeRunner(const RealtimeRunner&) = delete;
  RealtimeRunner& operator=(const RealtimeRunner&) = delete;

  /// Opens the device and starts all threads.
  Started<void> start();
  /// Control thread, ten times a second: finds stuck nodes, feeds the watchdog while step and period advance.
  void supervise();
  /// Ends the active turn, closes the evidence, joins all threads. 0, or the errno value of closing the recording.
  int stop();

  /// The microphone's file is at its end and the conversation has settled.
  bool finished() const noexcept { return finished_.load(std::memory_order_acquire); }
  std::vector<Refusal> refusals() const;
  AudioCounters audio_counters() const noexcept { return audio_.counters(); }
  ThreadFacts audio_facts() const noexcept { return facts(audio_faults_, audio_rounds_); }
  ThreadFacts engine_facts() const noexcept { return facts(engine_faults_, engine_rounds_); }

 private:
  static ThreadFacts facts(const std::atomic<std::int64_t>& faults, const std::atomic<std::uint64_t>& rounds) noexcept {
    return {faults.load(std::memory_order_relaxed), rounds.load(std::memory_order_relaxed)};
  }
  void note_refusals(const std::vector<Refusal>& refused);
  void start_threads();
  void end_threads();
  void audio_loop();
  void engine_loop();
  void flusher_loop();
  std::size_t engine_round();
  void watch_for_the_end(bool source_ended);
  void feed(Heartbeat& heartbeat);

  Conversation& conversation_;
  RealtimeSettings settings_;
  AudioEngine audio_;
  std::shared_ptr<WakeUp> wake_;  // with the workers: one that was left behind may still notify
  ThreadPool pool_;
  ServiceManager manager_;

  mutable std::mutex refusals_mutex_;  // start-up only; no real-time thread takes it once it loops
  std::vector<Refusal> refusals_;

  std::atomic<bool> stop_audio_{false};
  std::atomic<bool> stop_engine_{false};
  std::atomic<bool> stop_flusher_{false};
  std::atomic<bool> finished_{false};
  std::atomic<bool> turn_active_{false};
  std::atomic<std::int64_t> audio_faults_{0};
  std::atomic<std::int64_t> engine_faults_{0};
  std::atomic<std::uint64_t> audio_rounds_{0};
  std::atomic<std::uint64_t> engine_rounds_{0};
  Heartbeat control_heartbeat_;      // owner: control thread
  Heartbeat flusher_heartbeat_;      // owner: flusher thread
  std::int64_t quiet_since_ns_ = 0;  // owner: audio thread
  bool source_ended_ = false;        // owner: audio thread
  std::thread audio_thread_;
  std::thread engine_thread_;
  std::thread flusher_thread_;
  bool started_ = false;
};

}  // namespace phalarope::hal
