#include "core/telemetry/turn_telemetry.hpp"

#include <algorithm>
#include <optional>

#include "core/replay/signal_rules.hpp"
#include "core/telemetry/units.hpp"

namespace phalarope::telemetry {
namespace {

std::string text_of(const flatbuffers::String* text) { return text == nullptr ? std::string() : text->str(); }

/// `evt-17` of `pvi/<session>/<turn>/evt-17/llm`.
std::string event_of_invocation(std::string_view invocation_id) {
  const std::size_t last = invocation_id.rfind('/');
  if (last == std::string_view::npos) return {};
  const std::string_view before = invocation_id.substr(0, last);
  const std::size_t start = before.rfind('/');
  return start == std::string_view::npos ? std::string() : std::string(before.substr(start + 1));
}

std::optional<std::size_t> modality_index(wire::EvidenceModality modality) {
  switch (modality) {
    case wire::EvidenceModality::stt:
      return index_of(Modality::stt);
    case wire::EvidenceModality::llm:
      return index_of(Modality::llm);
    case wire::EvidenceModality::tts:
      return index_of(Modality::tts);
    case wire::EvidenceModality::none:
    case wire::EvidenceModality::external:
      break;
  }
  return std::nullopt;
}

class TurnTeller {
 public:
  TurnTeller(const wire::TurnEvidence& turn, const TurnContext& context, EventWriter& out)
      : turn_(turn), context_(context), out_(out) {
    about_.session_id = text_of(turn.session_id());
    about_.turn_id = text_of(turn.turn_id());
    about_.event_id = text_of(turn.event_id());
    about_.pipeline_version = text_of(turn.pipeline_version());
    about_.authority_epoch = turn.authority_epoch();
    about_.lane = "ControlLane";
    about_.emitted_by = replay::code_of(Emitter::turn_arbiter);
    opened_ns_ = engine_time(turn.turn_open_at_ns().value_or(0));
    ended_ns_ = engine_time(turn.turn_terminal_at_ns().value_or(opened_ns_));
    proposed_ns_ = engine_time(turn.turn_open_proposed_at_ns().value_or(opened_ns_));
  }

  void tell() {
    tell_open();
    if (const auto* invocations = turn_.invocation_outcomes()) {
      for (const wire::InvocationOutcome* invocation : *invocations) tell_invocation(*invocation);
    }
    tell_cancel();
    tell_active();
  }

 private:
  Correlation at(std::int64_t ns) const {
    Correlation about = about_;
    about.runtime_timestamp_ms = ms_of(ns);
    about.wall_clock_timestamp_ms = ms_of(ns + context_.wall_offset_ns);
    return about;
  }
  std::string span_id(std::string_view phase) const { return turn_span_id(about_.session_id, about_.turn_id, phase); }

  void tell_phase(std::int64_t ns, std::string_view phase, std::string_view log_name, bool well,
                  const Attributes& attributes, const Interval& measured) {
    Correlation about = at(ns);
    about.node_id = turn_arbiter_node;
    out_.span(about, SpanBody{.name = "turn_span",
                              .kind = {},
                              .start_ms = ms_of(ns),
                              .end_ms = ms_of(ns) + 1,
                              .trace_id = {},
                              .span_id = span_id(phase),
                              .parent_span_id = phase == "pre_turn" ? span_id("active_turn") : "",
                              .attributes = attributes,
                              .measured = measured});
    out_.log(about, LogBody{.name = std::string(log_name),
                            .severity = well ? "info" : "warn",
                            .message = about.turn_id + " is " + attributes.at("state"),
                            .attributes = attributes});
  }

  void tell_open() {
    std::string decision;
    if (const auto* decisions = turn_.decision_outcomes()) {
      for (const wire::DecisionOutcome* each : *decisions) {
        if (each->phase() == wire::DecisionPhase::pre_turn) decision = wire::EnumNameDecisionKind(each->outcome_kind());
      }
    }
    const Attributes attributes = {{"phase", "pre_turn"},
                                   {"state", "Active"},
                                   {"transitions", "2"},
                                   {"error", ""},
                                   {"decision", decision},
                                   {"plan_hash", text_of(turn_.plan_hash())},
                                   {"node_id", std::string(turn_arbiter_node)}};
    tell_phase(opened_ns_, "pre_turn", "turn_open_result", true, attributes, {proposed_ns_, opened_ns_});
  }

