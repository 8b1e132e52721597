// schemas/artifact.fbs against the rule tables: the codec reads and writes by position, so both lists must be one.
#include <flatbuffers/idl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

#include "core/spec/artifact_rules.hpp"
#include "tests/unit/spec/spec_samples.hpp"

namespace phalarope::spec {
namespace {

/// RK-02 as RK_02; DataLane, as a field, data_lane.
std::string enum_spelling(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
}
std::string field_spelling(std::string_view name) {
  std::string text;
  for (const char c : name) {
    const bool upper = std::isupper(static_cast<unsigned char>(c)) != 0;
    if (upper && !text.empty()) text += '_';
    text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return text;
}

class Comparison {
 public:
  std::set<std::string> tables_seen;

  void table(const flatbuffers::StructDef& table, const ObjectRule& rule) {
    tables_seen.insert(table.name);
    ASSERT_FALSE(table.fixed) << table.name;
    ASSERT_EQ(table.fields.vec.size(), rule.members.size()) << table.name;
    for (std::size_t i = 0; i < rule.members.size(); ++i) {
      const flatbuffers::FieldDef& field = *table.fields.vec[i];
      const std::string where = table.name + "." + field.name;
      EXPECT_EQ(field.name, field_spelling(rule.members[i].name)) << where;
      EXPECT_EQ(field.value.offset, 4 + 2 * i) << where;
      value(field.value.type, rule.members[i].rule, where);
      const bool scalar = flatbuffers::IsScalar(field.value.type.base_type);
      EXPECT_EQ(field.IsScalarOptional(), scalar) << where << ": absent and zero must differ";
    }
  }

 private:
  void value(const flatbuffers::Type& type, const ValueRule& rule, const std::string& where) {
    switch (rule.shape) {
      case Shape::integer:
        EXPECT_EQ(type.base_type, flatbuffers::BASE_TYPE_LONG) << where;
        return;
      case Shape::boolean:
      case Shape::always_true:
        EXPECT_EQ(type.base_type, flatbuffers::BASE_TYPE_BOOL) << where;
        return;
      case Shape::choice:
        return choices(type, rule, where);
      case Shape::text:
      case Shape::version:
      case Shape::hash:
      case Shape::visible_text:
        EXPECT_EQ(type.base_type, flatbuffers::BASE_TYPE_STRING) << where;
        return;
      case Shape::object:
        ASSERT_EQ(type.base_type, flatbuffers::BASE_TYPE_STRUCT) << where;
        return table(*type.struct_def, *rule.object);
      case Shape::list:
        ASSERT_EQ(type.base_type, flatbuffers::BASE_TYPE_VECTOR) << where;
        return value(type.VectorType(), *rule.element, where);
      case Shape::map: {
        ASSERT_EQ(type.base_type, flatbuffers::BASE_TYPE_VECTOR) << where;
        const auto& fields = type.VectorType().struct_def->fields.vec;
        ASSERT_EQ(fields.size(), 2U) << where;
        EXPECT_EQ(fields[0]->name + " " + fields[1]->name, "key value") << where;
        EXPECT_EQ(fields[0]->value.type.base_type, flatbuffers::BASE_TYPE_STRING) << where;
        return value(fields[1]->value.type, *rule.element, where);
      }
    }
  }

  static void choices(const flatbuffers::Type& type, const ValueRule& rule, const std::string& where) {
    ASSERT_EQ(type.base_type, flatbuffers::BASE_TYPE_UCHAR) << where;
    ASSERT_NE(type.enum_def, nullptr) << where;
    const auto& members = type.enum_def->Vals();
    ASSERT_EQ(members.size(), rule.choices.size()) << where;
    for (std::size_t i = 0; i < members.size(); ++i) {
      EXPECT_EQ(members[i]->name, enum_spelling(rule.choices[i])) << where;
      EXPECT_EQ(members[i]->GetAsUInt64(), i) << where;
    }
  }
};

// contract: 1.2, 1.6, 1.7, 1.8
TEST(ArtifactFields, StandInTheOrderOfTheRuleTables) {
  flatbuffers::Parser parser;
  ASSERT_TRUE(parser.Parse(test::text_of(test::repository_file("schemas/artifact.fbs")).c_str())) << parser.error_;
  const flatbuffers::EnumDef* const body = parser.enums_.Lookup("phalarope.wire.artifact.ArtifactBody");
  ASSERT_NE(body, nullptr);
  ASSERT_EQ(body->size(), artifact_kinds.size() + 1);
  Comparison comparison;
  for (std::size_t i = 0; i < artifact_kinds.size(); ++i) {
    const flatbuffers::EnumVal& member = *body->Vals()[i + 1];
    EXPECT_EQ(member.name, artifact_kinds[i]);
    comparison.table(*member.union_type.struct_def, *find_artifact_rule(artifact_kinds[i]));
  }
  EXPECT_EQ(comparison.tables_seen.size(), 24U) << "the walk reaches the nested objects";
}

}  // namespace
}  // namespace phalarope::spec
