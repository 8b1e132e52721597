// Pipeline files: the parts beside the graph, and the whole. See pipeline_file.hpp.
#include "core/spec/pipeline_file.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "core/engine/base/enforce.hpp"
#include "core/engine/plan/materialize.hpp"
#include "core/spec/document_edit.hpp"
#include "core/spec/execution_profiles.hpp"
#include "core/spec/fallback_paths.hpp"
#include "core/spec/field_reader.hpp"
#include "core/spec/graph_drawing.hpp"
#include "core/spec/graph_file.hpp"
#include "core/spec/spec_notes.hpp"
#include "core/spec/surfaces_file.hpp"

namespace phalarope::spec {

namespace {

constexpr std::int64_t ms_per_second = 1000;
// An hour: longer waits in a voice turn are typing errors, and nanoseconds stay far from overflow.
constexpr IntegerRange span_ms{.min = 0, .max = 3'600'000};
constexpr IntegerRange deadline_ms{.min = 1, .max = 3'600'000};

void read_actions(MapReader& file, PlanTemplate& plan) {
  auto& actions = plan.allowed_adaptive_actions;
  if (file.has("adaptive_actions")) actions.clear();
  file.each_item("adaptive_actions", [&](const Document& item, const std::string& path) {
    const auto name = scalar_of(item, path, file.diagnostics());
    if (!name) return;
    const auto action = from_wire_name<AdaptiveAction>(*name);
    if (!action) {
      file.diagnostics().push_back(diagnostic_at(item, path, "unknown action \"" + *name + "\"",
                                                 one_of(*name, plan_enum_names<AdaptiveAction>)));
    } else if (std::find(actions.begin(), actions.end(), *action) != actions.end() || !actions.push_back(*action)) {
      file.diagnostics().push_back(diagnostic_at(item, path, "occurs twice", "Keep one"));
    }
  });
  // The contract fixes the order in which actions are tried and hashed (runtime.md 4.1).
  std::sort(actions.begin(), actions.end());
}

void read_duration(MapReader& map, std::string_view key, Duration& target, IntegerRange range) {
  std::int64_t ms = to_ms(target);
  map.integer(key, ms, range);
  target = milliseconds(ms);
}

void read_phase(MapReader& interruption, std::string_view key, std::size_t phase, InterruptionPolicy& policy) {
  auto map = interruption.map(key);
  if (!map) return;
  read_duration(*map, "enough_speech_ms", policy.enough_speech[phase], span_ms);
  map->boolean("word_confirms", policy.word_confirms[phase]);
  map->finish();
}

void read_interruption(MapReader& file, InterruptionPolicy& policy) {
  auto map = file.map("interruption");
  if (!map) return;
  constexpr IntegerRange fade_ms{.min = 0, .max = 10};  // D4: an interrupted voice is gone within 10 ms
  read_duration(*map, "hold_max_ms", policy.hold_max, deadline_ms);
  read_duration(*map, "verdict_wait_ms", policy.verdict_wait, span_ms);
  map->integer("duck_gain_permille", policy.duck_gain_permille, {.min = 0, .max = 1000});
  map->integer("fade_ms", policy.fade_ms, fade_ms);
  for (std::size_t i = 0; i < conversation_phase_count; ++i) read_phase(*map, conversation_phase_names[i], i, policy);
  map->finish();
}

void read_voice(MapReader& file, VoicePolicy& voice) {
  auto map = file.map("voice");
  if (!map) return;
  std::int64_t frame_ms = voice.frame_frames * ms_per_second / voice.sample_rate_hz;
  std::int64_t ahead_ms = voice.playback_ahead_frames_max * ms_per_second / voice.sample_rate_hz;
  map->integer("sample_rate_hz", voice.sample_rate_hz, {.min = 8000, .max = 48000});
  map->integer("frame_ms", frame_ms, {.min = 5, .max = 60});
  map->integer("playback_ahead_ms", ahead_ms, {.min = 40, .max = 10'000});
  map->integer("sentences_ahead_max", voice.sentences_ahead_max, {.min = 0, .max = 8});
  voice.frame_frames = frame_ms * voice.sample_rate_hz / ms_per_second;
  voice.playback_ahead_frames_max = ahead_ms * voice.sample_rate_hz / ms_per_second;
  if (frame_ms * voice.sample_rate_hz % ms_per_second != 0) {
    map->complain("frame_ms", "is not a whole number of samples at this rate", "Use 20 with a rate divisible by 50");
  }
  map->finish();
}

void read_modality_deadlines(MapReader& deadlines, std::string_view key, ProgressDeadlines& target) {
  auto map = deadlines.map(key);
  if (!map) return;
  map->integer("connect_ms", target.connect_ms, deadline_ms);
  map->integer("first_output_ms", target.first_output_ms, deadline_ms);
  map->integer("gap_ms", target.gap_ms, deadline_ms);
  map->finish();
}

void read_deadlines(MapReader& file, ProviderDeadlines& deadlines) {
  auto map = file.map("deadlines");
  if (!map) return;
  read_modality_deadlines(*map, "stt", deadlines.stt);
  read_modality_deadlines(*map, "llm", deadlines.llm);
  read_modality_deadlines(*map, "tts", deadlines.tts);
  map->finish();
}

void supply(PlanTemplate& plan, const PlanSurfaces& surfaces) {
  plan.overrides = surfaces;
  plan.supplied = {.node_execution_policies = true, .flow_control = true, .recording_policy = true};
}

bool is_supplied(const PlanTemplate& plan) { return plan.supplied.flow_control; }

/// The surfaces a plan of this template would have.
const PlanSurfaces& effective_surfaces(const PlanTemplate& plan) {
  return is_supplied(plan) ? plan.overrides : simple_v1_surfaces();
}

/// Short forms: `recording:` here, `provider:` at the nodes. They change the profile's surfaces one by one; the
/// compiler hands over a complete set, as the contract's policy source does (runtime.md 4.1).
void read_recording(MapReader& file, PlanTemplate& plan) {
  auto map = file.map("recording");
  if (!map) return;
  PlanSurfaces surfaces = effective_surfaces(plan);
  RecordingPolicy& recording = surfaces.recording_policy;
  map->choice("level", recording.recording_level, Presence::required);
  recording.allowed_replay_modes = replay_modes_of(recording.recording_level);
  read_replay_modes(*map, "replay_modes", recording, Presence::optional);
  map->finish();
  supply(plan, surfaces);
}

void bind_providers(const std::vector<ProviderChoice>& choices, MapReader& file, PlanTemplate& plan) {
  if (choices.empty()) return;
  PlanSurfaces surfaces = effective_surfaces(plan);
  for (const ProviderChoice& choice : choices) {
    const std::string_view modality = wire_name(choice.modality);
    auto& bindings = surfaces.provider_bindings;
    const auto at = std::find_if(bindings.begin(), bindings.end(),
                                 [&](const ProviderBinding& binding) { return binding.modality.view() == modality; });
    PHAL_ENFORCE(at != bindings.end(), "every profile binds every modality");
    const bool taken = std::any_of(choices.begin(), choices.end(), [&](const ProviderChoice& other) {
      return other.modality == choice.modality && !(other.provider == choice.provider);
    });
    if (taken) {
      file.diagnostics().push_back(diagnostic_at(*choice.where, choice.path,
                                                 "another node binds " + std::string(modality) + " to another provider",
                                                 "A plan binds one provider per modality; use the same one"));
    }
    at->provider = choice.provider;
  }
  supply(plan, surfaces);
}

std::vector<std::string_view> edge_policy_names(const std::vector<std::string>& edges) {
  std::vector<std::string_view> names(edges.begin(), edges.end());
  names.push_back("default");
  return names;
}

void read_policies(MapReader& file, const GraphFile& graph, CompiledPipeline& pipeline) {
  PlanTemplate& plan = pipeline.plan;
  const auto named = file.choice("profile", execution_profile_names);
  const std::string_view profile_name = execution_profile_names[named.value_or(0)];
  const ExecutionProfile profile = find_execution_profile(profile_name).value();
  PHAL_ENFORCE(plan.execution_profile.assign(profile.name), "a profile's name fits");
  pipeline.deadlines = profile.deadlines;
  if (!profile.built_in) supply(plan, profile.surfaces);
  if (!file.has("overrides")) {
    bind_providers(graph.providers, file, plan);
    read_recording(file, plan);
    return;
  }
  for (const ProviderChoice& choice : graph.providers) {
    file.diagnostics().push_back(diagnostic_at(*choice.where, choice.path, "is said twice: `overrides` binds providers",
                                               "Remove it here, or remove `overrides`"));
  }
  if (file.has("recording")) {
    file.complain("recording", "is said twice: `overrides` sets the recording policy", "Keep one of them");
  }
  PlanSurfaces surfaces;
  if (auto overrides = file.map("overrides")) {
    read_override_surfaces(*overrides, edge_policy_names(graph.edge_names), surfaces);
  }
  supply(plan, surfaces);
}

void read_pipeline(MapReader& file, bool drawn, LoadedPipeline& loaded) {
  CompiledPipeline& pipeline = loaded.pipeline;
  (void)file.choice("spec", pipeline_spec_names, Presence::required);
  pipeline.plan = default_plan_template();
  file.text("version", pipeline.plan.pipeline_version, Presence::required);
  pipeline.pipeline_version = pipeline.plan.pipeline_version;
  file.text("graph", pipeline.plan.graph_definition_ref);
  std::string description;
  file.text("description", description);
  AlsoKnownFields also_known;
  if (drawn) also_known = {.of_nodes = drawn_node_fields(), .of_edges = drawn_edge_fields(), .external = true};
  GraphFile graph = read_graph(file, also_known, pipeline.graph);
  loaded.programs = std::move(graph.programs);
  read_policies(file, graph, pipeline);
  read_actions(file, pipeline.plan);
  read_deadlines(file, pipeline.deadlines);
  read_interruption(file, pipeline.interruption);
  read_voice(file, pipeline.voice);
  if (drawn) {
    constexpr std::array<std::string_view, 2> read_before = {"modules", "inserts"};
    file.allow(read_before);
    read_notes(file);
    read_fallbacks(file, pipeline);
  }
  file.finish();
}

}  // namespace

std::expected<CompiledPipeline, Diagnostics> compile_pipeline(std::string_view text, const std::string& file) {
  Diagnostics diagnostics;
  const Document document = parse_document(text, file, diagnostics);
  if (document.kind == Document::Kind::nothing) return std::unexpected(std::move(diagnostics));
  return compile_document(document, std::move(diagnostics));
}

std::expected<CompiledPipeline, Diagnostics> compile_document(const Document& document, Diagnostics diagnostics) {
  auto loaded = compile_with_programs(document, std::move(diagnostics));
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  return loaded->pipeline;
}

std::expected<LoadedPipeline, Diagnostics> compile_with_programs(const Document& document, Diagnostics diagnostics) {
  const bool drawn = text_of(document, "spec") == pipeline_spec_names[1];
  const LoweredGraph lowered =
      drawn ? lower_graph(document, diagnostics) : LoweredGraph{.file = document, .conditions = {}};
  const auto loaded = std::make_unique<LoadedPipeline>();
  MapReader reader(lowered.file, {}, diagnostics);
  read_pipeline(reader, drawn, *loaded);
  apply_conditions(lowered.conditions, loaded->pipeline.graph);
  if (diagnostics.empty()) {
    // Reading has judged every field; this catches what only the whole can break (the bound of the hash text).
    const auto prepared = std::make_unique<PreparedPlan>();
    if (const auto ready = prepare(loaded->pipeline.plan, *prepared); !ready) {
      const std::string file = document.origin ? *document.origin : std::string();
      diagnostics.push_back(
          {file, 0, 0, {}, std::string(describe(ready.error()).sentence), "Make the policies smaller"});
    }
  }
  if (!diagnostics.empty()) return std::unexpected(std::move(diagnostics));
  return std::move(*loaded);
}

std::expected<CompiledPipeline, Diagnostics> load_pipeline(const std::string& path) {
  auto loaded = load_with_programs(path);
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  return loaded->pipeline;
}

std::expected<LoadedPipeline, Diagnostics> load_with_programs(const std::string& path) {
  Diagnostics diagnostics;
  const std::string text = read_text_file(path, diagnostics);
  if (!diagnostics.empty()) return std::unexpected(std::move(diagnostics));
  const Document document = parse_document(text, path, diagnostics);
  if (document.kind == Document::Kind::nothing) return std::unexpected(std::move(diagnostics));
  return compile_with_programs(document, std::move(diagnostics));
}

void set_recording_level(CompiledPipeline& pipeline, RecordingLevel level) {
  PlanSurfaces surfaces = effective_surfaces(pipeline.plan);
  if (surfaces.recording_policy.recording_level == level) return;
  surfaces.recording_policy = {.recording_level = level, .allowed_replay_modes = replay_modes_of(level)};
  supply(pipeline.plan, surfaces);
}

}  // namespace phalarope::spec
