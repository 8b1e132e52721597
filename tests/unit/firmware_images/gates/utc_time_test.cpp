// RFC 3339 times, both ways.
#include "firmware_images/gates/utc_time.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace phalarope::gates {
namespace {

TEST(UtcTime, ReadsWhatTheStandardAllowsAndNothingElse) {
  EXPECT_EQ(utc_ms_from("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(utc_ms_from("2026-03-01T00:00:00.250Z"), 1772323200250);
  EXPECT_EQ(utc_ms_from("2026-03-01T01:30:00.2509+01:30"), 1772323200250);
  EXPECT_EQ(utc_ms_from("2024-02-29T23:59:60Z"), utc_ms_from("2024-03-01T00:00:00Z"));
  for (const char* wrong :
       {"", "2026-03-01", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-03-01T24:00:00Z", "2026-03-01T00:00:00",
        "2026-03-01T00:00:00.Z", "2026-03-01T00:00:00Zx", "2026-03-01T00:00:00+24:00", "26-03-01T00:00:00Z"}) {
    EXPECT_FALSE(utc_ms_from(wrong).has_value()) << wrong;
  }
}

RC_GTEST_PROP(UtcTime, ReadsBackWhatItWrote, ()) {
  constexpr std::int64_t year_9999_ms = 253402300799999;
  const auto at = *rc::gen::inRange<std::int64_t>(0, year_9999_ms);
  RC_ASSERT(utc_ms_from(utc_text(at)) == at);
}

}  // namespace
}  // namespace phalarope::gates
