#include "tests/unit/spec/schema_judge.hpp"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "core/spec/artifact_rules.hpp"
#include "core/spec/artifact_validator.hpp"
#include "tests/unit/spec/spec_samples.hpp"

namespace phalarope::spec::test {

using Json = nlohmann::json;

std::string schema_complaints(const std::string& name, const Json& document) {
  static std::map<std::string, valijson::Schema> schemas;
  if (!schemas.contains(name)) {
    const Json json = Json::parse(text_of(repository_file("schemas/json/" + name + ".schema.json")));
    valijson::SchemaParser().populateSchema(valijson::adapters::NlohmannJsonAdapter(json), schemas[name]);
  }
  valijson::Validator validator;
  valijson::ValidationResults results;
  if (validator.validate(schemas[name], valijson::adapters::NlohmannJsonAdapter(document), &results)) return {};
  std::string text;
  for (const auto& error : results) text += error.description + "\n";
  return text;
}

namespace {

/// Rules of rules_beyond_schema() that valijson cannot tell; the others end before a schema is asked, or agree.
bool is_beyond_schema(std::string_view rule) {
  return rule == "R 1.2: seq_range ends before it starts" || rule.ends_with("must be a string, not blank");
}

}  // namespace

bool judged_alike(std::string_view kind, std::string_view json) {
  const ArtifactVerdict verdict = validate_artifact(kind, json);
  const Json document = Json::parse(json, nullptr, false);
  if (document.is_discarded() || find_artifact_rule(kind) == nullptr) return verdict.valid;
  const std::string complaints = schema_complaints(std::string(kind), document);
  if (verdict.valid) {
    EXPECT_EQ(complaints, "") << "the judge accepts, the schema does not: " << json;
  } else if (!verdict.rule.starts_with("R 1.1:") && !is_beyond_schema(verdict.rule)) {
    EXPECT_NE(complaints, "") << "the schema accepts, the judge does not: " << verdict.rule << ": " << json;
  }
  return verdict.valid;
}

}  // namespace phalarope::spec::test
