// LocalForkWorld: what a fork's future is made of on this machine: the local nodes, called directly, and the audio
// thread's own loudspeaker without a device.
//
//   ask(command) ─▶ node.handle(command) ─▶ answers          no queue, no thread: a node's work takes no time
//   play, fence  ─▶ Playback ◀── run_period(at)              the same code as on the board
//
// Actions of the dialogue (programs, HTTP) are not carried out: a future that is only looked at switches on no light.
// A node that is a program of its own answers in its own time and is not run here. One thread.
// Contract: core/replay/fork_world.hpp.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/graph/node.hpp"
#include "core/engine/memory/arena.hpp"
#include "core/engine/memory/payload_store.hpp"
#include "core/engine/plan/compiled_pipeline.hpp"
#include "core/replay/fork_world.hpp"
#include "hal/audio/event_writer.hpp"
#include "hal/audio/playback.hpp"
#include "hal/host/clock.hpp"
#include "hal/speech/flite_synthesiser.hpp"
#include "hal/speech/intents_dialogue.hpp"
#include "hal/speech/pocketsphinx_recogniser.hpp"

namespace phalarope::hal {

/// What the nodes of one side (recorded or forked) are made of.
struct ForkNodes {
  GraphDefinition graph;
  std::optional<Intents> intents;  // without them nobody can be heard or answered anew
  SynthesiserConfig voice;
  std::vector<std::string> external;  // ids of nodes that are programs of their own
};

/// The user's recorded voice, echo taken off.
struct Microphone {
  std::int64_t first_sample = 0;
  std::vector<std::int16_t> samples;
};

struct LocalForkWorldSettings {
  ForkNodes recorded;
  ForkNodes forked;
  std::function<Microphone()> microphone;  // read when somebody has to listen anew
  std::int64_t wall_offset_ns = 0;
  std::size_t period_frames = 160;
  std::int64_t queued_periods = 2;
};

class LocalForkWorld final : public replay::ForkWorld {
 public:
  explicit LocalForkWorld(LocalForkWorldSettings settings);
  ~LocalForkWorld() override;

  std::expected<std::vector<replay::WorldAnswer>, std::string> ask(const replay::WorldAsk& ask) override;
  void cancel(const Event& command, bool forked) override;
  void play(const Event& command, std::span<const std::byte> samples) override;
  void move_fence(const Event& command_fence) override;
  void run_period(Instant at, std::int64_t first_frame, std::vector<Event>& told) override;
  bool speaker_idle() const override;
  std::span<const std::int16_t> heard(std::int64_t media_sample, std::int64_t frames) override;

  /// What has sounded since the last call, and where it began on the device's axis.
  struct Sounded {
    std::int64_t first_frame = 0;
    std::vector<std::int16_t> samples;
  };
  Sounded take_sounded();

 private:
  using NodeKey = std::pair<bool, std::uint8_t>;
  std::expected<Node*, std::string> node_of(bool forked, std::uint8_t index);
  std::expected<std::unique_ptr<Node>, std::string> make_node(const ForkNodes& from, const NodeDefinition& definition);

  LocalForkWorldSettings settings_;
  std::optional<Microphone> microphone_;
  VirtualClock clock_;
  std::map<NodeKey, std::unique_ptr<Node>> nodes_;
  std::unique_ptr<std::byte[]> region_;
  Arena arena_;
  PayloadStore payloads_;
  Fence fence_;
  std::unique_ptr<SpscRing<Event, audio_control_events_max>> control_ring_;
  std::unique_ptr<SpscRing<Event, audio_data_events_max>> data_ring_;
  std::unique_ptr<SpscRing<Event, audio_commands_max>> command_ring_;
  AudioLink link_;
  EventWriter writer_;
  Playback playback_;
  Ticket rendered_for_{};
  std::vector<std::int16_t> period_;
  Sounded sounded_;
};

}  // namespace phalarope::hal
