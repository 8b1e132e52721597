#include "firmware_images/phalarope/fork_run.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "core/control/local_authority.hpp"
#include "core/engine/base/sha256.hpp"
#include "core/engine/evidence/well_known_symbols.hpp"
#include "core/engine/plan/materialize.hpp"
#include "core/replay/session_book.hpp"
#include "core/replay/timeline_html.hpp"
#include "core/replay/trace_range.hpp"
#include "core/spec/pipeline_file.hpp"
#include "core/spec/plan_codec.hpp"
#include "firmware_images/phalarope/divergence_policy_file.hpp"
#include "firmware_images/phalarope/fork_nodes.hpp"
#include "firmware_images/phalarope/recording_access.hpp"
#include "firmware_images/phalarope/recording_tools.hpp"
#include "firmware_images/phalarope/tape_track.hpp"
#include "hal/host/conversation.hpp"
#include "hal/host/engine_step_function.hpp"
#include "hal/host/fork_recorder.hpp"
#include "hal/host/fork_world.hpp"
#include "hal/host/pipeline_names.hpp"

namespace phalarope::program {
namespace {

using Stopwatch = std::chrono::steady_clock;

std::int64_t ns_since(Stopwatch::time_point begun) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Stopwatch::now() - begun).count();
}

std::string hex_of(std::span<const std::byte> bytes) {
  std::string hex;
  for (const std::byte byte : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    hex += digits[std::to_integer<unsigned>(byte) >> 4U];
    hex += digits[std::to_integer<unsigned>(byte) & 15U];
  }
  return hex;
}

std::string hash_of(std::span<const std::byte> pipeline) {
  const Sha256Hex hex = to_hex(sha256(pipeline));
  return {hex.data(), hex.size()};
}

/// One recording, read as far as a fork needs it.
struct Origin {
  std::vector<replay::Tape> tapes;
  std::string recording_id;
};

std::expected<Origin, std::string> read_origin(const std::string& path) {
  hal::PosixFileSystem files;
  hal::RecordingReader reader(files, path, reader_options(path));
  auto tapes = replay::read_tapes(reader);
  if (!tapes) return std::unexpected(path + ": " + tapes.error());
  return Origin{.tapes = *std::move(tapes), .recording_id = hex_of(reader.point().recording_id)};
}

/// Who sat at the point, and what they ran.
struct Seated {
  SessionStart session;
  std::vector<std::byte> record;  // of the pipeline
};

std::optional<Seated> seated_at(const replay::Tape& tape, const replay::ForkPoint& point) {
  std::optional<SessionStart> found;
  const auto consider = [&](std::span<const std::byte> record) {
    const auto start = replay::session_start_of(record);
    if (start && start->session_slot == point.slot) found = start;
  };
  for (const auto& record : tape.first_sessions) consider(record);
  for (std::size_t i = 0; i < point.item; ++i) {
    if (tape.items[i].kind == replay::TapeItem::Kind::seat) consider(tape.seats[tape.items[i].extra]);
  }
  if (!found || found->pipeline >= tape.pipelines.size()) return std::nullopt;
  return Seated{.session = *found, .record = tape.pipelines[found->pipeline]};
}

RecordingLevel level_of(const CompiledPipeline& pipeline) {
  const auto prepared = std::make_unique<PreparedPlan>();
  return prepare(pipeline.plan, *prepared) ? prepared->plan.recording_policy.recording_level : RecordingLevel::L0;
}

/// The new pipeline as a session would be started with it: recorded as its predecessor was, opened by the same
/// authority.
struct NewPlan {
  CompiledPipeline pipeline;
  std::vector<std::byte> record;
  std::vector<std::string> external;
};

std::expected<NewPlan, std::string> load_new_plan(const std::string& path, const CompiledPipeline& recorded,
                                                  const Seated& seated) {
  auto loaded = spec::load_with_programs(path);
  if (!loaded) return std::unexpected(spec::to_string(loaded.error()));
  spec::set_recording_level(loaded->pipeline, level_of(recorded));
  const control::LocalAuthority authority(loaded->pipeline.plan, std::string(seated.session.session_id_text()),
                                          hal::Conversation::first_epoch, WallTime{});
  const auto& bundle = authority.bundle();
  if (!bundle) return std::unexpected(path + ": no turn could ever begin: " + control::describe(bundle.error()));
  NewPlan plan{.pipeline = loaded->pipeline, .record = {}, .external = {}};
  plan.pipeline.plan = (*bundle)->plan;
  plan.record = spec::encode(plan.pipeline);
  for (const spec::ExternalProgram& program : loaded->programs) plan.external.emplace_back(program.node.view());
  return plan;
}

