#include "firmware_images/phalarope/compare_recordings.hpp"

#include <algorithm>
#include <fstream>
#include <memory>

#include "core/engine/plan/materialize.hpp"
#include "core/engine/plan/plan_names.hpp"
#include "core/replay/recording_artifact.hpp"
#include "core/replay/trace_range.hpp"
#include "core/spec/plan_codec.hpp"
#include "core/spec/strict_json.hpp"
#include "firmware_images/gates/replay_artifact_json.hpp"
#include "firmware_images/phalarope/divergence_policy_file.hpp"
#include "firmware_images/phalarope/recording_access.hpp"
#include "firmware_images/phalarope/recording_tools.hpp"
#include "firmware_images/phalarope/relive.hpp"
#include "hal/host/engine_step_function.hpp"

namespace phalarope::program {
namespace {

/// A report of many steps is larger; --keep writes a few hundred bytes.
constexpr std::size_t cursor_file_bytes_max = 4U * 1024 * 1024;

std::expected<ReplayMode, std::string> read_mode(const std::string& name) {
  if (name.empty()) return ReplayMode::replay_decisions;
  if (const auto mode = replay::replay_mode_named(name)) return *mode;
  std::string known;
  for (const std::string_view one : plan_enum_names<ReplayMode>) known += std::string(one) + ", ";
  return std::unexpected("unknown mode `" + name + "`; use one of " + known + "audit or regression");
}

std::expected<std::optional<replay::ReplayCursor>, std::string> find_cursor(const char* option, const std::string& name,
                                                                            replay::EntryOfTurn which,
                                                                            const replay::ReplayArtifact& artifact) {
  if (name.empty()) return std::nullopt;
  std::string meant = name;
  if (name.starts_with('@')) {
    const auto kept = read_cursor_file(name.substr(1));
    if (!kept) return std::unexpected(kept.error());
    meant = to_text(*kept);
  }
  auto cursor = replay::cursor_named(meant, artifact.trace, which);
  if (!cursor) return std::unexpected(std::string(option) + ": " + cursor.error());
  return *std::move(cursor);
}

std::optional<std::string> refusal_of_mode(std::span<const ReplayMode> allowed, ReplayMode mode) {
  if (std::ranges::find(allowed, mode) != allowed.end()) return std::nullopt;
  std::string names;
  for (const ReplayMode one : allowed) names += (names.empty() ? "" : ", ") + std::string(wire_name(one));
  return "its plan does not allow the mode " + std::string(wire_name(mode)) + "; use " + names +
         ", or record at a higher level";
}

/// What the plans of the recording say it may be replayed as; nothing where a plan cannot be read.
std::optional<std::string> refusal_of_mode(const replay::RecordingContext& context, ReplayMode mode) {
  const auto prepared = std::make_unique<PreparedPlan>();
  for (const replay::SessionContext& session : context.sessions) {
    const auto pipeline = spec::decode_pipeline(session.pipeline_record);
    if (!pipeline || !prepare(pipeline->plan, *prepared)) continue;
    if (auto refused = refusal_of_mode(prepared->plan.recording_policy.allowed_replay_modes, mode)) return refused;
  }
  return std::nullopt;
}

void append_doubts(const std::string& path, const replay::ReplayReport& report, std::vector<std::string>& doubts) {
  if (report.verdict == replay::ReplayVerdict::not_startable)
    doubts.push_back(path + ": the engine does not start from it");
  for (const replay::Damage& damage : report.damage) {
    doubts.push_back(path + ": " + damage.what + ", " + std::to_string(damage.bytes) + " bytes, " +
                     damage.position.file + " block " + std::to_string(damage.position.block));
  }
  for (const replay::RecordGap& gap : report.gaps) {
    if (!gap.may_hold_events) continue;
    doubts.push_back(
        path + ": " +
        (gap.count == 0 ? "it does not begin at its beginning" : std::to_string(gap.count) + " records are missing"));
  }
}

struct Artifacts {
  replay::ReplayArtifact baseline;
  replay::ReplayArtifact candidate;
  std::vector<std::string> doubts;
  std::vector<std::string> nodes;  // who answered anew, and who could not
};

/// Whether the mode runs more than the engine: then what it asks of its nodes is answered as it asks.
bool is_lived_again(ReplayMode mode) {
  return mode == ReplayMode::re_simulate_nodes || mode == ReplayMode::playback_recorded_provider_outputs;
}

std::expected<Artifacts, std::string> read_relived(const RecordingComparison& how, ReplayMode mode) {
  auto relived = relive(how.baseline, mode, how.intents);
  if (!relived) return std::unexpected(relived.error());
  const replay::RecordedOutputs& outputs = relived->outputs;
  if (auto refused = refusal_of_mode(outputs.context, mode)) return std::unexpected(how.baseline + ": " + *refused);
  constexpr auto times = replay::EntryTimes::from_the_start;
  Artifacts read{.baseline = artifact_of(outputs.context, outputs.recorded, times),
                 .candidate = artifact_of(outputs.context, outputs.replayed, times),
                 .doubts = {},
                 .nodes = std::move(relived->nodes)};
  if (!relived->stopped.empty()) read.doubts.push_back("it ends early: " + relived->stopped);
  return read;
}

std::expected<Artifacts, std::string> read_artifacts(const RecordingComparison& how, ReplayMode mode) {
  if (how.candidate.empty() && is_lived_again(mode)) return read_relived(how, mode);
  hal::PosixFileSystem files;
  hal::RecordingReader baseline_reader(files, how.baseline, reader_options(how.baseline));
  Artifacts read;
  if (how.candidate.empty()) {
    hal::EngineStep engine;
    const replay::RecordedOutputs outputs = replay::rerun_outputs(baseline_reader, engine);
    if (auto refused = refusal_of_mode(outputs.context, mode)) return std::unexpected(how.baseline + ": " + *refused);
    constexpr auto times = replay::EntryTimes::of_the_engine;
    append_doubts(how.baseline, outputs.replay, read.doubts);
    read.baseline = artifact_of(outputs.context, outputs.recorded, times);
    read.candidate = artifact_of(outputs.context, outputs.replayed, times);
    return read;
  }
  hal::RecordingReader candidate_reader(files, how.candidate, reader_options(how.candidate));
  const replay::RecordedOutputs baseline = replay::read_outputs(baseline_reader);
  const replay::RecordedOutputs candidate = replay::read_outputs(candidate_reader);
  if (auto refused = refusal_of_mode(baseline.context, mode)) return std::unexpected(how.baseline + ": " + *refused);
  constexpr auto times = replay::EntryTimes::from_the_start;
  append_doubts(how.baseline, baseline.replay, read.doubts);
  append_doubts(how.candidate, candidate.replay, read.doubts);
  read.baseline = artifact_of(baseline.context, baseline.recorded, times);
  read.candidate = artifact_of(candidate.context, candidate.recorded, times);
  return read;
}

std::vector<std::string> decisions_from(const std::optional<replay::ReplayCursor>& from,
                                        const replay::ReplayArtifact& artifact) {
  std::vector<std::string> decisions;
  bool reached = !from;
  for (const replay::TraceEntry& entry : artifact.trace) {
    reached = reached || cursor_of(entry) == *from;
    if (reached) {
      decisions.push_back(std::to_string(entry.runtime_timestamp_ms) + " ms " + replay::in_words(entry.decision));
    }
  }
  return decisions;
}

std::string sentence(replay::ComparisonError error) {
  switch (error) {
    case replay::ComparisonError::invalid_request:
      return "--until stands before --cursor; give the earlier one as --cursor";
    case replay::ComparisonError::cursor_not_found:
      return "cursor not found in the recording; give one that a report of this recording printed";
  }
  return {};
}

}  // namespace

std::expected<replay::ReplayCursor, std::string> read_cursor_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(cursor_file_bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, file.gcount())));
  if (text.empty()) return std::unexpected("`" + path + "` cannot be read; --keep FILE writes such a file");
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (auto cursor = replay::cursor_from_text(text)) return *std::move(cursor);
  if (const auto json = spec::parse_strict_json(text)) {
    const spec::JsonValue* const next = json->find("next_cursor");
    if (auto cursor = gates::read_cursor(next != nullptr ? next : &*json); cursor && is_valid(*cursor)) {
      return *std::move(cursor);
    }
    if (gates::flag_in(*json, "end"))
      return std::unexpected("`" + path + "`: the recording was stepped through to its end");
  }
  return std::unexpected("`" + path + "` holds no cursor; give a file that --keep wrote, or a report of --step --json");
}

