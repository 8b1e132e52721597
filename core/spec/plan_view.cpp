// The resolved view. See plan_view.hpp.
#include "core/spec/plan_view.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>

#include "core/engine/base/enforce.hpp"
#include "core/engine/plan/materialize.hpp"
#include "core/engine/plan/plan_names.hpp"
#include "core/spec/document_edit.hpp"
#include "core/spec/graph_drawing.hpp"
#include "core/spec/node_types.hpp"
#include "core/spec/pipeline_file.hpp"
#include "core/spec/plan_resolve.hpp"
#include "core/spec/strict_json.hpp"

namespace phalarope::spec {

namespace {

using FieldPath = std::vector<std::string>;

/// Members of the plan that are a field of the file under another name.
struct RenamedMember {
  std::string_view member;
  std::string_view field;
};
constexpr std::array renamed_members = {
    RenamedMember{"pipeline_version", "version"}, RenamedMember{"graph_definition_ref", "graph"},
    RenamedMember{"execution_profile", "profile"}, RenamedMember{"allowed_adaptive_actions", "adaptive_actions"}};
constexpr std::array<std::string_view, 6> surfaces = {
    "budgets",         "provider_bindings", "flow_control", "edge_buffer_policies", "node_execution_policies",
    "recording_policy"};
constexpr std::array<std::string_view, 4> of_the_turn = {"turn_id", "plan_hash", "authority_epoch", "determinism"};
constexpr std::array<std::string_view, 3> beside_the_plan = {"voice", "interruption", "deadlines"};

template <std::size_t n>
bool is_in(const std::array<std::string_view, n>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

const Document* find_deep(const Document& from, std::span<const std::string> path) {
  const Document* at = &from;
  for (const std::string& name : path) {
    if (at != nullptr) at = at->find(name);
  }
  return at;
}

class Viewer {
 public:
  Viewer(const Document& document, const std::map<std::string, std::string>& layer_of_file, PlanView& view)
      : document_(document), layer_of_file_(layer_of_file), view_(view) {}

  void list() {
    const auto plan = parse_strict_json(to_json(view_.plan));
    PHAL_ENFORCE(plan.has_value(), "the plan's own JSON is strict JSON");
    FieldPath path;
    add(*plan, path);
    list_beside();
  }

 private:
  void add(const JsonValue& value, FieldPath& path) {
    const bool nested = value.is(JsonValue::Kind::object) && !value.members.empty();
    if (!nested) return add_field(path, text_of_value(value));
    for (const JsonValue& member : value.members) {
      path.push_back(member.name);
      add(member, path);
      path.pop_back();
    }
  }

  static std::string text_of_value(const JsonValue& value) {
    if (value.is(JsonValue::Kind::text)) return value.text;
    std::string text;
    append_json(text, value);
    return text;
  }

  void add_field(const FieldPath& path, std::string value) {
    PlanViewField field;
    for (const std::string& name : path) field.field += (field.field.empty() ? "" : ".") + name;
    field.value = std::move(value);
    if (const Document* const said = source_of(path); said != nullptr) {
      const std::string file = said->origin ? *said->origin : std::string();
      const auto layer = layer_of_file_.find(file);
      field.layer = layer == layer_of_file_.end() ? "document" : layer->second;
      field.place = file + ":" + std::to_string(said->line);
    } else if (is_in(of_the_turn, path.front())) {
      field.layer = "turn";
    } else if (is_in(surfaces, path.front()) || path.front() == "deadlines") {
      field.layer = "profile " + std::string(view_.plan.execution_profile.view());
    } else {
      field.layer = "default";
    }
    view_.fields.push_back(std::move(field));
  }

  const Document* source_of(const FieldPath& path) const {
    for (const RenamedMember& renamed : renamed_members) {
      if (path.front() == renamed.member) return document_.find(renamed.field);
    }
    if (is_in(beside_the_plan, path.front())) return find_deep(document_, path);
    if (!is_in(surfaces, path.front())) return nullptr;
    if (const Document* const overrides = document_.find("overrides"); overrides != nullptr) {
      return find_deep(*overrides, path);
    }
    if (path.front() == "provider_bindings") return provider_of(path.back());
    if (path.front() != "recording_policy") return nullptr;
    const Document* const recording = document_.find("recording");
    if (recording == nullptr) return nullptr;
    const Document* const modes = recording->find("replay_modes");
    return path.back() == "allowed_replay_modes" && modes != nullptr ? modes : recording->find("level");
  }

  /// The node that binds a modality.
  const Document* provider_of(std::string_view modality) const {
    const Document* const nodes = document_.find("nodes");
    if (nodes == nullptr) return nullptr;
    for (const Document& node : nodes->items) {
      const auto type = from_wire_name<NodeType>(text_of(node, "type"));
      if (type && wire_name(row_of(*type).modality) == modality && node.find("provider") != nullptr) {
        return node.find("provider");
      }
    }
    return nullptr;
  }

  void number(FieldPath path, std::int64_t value) { add_field(path, std::to_string(value)); }

  /// What turns also run by, though it is no hash material (4.4): in the units of the file.
  void list_beside() {
    const VoicePolicy& voice = view_.pipeline.voice;
    constexpr std::int64_t ms_per_second = 1000;
    number({"voice", "sample_rate_hz"}, voice.sample_rate_hz);
    number({"voice", "frame_ms"}, voice.frame_frames * ms_per_second / voice.sample_rate_hz);
    number({"voice", "playback_ahead_ms"}, voice.playback_ahead_frames_max * ms_per_second / voice.sample_rate_hz);
    number({"voice", "sentences_ahead_max"}, voice.sentences_ahead_max);
    const InterruptionPolicy& interruption = view_.pipeline.interruption;
    number({"interruption", "hold_max_ms"}, to_ms(interruption.hold_max));
    number({"interruption", "verdict_wait_ms"}, to_ms(interruption.verdict_wait));
    number({"interruption", "duck_gain_permille"}, interruption.duck_gain_permille);
    number({"interruption", "fade_ms"}, interruption.fade_ms);
    for (std::size_t i = 0; i < conversation_phase_count; ++i) {
      const std::string phase(conversation_phase_names[i]);
      number({"interruption", phase, "enough_speech_ms"}, to_ms(interruption.enough_speech[i]));
      add_field({"interruption", phase, "word_confirms"}, interruption.word_confirms[i] ? "true" : "false");
    }
    const ProviderDeadlines& deadlines = view_.pipeline.deadlines;
    const std::pair<const char*, const ProgressDeadlines*> modalities[] = {
        {"stt", &deadlines.stt}, {"llm", &deadlines.llm}, {"tts", &deadlines.tts}};
    for (const auto& [modality, deadline] : modalities) {
      number({"deadlines", modality, "connect_ms"}, deadline->connect_ms);
      number({"deadlines", modality, "first_output_ms"}, deadline->first_output_ms);
      number({"deadlines", modality, "gap_ms"}, deadline->gap_ms);
    }
  }

  const Document& document_;
  const std::map<std::string, std::string>& layer_of_file_;
  PlanView& view_;
};

/// The layers in the order in which they lie; several of one name in the order given.
std::vector<PlanLayer> in_order(const std::vector<PlanLayer>& layers) {
  std::vector<PlanLayer> sorted;
  for (const std::string_view name : plan_layer_names) {
    std::copy_if(layers.begin(), layers.end(), std::back_inserter(sorted),
                 [&](const PlanLayer& layer) { return layer.name == name; });
  }
  return sorted;
}

}  // namespace

std::expected<std::unique_ptr<PlanView>, Diagnostics> view_plan(const std::vector<PlanLayer>& layers,
                                                                std::string_view turn_id, Epoch epoch) {
  Diagnostics diagnostics;
  Document document;
  std::map<std::string, std::string> layer_of_file;
  for (const PlanLayer& layer : in_order(layers)) {
    const std::string text = read_text_file(layer.file, diagnostics);
    if (!diagnostics.empty()) return std::unexpected(std::move(diagnostics));
    Document read = parse_document(text, layer.file, diagnostics);
    if (!diagnostics.empty()) return std::unexpected(std::move(diagnostics));
    layer_of_file[layer.file] = layer.name;
    if (document.kind == Document::Kind::nothing) {
      document = std::move(read);
    } else {
      lay_over(document, read);
    }
  }
  auto loaded = compile_with_programs(document);
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  auto view = std::make_unique<PlanView>();
  view->pipeline = loaded->pipeline;
  view->programs = std::move(loaded->programs);
  if (const auto frozen = materialize(view->pipeline.plan, turn_id, epoch, view->plan); !frozen) {
    diagnostics.push_back({"--turn, --epoch",
                           0,
                           0,
                           {},
                           std::string(describe(frozen.error()).sentence),
                           "Give a turn id of 1 to 127 bytes"});
    return std::unexpected(std::move(diagnostics));
  }
  // Providers inside modules stand at their nodes once the modules are expanded; the file compiled, so this is quiet.
  const bool drawn = text_of(document, "spec") == pipeline_spec_names[1];
  const Document flat = drawn ? lower_graph(document, diagnostics).file : document;
  Viewer(flat, layer_of_file, *view).list();
  return view;
}

}  // namespace phalarope::spec
