#include "core/spec/exchange_documents.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "core/engine/plan/plan_names.hpp"
#include "core/engine/plan/white_space.hpp"
#include "core/spec/ascii_case.hpp"
#include "core/spec/field_reader.hpp"

namespace phalarope::spec {
namespace {

constexpr std::array<std::string_view, 3> provider_modalities = {"stt", "llm", "tts"};
constexpr std::array<std::string_view, 4> adaptive_actions = {"retry", "provider_switch", "degrade", "fallback"};
constexpr std::array<std::string_view, 3> recording_levels = {"L0", "L1", "L2"};
constexpr std::array<std::string_view, 2> legacy_replay_modes = {"audit", "regression"};  // decisions.md D7

/// One document being judged: every complaint goes to the same list.
class Judge {
 public:
  Judge(const Document& document, ValidationMode mode, Diagnostics& diagnostics)
      : mode_(mode), diagnostics_(diagnostics), root_(document, {}, diagnostics) {}

  MapReader& root() { return root_; }
  Diagnostics& diagnostics() { return diagnostics_; }

  void schema(std::string_view id) {
    const std::string given = text(root_, "schema_version");
    const std::string_view prefix = id.substr(0, id.rfind('.') + 1);
    const bool sound = mode_ == ValidationMode::strict ? given == id : given.starts_with(prefix);
    if (!given.empty() && !sound) {
      root_.complain("schema_version", "is \"" + given + "\"", "Write \"" + std::string(id) + "\"");
    }
  }
  /// A text that is there and not blank; empty when it is not.
  std::string text(MapReader& map, std::string_view name) {
    std::string value;
    map.text(name, value, Presence::required);
    if (!value.empty() && is_blank(value)) {
      map.complain(name, "is blank", "Give it a value");
      return {};
    }
    return value;
  }
  /// A text of a list; empty when it is none.
  std::string item(const Document& document, const std::string& path) {
    const auto value = scalar_of(document, path, diagnostics_);
    if (value && is_blank(*value)) complain(document, path, "is blank", "Give it a value");
    return value && !is_blank(*value) ? *value : std::string();
  }
  void complain(const Document& at, const std::string& path, std::string what, std::string what_to_do) {
    diagnostics_.push_back(diagnostic_at(at, path, std::move(what), std::move(what_to_do)));
  }
  void finish(MapReader& map) const {
    if (mode_ == ValidationMode::strict) map.finish();
  }

