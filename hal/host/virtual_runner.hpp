// VirtualRunner: a conversation on files, as fast as it computes, with the same bits every time.
//
//   one thread:  period ─▶ clock moves to the period's end ─▶ engine ⇄ nodes until all are quiet ─▶ evidence
//
// Time is the device's: work takes no virtual time, so every latency it shows is made of audio periods and bounds, not
// of this machine's speed. The same Conversation, the same audio code, the same nodes as on a board.
// Owner: the calling thread.
#pragma once

#include <functional>

#include "hal/host/conversation.hpp"
#include "hal/host/inline_pool.hpp"

namespace phalarope::hal {

/// After the microphone's file has ended, a conversation is given this long to finish what it is saying.
constexpr Duration finish_wait = milliseconds(60'000);
/// Quiet for this long after the end: the conversation is over.
constexpr Duration settle_wait = milliseconds(300);

struct VirtualRunReport {
  std::uint64_t periods = 0;
  Duration virtual_time{};
  AudioCounters audio{};
  bool finished = false;  // false: still busy after finish_wait
};

class VirtualRunner {
 public:
  VirtualRunner(Conversation& conversation, AudioDevice& device, VirtualClock& clock);

  /// Runs from the first period to the end of the conversation and closes the recording. `progress` is told the
  /// virtual time once a second of it.
  Started<VirtualRunReport> run(const std::function<void(Duration)>& progress = {});

 private:
  Started<void> begin();
  void settle();
  bool run_period();
  int end();

  Conversation& conversation_;
  VirtualClock& clock_;
  AudioEngine audio_;
  InlinePool pool_;
  VirtualRunReport report_;
  Instant source_ended_at_{};
  Instant last_busy_at_{};
  bool source_ended_ = false;
};

}  // namespace phalarope::hal
