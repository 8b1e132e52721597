// The state beside the recording: what was written is read, what is no such file is not believed.
#include "core/fleet/export_state.hpp"

#include <gtest/gtest.h>

namespace phalarope::fleet {
namespace {

ExportState some_state() {
  return {.recording_id = "00ff",
          .point = {.segment_number = 3, .sequence = 18'446'744'073'709'551'614U},
          .unacknowledged = 4,
          .behind = true,
          .sink = "nats://hub:4222/S",
          .updated_at_ms = 5,
          .stats = {.enqueued = 6, .dropped = 7, .exported = 8, .retries = 9, .failures = 10, .queue_depth = 11},
          .catch_up = {.caught_up = 12, .duplicates = 13, .evicted = 14, .passes = 15},
          .lag_ms = 16,
          .last_error = "the endpoint answered HTTP 503"};
}

TEST(ExportState, WhatWasWrittenIsRead) { EXPECT_EQ(read_export_state(to_json(some_state())), some_state()); }

TEST(ExportState, WhatIsNoSuchFileIsNotBelieved) {
  EXPECT_FALSE(read_export_state(""));
  EXPECT_FALSE(read_export_state("[]"));
  EXPECT_FALSE(read_export_state(R"({"schema_version":"phalarope.export_state.v2","recording_id":"a"})"));
  EXPECT_FALSE(read_export_state(R"({"schema_version":"phalarope.export_state.v1"})"));
  const std::string whole = to_json(some_state());
  for (std::size_t cut = 0; cut + 2 < whole.size(); ++cut) EXPECT_FALSE(read_export_state(whole.substr(0, cut))) << cut;
}

TEST(ExportState, AMemberOfAnotherKindIsNotThere) {
  const auto state = read_export_state(
      R"({"schema_version":"phalarope.export_state.v1","recording_id":"a","sequence":-4,"stats":[],"behind":"yes"})");
  ASSERT_TRUE(state);
  EXPECT_EQ(state->point.sequence, 0U);
  EXPECT_FALSE(state->behind);
}

}  // namespace
}  // namespace phalarope::fleet
