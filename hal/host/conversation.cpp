#include "hal/host/conversation.hpp"

#include <sodium/core.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "core/engine/evidence/well_known_symbols.hpp"
#include "core/spec/plan_codec.hpp"
#include "hal/codec/opus_evidence.hpp"
#include "hal/host/power_loss_record.hpp"

namespace phalarope::hal {
namespace {

// Slabs: a 10 ms frame of 16 kHz s16 is 320 bytes, a 20 ms synthesis frame 640. Depths cover the bounds of the rings
// and queues they pass through, with room for what a worker holds.
constexpr SlabPoolConfig microphone_slabs{.pool = microphone_pool, .slab_bytes = 640, .slabs_max = 1024};
constexpr SlabPoolConfig synthesis_slabs{.pool = synthesis_pool, .slab_bytes = 640, .slabs_max = 1024};
constexpr SlabPoolConfig text_slabs{.pool = text_pool, .slab_bytes = 2048, .slabs_max = 128};

constexpr std::size_t worker_results_max = 1024;
constexpr std::size_t worker_ports_max = graph_nodes_max + 1;  // every node, and the supervisor

std::uint16_t pool_of(NodeType type) noexcept { return type == NodeType::synthesiser ? synthesis_pool : text_pool; }

std::string_view provider_of(const ResolvedTurnPlan& plan, std::string_view modality) {
  for (const ProviderBinding& binding : plan.provider_bindings) {
    if (binding.modality.view() == modality) return binding.provider.view();
  }
  return "none";
}

}  // namespace

Conversation::Conversation(ConversationSettings settings, const Clock& clock)
    : settings_(std::move(settings)),
      clock_(clock),
      region_(std::make_unique_for_overwrite<std::byte[]>(settings_.arena_bytes)),
      arena_({region_.get(), settings_.arena_bytes}) {}

Conversation::~Conversation() = default;

Started<std::shared_ptr<Conversation>> Conversation::create(ConversationSettings settings, const Clock& clock,
                                                            const NodeDecorator& decorate) {
  if (sodium_init() < 0) return std::unexpected("libsodium cannot be initialised: the system gives no randomness");
  std::shared_ptr<Conversation> made(new Conversation(std::move(settings), clock));
  if (auto built = made->build(decorate); !built) return std::unexpected(std::move(built.error()));
  return made;
}

Started<void> Conversation::build(const NodeDecorator& decorate) {
  control_ring_ = std::make_unique<SpscRing<Event, audio_control_events_max>>();
  data_ring_ = std::make_unique<SpscRing<Event, audio_data_events_max>>();
  command_ring_ = std::make_unique<SpscRing<Event, audio_commands_max>>();
  link_.emplace(AudioLink{.control = *control_ring_,
                          .data = *data_ring_,
                          .commands = *command_ring_,
                          .fence = fence_,
                          .payloads = payloads_,
                          .numbers_its_events = true});
  if (settings_.with_border) feed_ = std::make_unique<BorderFeed>();
  ingress_ = std::make_unique<Ingress>(worker_results_max, worker_ports_max);
  if (!ingress_->complete()) {
    return std::unexpected("out of memory for the workers' results; raise memory.heap_mib of the board");
  }
  static_cast<void>(arena_.begin_item("payload slabs"));
  for (const SlabPoolConfig& config : {microphone_slabs, synthesis_slabs, text_slabs}) {
    if (!payloads_.add_pool(arena_, config)) {
      return std::unexpected(
          "the engine's arena is too small for its payload slabs; raise memory.arena_mib of the board");
    }
  }
  if (auto continued = continue_recording(); !continued) return continued;
  session_.seed = settings_.seed;
  session_.turns_before = recovery_.report.last_turn_of(0);
  if (!session_.set_session_id(settings_.session_id)) {
    return std::unexpected("session id `" + settings_.session_id + "` is longer than " +
                           std::to_string(session_id_bytes_max) + " bytes; choose a shorter one");
  }
  if (auto resolved = resolve_turn_start_bundle(); !resolved) return resolved;
  const auto engine = Engine::create(arena_, settings_.pipeline, {&session_, 1});
  if (!engine) return std::unexpected(std::string(describe(engine.error())));
  engine_ = *engine;
  if (auto made = make_evidence(); !made) return made;
  if (auto made = make_nodes(decorate); !made) return made;
  runtime_ = std::make_unique<EngineRuntime>(RuntimeWiring{.engine = *engine_,
                                                           .audio = {&*link_, 1},
                                                           .ingress = *ingress_,
                                                           .operator_events = operator_events_,
                                                           .recorder = *recorder_,
                                                           .tap = feed_ ? feed_->tap() : StepTap{}});
  arena_.seal();
  return {};
}

// Every turn opens from the bundle that the board's own authority resolves: its plan is what the engine is made with
// and what the recording holds; its decisions go to the engine with announce().
Started<void> Conversation::resolve_turn_start_bundle() {
  authority_.emplace(settings_.pipeline.plan, settings_.session_id, first_epoch, clock_.wall());
  const auto& bundle = authority_->bundle();
  if (!bundle) {
    return std::unexpected("no turn could ever begin: " + control::describe(bundle.error()) +
                           " Run `phalarope validate` on the pipeline");
  }
  settings_.pipeline.plan = (*bundle)->plan;
  pipeline_record_ = spec::encode(settings_.pipeline);
  return {};
}

void Conversation::announce() {
  static_cast<void>(tell(authority_->snapshot(session_.session_slot, clock_.now(), clock_.wall())));
  static_cast<void>(tell(host_event(EventKind::connected, Emitter::connection)));
}

Started<void> Conversation::continue_recording() {
  const RecordingWriter::Config& recording = settings_.flusher.recording;
  recovery_ = recover(files_, recording.directory, recording.sign ? recording.keys.get() : nullptr);
  if (recovery_.error == 0) return {};
  return std::unexpected("the recording in `" + settings_.flusher.recording.directory + "` cannot be continued (" +
                         std::string(std::strerror(recovery_.error)) + "); move it away or choose another directory");
}

Started<void> Conversation::make_evidence() {
  static_cast<void>(arena_.begin_item("evidence ring"));
  // The ring wants 16-byte alignment; an array of such blocks has it.
  struct alignas(64) Line {
    std::byte bytes[64];
  };
  const auto lines = arena_.make_array<Line>(settings_.evidence_ring_bytes / sizeof(Line));
  if (lines.empty()) {
    return std::unexpected(
        "the engine's arena is too small for the evidence ring; raise memory.arena_mib of the board");
  }
  const std::span<std::byte> storage(lines.front().bytes, lines.size() * sizeof(Line));
  evidence_ring_ = std::make_unique<ByteRing>(storage);
  recorder_ =
      std::make_unique<Recorder>(*evidence_ring_, RecorderConfig{.level = settings_.level,
                                                                 .content = settings_.content,
                                                                 .first_sequence = recovery_.point.next_sequence});
  if (settings_.level == RecordingLevel::L2) {
    encoder_ = std::make_unique<OpusEvidenceEncoder>(settings_.opus_complexity);
  }
  flusher_ = std::make_unique<Flusher>(*evidence_ring_, files_, encoder_.get(), settings_.flusher, recovery_.point);
  return {};
}

std::unique_ptr<Node> Conversation::make_node(const NodeDefinition& definition) {
  for (const ExternalNodeSettings& external : settings_.external) {
    if (external.name == definition.id.view()) return std::make_unique<ExternalNode>(external);
  }
  switch (definition.type) {
    case NodeType::recogniser:
      return std::make_unique<RecogniserNode>(settings_.recogniser, settings_.intents);
    case NodeType::dialogue:
      return std::make_unique<DialogueNode>(settings_.dialogue, settings_.intents);
    case NodeType::synthesiser:
      return std::make_unique<SynthesiserNode>(settings_.synthesiser);
    case NodeType::none:
    case NodeType::microphone:
    case NodeType::playback:
    case NodeType::telemetry:
      break;  // the audio thread and the recorder do their work
  }
  return nullptr;
}

Started<void> Conversation::make_nodes(const NodeDecorator& decorate) {
  if (!settings_.with_nodes) return {};
  const GraphDefinition& graph = settings_.pipeline.graph;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const NodeType type = graph.nodes[i].type;
    std::unique_ptr<Node> node = make_node(graph.nodes[i]);
    if (!node) continue;
    if (decorate) node = decorate(type, std::move(node));
    if (const auto failure = node->init()) {
      return std::unexpected(std::string(graph.nodes[i].id.view()) + ": " + std::string(*failure));
    }
    nodes_.push_back({NodeIndex{static_cast<std::uint8_t>(i)}, type, std::move(node)});
  }
  return {};
}

