// What a session remembers between its batches: its epoch, and which requests it has done already.
#include "core/spec/ingress_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/spec/artifact_validator.hpp"
#include "tests/unit/spec/artifact_generator.hpp"
#include "tests/unit/spec/artifact_samples.hpp"

namespace phalarope::spec {
namespace {

using test::Json;
using ::testing::ElementsAre;

const IngressMoment moment = {.session_id = "s", .pipeline_version = "p", .event_id = "evt/s/session/000009"};

AbiElement element(const char* id, const char* key, int epoch) {
  Json json = test::event_record();
  json["event_id"] = id;
  json["authority_epoch"] = epoch;
  if (*key != 0) json["idempotency_key"] = key;
  return {"event_record", *parse_strict_json(json.dump())};
}
std::vector<std::string> ids_of(const Ingress& ingress) {
  std::vector<std::string> ids;
  for (const AbiElement& one : ingress.accepted) ids.push_back(one.document.find("event_id")->text);
  return ids;
}
Json json_of(const JsonValue& document) { return Json::parse(test::to_text(document)); }

// contract: 1.11 row 6, 10.4, F11
TEST(IngressSession, ADuplicateIsDroppedAndItsLineageKept) {
  IngressSession sut;
  EXPECT_THAT(ids_of(sut.take_in({element("a", "key-1", 3), element("b", "key-1", 3), element("c", "", 3)}, moment)),
              ElementsAre("a", "c"));
  const Ingress again = sut.take_in({element("d", "key-1", 3), element("e", "key-2", 3), element("f", "", 3)}, moment);
  EXPECT_THAT(ids_of(again), ElementsAre("e", "f")) << "keys survive a batch; an element without one is never one";
  ASSERT_EQ(again.lineage.size(), 1U);
  EXPECT_EQ(json_of(again.lineage[0]), Json({{"event_id", "d"}, {"idempotency_key", "key-1"}, {"dropped", true}}));
  EXPECT_FALSE(again.fault) << "a duplicate is no error";
}

// contract: 12.3 row 2, 10.2 row 2, F7
TEST(IngressSession, AnOlderEpochRefusesTheBatchAloud) {
  IngressSession sut;
  ASSERT_THAT(ids_of(sut.take_in({element("a", "", 7)}, moment)), ElementsAre("a"));
  const Ingress stale = sut.take_in({element("b", "key-1", 8), element("c", "", 6)}, moment);
  EXPECT_TRUE(stale.accepted.empty());
  EXPECT_EQ(json_of(*stale.error), Json({{"error_class", "authority_epoch_mismatch"},
                                         {"index", 1},
                                         {"path", "authority_epoch"},
                                         {"rule", "R 10.2: epoch 6 is older than the session's 8"}}));
  const Json signal = json_of(*stale.reject_signal);
  EXPECT_EQ(signal["signal"], "stale_epoch_reject");
  EXPECT_EQ(signal["emitted_by"], "RK-24");
  EXPECT_EQ(signal["reason"], "authority_epoch_mismatch");
  EXPECT_TRUE(validate_artifact("control_signal", signal.dump()).valid);
  EXPECT_EQ(sut.epoch(), Epoch{7}) << "a refused batch moves nothing";
  EXPECT_THAT(ids_of(sut.take_in({element("d", "key-1", 7)}, moment)), ElementsAre("d")) << "nor does it take a key";
}

TEST(IngressSession, ANewerEpochBecomesTheSessions) {
  IngressSession sut;
  EXPECT_EQ(sut.epoch(), std::nullopt);
  static_cast<void>(sut.take_in({element("a", "", 3), element("b", "", 4)}, moment));
  EXPECT_EQ(sut.epoch(), Epoch{4});
  EXPECT_TRUE(sut.take_in({element("c", "", 3)}, moment).fault.has_value());
}

// contract: 12.3 row 1
TEST(IngressSession, WhatBreaksTheFormIsRefusedBeforeItsEpochIsLookedAt) {
  IngressSession sut;
  Json broken = test::event_record();
  broken["authority_epoch"] = 9;
  broken["lane"] = "ControlLane";
  const Ingress refused = sut.take_in({{"event_record", *parse_strict_json(broken.dump())}}, moment);
  EXPECT_EQ(json_of(*refused.error)["error_class"], "schema_validation_error");
  EXPECT_EQ(json_of(*refused.reject_signal)["signal"], "reject");
  EXPECT_EQ(sut.epoch(), std::nullopt);
}

}  // namespace
}  // namespace phalarope::spec
