#include "firmware_images/gates/artifact_set.hpp"

#include <fmt/format.h>

#include <array>
#include <map>

#include "core/engine/plan/white_space.hpp"
#include "firmware_images/gates/artifact_files.hpp"
#include "firmware_images/gates/json_reader.hpp"

namespace phalarope::gates {
namespace {

using spec::JsonValue;

struct Part {
  std::string_view reference;  // the bundle's member
  std::string_view schema;
};
constexpr std::array<Part, 7> parts = {{{"spec_ref", "phalarope.pipeline.spec.v1"},
                                        {"profile_ref", "phalarope.execution.profile.v1"},
                                        {"rollout_ref", "phalarope.rollout.v1"},
                                        {"policy_ref", "phalarope.policy.bundle.v1"},
                                        {"compat_ref", "phalarope.compatibility.v1"},
                                        {"extensions_ref", "phalarope.extensions.v1"},
                                        {"replay_manifest_ref", "phalarope.replay.manifest.v1"}}};

std::string text_in(const JsonValue& object, std::string_view name) {
  const JsonValue* const value = object.find(name);
  return value != nullptr && value->is(JsonValue::Kind::text) ? value->text : std::string();
}

class SetJudge {
 public:
  explicit SetJudge(std::filesystem::path root) : root_(std::move(root)) {}

  /// The document that a member names; an empty object when there is none.
  JsonValue follow(const JsonValue& from, std::string_view who, std::string_view reference, std::string_view schema) {
    const std::string path = text_in(from, reference);
    if (is_blank(path)) {
      complain(fmt::format("{}: {} is empty", who, reference));
      return spec::json_object({}, {});
    }
    return read(path, schema);
  }
  JsonValue read(const std::filesystem::path& path, std::string_view schema) {
    auto document = read_json(root_ / path);
    if (!document) {
      complain(document.error());
      return spec::json_object({}, {});
    }
    if (const std::string id = text_in(*document, "schema_version"); id != schema) {
      complain(fmt::format("{}: schema_version is `{}`, not `{}`", path.string(), id, schema));
    }
    return std::move(*document);
  }
  void expect(std::string_view what, const std::string& is, const std::string& should_be) {
    if (is != should_be) complain(fmt::format("{} is `{}`, not `{}`", what, is, should_be));
  }
  void complain(std::string what) { violations_.push_back(std::move(what)); }
  std::vector<std::string> finish() { return std::move(violations_); }

 private:
  std::filesystem::path root_;
  std::vector<std::string> violations_;
};

void judge_meaning(std::map<std::string_view, JsonValue>& documents, const std::string& version, SetJudge& judge) {
  for (const std::string_view name : {"spec_ref", "compat_ref", "replay_manifest_ref"}) {
    judge.expect(fmt::format("{}: pipeline_version", name), text_in(documents[name], "pipeline_version"), version);
  }
  judge.expect("rollout_ref: default_pipeline_version", text_in(documents["rollout_ref"], "default_pipeline_version"),
               version);
  judge.expect("profile_ref: execution_profile", text_in(documents["profile_ref"], "execution_profile"), "simple");
  const JsonValue* const bindings = documents["policy_ref"].find("provider_bindings");
  for (const std::string_view modality : {"stt", "llm", "tts"}) {
    if (bindings == nullptr || is_blank(text_in(*bindings, modality))) {
      judge.complain(fmt::format("policy_ref: provider_bindings binds no {}", modality));
    }
  }
  bool supports_livekit = false;
  if (const JsonValue* const matrix = documents["compat_ref"].find("transport_matrix")) {
    for (const JsonValue& row : matrix->items) {
      const JsonValue* const supported = row.find("supported");
      supports_livekit |= text_in(row, "transport_kind") == "livekit" && supported != nullptr && supported->boolean;
    }
  }
  if (!supports_livekit) judge.complain("compat_ref: transport_matrix does not support livekit");
}

}  // namespace

std::vector<std::string> judge_artifact_set(const std::filesystem::path& root, const std::filesystem::path& rollout) {
  SetJudge judge(root);
  const JsonValue deploy = judge.read(rollout, "phalarope.deploy.rollout.v1");
  const JsonValue bundle = judge.follow(deploy, "deploy rollout", "bundle_ref", "phalarope.pipeline.bundle.v1");
  std::map<std::string_view, JsonValue> documents;
  for (const Part& part : parts)
    documents[part.reference] = judge.follow(bundle, "bundle", part.reference, part.schema);
  const std::string version = text_in(bundle, "pipeline_version");
  if (is_blank(version)) judge.complain("bundle: pipeline_version is empty");
  judge_meaning(documents, version, judge);
  return judge.finish();
}

}  // namespace phalarope::gates
