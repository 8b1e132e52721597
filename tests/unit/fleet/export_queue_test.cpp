// The queue to the other side: who is let in, who is tried again, and that every record is accounted for.
#include "core/fleet/export_queue.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>

namespace phalarope::fleet {
namespace {

DurableRecord numbered(std::uint64_t number) {
  return {.kind = "baseline",
          .session_id = "s",
          .turn_id = {},
          .event_id = std::to_string(number),
          .pipeline_version = "p",
          .payload = "{}"};
}
StorePlace place_of(std::uint64_t number) { return {.segment_number = 1, .sequence = number}; }
Instant at_ms(std::int64_t ms) { return Instant{ms * ns_per_ms}; }

// contract: evidence 1.8
TEST(ExportQueue, InvalidAndOneTooManyAreDroppedAndCounted) {
  ExportQueue sut(2, 3);
  EXPECT_EQ(sut.offer(DurableRecord{}, place_of(0), at_ms(0)), Offer::invalid);
  EXPECT_EQ(sut.offer(numbered(1), place_of(1), at_ms(0)), Offer::enqueued);
  EXPECT_EQ(sut.offer(numbered(2), place_of(2), at_ms(0)), Offer::enqueued);
  EXPECT_EQ(sut.offer(numbered(3), place_of(3), at_ms(0)), Offer::full);
  EXPECT_EQ(sut.stats(), (ExportStats{.enqueued = 2, .dropped = 2, .queue_depth = 2}));
}

// contract: evidence 1.8
TEST(ExportQueue, ARecordIsTriedThreeTimesThenAbandonedAndTheNextIsFirst) {
  ExportQueue sut(8, 3);
  for (std::uint64_t i = 1; i <= 2; ++i) EXPECT_EQ(sut.offer(numbered(i), place_of(i), at_ms(0)), Offer::enqueued);
  EXPECT_EQ(sut.failed(), AfterFailure::retry);
  EXPECT_EQ(sut.failed(), AfterFailure::retry);
  EXPECT_EQ(sut.front()->place.sequence, 1U);
  EXPECT_EQ(sut.failed(), AfterFailure::abandoned);
  EXPECT_EQ(sut.front()->place.sequence, 2U);
  EXPECT_EQ(sut.arrived(at_ms(40)), milliseconds(40));
  EXPECT_EQ(sut.stats(), (ExportStats{.enqueued = 2, .exported = 1, .retries = 2, .failures = 1}));
  EXPECT_EQ(sut.front(), nullptr);
}

// contract: evidence 7 row 7
TEST(ExportQueue, TheLastChanceOfAClosingExporterIsAFailureAndNotARetry) {
  ExportQueue sut(8, 3);
  EXPECT_EQ(sut.offer(numbered(1), place_of(1), at_ms(0)), Offer::enqueued);
  EXPECT_EQ(sut.failed(), AfterFailure::retry);
  sut.stop_taking();
  EXPECT_EQ(sut.failed(true), AfterFailure::abandoned);
  EXPECT_EQ(sut.offer(numbered(2), place_of(2), at_ms(0)), Offer::full);
  EXPECT_EQ(sut.stats(), (ExportStats{.enqueued = 1, .dropped = 1, .retries = 1, .failures = 1}));
}

TEST(ExportQueue, ARecordThatIsTriedStaysWhereItIsWhileOthersCome) {
  ExportQueue sut(4096, 3);
  EXPECT_EQ(sut.offer(numbered(0), place_of(0), at_ms(0)), Offer::enqueued);
  const WaitingRecord* const front = sut.front();
  for (std::uint64_t i = 1; i < 4096; ++i) EXPECT_EQ(sut.offer(numbered(i), place_of(i), at_ms(0)), Offer::enqueued);
  EXPECT_EQ(sut.front(), front);
  EXPECT_EQ(front->record.event_id, "0");
}

// contract: evidence 1.8
RC_GTEST_PROP(ExportQueue, EnqueuedIsExportedAndFailedAndWaitingWhateverHappens, ()) {
  const auto capacity = *rc::gen::inRange<std::size_t>(1, 6);
  const auto attempts = *rc::gen::inRange<std::int64_t>(1, 5);
  ExportQueue sut(capacity, attempts);
  std::deque<std::uint64_t> model;  // what must be waiting, in order
  std::int64_t tries = 0;
  std::uint64_t offered = 0;
  for (const int step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 4))) {
    if (step <= 1) {
      const bool taken = sut.offer(numbered(offered), place_of(offered), at_ms(0)) == Offer::enqueued;
      RC_ASSERT(taken == (model.size() < capacity));
      if (taken) model.push_back(offered);
      ++offered;
    } else if (!model.empty() && step == 2) {
      sut.arrived(at_ms(1));
      model.pop_front();
      tries = 0;
    } else if (!model.empty()) {
      const bool abandoned = sut.failed() == AfterFailure::abandoned;
      RC_ASSERT(abandoned == (++tries == attempts));
      if (abandoned) model.pop_front(), tries = 0;
    }
    const ExportStats stats = sut.stats();
    RC_ASSERT(stats.enqueued == stats.exported + stats.failures + stats.queue_depth);
    RC_ASSERT(offered == stats.enqueued + stats.dropped);
    RC_ASSERT(stats.queue_depth == model.size());
    const bool front_is_right = model.empty() ? sut.front() == nullptr : sut.front()->place.sequence == model.front();
    RC_ASSERT(front_is_right);
  }
}

}  // namespace
}  // namespace phalarope::fleet
