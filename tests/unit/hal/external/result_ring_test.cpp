// The host's end of the result ring believes nothing: whatever stands in the memory, it takes one whole record, says
// that there is none, or ends the ring by name.
#include "hal/external/result_ring.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string_view>

namespace phalarope::hal {
namespace {

class ResultRingTest : public ::testing::Test {
 protected:
  ResultRingTest() {
    for (std::uint64_t i = 0; i < PHAL_RESULT_SLOTS; ++i) region_->results[i].number = i + 1 - PHAL_RESULT_SLOTS;
  }
  phal_slot& slot(std::uint64_t position) { return region_->results[position % PHAL_RESULT_SLOTS]; }
  void publish(std::uint64_t position, std::string_view text) {
    slot(position).command = position + 100;
    slot(position).type = phal_record_result;
    slot(position).payload_bytes = static_cast<std::uint32_t>(text.size());
    std::memcpy(slot(position).payload, text.data(), text.size());
    slot(position).number = position + 1;
  }

  std::unique_ptr<phal_region> region_ = std::make_unique<phal_region>();
  ResultRing sut_{*region_};
  ResultRecord record_;
};

TEST_F(ResultRingTest, GivesEachRecordOnceInOrderRoundAndRound) {
  EXPECT_EQ(sut_.take(record_), Taken::nothing);
  for (std::uint64_t i = 0; i < 5 * PHAL_RESULT_SLOTS; ++i) {
    EXPECT_FALSE(sut_.ready());
    publish(i, "ab");
    EXPECT_TRUE(sut_.ready());
    ASSERT_EQ(sut_.take(record_), Taken::record);
    EXPECT_EQ(record_.command, i + 100);
    EXPECT_EQ(record_.payload().size(), 2U);
    EXPECT_EQ(region_->results_taken, i + 1);
    ASSERT_EQ(sut_.take(record_), Taken::nothing);
  }
}

TEST_F(ResultRingTest, ANumberThatCannotBeEndsItForEver) {
  for (const std::uint64_t number : {std::uint64_t{2}, std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{65}}) {
    ResultRing sut(*region_);
    publish(0, "x");
    slot(0).number = number;
    EXPECT_EQ(sut.take(record_), Taken::broken) << number;
    EXPECT_EQ(sut.fault(), ExternalFault::ring_corrupt);
    publish(0, "x");
    EXPECT_EQ(sut.take(record_), Taken::broken) << "nothing mends it";
  }
}

TEST_F(ResultRingTest, ALengthBeyondTheSlotIsRefusedBeforeItIsUsed) {
  publish(0, "x");
  slot(0).payload_bytes = PHAL_PAYLOAD_BYTES_MAX + 1;
  EXPECT_EQ(sut_.take(record_), Taken::broken);
  EXPECT_EQ(sut_.fault(), ExternalFault::payload_too_long);
}

TEST_F(ResultRingTest, WhatItSaysAboutItsOwnPositionIsNeverReadBack) {
  publish(0, "x");
  ASSERT_EQ(sut_.take(record_), Taken::record);
  region_->results_taken = 4711;
  publish(1, "y");
  ASSERT_EQ(sut_.take(record_), Taken::record);
  EXPECT_EQ(region_->results_taken, 2U);
}

}  // namespace
}  // namespace phalarope::hal
