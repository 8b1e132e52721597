#include "hal/host/fork_world.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace phalarope::hal {
namespace {

constexpr SlabPoolConfig voice_slabs{.pool = synthesis_pool, .slab_bytes = 640, .slabs_max = 2048};
constexpr std::size_t world_arena_bytes = 4 * 1024 * 1024;

/// Collects what a node says of one command.
class CollectingContext final : public NodeContext {
 public:
  explicit CollectingContext(const replay::WorldAsk& ask) : ask_(ask) {}

  bool emit(const Event& result) override {
    replay::WorldAnswer answer{.event = result, .payload = {}};
    if (result.payload.present()) answer.payload = std::exchange(payload_, {});
    answer.event.payload = {};
    answers.push_back(std::move(answer));
    return true;
  }
  std::optional<PayloadHandle> put_payload(std::span<const std::byte> bytes) override {
    payload_.assign(bytes.begin(), bytes.end());
    return PayloadHandle{
        .generation = 1, .length_bytes = static_cast<std::uint32_t>(bytes.size()), .slot = 0, .pool = 1};
  }
  std::span<const std::byte> payload(const PayloadHandle&) const override { return ask_.payload; }
  bool cancelled() const override { return ask_.cancelled; }

  std::vector<replay::WorldAnswer> answers;

 private:
  const replay::WorldAsk& ask_;
  std::vector<std::byte> payload_;
};

Intents without_actions(Intents intents) {
  for (Intent& intent : intents.intents) intent.action = {};
  return intents;
}

}  // namespace

LocalForkWorld::LocalForkWorld(LocalForkWorldSettings settings)
    : settings_(std::move(settings)),
      clock_(WallTime{settings_.wall_offset_ns}),
      region_(std::make_unique_for_overwrite<std::byte[]>(world_arena_bytes)),
      arena_({region_.get(), world_arena_bytes}),
      control_ring_(std::make_unique<SpscRing<Event, audio_control_events_max>>()),
      data_ring_(std::make_unique<SpscRing<Event, audio_data_events_max>>()),
      command_ring_(std::make_unique<SpscRing<Event, audio_commands_max>>()),
      link_{.control = *control_ring_,
            .data = *data_ring_,
            .commands = *command_ring_,
            .fence = fence_,
            .payloads = payloads_,
            .numbers_its_events = true},
      writer_(link_, 0),
      playback_(fence_, payloads_),
      period_(settings_.period_frames) {
  const auto added = payloads_.add_pool(arena_, voice_slabs);
  PHAL_ENFORCE(added.has_value(), "the world's arena holds its slabs");
  for (ForkNodes* side : {&settings_.recorded, &settings_.forked}) {
    if (side->intents) side->intents = without_actions(*std::move(side->intents));
  }
}

LocalForkWorld::~LocalForkWorld() = default;

std::expected<std::unique_ptr<Node>, std::string> LocalForkWorld::make_node(const ForkNodes& from,
                                                                            const NodeDefinition& definition) {
  const std::string id(definition.id.view());
  if (std::ranges::find(from.external, id) != from.external.end()) {
    return std::unexpected(id +
                           " is a program of its own, which answers in its own time; its recorded answers end here");
  }
  const bool wants_intents = definition.type == NodeType::recogniser || definition.type == NodeType::dialogue;
  if (wants_intents && !from.intents) {
    return std::unexpected(id + " has to answer anew here, and the recording does not hold its intents; give " +
                           "--recorded-intents FILE");
  }
  switch (definition.type) {
    case NodeType::recogniser:
      return std::make_unique<RecogniserNode>(RecogniserConfig{}, *from.intents);
    case NodeType::dialogue:
      return std::make_unique<DialogueNode>(DialogueConfig{.clock = &clock_}, *from.intents);
    case NodeType::synthesiser:
      return std::make_unique<SynthesiserNode>(from.voice);
    case NodeType::none:
    case NodeType::microphone:
    case NodeType::playback:
    case NodeType::telemetry:
      break;
  }
  return std::unexpected(id + " is no node that could answer");
}

