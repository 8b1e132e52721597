// A recording with everything in it that becomes telemetry: two sessions, a turn that commits, one that is cancelled, a
// proposal that is deferred, a lane that fills, sheds and drains. Every time in it is written here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/engine/evidence/well_known_symbols.hpp"
#include "core/engine/session/session_start.hpp"
#include "core/replay/recording_names.hpp"
#include "core/telemetry/pipeline_facts.hpp"
#include "evidence_generated.h"
#include "tests/unit/replay/memory_recording.hpp"

namespace phalarope::telemetry {

inline PipelineFacts sample_facts(std::span<const std::byte>) {
  PipelineFacts facts;
  facts.nodes[0] = {.id = "ears", .type = "recogniser", .edge_id = "mic-ears"};
  facts.nodes[1] = {.id = "mind", .type = "dialogue", .edge_id = "ears-mind"};
  facts.nodes[2] = {.id = "mouth", .type = "synthesiser", .edge_id = "mind-mouth"};  // a program of its own
  facts.nodes[2].boundary = {
      {"boundary", "external_node"}, {"node_id", "mouth"}, {"cpu_units", "2"}, {"memory_mb", "128"}};
  facts.lanes[static_cast<std::size_t>(Lane::data)] = {.high_items = 80, .low_items = 20};
  facts.node_ids = {"mic", "ears", "mind", "mouth"};
  facts.edge_ids = {"mic-ears"};
  facts.sample_rate_hz = 16000;
  return facts;
}

class TelemetryRecording {
 public:
  static constexpr std::int64_t wall_ms = 1'760'000'000'000;
  static constexpr std::uint32_t token_symbol = 90;

  TelemetryRecording() {
    const std::byte word{1};
    recording.add(RecordType::pipeline, {&word, 1});
    start_session(0, "kitchen", 1);
    start_session(1, "garage", 21);
    recording.add_symbol(first_tenant_symbol + 1, "acme");
    recording.add_symbol(token_symbol, "output_tokens");
    recording.add_symbol(token_symbol + 1, "input_tokens");
    committed_turn();
    cancelled_turn();
    deferred_proposal();
    full_lane();
    other_session();
  }
  replay::MemoryRecording recording;

 private:
  void start_session(std::uint16_t slot, std::string_view id, std::uint32_t first_symbol) {
    SessionStart start;
    start.session_slot = slot;
    start.first_symbol = first_symbol;
    static_cast<void>(start.set_session_id(id));
    recording.add(RecordType::session, std::as_bytes(std::span(&start, 1)));
    recording.add_symbol(start.symbol(SessionSymbol::session_id).value, id);
    recording.add_symbol(start.symbol(SessionSymbol::pipeline_version).value, "home/v3");
    recording.add_symbol(start.symbol(SessionSymbol::stt_provider).value, "sphinx");
    recording.add_symbol(start.symbol(SessionSymbol::llm_provider).value, "cloud-llm");
    recording.add_symbol(start.symbol(SessionSymbol::tts_provider).value, "flite");
  }

  struct What {
    std::int64_t a = 0;
    std::int64_t b = 0;
    std::uint8_t node = no_node.value;
    Reason reason = Reason::none;
    Lane target = Lane::control;
    std::uint64_t ticket = 0;
    std::int64_t media = 0;
    std::uint32_t payload_bytes = 0;
    std::uint16_t slot = 0;
  };
  void put(EventKind kind, std::int64_t ms, std::uint32_t turn, bool output, const What& what) {
    Event event{};
    event.kind = kind;
    event.runtime_sequence = ++sequence_;
    event.mono_ns = ms * ns_per_ms;
    event.wall_ns = (wall_ms + ms) * ns_per_ms;
    event.turn_number = turn;
    event.scope = turn == 0 ? Scope::session : Scope::turn;
    event.authority_epoch = 4;
    event.emitter = output ? Emitter::turn_arbiter : Emitter::worker;
    event.argument_a = what.a;
    event.argument_b = what.b;
    event.node = what.node;
    event.reason = what.reason;
    event.target_lane = what.target;
    event.ticket = what.ticket;
    event.media_sample = what.media;
    event.payload.length_bytes = what.payload_bytes;
    event.session_slot = what.slot;
    if (output) event.set(EventFlag::output);
    recording.add(event);
  }
  void in(EventKind kind, std::int64_t ms, std::uint32_t turn, const What& what) { put(kind, ms, turn, false, what); }
  void out(EventKind kind, std::int64_t ms, std::uint32_t turn, const What& what) { put(kind, ms, turn, true, what); }

