// The published JSON Schemas and the judge say the same of every document, but for the rules that a schema cannot say.
// The judge's own tests feed their whole corpus to both (tests/unit/spec/schema_judge.hpp); here are random documents.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "core/spec/artifact_schema.hpp"
#include "core/spec/artifact_validator.hpp"
#include "tests/unit/spec/artifact_generator.hpp"
#include "tests/unit/spec/artifact_samples.hpp"
#include "tests/unit/spec/schema_judge.hpp"
#include "tests/unit/spec/spec_samples.hpp"

namespace phalarope::spec {
namespace {

using Json = nlohmann::json;

// contract: 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8
RC_GTEST_PROP(SchemaAgreement, SoundDocumentsPassBoth, (std::uint64_t seed)) {
  test::ArtifactGenerator generator(seed);
  for (const std::string_view kind : artifact_kinds) {
    const std::string text = test::to_text(generator.sound(kind));
    RC_ASSERT(test::judged_alike(kind, text));
    RC_ASSERT(!::testing::Test::HasFailure());
  }
}

// contract: 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8
TEST(SchemaAgreement, WoundedDocumentsGetTheSameVerdictFromBoth) {
  constexpr std::uint64_t seeds = 400;
  for (const std::string_view kind : artifact_kinds) {
    std::uint64_t refused = 0;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      const std::string text = test::to_text(test::ArtifactGenerator(seed).wounded(kind));
      refused += test::judged_alike(kind, text) ? 0 : 1;
      ASSERT_FALSE(HasFailure()) << kind << " of seed " << seed;
    }
    EXPECT_GT(refused, seeds / 3) << kind << ": the wounds reach the judge";
    EXPECT_LT(refused, seeds) << kind << ": some wounds are harmless";
  }
}

TEST(SchemaAgreement, PublishedFilesAreWhatTheTablesWrite) {
  for (const std::string_view kind : artifact_kinds) {
    const std::string path = "schemas/json/" + std::string(kind) + ".schema.json";
    EXPECT_EQ(test::text_of(test::repository_file(path)), artifact_schema(kind))
        << path << ": write it again with `phalarope abi schema " << kind << "`";
  }
}

TEST(SchemaAgreement, EachRuleBeyondASchemaIsShownAndNamed) {
  struct Case {
    const char* kind;
    std::string document;
  };
  const std::string transition = test::turn_transition().dump();
  const Case cases[] = {
      {"turn_transition", transition.substr(0, transition.size() - 1) + R"(,"deterministic":true})"},
      {"event_record", test::changed(test::event_record(), "/seq_range", Json{{"start", 2}, {"end", 1}}).dump()},
      {"resolved_turn_plan",
       test::changed(test::turn_plan(), "/node_execution_policies/a", Json{{"fairness_key", "\u00a0"}}).dump()}};
  for (const Case& one : cases) {
    EXPECT_FALSE(validate_artifact(one.kind, one.document).valid);
    EXPECT_EQ(test::schema_complaints(one.kind, Json::parse(one.document)), "");
  }
  for (const std::string_view kind : artifact_kinds) {
    const Json schema = Json::parse(artifact_schema(kind));
    for (const std::string_view sentence : rules_beyond_schema()) {
      EXPECT_NE(schema["$comment"].get<std::string>().find(sentence), std::string::npos) << kind;
    }
  }
}

}  // namespace
}  // namespace phalarope::spec
