// What leaves the board of one turn, and by which id it is known.
#include "core/fleet/durable_record.hpp"

#include <flatbuffers/flatbuffers.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "evidence_generated.h"

namespace phalarope::fleet {
namespace {

DurableRecord complete() {
  return {.kind = "baseline",
          .session_id = "s1",
          .turn_id = "t1",
          .event_id = "e1",
          .pipeline_version = "pipeline-v1",
          .authority_epoch = 3,
          .runtime_timestamp_ms = 12,
          .wall_clock_timestamp_ms = 12,
          .payload = R"({"a":1})"};
}

struct Times {
  std::int64_t proposed_ns = -1;
  std::int64_t open_ns = -1;
  std::int64_t terminal_ns = -1;
};

std::vector<std::byte> table_with(const Times& times) {
  flatbuffers::FlatBufferBuilder builder;
  const auto session = builder.CreateString("s1");
  const auto turn = builder.CreateString("t1");
  wire::TurnEvidenceBuilder table(builder);
  table.add_session_id(session);
  table.add_turn_id(turn);
  table.add_authority_epoch(7);
  if (times.proposed_ns >= 0) table.add_turn_open_proposed_at_ns(times.proposed_ns);
  if (times.open_ns >= 0) table.add_turn_open_at_ns(times.open_ns);
  if (times.terminal_ns >= 0) table.add_turn_terminal_at_ns(times.terminal_ns);
  builder.Finish(table.Finish());
  const auto* const begin = reinterpret_cast<const std::byte*>(builder.GetBufferPointer());
  return {begin, begin + builder.GetSize()};
}

// contract: evidence 1.8
TEST(DurableRecord, TextsAreTrimmedNumbersAreNotBelowZeroAndThePayloadStays) {
  DurableRecord raw = complete();
  raw.kind = " baseline\n";
  raw.session_id = "\ts1 ";
  raw.authority_epoch = -1;
  raw.runtime_timestamp_ms = -5;
  raw.wall_clock_timestamp_ms = -7;
  raw.payload = " {} ";
  const DurableRecord clean = normalised(raw);
  EXPECT_EQ(clean.kind, "baseline");
  EXPECT_EQ(clean.session_id, "s1");
  EXPECT_EQ(clean.authority_epoch, 0);
  EXPECT_EQ(clean.runtime_timestamp_ms, 0);
  EXPECT_EQ(clean.wall_clock_timestamp_ms, 0);
  EXPECT_EQ(clean.payload, " {} ");
}

// contract: evidence 1.8
TEST(DurableRecord, FiveMembersMustBeThereAndTheTurnNeedNot) {
  EXPECT_TRUE(is_valid(complete()));
  for (std::string DurableRecord::* const member :
       {&DurableRecord::kind, &DurableRecord::session_id, &DurableRecord::event_id, &DurableRecord::pipeline_version,
        &DurableRecord::payload}) {
    DurableRecord record = complete();
    record.*member = "";
    EXPECT_FALSE(is_valid(record));
  }
  DurableRecord without_turn = complete();
  without_turn.turn_id = "";
  EXPECT_TRUE(is_valid(without_turn));
}

// contract: evidence 1.8
TEST(DurableRecord, ItsTimeIsThatOfTheTerminalElseTheOpenElseTheProposal) {
  const auto at = [](const Times& times) { return durable_record_of(table_with(times))->runtime_timestamp_ms; };
  EXPECT_EQ(at({.proposed_ns = 1'900'000, .open_ns = 2'000'000, .terminal_ns = 3'999'999}), 3);
  EXPECT_EQ(at({.proposed_ns = 1'900'000, .open_ns = 2'000'000}), 2);
  EXPECT_EQ(at({.proposed_ns = 1'900'000}), 1);
  EXPECT_EQ(at({}), 0);
  const auto record = durable_record_of(table_with({.terminal_ns = 5'000'000}));
  EXPECT_EQ(record->wall_clock_timestamp_ms, 5);
  EXPECT_EQ(record->kind, "baseline");
  EXPECT_EQ(record->authority_epoch, 7);
}

TEST(DurableRecord, BytesThatAreNoTableGiveNone) {
  std::vector<std::byte> bytes(40, std::byte{0xff});
  EXPECT_FALSE(durable_record_of(bytes));
  EXPECT_FALSE(durable_record_of({}));
}

TEST(DurableRecord, ItsJsonHoldsThePayloadAsJson) {
  const auto json = nlohmann::json::parse(record_json(complete()));
  EXPECT_EQ(json.size(), 9U);
  EXPECT_EQ(json["payload"]["a"], 1);
  EXPECT_EQ(json["authority_epoch"], 3);
  DurableRecord odd = complete();
  odd.turn_id = "";
  odd.session_id = "a\"b\xff\n";
  const auto read = nlohmann::json::parse(record_json(odd));
  EXPECT_FALSE(read.contains("turn_id"));
  EXPECT_EQ(read["session_id"], "a\"b\xEF\xBF\xBD\n");
}

// contract: evidence 8
TEST(DurableRecord, TheIdIsEqualForCopiesAndDiffersByPlaceRecordingAndContent) {
  const std::string id = message_id("ab", 5, "{}");
  EXPECT_EQ(id, message_id("ab", 5, "{}"));
  EXPECT_NE(id, message_id("ab", 6, "{}"));
  EXPECT_NE(id, message_id("cd", 5, "{}"));
  EXPECT_NE(id, message_id("ab", 5, R"({"a":1})"));
}

}  // namespace
}  // namespace phalarope::fleet
