#include "core/replay/recording_artifact.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <map>
#include <tuple>

#include "core/engine/base/sha256.hpp"
#include "core/engine/session/session_start.hpp"
#include "core/replay/event_fields.hpp"
#include "core/replay/gap_watch.hpp"
#include "core/replay/signal_rules.hpp"

namespace phalarope::replay {
namespace {

std::int64_t whole_ms(std::int64_t ns) { return ns / ns_per_ms; }

// ---- reading ---------------------------------------------------------------------------------------------

/// The texts of the session's symbols, joined; what has no text stays empty between its separators.
std::string joined_symbols(const RecordingNames& names, const SessionStart& start,
                           std::span<const SessionSymbol> symbols) {
  std::string text;
  for (const SessionSymbol symbol : symbols) {
    if (!text.empty()) text += '/';
    text += names.symbol(start.symbol(symbol).value);
  }
  return text;
}

/// Hands every record on and keeps what an artifact is made of.
class TappedSource final : public RecordSource {
 public:
  explicit TappedSource(RecordSource& source) : source_(source) {}

  std::optional<Record> next() override {
    auto record = source_.next();
    if (record) take(*record);
    return record;
  }
  const std::vector<Damage>& damage() const override { return source_.damage(); }

  /// Whose it is that sits there now.
  std::size_t session_of(const Event& event) const {
    const auto found = sitting_.find(event.session_slot);
    if (found == sitting_.end()) return 0;
    const Sitting& sitting = found->second;
    const bool of_an_older_turn = event.turn_number != 0 && event.turn_number < sitting.since_turn;
    return of_an_older_turn ? sitting.before : sitting.session;
  }

  /// A session that was switched to another pipeline has its plan from its next turn on. For outputs of the recording
  /// and of a replay, whichever comes first.
  void note_switch(const Event& event) {
    if (event.kind == EventKind::pipeline_switched) {
      switched_[event.session_slot] = event;
      return;
    }
    const auto waiting = switched_.find(event.session_slot);
    if (waiting == switched_.end() || event.kind != EventKind::turn_open_proposed) return;
    const auto index = static_cast<std::size_t>(waiting->second.argument_a);
    const std::size_t before = session_of(event);
    SessionStart start = found_.context.sessions[before].start;
    start.first_symbol = static_cast<std::uint32_t>(waiting->second.argument_b);
    switched_.erase(waiting);
    if (index >= book_.pipelines().size()) return;
    seat(start, book_.pipelines()[index]);
    sitting_[event.session_slot] = {found_.context.sessions.size() - 1, before, event.turn_number};
  }

  RecordedOutputs finish() {
    constexpr std::array snapshots = {SessionSymbol::routing_view,      SessionSymbol::admission_policy,
                                      SessionSymbol::abi_compatibility, SessionSymbol::version_resolution,
                                      SessionSymbol::policy_resolution, SessionSymbol::provider_health};
    constexpr std::array providers = {SessionSymbol::stt_provider, SessionSymbol::llm_provider,
                                      SessionSymbol::tts_provider};
    RecordingContext& context = found_.context;
    if (context.sessions.empty()) context.sessions.emplace_back();
    for (SessionContext& session : context.sessions) {
      session.snapshot_provenance_ref = joined_symbols(context.names, session.start, snapshots);
      session.provider_id = joined_symbols(context.names, session.start, providers);
    }
    return std::move(found_);
  }

 private:
  void take(const Record& record) {
    found_.context.names.take(record);
    book_.take(record);
    if (record.header.type == RecordType::session) {
      if (const auto start = session_start_of(record.body)) seat(*start);
    } else if (record.header.type == RecordType::event && record.body.size() == event_bytes) {
      Event event{};
      std::memcpy(&event, record.body.data(), event_bytes);
      if (!found_.context.first_mono_ns) found_.context.first_mono_ns = event.mono_ns;
      note_switch(event);
      if (is_trace_entry(event)) found_.recorded.push_back({event, session_of(event)});
    }
  }

  void seat(const SessionStart& start) { seat(start, book_.pipeline_at(start.session_slot)); }
  void seat(const SessionStart& start, std::span<const std::byte> pipeline) {
    SessionContext session;
    session.start = start;
    if (start.session_id_bytes > 0) session.session_id = start.session_id_text();
    session.pipeline_record.assign(pipeline.begin(), pipeline.end());
    const Sha256Hex hex = to_hex(sha256(pipeline));
    session.plan_hash.assign(hex.data(), hex.size());
    sitting_[start.session_slot] = {found_.context.sessions.size(), 0, 0};
    found_.context.sessions.push_back(std::move(session));
  }

  RecordSource& source_;
  RecordedOutputs found_;
  SessionBook book_;
  /// Who sits there; behind a switch also which session it was in the turns before.
  struct Sitting {
    std::size_t session = 0;
    std::size_t before = 0;
    std::uint32_t since_turn = 0;
  };
  std::map<std::uint16_t, Sitting> sitting_;
  std::map<std::uint16_t, Event> switched_;  // by seat: a switch that waits for the next turn
};

// ---- entries ---------------------------------------------------------------------------------------------

constexpr std::array before_the_turn = {EventKind::turn_open_proposed, EventKind::admit, EventKind::reject,
                                        EventKind::defer, EventKind::stale_epoch_reject};

std::string_view phase_of(const Event& event) {
  if (event.kind == EventKind::shed) return "scheduling_point";
  const bool before = event.turn_number == 0 || std::ranges::find(before_the_turn, event.kind) != before_the_turn.end();
  return before ? "pre_turn" : "active_turn";
}

class EntryWriter {
 public:
  EntryWriter(const RecordingContext& context, EntryTimes times) : context_(context), times_(times) {}