/// The 14 texts of a session under the new plan, in the order of their symbols.
std::vector<std::string> texts_of(const SessionStart& session, const CompiledPipeline& pipeline) {
  const auto prepared = std::make_unique<PreparedPlan>();
  std::vector<std::string> texts(session_symbol_count);
  if (!prepare(pipeline.plan, *prepared)) return texts;
  const auto set = [&texts](SessionSymbol which, std::string_view text) {
    texts[static_cast<std::size_t>(which)] = text;
  };
  const ResolvedTurnPlan& plan = prepared->plan;
  const auto& snapshots = pipeline.plan.snapshot_provenance;
  set(SessionSymbol::session_id, session.session_id_text());
  set(SessionSymbol::pipeline_version, pipeline.plan.pipeline_version.view());
  set(SessionSymbol::execution_profile, pipeline.plan.execution_profile.view());
  set(SessionSymbol::merge_rule_id, plan.determinism.merge_rule_id.view());
  set(SessionSymbol::merge_rule_version, plan.determinism.merge_rule_version.view());
  set(SessionSymbol::routing_view, snapshots.routing_view_snapshot.view());
  set(SessionSymbol::admission_policy, snapshots.admission_policy_snapshot.view());
  set(SessionSymbol::abi_compatibility, snapshots.abi_compatibility_snapshot.view());
  set(SessionSymbol::version_resolution, snapshots.version_resolution_snapshot.view());
  set(SessionSymbol::policy_resolution, snapshots.policy_resolution_snapshot.view());
  set(SessionSymbol::provider_health, snapshots.provider_health_snapshot.view());
  set(SessionSymbol::stt_provider, provider_of(pipeline, "stt"));
  set(SessionSymbol::llm_provider, provider_of(pipeline, "llm"));
  set(SessionSymbol::tts_provider, provider_of(pipeline, "tts"));
  return texts;
}

/// An empty folder for the fork's recording; another fork's is replaced, anything else is left alone.
std::expected<std::string, std::string> prepare_out(const std::string& out, const std::string& recording) {
  namespace fs = std::filesystem;
  const fs::path target = fs::path(out) / "recording";
  std::error_code error;
  if (fs::equivalent(target, recording, error)) {
    return std::unexpected("--out " + out + " is where the recording itself stands; choose another folder");
  }
  if (fs::exists(target, error)) {
    hal::PosixFileSystem files;
    hal::RecordingReader reader(files, target.string(), reader_options(target.string()));
    bool fork = false;
    bool any = false;
    while (const auto record = reader.next()) {
      any = true;
      std::uint32_t id = 0;
      if (record->header.type != RecordType::symbol || record->body.size() < sizeof id) continue;
      std::memcpy(&id, record->body.data(), sizeof id);
      fork = fork || id == fork_parent_symbol;
    }
    if (any && !fork)
      return std::unexpected("`" + target.string() + "` holds a recording that is no fork; choose another --out");
    fs::remove_all(target, error);
  }
  fs::create_directories(target, error);
  if (error)
    return std::unexpected("cannot create `" + target.string() + "` (" + error.message() + "); choose another --out");
  return target.string();
}

std::expected<std::string, std::string> write_sound(const std::string& path, const TapeTrack& track) {
  if (track.samples.empty()) return std::string();
  const auto bytes = replay::wav_bytes(track.samples, track.rate_hz);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) return std::unexpected("cannot write `" + path + "`; check the space on its disk");
  return path;
}

class ForkRun {
 public:
  explicit ForkRun(const ForkRequest& request) : request_(request), begun_(Stopwatch::now()) {}

  std::expected<ForkReport, std::string> run() {
    for (const auto step : {&ForkRun::find_point, &ForkRun::choose_future, &ForkRun::live, &ForkRun::compare_futures}) {
      if (auto done = (this->*step)(); !done) return std::unexpected(done.error());
    }
    report_.elapsed_ns = ns_since(begun_);
    return std::move(report_);
  }

