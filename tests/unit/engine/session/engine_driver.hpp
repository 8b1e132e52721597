// EngineDriver: an engine with a small pipeline and a hand to drive it: what a session's tests say to it, and what it
// gave.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/engine/engine.hpp"

namespace phalarope::testing {

inline CompiledPipeline small_pipeline() {
  CompiledPipeline pipeline;
  pipeline.plan = default_plan_template();
  const struct {
    const char* id;
    NodeType type;
    Modality modality;
  } nodes[] = {{"microphone", NodeType::microphone, Modality::none},
               {"recogniser", NodeType::recogniser, Modality::stt},
               {"dialogue", NodeType::dialogue, Modality::llm},
               {"synthesiser", NodeType::synthesiser, Modality::tts},
               {"playback", NodeType::playback, Modality::none}};
  for (const auto& row : nodes) {
    NodeDefinition node;
    static_cast<void>(node.id.assign(row.id));
    node.type = row.type;
    node.modality = row.modality;
    static_cast<void>(pipeline.graph.nodes.push_back(node));
  }
  for (std::uint8_t i = 0; i + 1 < 5; ++i) {
    EdgeDefinition edge;
    edge.from = NodeIndex{i};
    edge.to = NodeIndex{static_cast<std::uint8_t>(i + 1)};
    static_cast<void>(pipeline.graph.edges.push_back(edge));
  }
  return pipeline;
}

constexpr std::uint8_t recogniser_node = 1;
constexpr std::uint8_t dialogue_node = 2;
constexpr std::uint8_t synthesiser_node = 3;

class EngineDriver {
 public:
  explicit EngineDriver(const CompiledPipeline& pipeline = small_pipeline())
      : EngineDriver(std::span<const CompiledPipeline>(&pipeline, 1)) {}
  explicit EngineDriver(std::span<const CompiledPipeline> pipelines)
      : region_(8 * 1024 * 1024), arena_(std::make_unique<Arena>(region_)) {
    SessionStart start;
    static_cast<void>(start.set_session_id("test"));
    engine = *Engine::create(*arena_, {.pipelines = pipelines, .sessions = {&start, 1}});
    Event connected = event(EventKind::connected);
    say(connected);
  }

  Event event(EventKind kind) const {
    Event made{};
    made.kind = kind;
    made.mono_ns = now_ns;
    made.wall_ns = now_ns;
    return made;
  }
  /// A result of a node for the running turn.
  Event result(EventKind kind, std::uint8_t node) {
    Event made = event(kind);
    made.transport_sequence = ++results;
    made.node = node;
    made.lane = Lane::data;
    made.ticket = ticket;
    made.turn_number = session().turn_number();
    made.authority_epoch = epoch;
    return made;
  }
  PayloadHandle payload() { return {.generation = ++payloads_made, .length_bytes = 320, .slot = 1, .pool = 1}; }

  /// Steps, remembers what came out, and keeps the books every test relies on.
  const std::vector<Event>& say(Event input) {
    const auto outputs = engine->step(input);
    given.assign(outputs.begin(), outputs.end());
    all.push_back(input);
    if (const TurnEvidence* const finished = engine->finished_evidence()) evidence = *finished;
    for (const Event& output : given) {
      all.push_back(output);
      if (output.kind == EventKind::command_fence) ticket = output.ticket;
      if (output.authority_epoch != 0 && is_command(output.kind)) epoch = output.authority_epoch;
    }
    return given;
  }
  void pass(std::int64_t ms) { now_ns += milliseconds(ms).value; }
  /// Lets time pass and serves every deadline on the way.
  void wait(std::int64_t ms) {
    const std::int64_t end_ns = now_ns + milliseconds(ms).value;
    while (true) {
      const auto deadline = engine->next_deadline();
      if (!deadline || deadline->value > end_ns) break;
      now_ns = std::max(now_ns, deadline->value);
      say(*engine->due_tick(Instant{now_ns}, WallTime{now_ns}));
    }
    now_ns = end_ns;
  }

