// The gateway: the table of 1.9 row by row, and batches that pass whole or not at all.
#include "core/spec/abi_gateway.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/unit/spec/artifact_generator.hpp"
#include "tests/unit/spec/artifact_samples.hpp"

namespace phalarope::spec {
namespace {

using test::changed;
using test::Json;
using test::removed;

AbiElement element(std::string kind, const Json& json) { return {std::move(kind), *parse_strict_json(json.dump())}; }
Json json_of(const JsonValue& document) { return Json::parse(test::to_text(document)); }

Json normalised(const char* kind, const Json& json) {
  AbiElement one = element(kind, json);
  normalise(one);
  return json_of(one.document);
}

/// A row of 1.9: what stands at a member before, and after. `removed()` is "not there".
struct Row {
  const char* kind;
  const char* member;
  Json before;
  Json after;
};

// contract: 1.9 rows
TEST(Gateway, NormalisesExactlyTheTable) {
  const Json gone = removed();
  const Row rows[] = {
      {"event_record", "schema_version", gone, "v1.0"},
      {"event_record", "schema_version", "", "v1.0"},
      {"event_record", "schema_version", "v1.7", "v1.7"},
      {"event_record", "schema_version", nullptr, nullptr},
      {"control_signal", "schema_version", gone, "v1.0"},
      {"control_signal", "schema_version", "", "v1.0"},
      {"event_record", "transport_sequence", gone, 0},
      {"event_record", "transport_sequence", nullptr, 0},
      {"event_record", "transport_sequence", -1, -1},
      {"control_signal", "transport_sequence", gone, 0},
      {"control_signal", "transport_sequence", nullptr, 0},
      {"event_record", "authority_epoch", gone, 0},
      {"event_record", "authority_epoch", -4, 0},
      {"event_record", "authority_epoch", 4, 4},
      {"control_signal", "authority_epoch", gone, gone},
      {"control_signal", "authority_epoch", -4, 0},
      {"event_record", "runtime_sequence", -1, 0},
      {"event_record", "runtime_sequence", gone, gone},
      {"event_record", "runtime_timestamp_ms", -1, 0},
      {"event_record", "wall_clock_timestamp_ms", -1, 0},
      {"event_record", "timestamp_ms", -1, 0},
      {"event_record", "timestamp_ms", gone, gone},
      {"control_signal", "runtime_sequence", -1, 0},
      {"control_signal", "runtime_timestamp_ms", -1, 0},
      {"control_signal", "wall_clock_timestamp_ms", -1, 0},
      {"event_record", "scope", gone, gone},
      {"control_signal", "scope", gone, "turn"},
      {"control_signal", "scope", "node", "node"},
      {"control_signal", "scope", "", ""},
  };
  for (const Row& row : rows) {
    const std::string pointer = std::string("/") + row.member;
    const auto with = [&](const Json& value) {
      Json json = test::sample_of(row.kind);
      if (!value.is_discarded()) return changed(json, pointer, value);
      json.erase(row.member);
      return json;
    };
    EXPECT_EQ(normalised(row.kind, with(row.before)), with(row.after)) << row.kind << " " << row.member;
  }
}

// contract: 1.9
TEST(Gateway, GivesASessionsSignalTheSessionsScope) {
  Json signal = test::control_signal();
  signal.erase("scope");
  signal["event_scope"] = "session";
  EXPECT_EQ(normalised("control_signal", signal)["scope"], "session");
}

// contract: 1.9
TEST(Gateway, NeverInventsATurn) {
  for (const char* kind : {"event_record", "control_signal"}) {
    const Json without = changed(test::sample_of(kind), "/turn_id", removed());
    const auto passed = pass_gateway({element(kind, without)});
    ASSERT_FALSE(passed) << kind;
    EXPECT_EQ(passed.error().violation.path, "turn_id");
  }
}

// contract: 1.11
TEST(Gateway, AcceptsMajorVersionOneOnly) {
  const auto verdict = [](const Json& version) {
    const auto violation =
        judge_live(element("event_record", changed(test::event_record(), "/schema_version", version)));
    return violation ? violation->path + ": " + violation->rule : std::string("accepted");
  };
  const std::string foreign = "schema_version: R 1.11: the live gateway accepts major version 1 only";
  EXPECT_EQ(verdict("v1.0"), "accepted");
  EXPECT_EQ(verdict("v1.99.3"), "accepted");
  EXPECT_EQ(verdict("v2.0"), foreign);
  EXPECT_EQ(verdict("v0.9"), foreign);
  EXPECT_EQ(verdict("v10.0"), foreign);
  EXPECT_EQ(verdict("v01.0"), foreign) << "no second spelling of the same version";
  EXPECT_EQ(verdict("1.0"), "schema_version: R 1.2: must be a version");
  EXPECT_EQ(verdict("v1"), "schema_version: R 1.2: must be a version");
  EXPECT_EQ(verdict(1), "schema_version: R 1.2: must be a version");
}

Json in_order(std::int64_t runtime_sequence, std::int64_t transport_sequence) {
  Json record = test::event_record();
  record["runtime_sequence"] = runtime_sequence;
  record["transport_sequence"] = transport_sequence;
  return record;
}

// contract: 1.9
TEST(Gateway, LetsSequencesRepeatButNeverDecrease) {
  const auto fault = [](const std::vector<Json>& records) {
    std::vector<AbiElement> batch;
    for (const Json& record : records) batch.push_back(element("event_record", record));
    const auto passed = pass_gateway(std::move(batch));
    return passed ? std::string() : std::to_string(passed.error().index) + " " + passed.error().violation.rule;
  };
  EXPECT_EQ(fault({in_order(5, 5), in_order(5, 5), in_order(6, 5), in_order(6, 9)}), "");
  EXPECT_EQ(fault({in_order(1, 1), in_order(5, 5), in_order(4, 5)}),
            "2 R 1.9: runtime_sequence decreases within the batch, from 5 to 4");
  EXPECT_EQ(fault({in_order(1, 7), in_order(1, 6)}),
            "1 R 1.9: transport_sequence decreases within the batch, from 7 to 6");
  EXPECT_EQ(fault({in_order(1, 1), in_order(-3, 1)}),
            "1 R 1.9: runtime_sequence decreases within the batch, from 1 to 0")
      << "compared as normalised";
}

// contract: 1.9
TEST(Gateway, FailsTheWholeBatchAtItsFirstFailure) {
  const Json sound = test::event_record();
  const Json wounded = changed(sound, "/lane", "Data");
  const auto passed = pass_gateway({element("event_record", sound), element("control_signal", test::control_signal()),
                                    element("event_record", wounded), element("event_record", "no object")});
  ASSERT_FALSE(passed);
  EXPECT_EQ(passed.error().index, 2U);
  EXPECT_EQ(passed.error().violation.path, "lane");
  EXPECT_TRUE(pass_gateway({})->empty());
}

TEST(Gateway, PassesRecordsAndSignalsOnly) {
  const auto passed = pass_gateway({element("turn_transition", test::turn_transition())});
  ASSERT_FALSE(passed);
  EXPECT_EQ(passed.error().violation.path, "kind");
  EXPECT_FALSE(pass_gateway({element("event_record", Json::array())}));
}

// contract: 1.9
RC_GTEST_PROP(Gateway, WhatPassedPassesAgainUnchanged, (std::uint64_t seed)) {
  test::ArtifactGenerator generator(seed);
  for (const char* kind : {"event_record", "control_signal"}) {
    AbiElement one{kind, generator.below(2) == 0 ? generator.sound(kind) : generator.wounded(kind)};
    const auto once = pass_gateway({one});
    if (!once) continue;
    const auto twice = pass_gateway(*once);
    RC_ASSERT(twice.has_value());
    RC_ASSERT(test::to_text(twice->front().document) == test::to_text(once->front().document));
    RC_ASSERT(!judge(twice->front().document, *find_artifact_rule(kind)));
  }
}

}  // namespace
}  // namespace phalarope::spec