 private:
  ValidationMode mode_;
  Diagnostics& diagnostics_;
  MapReader root_;
};

template <typename Judged>
Diagnostics judge_document(std::string_view text, const std::string& file, ValidationMode mode, Judged judged) {
  Diagnostics diagnostics;
  const Document document = parse_document(text, file, diagnostics);
  if (!diagnostics.empty()) return diagnostics;
  Judge judge(document, mode, diagnostics);
  if (document.kind == Document::Kind::map) judged(judge);
  return diagnostics;
}

// ---- the pipeline spec -----------------------------------------------------------------------------------

void judge_node(Judge& judge, const Document& document, const std::string& path, std::set<std::string>& nodes) {
  MapReader node(document, path, judge.diagnostics());
  const std::string id = judge.text(node, "node_id");
  if (!id.empty() && !nodes.insert(id).second) node.complain("node_id", "stands twice: \"" + id + "\"", "Rename one");
  const std::string kind = lower_case(judge.text(node, "kind"));
  std::string modality;
  node.text("modality", modality, kind == "provider" ? Presence::required : Presence::optional);
  const bool known = std::ranges::find(provider_modalities, lower_case(modality)) != provider_modalities.end();
  if (kind == "provider" && !modality.empty() && !known) {
    node.complain("modality", "unknown value \"" + modality + "\"", one_of(modality, provider_modalities));
  }
  judge.finish(node);
}

void judge_edge(Judge& judge, const Document& document, const std::string& path, const std::set<std::string>& nodes,
                std::set<std::string>& edges) {
  MapReader edge(document, path, judge.diagnostics());
  const std::vector<std::string_view> known(nodes.begin(), nodes.end());
  std::array<std::string, 2> ends;
  constexpr std::array<std::string_view, 2> names = {"from", "to"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    ends[i] = judge.text(edge, names[i]);
    if (!ends[i].empty() && !nodes.contains(ends[i])) {
      edge.complain(names[i], "no node is called \"" + ends[i] + "\"", one_of(ends[i], known));
    }
  }
  const std::string drawn = ends[0] + "->" + ends[1];
  if (!ends[0].empty() && !ends[1].empty() && !edges.insert(drawn).second) {
    judge.complain(document, path, "stands twice: " + drawn, "Remove one");
  }
  judge.finish(edge);
}

void judge_spec(Judge& judge) {
  MapReader& root = judge.root();
  judge.schema("phalarope.pipeline.spec.v1");
  for (const std::string_view name : {"spec_id", "pipeline_version", "graph_definition_ref"}) judge.text(root, name);
  std::set<std::string> nodes;
  std::set<std::string> edges;
  std::size_t count = 0;
  const auto require_one = [&](std::string_view name) {
    if (count == 0 && root.has(name)) root.complain(name, "is empty", "Add at least one");
    count = 0;
  };
  root.each_item(
      "nodes",
      [&](const Document& item, const std::string& path) {
        ++count;
        judge_node(judge, item, path, nodes);
      },
      Presence::required);
  require_one("nodes");
  root.each_item(
      "edges",
      [&](const Document& item, const std::string& path) {
        ++count;
        judge_edge(judge, item, path, nodes, edges);
      },
      Presence::required);
  require_one("edges");
  judge.finish(root);
}

// ---- the policy bundle -----------------------------------------------------------------------------------

/// A list of names, at least one, none twice; `is_known` judges each.
template <typename IsKnown>
void judge_names(Judge& judge, MapReader& map, std::string_view name, bool fold_case, IsKnown is_known,
                 const std::string& what_to_do) {
  std::set<std::string> seen;
  bool any = false;
  map.each_item(
      name,
      [&](const Document& document, const std::string& path) {
        any = true;
        const std::string text = judge.item(document, path);
        if (text.empty()) return;
        const std::string key = fold_case ? lower_case(text) : text;
        if (!is_known(key)) {
          judge.complain(document, path, "unknown value \"" + text + "\"", what_to_do);
        } else if (!seen.insert(key).second) {
          judge.complain(document, path, "stands twice: \"" + text + "\"", "Remove one");
        }
      },
      Presence::required);
  if (!any && map.has(name)) map.complain(name, "is empty", "Add at least one");
}

bool is_replay_mode(const std::string& name) {
  return from_wire_name<ReplayMode>(name).has_value() ||
         std::ranges::find(legacy_replay_modes, name) != legacy_replay_modes.end();
}

void judge_bindings(Judge& judge, MapReader& root) {
  bool any = false;
  root.each_entry(
      "provider_bindings",
      [&](const std::string& key, const Document& document, const std::string& path) {
        any = true;
        if (is_blank(key)) judge.complain(document, path, "has a blank key", "Name the modality: stt, llm, tts");
        judge.item(document, path);
      },
      Presence::required);
  if (!any && root.has("provider_bindings")) root.complain("provider_bindings", "is empty", "Bind stt, llm and tts");
}

void judge_policy(Judge& judge) {
  MapReader& root = judge.root();
  judge.schema("phalarope.policy.bundle.v1");
  judge.text(root, "policy_resolution_snapshot");
  judge_names(
      judge, root, "allowed_adaptive_actions", true,
      [](const std::string& name) { return std::ranges::find(adaptive_actions, name) != adaptive_actions.end(); },
      one_of({}, adaptive_actions));
  judge_bindings(judge, root);
  if (auto recording = root.map("recording_policy", Presence::required)) {
    (void)recording->choice("recording_level", recording_levels, Presence::required);
    judge_names(judge, *recording, "allowed_replay_modes", false, is_replay_mode,
                one_of({}, std::span(plan_enum_names<ReplayMode>)) + "; or the old names audit, regression");
    judge.finish(*recording);
  }
  judge.finish(root);
}

}  // namespace

std::optional<ValidationMode> validation_mode_named(std::string_view name) {
  const std::string wanted = lower_case(name);
  if (is_blank(wanted) || wanted == "strict") return ValidationMode::strict;
  if (wanted == "relaxed") return ValidationMode::relaxed;
  return std::nullopt;
}

bool is_exchange_document(std::string_view text) {
  Diagnostics unread;
  return parse_document(text, {}, unread).find("schema_version") != nullptr;
}

Diagnostics judge_spec_artifact(std::string_view text, const std::string& file, ValidationMode mode) {
  return judge_document(text, file, mode, judge_spec);
}

Diagnostics judge_policy_bundle(std::string_view text, const std::string& file, ValidationMode mode) {
  return judge_document(text, file, mode, judge_policy);
}

}  // namespace phalarope::spec
