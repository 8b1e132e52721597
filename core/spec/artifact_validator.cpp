// Verdicts. See artifact_validator.hpp.
#include "core/spec/artifact_validator.hpp"

#include "core/spec/artifact_rules.hpp"
#include "core/spec/strict_json.hpp"

namespace phalarope::spec {

namespace {

ArtifactVerdict verdict_on(std::string_view kind, const JsonValue& document) {
  const ObjectRule* const rule = find_artifact_rule(kind);
  if (rule == nullptr) return {.valid = false, .rule = "R 1.1: unknown artifact kind", .path = "kind"};
  const auto violation = judge(document, *rule);
  if (!violation) return {.valid = true, .rule = {}, .path = {}};
  return {.valid = false, .rule = violation->rule, .path = violation->path};
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
  out += ",\"" + std::string(name) + "\":";
  append_json_string(out, text);
}

std::string verdict_members(const ArtifactVerdict& verdict) {
  std::string out = verdict.valid ? "\"valid\":true" : "\"valid\":false";
  if (!verdict.valid) {
    append_member(out, "path", verdict.path);
    append_member(out, "rule", verdict.rule);
  }
  return out;
}

}  // namespace

ArtifactVerdict validate_artifact(std::string_view kind, std::string_view json) {
  const auto document = parse_strict_json(json);
  if (!document) return {.valid = false, .rule = "R 1.1: " + document.error(), .path = {}};
  return verdict_on(kind, *document);
}

std::string answer_validate_line(std::string_view line, std::size_t index) {
  std::string out = "{\"index\":" + std::to_string(index) + ",";
  const auto request = parse_strict_json(line);
  const JsonValue* const kind = request ? request->find("kind") : nullptr;
  const JsonValue* const document = request ? request->find("doc") : nullptr;
  if (kind == nullptr || !kind->is(JsonValue::Kind::text) || document == nullptr) {
    ArtifactVerdict verdict{.valid = false, .rule = "the line is not {\"kind\": KIND, \"doc\": ...}", .path = {}};
    if (!request) verdict.rule = "R 1.1: " + request.error();
    out += verdict_members(verdict);
    append_member(out, "message", verdict.rule);
    return out + "}";
  }
  return out + verdict_members(verdict_on(kind->text, *document)) + "}";
}

std::string to_json(std::string_view kind, const ArtifactVerdict& verdict) {
  std::string out = "{\"kind\":";
  append_json_string(out, kind);
  return out + "," + verdict_members(verdict) + "}";
}

}  // namespace phalarope::spec
