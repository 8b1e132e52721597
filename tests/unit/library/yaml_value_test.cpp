// The library's reading of YAML: which scalars are what, what is refused, and that any bytes come to an end.
#include "core/library/yaml_value.hpp"

#include <gtest/gtest.h>

namespace phalarope::library {
namespace {

using Kind = YamlValue::Kind;

YamlValue value_of(const std::string& written) {
  const auto file = parse_yaml("field: " + written + "\n");
  return file ? *file->root.find("field") : YamlValue{};
}

TEST(YamlValue, PlainScalarsHaveTheKindsOfTheContract) {
  for (const char* word : {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"}) {
    EXPECT_TRUE(value_of(word).is(Kind::boolean) && value_of(word).boolean) << word;
  }
  for (const char* word : {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"}) {
    EXPECT_TRUE(value_of(word).is(Kind::boolean) && !value_of(word).boolean) << word;
  }
  for (const char* word : {"y", "Y", "n", "N", "tRue", "1.2.3", "M-RET-001", "'5'", "\"true\"", "a:b", "12 apples"}) {
    EXPECT_TRUE(value_of(word).is(Kind::text)) << word;
  }
  for (const char* word : {"", "~", "null"}) EXPECT_TRUE(value_of(word).is(Kind::null)) << word;
  for (const char* word : {"0", "5", "-7", "+3"}) EXPECT_TRUE(value_of(word).is(Kind::integer)) << word;
  for (const char* word : {"0.80", "-1.5", "1e3", ".5", ".inf"}) EXPECT_TRUE(value_of(word).is(Kind::number)) << word;
}

TEST(YamlValue, WhatReadersDisagreeAboutIsRefused) {
  for (const char* word : {"010", "0o17", "0x1F", "0b1", "1:30", "2026-01-05", "2026-1-5", "2026-01-05T10:00:00Z"}) {
    EXPECT_FALSE(parse_yaml("field: " + std::string(word))) << word;
    EXPECT_TRUE(value_of("'" + std::string(word) + "'").is(Kind::text)) << word;
  }
}

TEST(YamlValue, EveryFieldKnowsItsLine) {
  const auto file = parse_yaml("a: 1\nb:\n  - x\n  - c: |\n      long\n      text\nd: >\n  folded\n  words\n");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->root.find("a")->line, 1);
  EXPECT_EQ(file->root.find("b")->line, 2);
  EXPECT_EQ(file->root.find("b")->items[1].line, 4);
  EXPECT_EQ(file->root.find("b")->items[1].find("c")->text, "long\ntext\n");
  EXPECT_EQ(file->root.find("d")->text, "folded words\n");
}

TEST(YamlValue, TheLastOfARepeatedKeyWinsAndIsTold) {
  const auto file = parse_yaml("a: 1\nb: 2\na: 3\n");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->root.find("a")->integer, 3);
  ASSERT_EQ(file->repeated.size(), 1U);
  EXPECT_EQ(file->repeated[0].line, 3);
}

TEST(YamlValue, AliasesCountAsOftenAsTheyAreUsed) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string last = std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) bomb += (k == 0 ? "*a" : ", *a") + last;
    bomb += "]\n";
  }
  EXPECT_FALSE(parse_yaml(bomb));
  const auto file = parse_yaml("a: &x {b: 1}\nc: *x\n");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->root.find("c")->find("b")->integer, 1);
}

TEST(YamlValue, BrokenFilesAreFaultsWithALine) {
  for (const char* text : {"a: [1, 2", "a: 'x", "a: b: c", "a: *nobody", "{", "a: &x [*x]", "--- 1\n--- 2\n",
                           "? [a]\n: b", "a: !thing x"}) {
    EXPECT_FALSE(parse_yaml(text)) << text;
  }
  EXPECT_FALSE(parse_yaml(std::string(100'000, '[')));
}

}  // namespace
}  // namespace phalarope::library