AudioLink Conversation::audio_link() noexcept { return *link_; }

std::vector<std::unique_ptr<NodeSlot>> Conversation::take_slots() {
  std::vector<std::unique_ptr<NodeSlot>> slots;
  for (const OwnedNode& owned : nodes_) {
    const auto port = ingress_->attach();
    PHAL_ENFORCE(port.has_value(), "the ingress has a place for each node of a graph");
    slots.push_back(std::make_unique<NodeSlot>(owned.index, *owned.node, pool_of(owned.type), *port,
                                               NodeSurroundings{.payloads = payloads_, .clock = clock_}));
  }
  return slots;
}

void Conversation::start_nodes() {
  for (const OwnedNode& owned : nodes_) owned.node->start();
}

void Conversation::stop_nodes(const std::vector<NodeIndex>& except) {
  for (const OwnedNode& owned : nodes_) {
    if (std::find(except.begin(), except.end(), owned.index) == except.end()) owned.node->stop();
  }
}

void Conversation::outlive_workers() {
  // Kept, not freed: by its owner's time to free it, the worker may not have come back.
  static auto* const kept = new std::vector<std::shared_ptr<Conversation>>;
  kept->push_back(shared_from_this());
}

void Conversation::record_opening() {
  close_open_turns(*recorder_, recovery_, session_, clock_.wall());
  recovery_ = {};
  const PlanTemplate& plan = settings_.pipeline.plan;
  const ResolvedTurnPlan& prepared = engine_->prepared().plan;
  const std::array<std::pair<SessionSymbol, std::string_view>, session_symbol_count> symbols{{
      {SessionSymbol::session_id, session_.session_id_text()},
      {SessionSymbol::pipeline_version, plan.pipeline_version.view()},
      {SessionSymbol::execution_profile, plan.execution_profile.view()},
      {SessionSymbol::merge_rule_id, prepared.determinism.merge_rule_id.view()},
      {SessionSymbol::merge_rule_version, prepared.determinism.merge_rule_version.view()},
      {SessionSymbol::routing_view, plan.snapshot_provenance.routing_view_snapshot.view()},
      {SessionSymbol::admission_policy, plan.snapshot_provenance.admission_policy_snapshot.view()},
      {SessionSymbol::abi_compatibility, plan.snapshot_provenance.abi_compatibility_snapshot.view()},
      {SessionSymbol::version_resolution, plan.snapshot_provenance.version_resolution_snapshot.view()},
      {SessionSymbol::policy_resolution, plan.snapshot_provenance.policy_resolution_snapshot.view()},
      {SessionSymbol::provider_health, plan.snapshot_provenance.provider_health_snapshot.view()},
      {SessionSymbol::stt_provider, provider_of(prepared, "stt")},
      {SessionSymbol::llm_provider, provider_of(prepared, "llm")},
      {SessionSymbol::tts_provider, provider_of(prepared, "tts")},
  }};
  static_cast<void>(recorder_->append_pipeline(pipeline_record_));
  static_cast<void>(recorder_->append_session(std::as_bytes(std::span(&session_, 1))));
  for (const auto& [symbol, text] : symbols) {
    static_cast<void>(recorder_->append_symbol(session_.symbol(symbol), text));
  }
  // Told only where it says something: recordings of the default tenant stay as they were.
  if (settings_.tenant_id != default_tenant)
    static_cast<void>(
        recorder_->append_symbol(SymbolId{first_tenant_symbol + session_.session_slot}, settings_.tenant_id));
}

