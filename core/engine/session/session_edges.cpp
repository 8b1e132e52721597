// The edges of a turn: every item goes through its edge's buffer, as the frozen plan has it, and what does not get
// through is told.
//
//   microphone ─▶ recogniser ─▶ dialogue      their successors take each item as it comes: only its size can be wrong
//   dialogue ──[sentence_line_]──▶ synthesiser     takes one item at a time
//   synthesiser ──[frame_line_]──▶ playback        takes frames while the loudspeaker is close enough behind
//
// The synthesiser has an intake of its own (Answer::waiting): an answer that is read aloud is not late because it is
// long. An edge that the plan has an entry of its own for is ruled by that entry alone: there the intake is empty.
// Told, in this order (5.5): watermark, flow_xoff, drop_notice for each range, discontinuity; then what recovery says.
// Owner: engine thread. Contract: runtime.md 5.2, 5.4-5.6, 8.3; I5.
#include <algorithm>

#include "core/engine/session/session.hpp"
#include "core/engine/sync/sync_engine.hpp"

namespace phalarope {
namespace {

std::uint8_t edge_between(const GraphDefinition& graph, NodeType from, NodeType to) noexcept {
  for (std::size_t i = 0; i < graph.edges.size(); ++i) {
    const EdgeDefinition& edge = graph.edges[i];
    const bool joins = graph.nodes[edge.from.value].type == from && graph.nodes[edge.to.value].type == to;
    if (joins) return static_cast<std::uint8_t>(i);
  }
  return no_edge.value;
}

EdgeItem item_of(const Event& result, SyncGroupBy group_by) noexcept {
  return {.runtime_sequence = result.runtime_sequence,
          .bytes = result.payload.length_bytes,
          .offered_at = result.at(),
          .argument_a = result.argument_a,
          .argument_b = result.argument_b,
          .sync_group = sync_group_of(result, group_by),
          .payload = result.payload,
          .transport_sequence = result.transport_sequence,
          .merge_group = result.turn_number};
}

/// A number for a name that the record does not hold: never 0, which is no name.
std::uint32_t name_from(std::uint64_t runtime_sequence) noexcept {
  return std::max<std::uint32_t>(1, static_cast<std::uint32_t>(runtime_sequence));
}

/// Who speaks is set, which is all that a signal about an edge asks: it names its session by its slot.
constexpr SymbolId this_session{1};
constexpr SymbolId its_pipeline{2};

/// What a command says of the merge it is a part of (5.6): its group, and the span of the sources.
void set_lineage(Event& command, std::span<const EdgeItem> sources) noexcept {
  if (sources.size() < 2) return;
  command.sync_or_merge_group = name_from(sources.front().runtime_sequence);
  command.range_start = static_cast<std::int64_t>(sources.front().runtime_sequence);
  command.range_end = static_cast<std::int64_t>(sources.back().runtime_sequence);
  command.set(EventFlag::has_range);
}

}  // namespace

void Session::lay(EdgeLine& line, std::uint8_t edge) noexcept {
  const GraphDefinition& graph = plan_.pipeline->graph;
  line.edge = edge;
  if (edge != no_edge.value) line.queue = EdgeQueue(edge_rule_of(plan_.prepared->plan, graph, graph.edges[edge]));
}

void Session::lay_edges() noexcept {
  const GraphDefinition& graph = plan_.pipeline->graph;
  lay(sentence_line_, edge_between(graph, NodeType::dialogue, NodeType::synthesiser));
  lay(frame_line_, edge_between(graph, NodeType::synthesiser, NodeType::playback));
  heard_edge_ = edge_between(graph, NodeType::microphone, NodeType::recogniser);
  for (std::size_t i = 0; i < graph.edges.size(); ++i) {
    edge_bytes_max_[i] = edge_rule_of(plan_.prepared->plan, graph, graph.edges[i]).bytes_max;
  }
}

// ---- edges whose successor takes everything as it comes ---------------------------------------------------

bool Session::fits_edge(std::uint8_t edge, const PayloadHandle& payload) const noexcept {
  return edge >= graph_edges_max || payload.length_bytes <= edge_bytes_max_[edge];
}

// ---- sentences to the synthesiser -------------------------------------------------------------------------

void Session::offer_sentence(const Event& input, std::uint8_t edge, Outbox& out) noexcept {
  // Another dialogue answers this turn: its own edge rules, once nothing of the other's waits.
  if (edge != sentence_line_.edge && sentence_line_.queue.empty()) lay(sentence_line_, edge);
  const EdgeItem item = item_of(input, sentence_line_.queue.rule().group_by);
  const std::size_t intake = sentence_line_.queue.rule().own_entry ? 0 : sentences_waiting_max;
  const bool taken = answer().sentences_voicing == 0 || answer().waiting.size() < intake;
  if (taken && sentence_line_.queue.passes(item)) {
    const bool kept = answer().waiting.push_back(
        {.text = input.payload, .index = input.argument_a, .transport_sequence = input.transport_sequence});
    PHAL_ENFORCE(kept, "a synthesiser that takes a sentence has room for it");
  } else {
    offer(sentence_line_, item, out);
  }
  voice_next_sentence(out);
}

// Nobody waits in front of the synthesiser: the edge gives its next item, whole.
void Session::voice_from_the_edge(Outbox& out) noexcept {
  const auto voice = [&](std::span<const EdgeItem> run) {
    for (const EdgeItem& item : run) {
      Event synthesise = voicing_of(item.payload, item.argument_a);
      set_lineage(synthesise, run);
      voice_sentence(synthesise, out);
    }
  };
  take_from(sentence_line_, voice, out);
}

// ---- frames to the loudspeaker ----------------------------------------------------------------------------

bool Session::playback_takes() const noexcept {
  return answer().received_frames < answer().played_frames + plan_.pipeline->voice.playback_ahead_frames_max;
}

void Session::offer_frame(const Event& input, Outbox& out) noexcept {
  const EdgeItem item = item_of(input, frame_line_.queue.rule().group_by);
  const bool direct = frame_line_.edge == no_edge.value || (playback_takes() && frame_line_.queue.passes(item));
  if (direct) return play({&item, 1}, out);
  offer(frame_line_, item, out);
  play_waiting_frames(out);
}

void Session::play_waiting_frames(Outbox& out) noexcept {
  const auto give = [&](std::span<const EdgeItem> run) { play(run, out); };
  while (!frame_line_.queue.empty() && playback_takes()) take_from(frame_line_, give, out);
}

void Session::play(std::span<const EdgeItem> run, Outbox& out) noexcept {
  if (!answer().output_announced) {
    answer().output_announced = true;
    signal(EventKind::output_accepted, Emitter::transport, Reason::output_accepted, out);
  }
  for (const EdgeItem& frame : run) {
    answer().received_frames = frame.argument_a + frame.argument_b;
    Event& given = command(EventKind::command_play_frame, graph_.find(NodeType::playback), out);
    given.argument_a = frame.argument_a;
    given.argument_b = frame.argument_b;
    given.payload = frame.payload;
    given.payload_class = PayloadClass::audio_raw;
    set_lineage(given, run);
  }
}

// ---- any line ---------------------------------------------------------------------------------------------

void Session::offer(EdgeLine& line, const EdgeItem& item, Outbox& out) noexcept {
  const auto gone = [&](const EdgeItem& dropped) { release(dropped.payload, out); };
  const EdgeVerdict verdict = line.queue.offer(item, gone);
  tell_pressure(line, verdict.high_watermark, out);
  if (verdict.branch) take_branch(line, *verdict.branch, out);
}

void Session::take_from(EdgeLine& line, RunSink give, Outbox& out) noexcept {
  const auto gone = [&](const EdgeItem& dropped) { release(dropped.payload, out); };
  const EdgeTaken taken = line.queue.take(out.input().at(), give, gone);
  tell_pressure(line, false, out);
  if (taken.recovered) tell_flow(line, FlowTurn::recovered, out);
}

// Producers that have waited long enough: their items are shed by the lane's strategy (5.2).
void Session::end_waits(Outbox& out) noexcept {
  for (EdgeLine* const line : {&sentence_line_, &frame_line_}) {
    const auto gone = [&](const EdgeItem& dropped) { release(dropped.payload, out); };
    while (turn_active()) {
      const auto shed = line->queue.expire(out.input().at(), gone);
      if (!shed) break;
      tell_pressure(*line, shed->high_watermark, out);
      if (shed->branch) take_branch(*line, *shed->branch, out);
    }
  }
  if (!turn_active()) return;
  voice_next_sentence(out);
  play_waiting_frames(out);
  announce_end(out);
}

// Nobody will take these any more, and the turn goes on: each is told.
void Session::drop_sentences(Outbox& out) noexcept {
  std::optional<SequenceRange> range;
  for (const WaitingSentence& sentence : answer().waiting) {
    release(sentence.text, out);
    if (range && range->touches(sentence.transport_sequence)) {
      range->end = sentence.transport_sequence;
      continue;
    }
    if (range) tell_drop(sentence_line_, *range, false, out);
    range = SequenceRange{sentence.transport_sequence, sentence.transport_sequence};
  }
  if (range) tell_drop(sentence_line_, *range, true, out);
  answer().waiting.clear();
  sentence_line_.queue.drop_all([&](const EdgeItem& dropped) { release(dropped.payload, out); });
  tell_pressure(sentence_line_, false, out);
}

// The turn ends, and its end says what became of everything that still waited.
void Session::flush_edges(Outbox& out) noexcept {
  for (EdgeLine* const line : {&sentence_line_, &frame_line_}) {
    line->queue.flush([&](const EdgeItem& flushed) { release(flushed.payload, out); });
    tell_pressure(*line, false, out);
  }
}

std::optional<Instant> Session::next_edge_deadline() const noexcept {
  const auto sentence = sentence_line_.queue.next_deadline();
  const auto frame = frame_line_.queue.next_deadline();
  return sentence && (!frame || *sentence < *frame) ? sentence : frame;
}

// ---- what is told -----------------------------------------------------------------------------------------

void Session::tell_pressure(EdgeLine& line, bool high_watermark, Outbox& out) noexcept {
  if (high_watermark) {
    Event& mark = signal(EventKind::watermark, Emitter::watermark, Reason::edge_watermark_high, out);
    mark.edge = line.edge;
    mark.target_lane = lane_of(line);
    tell_flow(line, FlowTurn::high, out);
  }
  const DropNotices& notices = line.queue.notices();
  for (std::size_t i = 0; i < notices.size(); ++i) tell_drop(line, notices[i], i + 1 == notices.size(), out);
}

Lane Session::lane_of(const EdgeLine& line) const noexcept { return plan_.pipeline->graph.edges[line.edge].lane; }

void Session::tell_flow(const EdgeLine& line, FlowTurn turn, Outbox& out) noexcept {
  const EdgeRule& rule = line.queue.rule();
  const FlowInputs inputs{.session = this_session,
                          .pipeline_version = its_pipeline,
                          .edge = EdgeIndex{line.edge},
                          .target_lane = lane_of(line),
                          .mode = rule.mode,
                          .high_watermark = turn == FlowTurn::high,
                          .recovered = turn == FlowTurn::recovered,
                          .credit_items = static_cast<std::int64_t>(rule.items_max - line.queue.depth())};
  const auto decided = decide_flow(inputs, about_the_turn(out.input()));
  PHAL_ENFORCE(decided.has_value(), "a running turn's edge has everything that flow control asks for");
  for (const PressureSignal& said : *decided) out.give(said.event);
}

// An ordinary drop is one notice. On a synchronised edge it is the sync engine's; downstream starts afresh once,
// however many ranges fell together.
void Session::tell_drop(const EdgeLine& line, const SequenceRange& range, bool last, Outbox& out) noexcept {
  const EdgeRule& rule = line.queue.rule();
  if (rule.sync != SyncPolicy::atomic_drop && rule.sync != SyncPolicy::drop_with_discontinuity) {
    const Reason reason =
        lane_of(line) == Lane::telemetry ? Reason::telemetry_best_effort_drop : Reason::queue_pressure_drop;
    Event& notice = signal(EventKind::drop_notice, Emitter::edge_buffer, reason, out);
    notice.edge = line.edge;
    notice.target_lane = lane_of(line);
    notice.range_start = range.start;
    notice.range_end = range.end;
    notice.set(EventFlag::has_range);
    return;
  }
  const Event cause = about_the_turn(out.input());
  const SyncSubject subject{.session = this_session,
                            .pipeline_version = its_pipeline,
                            .edge = EdgeIndex{line.edge},
                            .target_lane = lane_of(line),
                            .sync_domain = sync_domain_symbol(rule.policy),
                            .discontinuity_id = SymbolId{name_from(cause.runtime_sequence)}};
  const auto decided = decide_sync_drop(rule.sync, subject, {.start = range.start, .end = range.end}, cause);
  PHAL_ENFORCE(decided.has_value(), "a synchronised edge has everything that the sync engine asks for");
  for (const PressureSignal& said : *decided) {
    const bool marker = said.event.kind == EventKind::discontinuity;
    if (marker && !last) continue;
    out.give(said.event);
    if (marker && rule.sync_scope == SyncScope::plan_wide) repeat_on_its_domain(said, rule, out);
  }
}

void Session::repeat_on_its_domain(const PressureSignal& marker, const EdgeRule& rule, Outbox& out) noexcept {
  const GraphDefinition& graph = plan_.pipeline->graph;
  const ResolvedTurnPlan& plan = plan_.prepared->plan;
  const auto domain_of = [&plan](const EdgeRule& of) {
    return plan.edge_buffer_policies[of.policy].sync_drop_policy.sync_domain.view();
  };
  FixedVector<EdgeIndex, graph_edges_max> edges;
  for (std::size_t i = 0; i < graph.edges.size(); ++i) {
    const EdgeRule other = edge_rule_of(plan, graph, graph.edges[i]);
    if (domain_of(other) != domain_of(rule)) continue;
    PHAL_ENFORCE(edges.push_back(EdgeIndex{static_cast<std::uint8_t>(i)}), "a graph's edges fit their list");
  }
  repeat_on_domain(marker, {edges.begin(), edges.size()},
                   [&out](const PressureSignal& repeated) { out.give(repeated.event); });
}

// Shedding beyond the edge (5.5): whoever produces too much is done without, by the branch that the plan allows (6.6).
void Session::take_branch(const EdgeLine& line, DataShedding branch, Outbox& out) noexcept {
  const bool falls_back = branch == DataShedding::fallback;
  const auto& allowed = turn_plan().allowed_adaptive_actions;
  const AdaptiveAction wanted = falls_back ? AdaptiveAction::fallback : AdaptiveAction::degrade;
  if (std::find(allowed.begin(), allowed.end(), wanted) == allowed.end()) return;
  const NodeIndex producer = plan_.pipeline->graph.edges[line.edge].from;
  GraphCommands cancels;
  constexpr std::int64_t hard = 1;
  if (!graph_.cancel_node(producer, about_the_turn(out.input()), hard, cancels)) return;
  Event& taken = signal(falls_back ? EventKind::fallback : EventKind::degrade, Emitter::watermark,
                        Reason::edge_watermark_high, out);
  taken.edge = line.edge;
  taken.node = producer.value;
  for (const Event& cancel : cancels) out.give(cancel);
  const Modality modality = plan_.pipeline->graph.nodes[producer.value].modality;
  const bool speaks_instead = falls_back && modality == Modality::llm && !apologised_;
  book_.failed(modality, wire::OutcomeClass::overload,
               falls_back ? wire::RetryDecision::fallback : wire::RetryDecision::none, out.input());
  if (speaks_instead) return apologise(out);
  do_without(modality, out);
}

}  // namespace phalarope
