// Stage: a conversation in virtual time whose providers are played by the test, at the port that providers have: the
// engine's execution pool on one side, the ingress on the other.
//
//   microphone (a clip, twice) ─▶ AudioEngine ─▶ EngineRuntime ──command──▶ Stage ──act(command)──▶ post(delay, event)
//                                     ▲ frames         ▲                                                  │
//                                     └────────────────┴────────────────── ingress ◀──────────────────────┘ when due
//
// The first utterance meets the hostile act, the second one a provider in good health. Every event is posted as the act
// made it: ticket, turn, epoch, node and invocation are the provider's to lie about. The board's own nodes cannot do
// that (NodeSlot fills the envelope), a bug in a pool or a transport could.
// One thread; time moves by periods of 10 ms. Contract: runtime.md 3.3, 6.1, 7.4; Q24.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/graph/execution_pool.hpp"
#include "hal/audio/audio_engine.hpp"
#include "hal/audio/wav_device.hpp"
#include "hal/host/conversation.hpp"

namespace phalarope::testing {

/// How the clocks of the stage go. A board whose clocks go well: the default.
struct StageTime {
  Instant begins{};                      // of the monotonic clock
  std::int64_t drift_ppm = 0;            // of the monotonic clock against the device's samples
  std::int64_t stops_before_frame = -1;  // the machine sleeps here, for
  Duration stopped{};
  std::function<WallTime(Instant)> wall;  // null: a fixed day and the monotonic time since
};

class Stage;
/// What a provider does instead of its work. Called for each command of the node while the first turn runs.
using Act = std::function<void(Stage&, const Event& command)>;

/// How a conversation with one hostile provider went.
struct Performance {
  bool asked = false;                   // the hostile node was given work
  std::uint64_t turns_opened = 0;       // of both utterances
  std::int64_t first_turn_ms = -1;      // from the last thing that may count as progress to the first turn's end
  bool talked_into_the_second = false;  // an answer that goes on; it is interrupted
  bool first_committed = false;
  bool second_committed = false;
  std::uint64_t frames_without_turn = 0;  // taken by the loudspeaker while no turn was active
  std::uint64_t late_refused = 0;
  std::uint32_t slabs_lost = 0;  // of all pools, after everybody has left
  std::string evidence;          // what is wrong with the recording; empty: sound, and replays bit for bit
};

class Stage final : public ExecutionPool {
 public:
  Stage(const std::string& folder, const std::vector<std::int16_t>& speech, NodeType hostile, Act act,
        StageTime time = {});
  ~Stage() override;
  Performance perform();

  // ---- what an act may use ------------------------------------------------------------------------------------
  Event reply(const Event& command, EventKind kind) const;
  /// Arrives after `delay_ms`; `progress`: it may count as progress of the turn.
  void post(std::int64_t delay_ms, const Event& event);
  void post_progress(std::int64_t delay_ms, const Event& event);
  Event with_text(Event event, std::string_view text);
  /// A frame of `samples` samples that begins at `first_sample` of the answer.
  Event frame(const Event& command, std::int64_t first_sample, std::int64_t samples = 320);
  /// What a provider in good health does with the command.
  void behave(const Event& command);
  bool cancelled(std::uint64_t ticket) const { return ticket <= cancelled_through_; }
  std::map<std::string, std::int64_t> memory;  // of the act

 private:
  bool try_submit(NodeIndex node, const Event& command) override;
  void cancel(NodeIndex node, const Event& command) noexcept override;
  void release(const Event& command);
  void deliver_due();
  void settle();
  void run_period();
  void voice(const Event& command);
  NodeType type_of(NodeIndex node) const;
  bool turn_active() const { return conversation_->engine().sessions().front().turn_active(); }
  std::string judge_evidence(const std::string& folder) const;

  class Clock;
  class Device;
  std::unique_ptr<Clock> clock_;
  std::shared_ptr<hal::Conversation> conversation_;
  std::unique_ptr<Device> device_;
  std::unique_ptr<hal::AudioEngine> audio_;
  std::optional<Ingress::Port> port_;
  std::multimap<std::int64_t, Event> due_;  // by virtual time
  NodeType hostile_;
  Act act_;
  std::string folder_;
  std::uint64_t cancelled_through_ = 0;
  std::int64_t last_progress_ns_ = 0;
  std::int64_t voiced_samples_ = 0;
  std::uint64_t voiced_ticket_ = 0;
  bool first_turn_over_ = false;
  Performance performance_;
};

}  // namespace phalarope::testing
