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

bool is_decision(const Event& event) {
  if (!event.has(EventFlag::output)) return false;
  return is_contract_signal(event.kind) || event.kind == EventKind::interruption_held ||
         event.kind == EventKind::interruption_confirmed || event.kind == EventKind::interruption_dismissed;
}

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

  RecordedOutputs finish() {
    constexpr std::array snapshots = {SessionSymbol::routing_view,      SessionSymbol::admission_policy,
                                      SessionSymbol::abi_compatibility, SessionSymbol::version_resolution,
                                      SessionSymbol::policy_resolution, SessionSymbol::provider_health};
    constexpr std::array providers = {SessionSymbol::stt_provider, SessionSymbol::llm_provider,
                                      SessionSymbol::tts_provider};
    RecordingContext& context = found_.context;
    context.snapshot_provenance_ref = joined_symbols(context.names, start_, snapshots);
    context.provider_id = joined_symbols(context.names, start_, providers);
    return std::move(found_);
  }

 private:
  void take(const Record& record) {
    found_.context.names.take(record);
    if (record.header.type == RecordType::pipeline) {
      found_.context.pipeline_record.assign(record.body.begin(), record.body.end());
      const Sha256Hex hex = to_hex(sha256(record.body));
      found_.context.plan_hash.assign(hex.data(), hex.size());
    } else if (record.header.type == RecordType::session && record.body.size() == sizeof start_) {
      std::memcpy(&start_, record.body.data(), sizeof start_);
    } else if (record.header.type == RecordType::event && record.body.size() == event_bytes) {
      Event event{};
      std::memcpy(&event, record.body.data(), event_bytes);
      if (!found_.context.first_mono_ns) found_.context.first_mono_ns = event.mono_ns;
      if (is_decision(event)) found_.recorded.push_back(event);
    }
  }

  RecordSource& source_;
  RecordedOutputs found_;
  SessionStart start_;
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

  void take(const Event& event, ReplayArtifact& artifact) {
    const std::uint64_t number = ++given_of_turn_[event.turn_number];
    artifact.trace.push_back(entry_of(event, number));
    if (event.kind == EventKind::drop_notice) {
      const std::uint64_t drop = ++drops_of_lane_[{event.edge, event.target_lane}];
      artifact.lineage.push_back({.event_id = "drop/" + context_.names.edge_id(event.edge) + "/" +
                                              std::string(lane_text(event.target_lane)) + "/" + std::to_string(drop),
                                  .merge_group_id = {},
                                  .dropped = true});
    }
  }

 private:
  bool shares_a_clock() const { return times_ == EntryTimes::of_the_engine; }

  TraceEntry entry_of(const Event& event, std::uint64_t number) const {
    const std::string in_turn = turn_of(event).empty() ? "session" : turn_of(event);
    const std::int64_t start_ns = shares_a_clock() ? 0 : context_.first_mono_ns.value_or(0);
    return {.plan_hash = context_.plan_hash,
            .snapshot_provenance_ref = context_.snapshot_provenance_ref,
            .decision = decision_of(event, in_turn + "/" + std::to_string(number)),
            .lane = event.lane,
            .runtime_sequence = static_cast<std::int64_t>(
                std::min<std::uint64_t>(event.runtime_sequence, std::numeric_limits<std::int64_t>::max())),
            .provider_id = context_.provider_id,
            .provider_model = std::string(context_.names.symbol(event.provider_invocation)),
            .ordering_marker = shares_a_clock() ? "runtime_sequence:" + std::to_string(event.runtime_sequence)
                                                : in_turn + ":" + std::to_string(number),
            .authority_epoch = static_cast<std::int64_t>(event.authority_epoch),
            .runtime_timestamp_ms = whole_ms(event.mono_ns - start_ns)};
  }

  Decision decision_of(const Event& event, std::string_view event_name) const {
    const std::string_view code = code_of(event.emitter);
    return {.outcome_kind = std::string(kind_text(event.kind)),
            .phase = std::string(phase_of(event)),
            .scope = std::string(scope_text(event.scope)),
            .session_id = context_.names.session_id,
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
  std::map<std::uint32_t, std::uint64_t> given_of_turn_;
  std::map<std::pair<std::uint8_t, Lane>, std::uint64_t> drops_of_lane_;
};

}  // namespace

RecordedOutputs rerun_outputs(RecordSource& recording, StepFunction& engine) {
  TappedSource source(recording);
  std::vector<Event> replayed;
  ReplayOptions options;
  options.differences_max = std::numeric_limits<std::size_t>::max();
  options.on_output = [&](const Event& output) {
    if (is_decision(output)) replayed.push_back(output);
  };
  options.on_cut_off = [&](const Event& output) {
    if (is_decision(output)) replayed.pop_back();
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

ReplayArtifact artifact_of(const RecordingContext& context, std::span<const Event> outputs, EntryTimes times) {
  ReplayArtifact artifact;
  EntryWriter writer(context, times);
  for (const Event& event : outputs) writer.take(event, artifact);
  return artifact;
}

}  // namespace phalarope::replay
