// Strict JSON: what is a document and what is not, byte by byte, and what a number remembers of how it was written.
//
// contract: 1.1
#include "core/spec/strict_json.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>

#include "core/spec/utf8.hpp"

namespace phalarope::spec {
namespace {

using namespace std::string_literals;
using Kind = JsonValue::Kind;

TEST(StrictJson, TakesWhatTheGrammarTakes) {
  for (const std::string& text : {"null"s,
                                  "true"s,
                                  "false"s,
                                  "0"s,
                                  "-0"s,
                                  "-1"s,
                                  "1.5"s,
                                  "1e3"s,
                                  "1E+3"s,
                                  "0.0e-0"s,
                                  "1e999"s,
                                  "-1e-999"s,
                                  "\"\""s,
                                  "[]"s,
                                  "{}"s,
                                  "[[]]"s,
                                  "[1,2]"s,
                                  R"({"a":{"b":[]}})"s,
                                  " \t\r\n{ \"a\" : 1 , \"b\" : [ 1 , 2 ] }\r\n"s,
                                  R"("\"\\\/\b\f\n\r\t\u0000\u00e9\ud83d\udc26")"s,
                                  "\"\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\""s,
                                  "\"\xEE\x80\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\""s,
                                  "{\"\":1}"s,
                                  std::string(400, '9')}) {
    EXPECT_TRUE(parse_strict_json(text).has_value()) << text << ": " << parse_strict_json(text).error();
  }
}

TEST(StrictJson, RefusesEverythingElse) {
  for (const std::string& text : {""s,
                                  " "s,
                                  "\xEF\xBB\xBF{}"s,
                                  "{}\0"s,
                                  "{}\0{}"s,
                                  "\0"s,
                                  "{} {}"s,
                                  "{},"s,
                                  "[1,]"s,
                                  "[,1]"s,
                                  "[1 2]"s,
                                  "{\"a\"}"s,
                                  "{\"a\":}"s,
                                  "{\"a\":1,}"s,
                                  "{,}"s,
                                  "{a:1}"s,
                                  "{'a':1}"s,
                                  "{1:1}"s,
                                  "["s,
                                  "{"s,
                                  "\""s,
                                  "{\"a\":1"s,
                                  "]"s,
                                  "}"s,
                                  "nul"s,
                                  "nulll"s,
                                  "True"s,
                                  "NaN"s,
                                  "Infinity"s,
                                  "-"s,
                                  "+1"s,
                                  "01"s,
                                  "-01"s,
                                  "1."s,
                                  ".5"s,
                                  "1e"s,
                                  "1e+"s,
                                  "0x10"s,
                                  "1_000"s,
                                  "// c\n1"s,
                                  "/* c */1"s,
                                  "\"\n\""s,
                                  "\"\t\""s,
                                  "\"\x1F\""s,
                                  "\"a\0b\""s,
                                  R"("\x41")"s,
                                  R"("\u12")"s,
                                  R"("\u12g4")"s,
                                  R"("\u+123")"s,
                                  R"("\ud800")"s,
                                  R"("\udc00")"s,
                                  R"("\ud800\ud800")"s,
                                  R"("\ud800x")"s,
                                  R"("\udc26\ud83d")"s,
                                  "\"\x80\""s,
                                  "\"\xC0\x80\""s,
                                  "\"\xC1\xBF\""s,
                                  "\"\xC2\""s,
                                  "\"\xE0\x80\x80\""s,
                                  "\"\xED\xA0\x80\""s,
                                  "\"\xF0\x80\x80\x80\""s,
                                  "\"\xF4\x90\x80\x80\""s,
                                  "\"\xF5\x80\x80\x80\""s,
                                  "\"\xFF\""s,
                                  "\xC2\xA0{}"s,
                                  "{}\xC2\xA0"s,
                                  "\v{}"s,
                                  "\f{}"s}) {
    EXPECT_FALSE(parse_strict_json(text).has_value()) << testing::PrintToString(text);
  }
}

TEST(StrictJson, ANumberIsAnIntegerOnlyAsALiteralOf64Bits) {
  const std::pair<const char*, std::int64_t> integers[] = {
      {"0", 0}, {"-0", 0}, {"-7", -7}, {"9223372036854775807", INT64_MAX}, {"-9223372036854775808", INT64_MIN}};
  for (const auto& [text, value] : integers) {
    const auto json = parse_strict_json(text);
    ASSERT_TRUE(json.has_value()) << text;
    EXPECT_TRUE(json->is(Kind::integer)) << text;
    EXPECT_EQ(json->integer, value);
  }
  for (const char* text : {"1.0", "1e3", "1E0", "-0.0", "9223372036854775808", "-9223372036854775809",
                           "18446744073709551616", "1e999", "100000000000000000000000000000000000000"}) {
    const auto json = parse_strict_json(text);
    ASSERT_TRUE(json.has_value()) << text;
    EXPECT_TRUE(json->is(Kind::other_number)) << text;
    EXPECT_EQ(json->text, text) << "kept as written";
  }
}

TEST(StrictJson, AMemberNameStandsOnceInItsObjectHoweverItIsWritten) {
  EXPECT_EQ(parse_strict_json(R"({"a":1,"b":2,"a":1})").error(), "the member \"a\" occurs twice");
  EXPECT_EQ(parse_strict_json("{\"a\":1,\"\\u0061\":1}").error(), "the member \"a\" occurs twice");
  EXPECT_FALSE(parse_strict_json(R"({"x":[{"a":1,"a":2}]})").has_value());
  EXPECT_TRUE(parse_strict_json(R"({"a":{"a":1},"b":{"a":1},"A":1})").has_value());
}

TEST(StrictJson, NestingIsBounded) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse_strict_json(nested(json_depth_max)).has_value());
  EXPECT_EQ(parse_strict_json(nested(json_depth_max + 1)).error(), "nested deeper than 64 levels");
  EXPECT_FALSE(parse_strict_json(std::string(1'000'000, '[')).has_value());
}

