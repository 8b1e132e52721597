// A fixture's story, told by the engine as it is today: a scenario of turns, or items offered to an edge.
//
//   "scenario": {session, events}          the turn tables answer (core/spec/scenario) ─▶ one trace entry an answer
//   "edge": {strategy, max_queue_items, offers: [{sequence, group?}], takes}
//                                          the graph's own queue answers ─▶ lineage: merged, dropped, kept
//   "sync": {policy, domain, discontinuity, range}
//                                          the sync engine answers ─▶ one trace entry a signal, the range in lineage
//   "lineage": [...]                       taken as it stands: what became of recorded events
//
// Contract: evidence.md 2.7, 1.11; runtime.md 5.2, 8.3, Appendix C.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "core/engine/graph/edge_queue.hpp"
#include "core/engine/plan/plan_names.hpp"
#include "core/engine/sync/sync_engine.hpp"
#include "core/replay/event_fields.hpp"
#include "core/replay/signal_rules.hpp"
#include "core/spec/scenario/scenario_lines.hpp"
#include "firmware_images/gates/replay_artifact_json.hpp"
#include "firmware_images/gates/replay_fixtures.hpp"

namespace phalarope::gates {
namespace {

using spec::JsonValue;
using Story = std::expected<replay::ReplayArtifact, std::string>;

/// A story's clock stands still: what an event leaves open is the same in every run.
const spec::ScenarioTime story_time{.now_ms = 1000, .generated_at_utc = "2026-01-01T00:00:00Z"};

// ---- scenarios -------------------------------------------------------------------------------------------

replay::TraceEntry entry_of(const JsonValue& signal, const std::string& plan_hash) {
  const std::string turn = text_in(signal, "turn_id");
  const std::string name = text_in(signal, "signal");
  const std::string reason = text_in(signal, "reason");
  replay::Decision decision{.outcome_kind = name,
                            .phase = turn.empty() ? "pre_turn" : "active_turn",
                            .scope = text_in(signal, "event_scope"),
                            .session_id = text_in(signal, "session_id"),
                            .turn_id = turn,
                            .event_id = text_in(signal, "event_id"),
                            .runtime_timestamp_ms = integer_in(signal, "runtime_timestamp_ms").value_or(0),
                            .wall_clock_timestamp_ms = integer_in(signal, "wall_clock_timestamp_ms").value_or(0),
                            .emitted_by = text_in(signal, "emitted_by"),
                            .reason = reason.empty() ? name : reason};
  decision.authority_epoch = integer_in(signal, "authority_epoch");
  return {.plan_hash = plan_hash,
          .snapshot_provenance_ref = "routing-view/v1",
          .decision = decision,
          .lane = Lane::control,
          .runtime_sequence = integer_in(signal, "runtime_sequence").value_or(-1),
          .provider_id = text_in(signal, "provider_invocation_id"),
          .provider_model = {},
          .ordering_marker = {},  // normalised to its sequence
          .authority_epoch = decision.authority_epoch.value_or(0),
          .runtime_timestamp_ms = decision.runtime_timestamp_ms};
}

/// The replay manifest's keys: runtime time, runtime sequence, event id (evidence.md 2.2, 5.2); then the name, so that
/// nothing depends on stability.
bool comes_before(const replay::TraceEntry& a, const replay::TraceEntry& b) {
  return std::tie(a.runtime_timestamp_ms, a.runtime_sequence, a.decision.event_id, a.decision.outcome_kind) <
         std::tie(b.runtime_timestamp_ms, b.runtime_sequence, b.decision.event_id, b.decision.outcome_kind);
}

void append_signals(const JsonValue& object, const std::string& plan_hash, replay::ReplayArtifact& artifact) {
  for (replay::TraceEntry& entry :
       list_in(object, "control_signals", [&](const JsonValue& signal) { return entry_of(signal, plan_hash); })) {
    artifact.trace.push_back(std::move(entry));
  }
}

Story tell_scenario(const JsonValue& scenario) {
  std::string line;
  spec::append_json(line, scenario);
  const auto answer = spec::parse_strict_json(spec::answer_scenario_line(line, 0, story_time));
  const JsonValue* const report = answer ? answer->find("report") : nullptr;
  if (report == nullptr) {
    return std::unexpected("the engine refuses the scenario: " +
                           (answer ? text_in(*answer, "message") : answer.error()));
  }
  replay::ReplayArtifact artifact;
  std::string plan_hash;  // of the turn that was opened last
  append_signals(*report, plan_hash, artifact);
  for (const std::string_view results : {"open_results", "active_results"}) {
    const JsonValue* const list = report->find(results);
    if (list == nullptr) continue;
    for (const JsonValue& result : list->items) {
      if (std::string hash = text_in(result, "plan_hash"); !hash.empty()) plan_hash = std::move(hash);
      append_signals(result, plan_hash, artifact);
    }
  }
  std::ranges::sort(artifact.trace, comes_before);
  // What ends a turn stands in the report twice: as a signal of the run, and of the step that gave it.
  const auto said_twice = std::ranges::unique(artifact.trace, {}, &replay::TraceEntry::decision);
  artifact.trace.erase(said_twice.begin(), said_twice.end());
  return artifact;
}

// ---- edges -----------------------------------------------------------------------------------------------

std::string event_name(std::int64_t sequence) { return fmt::format("evt-{}", sequence); }

EdgePolicy policy_from(const JsonValue& edge, EdgeStrategy strategy) {
  constexpr std::int64_t ample = 1'000'000;
  EdgePolicy policy;
  policy.strategy = strategy;
  policy.max_queue_items = integer_in(edge, "max_queue_items").value_or(1);
  policy.max_queue_bytes = ample;
  policy.max_queue_ms = ample;
  policy.max_latency_contribution_ms = ample;
  policy.max_block_time_ms = 1;
  policy.lane_handling.data_lane = strategy;
  return policy;
}

Story tell_edge(const JsonValue& edge) {
  const auto strategy = from_wire_name<EdgeStrategy>(text_in(edge, "strategy"));
  if (!strategy) return std::unexpected(std::string("edge.strategy is unknown"));
  EdgeQueue queue(edge_rule(policy_from(edge, *strategy), Lane::data, DataShedding::drop));
  replay::ReplayArtifact artifact;
  std::vector<replay::LineageEntry>& lineage = artifact.lineage;
  const auto drop = [&](const DropNotices& notices) {
    for (const SequenceRange& range : notices) {
      for (std::uint32_t sequence = range.start; sequence <= range.end; ++sequence) {
        for (replay::LineageEntry& entry : lineage) entry.dropped |= entry.event_id == event_name(sequence);
      }
    }
  };
  for (const EdgeItem& item : list_in(edge, "offers", [](const JsonValue& offer) {
         EdgeItem one;
         one.transport_sequence = static_cast<std::uint32_t>(integer_in(offer, "sequence").value_or(0));
         one.runtime_sequence = one.transport_sequence;
         one.bytes = 1;
         one.merge_group = static_cast<std::uint32_t>(integer_in(offer, "group").value_or(0));
         return one;
       })) {
    lineage.push_back({.event_id = event_name(item.transport_sequence), .merge_group_id = {}, .dropped = false});
    const EdgeVerdict verdict = queue.offer(item, [](const EdgeItem&) {});
    if (verdict.outcome == EdgeOutcome::merged)
      lineage.back().merge_group_id = fmt::format("group-{}", item.merge_group);
    drop(queue.notices());
  }
  return artifact;
}

Story tell_sync(const JsonValue& sync) {
  const std::string wanted = text_in(sync, "policy");
  const SyncPolicy policy = wanted == "atomic_drop"               ? SyncPolicy::atomic_drop
                            : wanted == "drop_with_discontinuity" ? SyncPolicy::drop_with_discontinuity
                                                                  : SyncPolicy::no_sync;
  const SyncSubject subject{.session = SymbolId{1},
                            .pipeline_version = SymbolId{2},
                            .edge = EdgeIndex{0},
                            .target_lane = Lane::data,
                            .sync_domain = SymbolId{3},
                            .discontinuity_id = SymbolId{4}};
  const DropRange range{.start = integer_in(sync, "start").value_or(0), .end = integer_in(sync, "end").value_or(0)};
  Event cause{};
  cause.turn_number = 1;
  cause.runtime_sequence = 1;
  const auto signals = decide_sync_drop(policy, subject, range, cause);
  if (!signals) return std::unexpected(std::string(describe(signals.error())));
  replay::ReplayArtifact artifact;
  std::int64_t place = 0;
  for (const PressureSignal& signal : *signals) {
    replay::TraceEntry entry;
    entry.decision.outcome_kind = replay::kind_text(signal.event.kind);
    entry.decision.phase = "active_turn";
    entry.decision.scope = "turn";
    entry.decision.session_id = "sess-sync";
    entry.decision.turn_id = "turn-sync";
    entry.decision.event_id = fmt::format("evt-sync-{}", place);
    entry.decision.reason = replay::reason_text(signal.event.reason);
    entry.lane = Lane::control;
    entry.runtime_sequence = place++;
    artifact.trace.push_back(std::move(entry));
  }
  for (std::int64_t sequence = range.start; sequence <= range.end; ++sequence) {
    artifact.lineage.push_back({.event_id = event_name(sequence), .merge_group_id = {}, .dropped = true});
  }
  return artifact;
}

}  // namespace

Story tell_story(const JsonValue& fixture) {
  if (const JsonValue* const scenario = fixture.find("scenario")) return tell_scenario(*scenario);
  if (const JsonValue* const edge = fixture.find("edge")) return tell_edge(*edge);
  if (const JsonValue* const sync = fixture.find("sync")) return tell_sync(*sync);
  return std::unexpected(std::string("needs a story: scenario, edge or sync"));
}

}  // namespace phalarope::gates