  struct Call {
    wire::EvidenceModality modality;
    std::string provider;
    wire::OutcomeClass outcome;
    std::int64_t latency_ms;
  };
  void baseline(std::uint32_t turn, std::int64_t opened_ms, std::int64_t ended_ms, bool cancelled,
                const std::vector<Call>& calls) {
    flatbuffers::FlatBufferBuilder builder;
    std::vector<flatbuffers::Offset<wire::InvocationOutcome>> outcomes;
    const std::string turn_id = replay::RecordingNames::turn_id(turn);
    for (const Call& call : calls) {
      const auto id = builder.CreateString("pvi/kitchen/" + turn_id + "/evt-" + std::to_string(++sequence_) + "/x");
      const auto provider = builder.CreateString(call.provider);
      wire::InvocationOutcomeBuilder outcome(builder);
      outcome.add_provider_invocation_id(id);
      outcome.add_provider_id(provider);
      outcome.add_modality(call.modality);
      outcome.add_outcome_class(call.outcome);
      outcome.add_retry_decision(wire::RetryDecision::none);
      outcome.add_attempt_count(1);
      outcome.add_final_attempt_latency_ns(call.latency_ms * ns_per_ms);
      outcome.add_total_invocation_latency_ns(call.latency_ms * ns_per_ms);
      outcomes.push_back(outcome.Finish());
    }
    const auto list = builder.CreateVector(outcomes);
    const auto session = builder.CreateString("kitchen");
    const auto id = builder.CreateString(turn_id);
    const auto version = builder.CreateString("home/v3");
    const auto event = builder.CreateString("evt-" + std::to_string(sequence_));
    const auto hash = builder.CreateString("plan/" + turn_id);
    const auto reason = builder.CreateString(cancelled ? "cancelled" : "");
    wire::TurnEvidenceBuilder evidence(builder);
    evidence.add_session_id(session);
    evidence.add_turn_id(id);
    evidence.add_pipeline_version(version);
    evidence.add_event_id(event);
    evidence.add_plan_hash(hash);
    evidence.add_invocation_outcomes(list);
    evidence.add_authority_epoch(4);
    evidence.add_terminal_outcome(cancelled ? wire::TerminalOutcome::abort : wire::TerminalOutcome::commit);
    evidence.add_terminal_reason(reason);
    evidence.add_turn_open_proposed_at_ns((opened_ms - 1) * ns_per_ms);
    evidence.add_turn_open_at_ns(opened_ms * ns_per_ms);
    evidence.add_turn_terminal_at_ns(ended_ms * ns_per_ms);
    if (cancelled) {
      evidence.add_cancel_accepted_at_ns(ended_ms * ns_per_ms);
      evidence.add_cancel_fence_applied_at_ns(ended_ms * ns_per_ms);
    }
    evidence.add_turn_number(turn);
    builder.Finish(evidence.Finish());
    recording.add(RecordType::baseline, std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize())));
  }

  void committed_turn() {
    in(EventKind::speech_started, 400, 0, {.media = 6400});
    out(EventKind::turn_open_proposed, 400, 1, {});
    out(EventKind::turn_open, 401, 1, {});
    out(EventKind::command_recognise_start, 401, 0, {.node = 1});
    out(EventKind::command_recognise_audio, 420, 0, {.node = 1, .payload_bytes = 640});
    in(EventKind::speech_ended, 1000, 0, {.media = 15999});
    out(EventKind::command_recognise_finalise, 1010, 0, {.node = 1});
    in(EventKind::recognition_final, 1100, 0, {.a = 1});
    out(EventKind::command_dialogue_ask, 1102, 1, {.node = 2});
    in(EventKind::telemetry_sample, 1200, 1, {.a = token_symbol, .b = 120});
    in(EventKind::telemetry_sample, 1200, 1, {.a = token_symbol + 1, .b = 30});
    in(EventKind::dialogue_sentence, 1202, 1, {.a = 0});
    out(EventKind::command_synthesise, 1202, 1, {.a = 0, .node = 3});
    in(EventKind::dialogue_sentence, 1210, 1, {.a = 1});
    in(EventKind::dialogue_done, 1302, 1, {.a = 2});
    in(EventKind::synthesis_frame, 1320, 1, {.a = 0, .b = 16000, .node = 3});
    out(EventKind::output_accepted, 1320, 1, {.reason = Reason::output_accepted});
    out(EventKind::command_synthesise, 1410, 1, {.a = 1, .node = 3});
    in(EventKind::synthesis_done, 1502, 1, {.a = 1, .node = 3});
    in(EventKind::playback_completed, 2400, 1, {});
    using O = wire::OutcomeClass;
    using M = wire::EvidenceModality;
    baseline(1, 401, 2400, false,
             {{M::stt, "sphinx", O::cancelled, 1999},
              {M::llm, "cloud-llm", O::success, 200},
              {M::tts, "flite", O::timeout, 300}});
    out(EventKind::commit, 2400, 1, {});
    out(EventKind::close, 2400, 1, {});
  }
  void cancelled_turn() {
    out(EventKind::turn_open_proposed, 3000, 2, {});
    out(EventKind::turn_open, 3000, 2, {});
    out(EventKind::command_dialogue_ask, 3010, 2, {.node = 2});
    out(EventKind::command_fence, 3500, 2, {.b = 42});
    baseline(2, 3000, 3500, true, {{wire::EvidenceModality::llm, "cloud-llm", wire::OutcomeClass::cancelled, 490}});
    out(EventKind::playback_cancelled, 3500, 2, {.reason = Reason::cancel_fence_applied});
    out(EventKind::abort, 3500, 2, {.reason = Reason::cancelled});
    out(EventKind::close, 3500, 2, {});
    in(EventKind::fence_applied, 3508, 2, {.a = 8000, .ticket = 42});
  }
  void deferred_proposal() {
    out(EventKind::turn_open_proposed, 4000, 3, {});
    out(EventKind::defer, 4000, 0, {.reason = Reason::admission_capacity_defer});
  }
  void full_lane() {
    in(EventKind::watermark, 5000, 0, {.reason = Reason::lane_queue_high_watermark, .target = Lane::data});
    in(EventKind::shed, 5001, 0, {.reason = Reason::lane_queue_capacity_exceeded, .target = Lane::data});
    in(EventKind::drop_notice, 5002, 0, {.reason = Reason::telemetry_best_effort_drop, .target = Lane::telemetry});
    in(EventKind::flow_xon, 5003, 0, {.target = Lane::data});
  }
  void other_session() {
    out(EventKind::turn_open_proposed, 6000, 1, {.slot = 1});
    in(EventKind::synthesis_frame, 6001, 1, {.a = 0, .b = 320, .slot = 1});
  }

  std::uint64_t sequence_ = 0;
};

}  // namespace phalarope::telemetry