 private:
  std::expected<void, std::string> find_point() {
    auto origin = read_origin(request_.recording);
    if (!origin) return std::unexpected(origin.error());
    origin_ = *std::move(origin);
    const replay::RecordedOutputs outputs = read_decisions(request_.recording);
    const replay::ReplayArtifact artifact =
        artifact_of(outputs.context, outputs.recorded, replay::EntryTimes::of_the_engine);
    const auto cursor = replay::cursor_named(request_.at, artifact.trace);
    if (!cursor) return std::unexpected(cursor.error());
    report_.cursor = *cursor;
    for (run_ = 0; run_ < origin_.tapes.size(); ++run_) {
      if (const auto point = fork_point_at(tape(), *cursor)) {
        point_ = *point;
        report_.point_ns = tape().items[point_.item].event.mono_ns;
        report_.first_turn = replay::RecordingNames::turn_number(cursor->turn_id).value_or(1);
        return {};
      }
    }
    return std::unexpected("cursor not found in the recording: '" + to_text(*cursor) + "'");
  }

  std::expected<void, std::string> choose_future() {
    const auto seated = seated_at(tape(), point_);
    if (!seated)
      return std::unexpected("the recording does not say who sat at this point; see phalarope evidence verify");
    const auto recorded = spec::decode_pipeline(seated->record);
    if (!recorded) return std::unexpected("the pipeline of this session cannot be read; see phalarope evidence verify");
    recorded_ = *recorded;
    seated_ = *seated;
    report_.plan_hash = hash_of(seated_.record);
    report_.forked_plan_hash = report_.plan_hash;
    forked_ = recorded_;
    std::vector<std::string> external;
    if (!request_.plan.empty()) {
      auto plan = load_new_plan(request_.plan, recorded_, seated_);
      if (!plan) return std::unexpected(plan.error());
      if (tape().pipelines.size() >= engine_pipelines_max)
        return std::unexpected("this run has as many pipelines as an engine can hold; there is no place for another");
      forked_ = plan->pipeline;
      new_record_ = std::move(plan->record);
      external = std::move(plan->external);
      report_.forked_plan_hash = hash_of(new_record_);
    }
    auto nodes = choose_fork_nodes({.recorded = recorded_,
                                    .forked = forked_,
                                    .external = std::move(external),
                                    .providers = request_.providers,
                                    .intents = request_.intents,
                                    .recorded_intents = request_.recorded_intents});
    if (!nodes) return std::unexpected(nodes.error());
    nodes_ = *std::move(nodes);
    if (report_.forked_plan_hash != report_.plan_hash) report_.changes.push_back("plan " + request_.plan);
    report_.changes.insert(report_.changes.end(), nodes_.changes.begin(), nodes_.changes.end());
    return {};
  }

  /// In the evidence of the fork: whose child it is.
  std::string parent() const {
    std::string line = "recording=" + origin_.recording_id + " run=" + std::to_string(run_ + 1) +
                       " cursor=" + to_text(report_.cursor) + " plan=" + report_.plan_hash +
                       " forked_plan=" + report_.forked_plan_hash;
    for (const std::string& change : nodes_.changes) line += " change=" + change;
    return line;
  }

  std::int64_t wall_offset_ns() const {
    for (const replay::TapeItem& item : tape().items) {
      if (item.event.wall_ns != 0) return item.event.wall_ns - item.event.mono_ns;
    }
    return 0;
  }

  std::expected<void, std::string> live() {
    auto directory = prepare_out(request_.out, request_.recording);
    if (!directory) return std::unexpected(directory.error());
    report_.recording = *std::move(directory);
    hal::ForkRecorder recorder(
        tape(),
        {.directory = report_.recording, .level = level_of(recorded_), .parent = parent(), .pipeline = new_record_});
    hal::EngineStep engine;
    hal::LocalForkWorld world({.recorded = nodes_.recorded,
                               .forked = nodes_.forked,
                               .microphone =
                                   [this] {
                                     TapeTrack heard = track_of(tape(), AudioTrack::cleaned);
                                     return hal::Microphone{heard.first_sample, std::move(heard.samples)};
                                   },
                               .wall_offset_ns = wall_offset_ns()});
    replay::ForkSettings settings;
    settings.point = point_;
    settings.pipeline = new_record_;
    settings.first_symbol = tape().first_free_symbol();
    settings.nodes = nodes_.answers;
    const auto forking = Stopwatch::now();
    auto outcome = replay::fork(tape(), settings, engine, world, sink(recorder, engine, world, settings, forking));
    if (!outcome) return std::unexpected(request_.recording + ": " + outcome.error());
    report_.outcome = *std::move(outcome);
    write_rest(recorder, world);
    if (const int error = recorder.close(); error != 0) {
      return std::unexpected("the fork's recording could not be written (" + std::string(std::strerror(error)) +
                             "); check the space on the disk of `" + request_.out + "`");
    }
    return {};
  }