TEST(StrictJson, TheFirstFaultIsNamedByItsByte) {
  EXPECT_EQ(parse_strict_json("{\"a\":x}").error(), "not JSON at byte 5");
  EXPECT_EQ(parse_strict_json("{} {").error(), "not JSON at byte 3: trailing content");
}

JsonValue drawn_value(int depth) {
  switch (*rc::gen::inRange(0, depth > 0 ? 6 : 4)) {
    case 0:
      return {};
    case 1:
      return json_boolean({}, *rc::gen::arbitrary<bool>());
    case 2:
      return json_integer({}, *rc::gen::arbitrary<std::int64_t>());
    case 3: {
      std::string text;
      for (const std::uint32_t point : *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange(0U, 0x110000U)))
        if (!is_high_surrogate(point) && !is_low_surrogate(point)) append_utf8(text, point);
      return json_text({}, std::move(text));
    }
    case 4: {
      std::vector<JsonValue> items;
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i) items.push_back(drawn_value(depth - 1));
      return json_list({}, std::move(items));
    }
    default: {
      std::vector<JsonValue> members;
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
        members.push_back(drawn_value(depth - 1));
        members.back().name = "m" + std::to_string(i);
      }
      return json_object({}, std::move(members));
    }
  }
}

RC_GTEST_PROP(StrictJsonProperty, WhatIsWrittenIsReadBackAndReadAlikeByAnotherReader, ()) {
  std::string text;
  append_json(text, drawn_value(3));
  const auto read = parse_strict_json(text);
  RC_ASSERT(read.has_value());
  std::string again;
  append_json(again, *read);
  RC_ASSERT(again == text);
  RC_ASSERT(nlohmann::json::accept(text));
}

RC_GTEST_PROP(StrictJsonProperty, NoOtherReaderRefusesWhatIsTaken, ()) {
  std::string text = R"({"a":[1,-2.5e3,"x\u00e9",true,null],"b":{"c":""}})";
  for (int edits = *rc::gen::inRange(1, 4); edits > 0; --edits) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    const char byte = *rc::gen::oneOf(rc::gen::elementOf("{}[]:,\"\\eE+-.019u \n"s), rc::gen::arbitrary<char>());
    if (*rc::gen::arbitrary<bool>()) {
      text[at] = byte;
    } else {
      text.insert(at, 1, byte);
    }
  }
  if (parse_strict_json(text)) {
    RC_ASSERT(nlohmann::json::accept(text) || text.find_first_of("eE") != std::string::npos);  // 1e999
  }
}

TEST(Utf8, EveryCodePointIsWrittenAsOneCharacterOfTheShortestForm) {
  for (std::uint32_t point = 0; point < 0x110000; ++point) {
    if (is_high_surrogate(point) || is_low_surrogate(point)) continue;
    std::string text;
    append_utf8(text, point);
    ASSERT_EQ(utf8_character_bytes(text), text.size()) << point;
    ASSERT_EQ(text.size(), point < 0x80 ? 1U : point < 0x800 ? 2U : point < 0x10000 ? 3U : 4U);
  }
}

TEST(Utf8, OfAllTwoAndThreeByteSequencesExactlyTheLegalOnesAreCharacters) {
  std::size_t two = 0;
  std::size_t three = 0;
  for (unsigned first = 0x80; first < 0x100; ++first) {
    for (unsigned second = 0; second < 0x100; ++second) {
      const std::string pair{static_cast<char>(first), static_cast<char>(second)};
      two += utf8_character_bytes(pair) == 2 ? 1U : 0U;
      three += utf8_character_bytes(pair + "\x80") == 3 ? 1U : 0U;
    }
  }
  EXPECT_EQ(two, 0x800U - 0x80U);
  EXPECT_EQ(three, (0x10000U - 0x800U - 0x800U) / 64);
}

}  // namespace
}  // namespace phalarope::spec