  void tell_active() {
    const bool aborted = turn_.terminal_outcome() == wire::TerminalOutcome::abort;
    const Attributes attributes = {{"phase", "active_turn"},
                                   {"state", "Closed"},
                                   {"transitions", "2"},
                                   {"error", aborted ? text_of(turn_.terminal_reason()) : ""},
                                   {"terminal_event", wire::EnumNameTerminalOutcome(turn_.terminal_outcome())},
                                   {"node_id", std::string(turn_arbiter_node)}};
    tell_phase(ended_ns_, "active_turn", "turn_active_result", !aborted, attributes,
               {proposed_ns_, std::max(ended_ns_, proposed_ns_)});
  }

  void tell_cancel() {
    const auto accepted = turn_.cancel_accepted_at_ns();
    const auto fenced = turn_.cancel_fence_applied_at_ns();
    if (!accepted || !fenced) return;
    out_.metric(at(engine_time(*fenced)), MetricId::cancel_latency_ms, fraction_ms_of(span_ns(*accepted, *fenced)),
                {{"scope", "turn"}});
  }

  struct Invocation {
    std::string provider_id;
    std::string modality;
    std::string outcome;
    std::string attempts;
    PipelineFacts::ModalityNode node;
    Correlation about;
    std::int64_t asked_ns = 0;
    std::int64_t final_latency_ns = 0;
    std::int64_t total_latency_ns = 0;
  };

  Invocation facts_of(const wire::InvocationOutcome& from) const {
    Invocation call;
    call.provider_id = text_of(from.provider_id());
    call.modality = wire::EnumNameEvidenceModality(from.modality());
    call.outcome = wire::EnumNameOutcomeClass(from.outcome_class());
    call.attempts = std::to_string(std::max<std::uint32_t>(1, from.attempt_count()));
    call.final_latency_ns = engine_time(from.final_attempt_latency_ns().value_or(0));
    call.total_latency_ns = engine_time(from.total_invocation_latency_ns().value_or(0));
    call.asked_ns = opened_ns_;
    if (const auto modality = modality_index(from.modality())) {
      call.node = context_.facts.nodes[*modality];
      if (context_.asked_ns[*modality] != never) call.asked_ns = context_.asked_ns[*modality];
      const std::int64_t answered_ns = context_.answered_ns[*modality];
      if (from.outcome_class() == wire::OutcomeClass::cancelled && answered_ns >= call.asked_ns) {
        call.outcome = wire::EnumNameOutcomeClass(wire::OutcomeClass::success);
        call.final_latency_ns = call.total_latency_ns = answered_ns - call.asked_ns;
      }
    }
    call.about = at(call.asked_ns);
    if (auto event = event_of_invocation(text_of(from.provider_invocation_id())); !event.empty())
      call.about.event_id = std::move(event);
    call.about.node_id = call.node.id;
    call.about.edge_id = call.node.edge_id;
    call.about.lane = "DataLane";
    call.about.emitted_by = replay::code_of(Emitter::provider_controller);
    return call;
  }

  void tell_invocation(const wire::InvocationOutcome& from) {
    const Invocation call = facts_of(from);
    const std::string node_span =
        span_id_of({"node_span", about_.session_id, about_.turn_id, call.node.id, call.about.event_id});
    tell_node(call, node_span);
    tell_provider(call, node_span, from);
  }