void Conversation::record_audio() {
  const Instant now = clock_.now();
  const WallTime wall = clock_.wall();
  while (tap_.try_pop(tap_block_)) {
    const auto append = [&](AudioTrack track, std::int64_t first, std::span<const std::int16_t> samples) {
      AudioRecordHeader header;
      header.first_sample = first;
      header.frames = static_cast<std::uint32_t>(samples.size());
      header.sample_rate_hz = static_cast<std::uint32_t>(settings_.pipeline.voice.sample_rate_hz);
      header.track = track;
      runtime_->record_audio(header, std::as_bytes(samples), now, wall);
    };
    const std::size_t frames = tap_block_.frames;
    append(AudioTrack::raw, tap_block_.capture_frame, std::span(tap_block_.raw).first(frames));
    append(AudioTrack::cleaned, tap_block_.capture_frame, std::span(tap_block_.cleaned).first(frames));
    append(AudioTrack::played, tap_block_.playback_frame, std::span(tap_block_.played).first(frames));
  }
}

Event Conversation::host_event(EventKind kind, Emitter emitter) const noexcept {
  Event event{};
  event.kind = kind;
  event.mono_ns = clock_.now().value;
  event.wall_ns = clock_.wall().value;
  event.lane = Lane::control;
  event.scope = Scope::session;
  event.emitter = emitter;
  return event;
}

}  // namespace phalarope::hal