std::expected<Node*, std::string> LocalForkWorld::node_of(bool forked, std::uint8_t index) {
  std::unique_ptr<Node>& node = nodes_[{forked, index}];
  if (node) return node.get();
  const ForkNodes& from = forked ? settings_.forked : settings_.recorded;
  if (index >= from.graph.nodes.size())
    return std::unexpected("node " + std::to_string(index) + " is not in the graph");
  auto made = make_node(from, from.graph.nodes[index]);
  if (!made) return std::unexpected(made.error());
  if (const auto failure = (*made)->init()) return std::unexpected(std::string(*failure));
  (*made)->start();
  node = std::move(*made);
  return node.get();
}

std::expected<std::vector<replay::WorldAnswer>, std::string> LocalForkWorld::ask(const replay::WorldAsk& ask) {
  const auto node = node_of(ask.forked, ask.command.node);
  if (!node) return std::unexpected(node.error());
  clock_.move_to(ask.command.at());
  CollectingContext context(ask);
  (*node)->handle(ask.command, context);
  return std::move(context.answers);
}

void LocalForkWorld::cancel(const Event& command, bool forked) {
  const auto node = nodes_.find({forked, command.node});
  if (node != nodes_.end() && node->second) node->second->cancel(Ticket{command.ticket});
}

void LocalForkWorld::play(const Event& command, std::span<const std::byte> samples) {
  Event taken = command;
  taken.payload = {};
  if (command.kind == EventKind::command_play_frame) {
    const auto slab = payloads_.try_acquire(synthesis_pool, static_cast<std::uint32_t>(samples.size()));
    if (!slab) return;  // a synthesiser far beyond its credit: the frame is not heard
    std::memcpy(payloads_.write(*slab).data(), samples.data(), samples.size());
    taken.payload = *slab;
  }
  playback_.take(taken);
}

void LocalForkWorld::move_fence(const Event& command_fence) {
  fence_.set(Ticket{command_fence.ticket}, {.fade_frames = command_fence.argument_a, .reason = command_fence.reason});
}

void LocalForkWorld::run_period(Instant at, std::int64_t first_frame, std::vector<Event>& told) {
  writer_.begin_period(at);
  rendered_for_ = fence_.current();
  playback_.render(period_);
  const auto frames = static_cast<std::int64_t>(period_.size());
  playback_.settle({.first_frame = first_frame, .queued_frames = settings_.queued_periods * frames}, frames, writer_);
  if (sounded_.samples.empty()) sounded_.first_frame = first_frame;
  const std::int64_t silent = first_frame - sounded_.first_frame - static_cast<std::int64_t>(sounded_.samples.size());
  sounded_.samples.insert(sounded_.samples.end(), static_cast<std::size_t>(std::max<std::int64_t>(0, silent)), 0);
  sounded_.samples.insert(sounded_.samples.end(), period_.begin(), period_.end());
  Event event{};
  while (link_.control.try_pop(event)) told.push_back(event);
  while (link_.data.try_pop(event)) told.push_back(event);
}

bool LocalForkWorld::speaker_idle() const {
  const Ticket audible = fence_.current();
  const AnswerState state = playback_.state();
  if (state == AnswerState::idle) return audible == no_ticket;
  return state == AnswerState::completed && audible == rendered_for_;
}

std::span<const std::int16_t> LocalForkWorld::heard(std::int64_t media_sample, std::int64_t frames) {
  if (!microphone_) microphone_ = settings_.microphone ? settings_.microphone() : Microphone{};
  const std::int64_t first = media_sample - microphone_->first_sample;
  if (first < 0 || first + frames > static_cast<std::int64_t>(microphone_->samples.size())) return {};
  return std::span(microphone_->samples).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(frames));
}

LocalForkWorld::Sounded LocalForkWorld::take_sounded() { return std::exchange(sounded_, {}); }

}  // namespace phalarope::hal