  void tell_node(const Invocation& call, const std::string& node_span) {
    const Interval measured{call.asked_ns, call.asked_ns + call.total_latency_ns};
    out_.span(call.about, SpanBody{.name = "node_span",
                                   .kind = {},
                                   .start_ms = ms_of(call.asked_ns),
                                   .end_ms = ms_of(call.asked_ns) + 1,
                                   .trace_id = {},
                                   .span_id = node_span,
                                   .parent_span_id = span_id("active_turn"),
                                   .attributes = {{"scope", "node_dispatch"},
                                                  {"allowed", "true"},
                                                  {"node_id", call.node.id},
                                                  {"node_type", call.node.type},
                                                  {"edge_id", call.node.edge_id}},
                                   .measured = measured});
    out_.metric(call.about, MetricId::node_latency_ms, std::max(1.0, fraction_ms_of(call.total_latency_ns)),
                {{"scope", "node_dispatch"},
                 {"node_id", call.node.id},
                 {"node_type", call.node.type},
                 {"edge_id", call.node.edge_id},
                 {"pipeline_ref", about_.pipeline_version}},
                {{"provider_id", call.provider_id}});
  }

  void tell_provider(const Invocation& call, const std::string& node_span, const wire::InvocationOutcome& from) {
    const Attributes attempt = {{"provider_id", call.provider_id}, {"modality", call.modality},
                                {"attempt", call.attempts},        {"outcome", call.outcome},
                                {"node_id", call.node.id},         {"edge_id", call.node.edge_id}};
    out_.metric(call.about, MetricId::provider_rtt_ms, fraction_ms_of(call.final_latency_ns), attempt);
    out_.metric(call.about, MetricId::provider_rtt_ms, fraction_ms_of(call.final_latency_ns),
                {{"scope", "provider_invocation"},
                 {"modality", call.modality},
                 {"attempts", call.attempts},
                 {"retry_logic", wire::EnumNameRetryDecision(from.retry_decision())},
                 {"node_id", call.node.id},
                 {"edge_id", call.node.edge_id}});
    // A call that left the process is labelled with its boundary wherever it is told one by one (runtime.md 11.2).
    Attributes told = attempt;
    told.insert(call.node.boundary.begin(), call.node.boundary.end());
    const std::int64_t attempts = std::max<std::int64_t>(1, from.attempt_count());
    const std::int64_t start_ms = ms_of(call.asked_ns) + attempts - 1;
    out_.span(call.about,
              SpanBody{.name = "provider_invocation_span",
                       .kind = {},
                       .start_ms = start_ms,
                       .end_ms = start_ms + ms_of(call.final_latency_ns),
                       .trace_id = {},
                       .span_id = span_id_of({node_span, call.modality, call.attempts}),
                       .parent_span_id = node_span,
                       .attributes = told,
                       .measured = Interval{call.asked_ns + span_ns(call.final_latency_ns, call.total_latency_ns),
                                            call.asked_ns + call.total_latency_ns}});
    const bool success = call.outcome == wire::EnumNameOutcomeClass(wire::OutcomeClass::success);
    Attributes attempt_log = told;
    attempt_log["retryable"] = from.retryable() ? "true" : "false";
    out_.log(call.about, LogBody{.name = "provider_invocation_attempt",
                                 .severity = success ? "info" : "warn",
                                 .message = call.provider_id + " answered " + call.outcome,
                                 .attributes = std::move(attempt_log)});
    if (call.outcome != wire::EnumNameOutcomeClass(wire::OutcomeClass::cancelled)) return;
    Attributes cancelled = std::move(told);
    cancelled.erase("attempt");
    out_.log(call.about, LogBody{.name = "provider_invocation_cancelled",
                                 .severity = "info",
                                 .message = call.provider_id + " was cancelled",
                                 .attributes = std::move(cancelled)});
  }

  const wire::TurnEvidence& turn_;
  const TurnContext& context_;
  EventWriter& out_;
  Correlation about_;
  std::int64_t opened_ns_ = 0;
  std::int64_t ended_ns_ = 0;
  std::int64_t proposed_ns_ = 0;
};

}  // namespace

std::string turn_span_id(std::string_view session_id, std::string_view turn_id, std::string_view phase) {
  return span_id_of({"turn_span", session_id, turn_id, phase});
}

void tell_turn(const wire::TurnEvidence& turn, const TurnContext& context, EventWriter& out) {
  TurnTeller(turn, context, out).tell();
}

}  // namespace phalarope::telemetry
