#include "firmware_images/gates/runtime_baseline.hpp"

#include <fmt/format.h>

#include <array>
#include <memory>

#include "core/engine/evidence/evidence_fill.hpp"
#include "core/engine/evidence/recorder.hpp"
#include "core/engine/turn/arbiter.hpp"
#include "core/engine/turn/gates.hpp"
#include "hal/store/block_builder.hpp"

namespace phalarope::gates {
namespace {

struct Invocation {
  std::string_view provider;
  std::int64_t final_ms = 0;
  std::int64_t total_ms = 0;
};
struct BaselineTurn {
  std::string_view turn_id;
  std::string_view session_id;
  std::int64_t sequence;
  std::int64_t open_ms;
  std::int64_t first_output_ms;
  std::int64_t terminal_ms;
  bool cancelled;
  std::array<Invocation, 2> invocations;
};
// evidence.md 2.8
constexpr std::array<BaselineTurn, 9> turns = {{
    {"turn-slo-1", "sess-slo-runtime", 100, 80, 420, 450, false, {}},
    {"turn-slo-2", "sess-slo-runtime", 110, 90, 560, 580, false, {}},
    {"turn-slo-3", "sess-slo-runtime", 120, 70, 360, 622, true, {}},
    {"turn-rd-002", "sess-rd-002-runtime", 130, 95, 500, 512, false, {{{"llm-a", 10, 24}, {"llm-b", 14, 31}}}},
    {"turn-rd-003", "sess-rd-003-runtime", 140, 100, 500, 510, false, {{{"llm-a", 12, 27}, {}}}},
    {"turn-ae-001", "sess-ae-001-runtime", 150, 90, 430, 470, false, {{{"llm-a", 9, 23}, {}}}},
    {"turn-cf-001", "sess-cf-001-runtime", 160, 90, 420, 480, false, {{{"llm-a", 11, 26}, {}}}},
    {"turn-ml-001", "sess-ml-001-runtime", 170, 90, 450, 495, false, {{{"llm-a", 13, 29}, {}}}},
    {"turn-ordering-approved-1", "sess-ordering-runtime", 180, 100, 490, 505, false, {{{"llm-a", 8, 22}, {}}}},
}};
constexpr std::int64_t baseline_epoch = 7;
constexpr std::int64_t cancel_sent_ms = 498;
constexpr std::int64_t cancel_accepted_ms = 500;
constexpr std::int64_t cancel_fence_ms = 620;
constexpr std::int64_t cancel_ack_ms = 621;
constexpr std::size_t ring_bytes = 256 * 1024;  // 64 baseline records and 128 details fit

constexpr std::int64_t ns(std::int64_t ms) { return ms * ns_per_ms; }

/// Symbols of one turn: the session, then its providers.
class Symbols {
 public:
  explicit Symbols(hal::CarriedRecords& known) : known_(known) {}
  SymbolId add(std::string_view text) {
    const SymbolId id{++last_};
    std::vector<std::byte> body(sizeof id.value + text.size());
    std::memcpy(body.data(), &id.value, sizeof id.value);
    std::memcpy(body.data() + sizeof id.value, text.data(), text.size());
    // In the recording's order: what came before is not learned again.
    const RecordHeader header{static_cast<std::uint32_t>(body.size()), RecordType::symbol, 0, id.value};
    known_.learn({.header = header, .body = body});
    return id;
  }

