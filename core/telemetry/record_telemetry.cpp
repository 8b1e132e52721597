#include "core/telemetry/record_telemetry.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "core/replay/event_fields.hpp"
#include "core/replay/signal_rules.hpp"
#include "core/telemetry/units.hpp"

namespace phalarope::telemetry {
namespace {

constexpr std::string_view fence_node = "transport_fence";
constexpr std::string_view fence_edge = "transport/egress";

std::string yes_or_no(bool value) { return value ? "true" : "false"; }

bool refuses_a_proposal(const Event& event) {
  return event.kind == EventKind::reject || event.kind == EventKind::defer ||
         event.kind == EventKind::deauthorized_drain ||
         (event.kind == EventKind::stale_epoch_reject && event.turn_number == 0);
}
bool decides_output(const Event& event) {
  return event.kind == EventKind::output_accepted || event.kind == EventKind::playback_cancelled ||
         (event.kind == EventKind::stale_epoch_reject && event.turn_number != 0);
}

}  // namespace

void RecordTelemetry::take(const replay::Record& record, TelemetrySink sink) {
  names_.take(record);
  EventWriter out(sink);
  switch (record.header.type) {
    case RecordType::event: {
      if (record.body.size() != event_bytes) break;
      Event event{};
      std::memcpy(&event, record.body.data(), event_bytes);
      event.mono_ns = engine_time(event.mono_ns);
      event.wall_ns = wall_time(event.wall_ns);
      take_event(event, out);
      break;
    }
    case RecordType::baseline:
      take_baseline(record, out);
      break;
    case RecordType::pipeline:
      if (!read_pipeline_) break;
      facts_ = read_pipeline_(record.body);
      names_.node_ids = facts_.node_ids;
      names_.edge_ids = facts_.edge_ids;
      break;
    case RecordType::session:
      take_session(record);
      break;
    case RecordType::none:
    case RecordType::symbol:  // names_ has taken it
    case RecordType::text:
    case RecordType::audio:
    case RecordType::checkpoint:
    case RecordType::loss:
      break;
  }
  skipped_ += out.skipped();
}

void RecordTelemetry::take_session(const replay::Record& record) {
  SessionStart start;
  if (record.body.size() < sizeof start) return;
  std::memcpy(&start, record.body.data(), sizeof start);
  if (start.session_id_bytes > session_id_bytes_max) return;
  sessions_[start.session_slot] = SessionState{};
  sessions_[start.session_slot].start = start;
}

void RecordTelemetry::take_baseline(const replay::Record& record, EventWriter& out) {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(record.body.data());
  flatbuffers::Verifier verifier(bytes, record.body.size());
  if (!verifier.VerifyBuffer<wire::TurnEvidence>(nullptr)) {
    ++unreadable_;
    return;
  }
  const auto& turn = *flatbuffers::GetRoot<wire::TurnEvidence>(bytes);
  const SessionState& session = sessions_[turn.session_slot()];
  const TurnContext context{.facts = facts_,
                            .asked_ns = session.asked_ns,
                            .answered_ns = session.answered_ns,
                            .wall_offset_ns = wall_offset_ns_};
  tell_turn(turn, context, out);
}

Correlation RecordTelemetry::about(const Event& event) const {
  Correlation about;
  const auto known = sessions_.find(event.session_slot);
  about.session_id = known != sessions_.end() && known->second.start.session_id_bytes > 0
                         ? known->second.start.session_id_text()
                         : std::string_view(names_.session_id);
  if (known != sessions_.end())
    about.pipeline_version = names_.symbol(known->second.start.symbol(SessionSymbol::pipeline_version).value);
  if (event.turn_number != 0) about.turn_id = replay::RecordingNames::turn_id(event.turn_number);
  about.event_id = "evt-" + std::to_string(event.runtime_sequence);
  about.node_id = node_of(event);
  if (event.edge != no_edge.value) about.edge_id = edge_of(event);
  about.authority_epoch = static_cast<std::int64_t>(
      std::min<std::uint64_t>(event.authority_epoch, std::numeric_limits<std::int64_t>::max()));
  about.lane = replay::lane_text(event.lane);
  about.emitted_by = replay::code_of(event.emitter);
  about.runtime_timestamp_ms = ms_of(event.mono_ns);
  about.wall_clock_timestamp_ms = ms_of(event.wall_ns);
  return about;
}

std::string RecordTelemetry::edge_of(const Event& event) const {
  return event.edge == no_edge.value ? names_.lane_edge_id(event.target_lane) : names_.edge_id(event.edge);
}
std::string RecordTelemetry::node_of(const Event& event) const {
  return event.node == no_node.value ? std::string() : names_.node_id(event.node);
}

void RecordTelemetry::take_event(const Event& event, EventWriter& out) {
  SessionState& session = session_of(event);
  if (event.wall_ns > 0) wall_offset_ns_ = event.wall_ns - event.mono_ns;
  tell_pressure(event, session, out);
  if (event.has(EventFlag::output)) {
    take_output(event, session, out);
  } else if (event.kind == EventKind::recognition_final) {
    session.words_final_ns = event.mono_ns;
  } else if (event.kind == EventKind::dialogue_done) {
    session.answered_ns[index_of(Modality::llm)] = event.mono_ns;
  } else if (event.kind == EventKind::synthesis_done) {
    session.answered_ns[index_of(Modality::tts)] = event.mono_ns;
  } else if (event.kind == EventKind::dialogue_sentence) {
    if (session.sentences.size() < sentences_waiting_max) session.sentences[event.argument_a] = event.mono_ns;
  } else if (event.kind == EventKind::fence_applied) {
    tell_silence(event, session, out);
  }
}

void RecordTelemetry::take_output(const Event& event, SessionState& session, EventWriter& out) {
  if (is_command(event.kind)) return take_command(event, session, out);
  if (event.kind == EventKind::turn_open) {
    session.asked_ns.fill(never);
    session.answered_ns.fill(never);
    session.sentences.clear();
  }
  if (decides_output(event)) tell_fence_decision(event, out);
  if (refuses_a_proposal(event)) tell_refused_proposal(event, out);
}

void RecordTelemetry::take_command(const Event& event, SessionState& session, EventWriter& out) {
  if (event.kind == EventKind::command_recognise_start) {
    tell_dispatch(event, Modality::stt, out);
  } else if (event.kind == EventKind::command_recognise_finalise) {
    session.finalise_ns = event.mono_ns;
  } else if (event.kind == EventKind::command_dialogue_ask) {
    tell_dispatch(event, Modality::llm, out);
    // The words of the utterance are the turn's from here on; the next utterance may begin before the turn ends.
    constexpr std::size_t stt = index_of(Modality::stt);
    session.asked_ns[stt] = session.finalise_ns;
    session.answered_ns[stt] = session.words_final_ns.value_or(never);
    session.asked_ns[index_of(Modality::llm)] = event.mono_ns;
    if (session.words_final_ns) tell_handoff(event, "stt_to_llm", *session.words_final_ns, session, out);
    session.words_final_ns.reset();
  } else if (event.kind == EventKind::command_synthesise) {
    tell_dispatch(event, Modality::tts, out);
    std::int64_t& asked_ns = session.asked_ns[index_of(Modality::tts)];
    if (asked_ns == never) asked_ns = event.mono_ns;
    if (const auto sentence = session.sentences.extract(event.argument_a)) {
      tell_handoff(event, "llm_to_tts", sentence.mapped(), session, out);
    }
  } else if (event.kind == EventKind::command_fence && event.ticket == 0) {
    session.fenced_ticket = static_cast<std::uint64_t>(event.argument_b);
    session.fenced_ns = event.mono_ns;
  }
}

/// A node was given work, and was not refused it.
void RecordTelemetry::tell_dispatch(const Event& event, Modality modality, EventWriter& out) {
  Correlation where = about(event);
  where.edge_id = facts_.nodes[index_of(modality)].edge_id;
  out.metric(where, MetricId::shed_rate, 0.0,
             {{"scope", "node_dispatch"}, {"node_id", where.node_id}, {"edge_id", where.edge_id}});
}

void RecordTelemetry::tell_handoff(const Event& event, std::string_view edge, std::int64_t since_ns,
                                   const SessionState& session, EventWriter& out) {
  Correlation where = about(event);
  where.edge_id = edge;
  const bool to_synthesis = event.kind == EventKind::command_synthesise;
  const auto from = to_synthesis ? SessionSymbol::llm_provider : SessionSymbol::stt_provider;
  out.metric(
      where, MetricId::edge_latency_ms, fraction_ms_of(span_ns(since_ns, event.mono_ns)),
      {{"edge_id", where.edge_id}, {"action", "forward"}, {"watermark_high", yes_or_no(session.data_lane_is_high)}},
      {{"provider_id", std::string(names_.symbol(session.start.symbol(from).value))}});
}

// ---- lanes and scheduling ----------------------------------------------------------------------------------------

void RecordTelemetry::tell_pressure(const Event& event, SessionState& session, EventWriter& out) {
  const auto lane = static_cast<std::size_t>(event.target_lane);
  if (lane >= facts_lanes_count) return;
  if (event.kind == EventKind::watermark) {
    if (event.target_lane == Lane::data) session.data_lane_is_high = true;
    tell_depth(event, "saturated", facts_.lanes[lane].high_items, out);
  } else if (event.kind == EventKind::flow_xon) {
    if (event.target_lane == Lane::data) session.data_lane_is_high = false;
    tell_depth(event, "dequeue", facts_.lanes[lane].low_items, out);
  } else if (event.kind == EventKind::drop_notice) {
    const bool ranged = event.has(EventFlag::has_range) && event.range_end >= event.range_start;
    const auto count =
        ranged ? static_cast<double>(event.range_end) - static_cast<double>(event.range_start) + 1.0 : 1.0;
    tell_drop(event, event.target_lane == Lane::telemetry ? "best_effort_drop" : "shed", count, out);
  } else if (event.kind == EventKind::shed) {
    tell_shed(event, out);
    if (event.reason == Reason::lane_queue_capacity_exceeded) tell_drop(event, "shed", 1.0, out);
  }
}

void RecordTelemetry::tell_depth(const Event& event, std::string_view status, std::int64_t items, EventWriter& out) {
  Correlation where = about(event);
  where.edge_id = edge_of(event);
  out.metric(where, MetricId::edge_queue_depth, static_cast<double>(items),
             {{"lane", std::string(replay::lane_text(event.target_lane))},
              {"edge_id", where.edge_id},
              {"status", std::string(status)}});
}

void RecordTelemetry::tell_drop(const Event& event, std::string_view strategy, double count, EventWriter& out) {
  Correlation where = about(event);
  where.edge_id = edge_of(event);
  out.metric(where, MetricId::edge_drops_total, count,
             {{"lane", std::string(replay::lane_text(event.target_lane))},
              {"edge_id", where.edge_id},
              {"strategy", std::string(strategy)}});
}

void RecordTelemetry::tell_shed(const Event& event, EventWriter& out) {
  Correlation where = about(event);
  where.edge_id = edge_of(event);
  const bool of_a_node = event.node != no_node.value;
  const std::string scope = of_a_node ? "node_dispatch" : "edge_enqueue";
  const std::string type = of_a_node ? "provider" : "lane_queue";
  const Attributes place = {{"scope", scope}, {"node_id", where.node_id}, {"edge_id", where.edge_id}};
  out.metric(where, MetricId::shed_rate, 1.0, place);
  Attributes attributes = place;
  attributes["node_type"] = type;
  attributes["outcome"] = "shed";
  Attributes span = attributes;
  span["allowed"] = "false";
  out.span(where,
           SpanBody{.name = "node_span",
                    .kind = {},
                    .start_ms = where.runtime_timestamp_ms,
                    .end_ms = where.runtime_timestamp_ms + 1,
                    .trace_id = {},
                    .span_id = span_id_of({"node_span", where.session_id, where.turn_id, where.event_id, "shed"}),
                    .parent_span_id = turn_span_id(where.session_id, where.turn_id, "active_turn"),
                    .attributes = std::move(span)});
  attributes["reason"] = replay::reason_text(event.reason);
  out.log(where, LogBody{.name = "scheduling_shed",
                         .severity = "warn",
                         .message = "shed at " + where.edge_id,
                         .attributes = std::move(attributes)});
}

// ---- the fence and the gates ---------------------------------------------------------------------------------------

void RecordTelemetry::tell_fence_decision(const Event& event, EventWriter& out) {
  const bool accepted = event.kind == EventKind::output_accepted;
  Correlation where = about(event);
  where.node_id = fence_node;
  where.edge_id = fence_edge;
  out.span(where, SpanBody{.name = "node_span",
                           .kind = {},
                           .start_ms = where.runtime_timestamp_ms,
                           .end_ms = where.runtime_timestamp_ms + 1,
                           .trace_id = {},
                           .span_id = span_id_of({"fence", where.session_id, where.turn_id, where.event_id}),
                           .parent_span_id = turn_span_id(where.session_id, where.turn_id, "active_turn"),
                           .attributes = {{"node_type", std::string(fence_node)}, {"accepted", yes_or_no(accepted)}}});
  const std::string signal(replay::kind_text(event.kind));
  out.log(where, LogBody{.name = "output_fence_decision",
                         .severity = accepted ? "info" : "warn",
                         .message = signal,
                         .attributes = {{"accepted", yes_or_no(accepted)},
                                        {"signal", signal},
                                        {"reason", std::string(replay::reason_text(event.reason))},
                                        {"node_id", where.node_id},
                                        {"edge_id", where.edge_id}}});
}

/// The audio thread has applied the fence: from now on nothing of the cancelled turn is played.
void RecordTelemetry::tell_silence(const Event& event, SessionState& session, EventWriter& out) {
  const bool awaited = session.fenced_ticket != 0 && session.fenced_ticket == event.ticket;
  if (!awaited) return;
  session.fenced_ticket = 0;
  Correlation where = about(event);
  where.node_id = fence_node;
  where.edge_id = fence_edge;
  out.metric(where, MetricId::cancel_latency_ms, fraction_ms_of(span_ns(session.fenced_ns, event.mono_ns)),
             {{"accepted", "false"}, {"scope", "turn"}, {"node_id", where.node_id}, {"edge_id", where.edge_id}});
}

void RecordTelemetry::tell_refused_proposal(const Event& event, EventWriter& out) {
  Correlation where = about(event);
  where.node_id = turn_arbiter_node;
  const std::string decision(replay::kind_text(event.kind));
  const std::string reason(replay::reason_text(event.reason));
  const Attributes attributes = {{"phase", "pre_turn"},     {"state", "Idle"},      {"transitions", "2"},
                                 {"error", reason},         {"decision", decision}, {"plan_hash", ""},
                                 {"node_id", where.node_id}};
  out.span(where, SpanBody{.name = "turn_span",
                           .kind = {},
                           .start_ms = where.runtime_timestamp_ms,
                           .end_ms = where.runtime_timestamp_ms + 1,
                           .trace_id = {},
                           .span_id = span_id_of({"turn_span", where.session_id, where.turn_id, where.event_id}),
                           .parent_span_id = {},
                           .attributes = attributes});
  out.log(where, LogBody{.name = "turn_open_result",
                         .severity = "warn",
                         .message = decision + " " + reason,
                         .attributes = attributes});
}

}  // namespace phalarope::telemetry