  void take(const SessionOutput& output, ReplayArtifact& artifact) {
    const Event& event = output.event;
    const SessionContext& session = context_.sessions[output.session];
    const std::uint64_t number = ++given_of_turn_[{session.session_id, event.turn_number}];
    artifact.trace.push_back(entry_of(event, session, number));
    if (event.kind == EventKind::drop_notice) {
      const std::uint64_t drop = ++drops_of_lane_[{session.session_id, event.edge, event.target_lane}];
      artifact.lineage.push_back({.event_id = "drop/" + whose(session) + context_.names.edge_id(event.edge) + "/" +
                                              std::string(lane_text(event.target_lane)) + "/" + std::to_string(drop),
                                  .merge_group_id = {},
                                  .dropped = true});
    }
  }

 private:
  /// Empty where there is only one to mean.
  std::string whose(const SessionContext& session) const {
    const bool alone = std::ranges::all_of(
        context_.sessions, [&](const SessionContext& other) { return other.session_id == session.session_id; });
    return alone ? "" : session.session_id + "/";
  }
  bool shares_a_clock() const { return times_ == EntryTimes::of_the_engine; }

  TraceEntry entry_of(const Event& event, const SessionContext& session, std::uint64_t number) const {
    const std::string in_turn = turn_of(event).empty() ? "session" : turn_of(event);
    const std::int64_t start_ns = shares_a_clock() ? 0 : context_.first_mono_ns.value_or(0);
    return {.plan_hash = session.plan_hash,
            .snapshot_provenance_ref = session.snapshot_provenance_ref,
            .decision = decision_of(event, session, in_turn + "/" + std::to_string(number)),
            .lane = event.lane,
            .runtime_sequence = static_cast<std::int64_t>(
                std::min<std::uint64_t>(event.runtime_sequence, std::numeric_limits<std::int64_t>::max())),
            .provider_id = session.provider_id,
            .provider_model = std::string(context_.names.symbol(event.provider_invocation)),
            .ordering_marker = shares_a_clock() ? "runtime_sequence:" + std::to_string(event.runtime_sequence)
                                                : in_turn + ":" + std::to_string(number),
            .authority_epoch = static_cast<std::int64_t>(event.authority_epoch),
            .runtime_timestamp_ms = whole_ms(event.mono_ns - start_ns)};
  }

  Decision decision_of(const Event& event, const SessionContext& session, std::string_view event_name) const {
    const std::string_view code = code_of(event.emitter);
    return {.outcome_kind = std::string(kind_text(event.kind)),
            .phase = std::string(phase_of(event)),
            .scope = std::string(scope_text(event.scope)),
            .session_id = session.session_id,
            .turn_id = turn_of(event),
            .event_id = "evt/" + std::string(event_name),
            .runtime_timestamp_ms = shares_a_clock() ? whole_ms(event.mono_ns) : 0,
            .wall_clock_timestamp_ms = shares_a_clock() ? whole_ms(event.wall_ns) : 0,
            .emitted_by = std::string(code.empty() ? emitter_role(event.emitter) : code),
            .reason = std::string(reason_text(event.reason)),
            .authority_epoch = static_cast<std::int64_t>(event.authority_epoch)};
  }

  static std::string turn_of(const Event& event) {
    return event.turn_number == 0 ? std::string() : RecordingNames::turn_id(event.turn_number);
  }

  const RecordingContext& context_;
  EntryTimes times_;
  std::map<std::pair<std::string, std::uint32_t>, std::uint64_t> given_of_turn_;
  std::map<std::tuple<std::string, std::uint8_t, Lane>, std::uint64_t> drops_of_lane_;
};

}  // namespace

bool is_trace_entry(const Event& event) {
  if (!event.has(EventFlag::output)) return false;
  return is_contract_signal(event.kind) || event.kind == EventKind::interruption_held ||
         event.kind == EventKind::interruption_confirmed || event.kind == EventKind::interruption_dismissed;
}

RecordedOutputs rerun_outputs(RecordSource& recording, StepFunction& engine) {
  TappedSource source(recording);
  std::vector<SessionOutput> replayed;
  ReplayOptions options;
  options.differences_max = std::numeric_limits<std::size_t>::max();
  options.on_output = [&](const Event& output) {
    source.note_switch(output);
    if (is_trace_entry(output)) replayed.push_back({output, source.session_of(output)});
  };
  options.on_cut_off = [&](const Event& output) {
    if (is_trace_entry(output)) replayed.pop_back();
  };
  ReplayReport report = replay(source, engine, options);
  RecordedOutputs outputs = source.finish();
  outputs.replay = std::move(report);
  outputs.replayed = std::move(replayed);
  return outputs;
}

RecordedOutputs read_outputs(RecordSource& recording) {
  TappedSource source(recording);
  GapWatch watch;
  std::vector<RecordGap> gaps;
  while (const auto record = source.next()) watch.take(*record, gaps);
  RecordedOutputs outputs = source.finish();
  outputs.replay.gaps = std::move(gaps);
  outputs.replay.damage = recording.damage();
  return outputs;
}

ReplayArtifact artifact_of(const RecordingContext& context, std::span<const SessionOutput> outputs, EntryTimes times) {
  ReplayArtifact artifact;
  EntryWriter writer(context, times);
  for (const SessionOutput& output : outputs) writer.take(output, artifact);
  return artifact;
}

}  // namespace phalarope::replay
