// Conversation: one board's parts, put together once and owned in one place: memory, rings, engine, nodes, evidence.
//
//   ConversationSettings ──create()──▶ Conversation ──▶ VirtualRunner   (files, one thread, the same bits every time)
//                                                  └──▶ RealtimeRunner  (audio, engine, workers, flusher threads)
//
// Nothing here decides anything; it is the list of who knows whom. Everything is allocated in create(); after it only
// the speech libraries may allocate, on worker threads. The order of members is the order of construction.
// Contract: design.md "Threads", "Memory"; runtime.md I10.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/control/local_authority.hpp"
#include "core/engine/audio_link.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/evidence/byte_ring.hpp"
#include "core/engine/evidence/recorder.hpp"
#include "core/engine/lanes/ingress.hpp"
#include "core/engine/memory/arena.hpp"
#include "core/engine/memory/payload_store.hpp"
#include "core/engine/runtime.hpp"
#include "hal/audio/audio_engine.hpp"
#include "hal/external/external_node.hpp"
#include "hal/host/clock.hpp"
#include "hal/host/node_slot.hpp"
#include "hal/speech/flite_synthesiser.hpp"
#include "hal/speech/intents_dialogue.hpp"
#include "hal/speech/pocketsphinx_recogniser.hpp"
#include "hal/store/flusher.hpp"
#include "hal/store/recording_reader.hpp"
#include "hal/transport/border_feed.hpp"

namespace phalarope::hal {

struct ConversationSettings {
  CompiledPipeline pipeline;
  std::string session_id = "local";
  std::string tenant_id = "default";  // whose session it is; in the recording, for its summaries
  std::uint64_t seed = 1;
  AudioEngineSettings audio;
  Intents intents;
  RecogniserConfig recogniser;
  DialogueConfig dialogue;
  SynthesiserConfig synthesiser;
  std::vector<ExternalNodeSettings> external;  // nodes of the pipeline that are programs of their own, by node id
  RecordingLevel level = RecordingLevel::L0;
  ContentPolicy content = ContentPolicy::approved;
  FlusherConfig flusher;
  int opus_complexity = 5;
  std::size_t arena_bytes = 24 * 1024 * 1024;
  std::size_t evidence_ring_bytes = 4 * 1024 * 1024;
  bool with_nodes = true;    // false: the engine alone, as `phalarope bench` measures it
  bool with_border = false;  // what the engine says is also given to peers outside (hal/transport)
};

/// Decorates a node, e.g. to show people what it hears and says. Empty: the node as it is.
using NodeDecorator = std::function<std::unique_ptr<Node>(NodeType, std::unique_ptr<Node>)>;

/// Everything went well, or one sentence that says what is wrong and what to do.
template <typename T>
using Started = Result<T, std::string>;

/// The session's durable state (10.1): its turns' numbers, kept by the recording and read back before the engine is
/// made, so before any turn opens. Bounded staleness: what the flusher had not yet given to the disk may be missing.
constexpr Duration durable_state_staleness_max = block_wait_default;

class Conversation : public std::enable_shared_from_this<Conversation> {
 public:
  /// The epoch of a board that has only itself to ask.
  static constexpr Epoch first_epoch{1};

  static Started<std::shared_ptr<Conversation>> create(ConversationSettings settings, const Clock& clock,
                                                       const NodeDecorator& decorate = {});
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
  ~Conversation();

  const ConversationSettings& settings() const noexcept { return settings_; }
  const Clock& clock() const noexcept { return clock_; }
  AudioLink audio_link() noexcept;
  AudioTap* audio_tap() noexcept { return settings_.level == RecordingLevel::L2 ? &tap_ : nullptr; }
  EngineRuntime& runtime() noexcept { return *runtime_; }
  Engine& engine() noexcept { return *engine_; }
  Recorder& recorder() noexcept { return *recorder_; }
  Flusher& flusher() noexcept { return *flusher_; }
  Arena& arena() noexcept { return arena_; }
  PayloadStore& payloads() noexcept { return payloads_; }

  /// A slot for each node of the pipeline, for whichever pool runs them. Once.
  std::vector<std::unique_ptr<NodeSlot>> take_slots();
  Result<Ingress::Port, IngressError> attach_to_ingress() noexcept { return ingress_->attach(); }
  /// Every node's hook, in the order of the graph; `except` are those that a worker is still in.
  void start_nodes();
  void stop_nodes(const std::vector<NodeIndex>& except = {});
  /// A worker never came back from a node: nothing it may still touch is taken down before the process ends.
  void outlive_workers();

  /// Closes the turns that a power cut left open (D19), then writes what a replay needs before the first event:
  /// pipeline, session, symbols. Engine thread, once.
  void record_opening();
  /// Moves tapped audio into the evidence. Engine thread, after each poll.
  void record_audio();
  /// Tells the engine what the board's authority grants, and that the line stands. After record_opening().
  void announce();
  /// An event of the host itself (control snapshot, connected, shutdown). Any one thread.
  bool tell(const Event& event) noexcept { return operator_events_.try_push(event); }
  Event host_event(EventKind kind, Emitter emitter) const noexcept;
  /// The next signal for peers outside; false when there is none. Any one thread.
  bool hear(Event& signal) noexcept { return feed_ && feed_->hear(signal); }
  /// The pipeline as the recording has it: what names nodes and edges are read from.
  std::span<const std::byte> pipeline_record() const noexcept { return pipeline_record_; }

 private:
  Conversation(ConversationSettings settings, const Clock& clock);
  Started<void> build(const NodeDecorator& decorate);
  Started<void> make_nodes(const NodeDecorator& decorate);
  std::unique_ptr<Node> make_node(const NodeDefinition& definition);
  Started<void> resolve_turn_start_bundle();
  Started<void> continue_recording();
  Started<void> make_evidence();

  struct OwnedNode {
    NodeIndex index;
    NodeType type = NodeType::none;
    std::unique_ptr<Node> node;
  };

  ConversationSettings settings_;
  const Clock& clock_;
  std::unique_ptr<std::byte[]> region_;  // touched only as far as the arena hands it out, all of that before the start
  Arena arena_;
  PayloadStore payloads_;
  Fence fence_;
  std::unique_ptr<SpscRing<Event, audio_control_events_max>> control_ring_;
  std::unique_ptr<SpscRing<Event, audio_data_events_max>> data_ring_;
  std::unique_ptr<SpscRing<Event, audio_commands_max>> command_ring_;
  std::optional<AudioLink> link_;
  SpscRing<Event, operator_events_max> operator_events_;
  std::unique_ptr<BorderFeed> feed_;  // null: nobody outside listens
  TapRing tap_;
  TapBlock tap_block_;
  std::unique_ptr<Ingress> ingress_;
  std::unique_ptr<ByteRing> evidence_ring_;
  std::unique_ptr<Recorder> recorder_;
  PosixFileSystem files_;
  Recovery recovery_;  // what the folder held at the start
  std::unique_ptr<AudioEncoder> encoder_;
  std::unique_ptr<Flusher> flusher_;
  SessionStart session_{};
  std::optional<control::LocalAuthority> authority_;
  std::vector<std::byte> pipeline_record_;  // with the plan of the turn-start bundle: the first record of the recording
  Engine* engine_ = nullptr;
  std::vector<OwnedNode> nodes_;
  std::unique_ptr<EngineRuntime> runtime_;
};

}  // namespace phalarope::hal