  std::vector<EventKind> kinds() const {
    std::vector<EventKind> result;
    for (const Event& output : given) result.push_back(output.kind);
    return result;
  }
  const Event* find(EventKind kind) const {
    for (const Event& output : given) {
      if (output.kind == kind) return &output;
    }
    return nullptr;
  }
  std::size_t count(EventKind kind) const {
    std::size_t total = 0;
    for (const Event& event_seen : all) total += event_seen.kind == kind && event_seen.has(EventFlag::output) ? 1U : 0U;
    return total;
  }
  const Session& session() const { return engine->sessions().front(); }

  // ---- longer sayings ------------------------------------------------------------------------------------
  void user_speaks(std::int64_t ms) {
    Event started = event(EventKind::speech_started);
    started.argument_a = ++utterance;
    started.media_sample = now_ns * 16 / 1'000'000;
    say(started);
    pass(ms);
  }
  void speech_continues(std::int64_t ms_so_far) {
    Event continues = event(EventKind::speech_continues);
    continues.argument_a = utterance;
    continues.argument_b = ms_so_far;
    say(continues);
  }
  void frame() {
    Event frame = event(EventKind::audio_frame);
    frame.lane = Lane::data;
    frame.provider_invocation = static_cast<std::uint32_t>(utterance);
    frame.media_sample = now_ns * 16 / 1'000'000;
    frame.payload = payload();
    say(frame);
  }
  void user_stops() {
    Event ended = event(EventKind::speech_ended);
    ended.argument_a = utterance;
    ended.media_sample = now_ns * 16 / 1'000'000;
    say(ended);
  }
  void recognised(UtteranceClass what) {
    Event final_words = result(EventKind::recognition_final, recogniser_node);
    final_words.ticket = 0;
    final_words.turn_number = 0;
    final_words.provider_invocation = static_cast<std::uint32_t>(utterance);
    final_words.argument_a = static_cast<std::int64_t>(what);
    final_words.payload = payload();
    say(final_words);
  }
  void heard_partially(UtteranceClass what) {
    Event partial = result(EventKind::recognition_partial, recogniser_node);
    partial.provider_invocation = static_cast<std::uint32_t>(utterance);
    partial.argument_a = static_cast<std::int64_t>(what);
    partial.payload = payload();
    say(partial);
  }
  /// One whole utterance with its verdict.
  void user_says(UtteranceClass what) {
    user_speaks(300);
    frame();
    user_stops();
    frame();
    recognised(what);
  }
  void sentence(std::int64_t index) {
    Event text = result(EventKind::dialogue_sentence, dialogue_node);
    text.argument_a = index;
    text.payload = payload();
    say(text);
  }
  void dialogue_done() { say(result(EventKind::dialogue_done, dialogue_node)); }
  void synthesised_frame(std::int64_t first_sample) {
    Event frame_made = result(EventKind::synthesis_frame, synthesiser_node);
    frame_made.argument_a = first_sample;
    frame_made.argument_b = 320;
    frame_made.payload = payload();
    say(frame_made);
  }
  void word(std::int64_t first_sample) {
    Event spoken = result(EventKind::synthesis_word, synthesiser_node);
    spoken.argument_a = first_sample;
    say(spoken);
  }
  void sentence_voiced() { say(result(EventKind::synthesis_done, synthesiser_node)); }
  void playback(EventKind kind, std::int64_t played = 0) {
    Event told = event(kind);
    told.ticket = ticket;
    told.authority_epoch = epoch;
    told.argument_a = played;
    say(told);
  }
  /// A turn up to the point where the board is heard.
  void until_speaking() {
    user_says(UtteranceClass::words);
    sentence(0);
    word(0);
    word(1600);
    word(3200);
    synthesised_frame(0);
    playback(EventKind::playback_started);
  }

  Engine* engine = nullptr;
  std::int64_t now_ns = 1'000'000;
  std::uint64_t ticket = 0;
  std::uint64_t epoch = 0;  // of the last command
  std::int64_t utterance = 0;
  std::uint32_t payloads_made = 0;
  std::uint32_t results = 0;             // of all nodes
  std::optional<TurnEvidence> evidence;  // of the turn that ended last
  std::vector<Event> given;              // outputs of the last step
  std::vector<Event> all;                // every input and output, in order

 private:
  std::vector<std::byte> region_;
  std::unique_ptr<Arena> arena_;
};

}  // namespace phalarope::testing