  replay::ForkSink sink(hal::ForkRecorder& recorder, hal::EngineStep& engine, hal::LocalForkWorld& world,
                        const replay::ForkSettings& settings, Stopwatch::time_point forking) {
    recorder.write_opening();
    replay::ForkSink sink;
    sink.on_item = [this, &recorder](std::size_t item) {
      if (item > 0) recorder.write_sound_of(item - 1, !live_);
    };
    sink.on_seat = [&recorder](std::span<const std::byte> record) { recorder.write_seat(record); };
    sink.on_fork = [this, &recorder, &settings] {
      if (settings.pipeline.empty()) return;
      const std::vector<std::string> texts = texts_of(seated_.session, forked_);
      for (std::uint32_t i = 0; i < texts.size(); ++i) recorder.write_symbol(settings.first_symbol + i, texts[i]);
    };
    sink.on_live = [this, forking](std::size_t, Instant) {
      live_ = true;
      report_.to_first_difference_ns = ns_since(forking);
    };
    sink.on_step = [this, &recorder, &engine, &world](const Event& input, std::string_view words,
                                                      std::span<const Event> outputs) {
      recorder.write_step(input, words, outputs, engine.finished_evidence());
      if (live_) write_rest(recorder, world);
    };
    return sink;
  }

  void write_rest(hal::ForkRecorder& recorder, hal::LocalForkWorld& world) {
    const auto sounded = world.take_sounded();
    recorder.write_played(sounded.first_frame, sounded.samples,
                          static_cast<std::uint32_t>(recorded_.voice.sample_rate_hz));
    if (!live_) recorder.write_sound_of(tape().items.size(), true);
  }

  std::expected<void, std::string> compare_futures() {
    report_.recorded = read_log(request_.recording);
    report_.forked = read_log(report_.recording);
    const auto child = read_origin(report_.recording);
    if (!child) return std::unexpected("the fork's own recording cannot be read back: " + child.error());
    const std::filesystem::path out(request_.out);
    auto was = write_sound((out / "recorded.wav").string(), track_of(tape(), AudioTrack::played, point_.item));
    if (!was) return std::unexpected(was.error());
    auto is = write_sound((out / "fork.wav").string(), track_of(child->tapes.front(), AudioTrack::played, point_.item));
    if (!is) return std::unexpected(is.error());
    report_.recorded_sound = *std::move(was);
    report_.forked_sound = *std::move(is);
    return judge();
  }

  std::expected<void, std::string> judge() {
    replay::ComparisonReport& report = report_.comparison;
    if (!request_.policy_file.empty()) {
      auto policy = load_divergence_policy(request_.policy_file);
      if (!policy) return std::unexpected(policy.error());
      report.policy = *std::move(policy);
    }
    const replay::RecordedOutputs was = read_decisions(request_.recording);
    const replay::RecordedOutputs is = read_decisions(report_.recording);
    constexpr auto times = replay::EntryTimes::from_the_start;
    replay::ReplayArtifact baseline = artifact_of(was.context, was.recorded, times);
    replay::ReplayArtifact candidate = artifact_of(is.context, is.recorded, times);
    report.baseline_ref = request_.recording;
    report.candidate_ref = report_.recording;
    report.request = {.mode = ReplayMode::re_simulate_nodes, .tolerance_ms = report.policy.timing_tolerance_ms};
    report.entries_baseline = baseline.trace.size();
    report.entries_candidate = candidate.trace.size();
    auto result = replay::compare(std::move(baseline), std::move(candidate), report.request);
    if (!result) return std::unexpected("the two futures cannot be compared");
    report.result = *std::move(result);
    report.verdict = replay::judge(report.result.divergences, report.policy);
    return {};
  }

  const replay::Tape& tape() const { return origin_.tapes[run_]; }

  const ForkRequest& request_;
  Stopwatch::time_point begun_;
  ForkReport report_;
  Origin origin_;
  std::size_t run_ = 0;
  replay::ForkPoint point_;
  Seated seated_;
  CompiledPipeline recorded_{};
  CompiledPipeline forked_{};
  std::vector<std::byte> new_record_;
  ForkNodeChoice nodes_;
  bool live_ = false;
};

}  // namespace

std::expected<ForkReport, std::string> run_fork(const ForkRequest& request) { return ForkRun(request).run(); }

}  // namespace phalarope::program