std::expected<replay::ComparisonReport, std::string> compare_recordings(const RecordingComparison& how) {
  const auto mode = read_mode(how.mode);
  if (!mode) return std::unexpected(mode.error());
  replay::ComparisonReport report;
  if (!how.policy_file.empty()) {
    auto policy = load_divergence_policy(how.policy_file);
    if (!policy) return std::unexpected(policy.error());
    report.policy = *std::move(policy);
  }
  auto artifacts = read_artifacts(how, *mode);
  if (!artifacts) return std::unexpected(artifacts.error());

  const auto from = find_cursor("--cursor", how.from, replay::EntryOfTurn::first, artifacts->baseline);
  if (!from) return std::unexpected(from.error());
  const auto to = find_cursor("--until", how.to, replay::EntryOfTurn::last, artifacts->baseline);
  if (!to) return std::unexpected(to.error());
  const auto next =
      replay::cut_behind({.from = *from, .to = *to, .steps = how.steps}, artifacts->baseline, artifacts->candidate);
  if (!next) return std::unexpected(sentence(next.error()));
  report.baseline_ref = how.baseline;
  report.candidate_ref = how.candidate.empty() ? "the engine of this program" : how.candidate;
  report.request = {.mode = *mode, .cursor = *from, .tolerance_ms = report.policy.timing_tolerance_ms};
  report.entries_baseline = artifacts->baseline.trace.size();
  report.entries_candidate = artifacts->candidate.trace.size();
  report.doubts = std::move(artifacts->doubts);
  report.nodes = std::move(artifacts->nodes);
  if (how.steps > 0 || *to) report.next_cursor = *next;
  if (how.steps > 0) report.stepped = decisions_from(*from, artifacts->baseline);
  auto result = replay::compare(std::move(artifacts->baseline), std::move(artifacts->candidate), report.request);
  if (!result) return std::unexpected(sentence(result.error()));
  report.result = *std::move(result);
  report.verdict = replay::judge(report.result.divergences, report.policy);
  return report;
}

}  // namespace phalarope::program
