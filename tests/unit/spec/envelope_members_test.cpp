// Each member of the envelope, alone, with every kind of value that it must not have.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/spec/artifact_validator.hpp"
#include "tests/unit/spec/artifact_samples.hpp"

namespace phalarope::spec {
namespace {

using test::changed;
using test::Json;

bool is_valid(const Json& signal) { return validate_artifact("control_signal", signal.dump()).valid; }

// contract: 1.2 rows
TEST(Envelope, HoldsEachMemberOfTheEnvelopeToItsType) {
  const Json bad_text = {"", 1, true, nullptr, Json::array(), Json::object()};
  const Json bad_number = {-1, 0.5, "0", true, nullptr, Json::array(), Json::object()};
  const Json bad_flag = {0, "true", nullptr, Json::array(), Json::object()};
  const Json bad_choice = {"", "other", 1, nullptr, Json::array(), Json::object()};
  const struct {
    std::vector<const char*> members;
    const Json& wrong;
  } types[] = {{{"schema_version", "session_id", "turn_id", "pipeline_version", "event_id", "lease_token", "node_id",
                 "edge_id", "causal_parent_id", "idempotency_key", "provider_invocation_id", "sync_id", "sync_domain",
                 "discontinuity_id", "merge_group_id", "reason"},
                bad_text},
               {{"transport_sequence", "runtime_sequence", "runtime_timestamp_ms", "wall_clock_timestamp_ms",
                 "timestamp_ms", "authority_epoch", "amount"},
                bad_number},
               {{"event_scope", "lane", "payload_class", "emitted_by", "signal", "scope", "target_lane"}, bad_choice},
               {{"late_after_cancel"}, bad_flag},
               {{"media_time", "seq_range", "merged_from_event_ids"}, bad_text}};
  // Everything an envelope may carry, so that each wound is the only one.
  Json sound = test::control_signal();
  sound.update({{"signal", "cancel"},
                {"emitted_by", "RK-16"},
                {"edge_id", "e"},
                {"target_lane", "DataLane"},
                {"sync_domain", "d"},
                {"discontinuity_id", "i"},
                {"seq_range", {{"start", 1}, {"end", 1}}}});
  sound.update({{"lease_token", "l"},
                {"node_id", "n"},
                {"causal_parent_id", "c"},
                {"idempotency_key", "k"},
                {"sync_id", "y"},
                {"provider_invocation_id", "p"},
                {"merge_group_id", "g"},
                {"timestamp_ms", 1},
                {"merged_from_event_ids", {"a", "b"}},
                {"amount", 1},
                {"reason", "because"},
                {"media_time", {{"sample_index", 1}}}});
  sound["late_after_cancel"] = true;
  ASSERT_TRUE(is_valid(sound)) << validate_artifact("control_signal", sound.dump()).rule;
  std::size_t held = 0;
  for (const auto& type : types) {
    for (const char* member : type.members) {
      ASSERT_TRUE(sound.contains(member)) << member;
      ++held;
      for (const Json& wrong : type.wrong) {
        EXPECT_FALSE(is_valid(changed(sound, std::string("/") + member, wrong))) << member << ": " << wrong;
      }
    }
  }
  EXPECT_EQ(held, sound.size()) << "no member of the envelope is left out";
  EXPECT_EQ(held, 34U);
}

}  // namespace
}  // namespace phalarope::spec