 private:
  hal::CarriedRecords& known_;
  std::uint32_t last_ = 0;
};

void add_decision(const BaselineTurn& turn, TurnEvidence& evidence) {
  EvidenceDecision admit{.kind = wire::DecisionKind::admit,
                         .phase = wire::DecisionPhase::pre_turn,
                         .scope = wire::DecisionScope::turn,
                         .emitted_by = Emitter::admission,
                         .reason = Reason::admission_capacity_allow,
                         .session_id = evidence.session_id,
                         .turn_id = evidence.turn_id,
                         .event_id = {},
                         .runtime_timestamp_ns = ns(turn.open_ms),
                         .wall_clock_timestamp_ns = ns(turn.open_ms),
                         .authority_epoch = absent};
  (void)admit.event_id.assign(fmt::format("evt-{}-admit", turn.turn_id));
  (void)evidence.add_decision(admit);
}

void add_invocations(const BaselineTurn& turn, Symbols& symbols, TurnEvidence& evidence) {
  for (const Invocation& one : turn.invocations) {
    if (one.provider.empty()) continue;
    EvidenceInvocation outcome{.provider_invocation_id = {},
                               .provider_id = symbols.add(one.provider),
                               .modality = wire::EvidenceModality::llm,
                               .outcome_class = wire::OutcomeClass::success,
                               .retry_decision = wire::RetryDecision::none,
                               .retryable = false,
                               .attempt_count = 1,
                               .final_attempt_latency_ns = ns(one.final_ms),
                               .total_invocation_latency_ns = ns(one.total_ms)};
    (void)outcome.provider_invocation_id.assign(fmt::format("pvi/{}/{}", turn.turn_id, one.provider));
    (void)evidence.add_invocation(outcome);
  }
}

TurnEvidence measured(const BaselineTurn& turn, Symbols& symbols) {
  TurnEvidence evidence;
  evidence.session_id = symbols.add(turn.session_id);
  evidence.pipeline_version = symbol::pipeline_v1;
  (void)evidence.turn_id.assign(turn.turn_id);
  (void)evidence.event_id.assign(fmt::format("evt-{}-terminal", turn.turn_id));
  (void)evidence.plan_hash.assign(fmt::format("plan/{}", turn.turn_id));
  evidence.snapshot_provenance = baseline_provenance;
  evidence.determinism_seed = turn.sequence;
  evidence.authority_epoch = baseline_epoch;
  evidence.turn_open_proposed_at_ns = 0;
  evidence.turn_open_at_ns = ns(turn.open_ms);
  evidence.first_output_at_ns = ns(turn.first_output_ms);
  evidence.turn_terminal_at_ns = ns(turn.terminal_ms);
  if (turn.cancelled) {
    evidence.cancel_sent_at_ns = ns(cancel_sent_ms);
    evidence.cancel_accepted_at_ns = ns(cancel_accepted_ms);
    evidence.cancel_fence_applied_at_ns = ns(cancel_fence_ms);
    evidence.cancel_ack_at_ns = ns(cancel_ack_ms);
  }
  add_decision(turn, evidence);
  add_invocations(turn, symbols, evidence);
  return evidence;
}

StepPoint point_at(const BaselineTurn& turn, std::int64_t at_ms) {
  return {.sequence = RuntimeSequence{static_cast<std::uint64_t>(turn.sequence)},
          .transport_sequence = static_cast<std::uint32_t>(turn.sequence),
          .at = Instant{ns(at_ms)},
          .wall = WallTime{ns(at_ms)},
          .session = SessionSlot{},
          .epoch = Epoch{baseline_epoch},
          .causal_parent = static_cast<std::uint32_t>(turn.sequence)};
}

/// The gates' own walk, with a bundle that admits and a plan that materialises.
Result<GateVerdict, TurnRefusal> admit(TurnNumber number) {
  const auto resolve = [] {
    return std::optional<BundleDecisions>(BundleDecisions{.lease_epoch = Epoch{baseline_epoch}});
  };
  const auto materialise = [](Epoch) { return true; };
  OpenRequest request;
  request.turn = number;
  request.epoch = Epoch{baseline_epoch};
  return walk_gates(request, {.resolve_bundle = resolve, .materialize_plan = materialise});
}

/// Through the arbiter; true when the turn is closed.
bool run_turn(const BaselineTurn& turn, TurnNumber number, TurnEvidence& evidence, Recorder& recorder) {
  TurnRecord record(number);
  const auto never = [](const TerminalMark&) { return false; };
  const auto append = [&](const TerminalMark& mark) {
    const bool committed = mark.terminal == EventKind::commit;
    FillContext context;
    context.bundle_pipeline_version = symbol::pipeline_v1;
    context.terminal_event_id = evidence.event_id;
    context.terminal_at = mark.point.at;
    context.terminal_wall = mark.point.wall;
    context.runtime_sequence = mark.point.sequence.value;
    context.turn_epoch = baseline_epoch;
    context.cancel_accepted = mark.cancel_accepted;
    context.outcome = committed ? wire::TerminalOutcome::commit : wire::TerminalOutcome::abort;
    context.reason = mark.reason;
    fill_gaps(evidence, context);
    return recorder.append_baseline(evidence).has_value();
  };
  TurnInput propose;
  propose.ask = TurnAsk::propose;
  propose.point = point_at(turn, 0);
  TurnInput open;
  open.ask = TurnAsk::open;
  open.point = point_at(turn, turn.open_ms);
  const auto gates = admit(number);
  if (!gates) return false;
  open.gates = *gates;
  open.ticket = Ticket{number.value};
  TurnInput end;
  end.point = point_at(turn, turn.terminal_ms);
  end.pending.add(turn.cancelled ? End::cancel_accepted : End::success);
  return recorder.reserve_turn() && Arbiter::step(record, propose, never) && Arbiter::step(record, open, never) &&
         Arbiter::step(record, end, append) && record.state() == TurnState::closed;
}

}  // namespace

std::expected<std::vector<BaselineRecord>, std::string> run_baseline_scenarios() {
  struct alignas(64) Storage {
    std::array<std::byte, ring_bytes> bytes;
  };
  const auto storage = std::make_unique<Storage>();
  ByteRing ring(storage->bytes);
  Recorder recorder(ring, {});
  hal::CarriedRecords known;
  Symbols symbols(known);
  std::uint32_t number = 0;
  for (const BaselineTurn& turn : turns) {
    TurnEvidence evidence = measured(turn, symbols);
    if (!run_turn(turn, TurnNumber{++number}, evidence, recorder)) {
      return std::unexpected(fmt::format("turn {} did not end closed with its evidence", turn.turn_id));
    }
    recorder.release_turn();
  }
  std::vector<BaselineRecord> records;
  while (const auto stored = ring.next()) {
    if (stored->header.type != RecordType::baseline) continue;
    TurnEvidence evidence;
    std::uint64_t unknown_symbols = 0;
    if (!read_turn_evidence(stored->body, evidence)) return std::unexpected(std::string("the ring's record is cut"));
    auto record = baseline_of(hal::baseline_table(evidence, known, unknown_symbols));
    if (!record || unknown_symbols != 0) return std::unexpected(std::string("a baseline table cannot be read back"));
    records.push_back(std::move(*record));
  }
  if (records.size() != turns.size()) return std::unexpected(std::string("a turn's evidence is missing"));
  return records;
}

}  // namespace phalarope::gates
