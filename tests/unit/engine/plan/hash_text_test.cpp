// The exact hash text: escapes, order, omissions.
#include "core/engine/plan/hash_text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "core/engine/plan/materialize.hpp"
#include "tests/unit/engine/plan/plan_samples.hpp"

namespace phalarope {
namespace {

std::string hash_text_of(const PlanTemplate& source, std::string_view turn_id) {
  PreparedPlan prepared;
  EXPECT_TRUE(prepare(source, prepared));
  return "{\"TurnID\":\"" + std::string(turn_id) + "\"" + std::string(prepared.head.view()) + "7" +
         std::string(prepared.tail.view());
}

std::string quoted(std::string_view text) {
  std::array<char, 256> buffer;
  HashTextWriter writer(buffer);
  writer.string(text);
  EXPECT_FALSE(writer.overflowed());
  return std::string(writer.text());
}

// contract: V1, V5
TEST(HashText, HasTheLengthsOfTheVectors) {
  EXPECT_EQ(hash_text_of(test::vector_template(), "turn-vec-1").size(), 1475U);
  EXPECT_EQ(hash_text_of(test::override_template(), "turn-vec-2").size(), 1768U);
}

// contract: V1, 4.3
TEST(HashText, EndsAsTheFirstVectorSays) {
  const std::string text = hash_text_of(test::vector_template(), "turn-vec-1");
  EXPECT_TRUE(
      text.ends_with("\"RecordingPolicy\":{\"recording_level\":\"L0\",\"allowed_replay_modes\":["
                     "\"replay_decisions\"]}}"));
  EXPECT_NE(text.find("\"AllowedAdaptiveActions\":[],"), std::string::npos);
  EXPECT_NE(text.find("\"NodeExecutionPolicies\":{},"), std::string::npos);
}

// contract: V5, 4.3
TEST(HashText, SortsMapKeysAndOmitsAbsentOptionals) {
  const std::string text = hash_text_of(test::override_template(), "turn-vec-2");
  EXPECT_NE(text.find("\"provider-llm\":{},\"provider-stt\":{\"concurrency_limit\":1,\"fairness_key\":"),
            std::string::npos);
  EXPECT_NE(text.find("\"edge-stt-\\u003ellm\":{\"strategy\":\"block\""), std::string::npos);
  EXPECT_NE(text.find("{\"llm\":\"default-llm\",\"stt\":\"default-stt\",\"tts\":\"default-tts\"}"), std::string::npos);
}

// contract: 4.3
TEST(HashText, EscapesExactlyWhatTheContractNames) {
  EXPECT_EQ(quoted("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
  EXPECT_EQ(quoted(std::string_view("\0\x1f\x7f", 3)), "\"\\u0000\\u001f\x7f\"");
  EXPECT_EQ(quoted("<a>&"), R"("\u003ca\u003e\u0026")");
  EXPECT_EQ(quoted("\xE2\x80\xA8|\xE2\x80\xA9|\xE2\x80\xA7|\xE2\x80"), "\"\\u2028|\\u2029|\xE2\x80\xA7|\xE2\x80\"");
  EXPECT_EQ(quoted("\xC3\xA4/\xF0\x9F\x90\xA6"), "\"\xC3\xA4/\xF0\x9F\x90\xA6\"");
}

TEST(HashText, NeverWritesAShortenedText) {
  std::array<char, 4> buffer;
  HashTextWriter writer(buffer);
  writer.string("abc");
  writer.raw("x");
  EXPECT_TRUE(writer.overflowed());
}

}  // namespace
}  // namespace phalarope
