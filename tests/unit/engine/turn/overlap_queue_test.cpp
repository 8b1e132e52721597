// Who waits while a turn is active: at most four, in the engine's order, each once.
//
// contract: runtime.md 3.1, 7.1, I5, I10
#include "core/engine/turn/overlap_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace phalarope {
namespace {

OverlapCandidate candidate(std::uint64_t sequence, std::uint32_t turn) {
  return {.sequence = RuntimeSequence{sequence}, .turn = TurnNumber{turn}, .utterance = {}};
}

// contract: 3.1 rule 1, 3.1 rule 2
TEST(OverlapPolicies, PreemptCancelsQueueWaitsAndAFreeFloorIsTaken) {
  EXPECT_EQ(decide_overlap(OverlapPolicy::preempt, true), OverlapAction::preempt);
  EXPECT_EQ(decide_overlap(OverlapPolicy::queue, true), OverlapAction::wait);
  EXPECT_EQ(decide_overlap(OverlapPolicy::preempt, false), OverlapAction::propose);
  EXPECT_EQ(decide_overlap(OverlapPolicy::queue, false), OverlapAction::propose);
}

// contract: 3.1 rule 3
TEST(OverlapQueue, CandidatesLeaveInRuntimeSequenceOrderHoweverTheyCame) {
  std::vector<std::uint64_t> sequences = {1, 2, 3, 4};
  do {
    OverlapQueue sut;
    for (const std::uint64_t sequence : sequences)
      ASSERT_EQ(sut.push(candidate(sequence, static_cast<std::uint32_t>(sequence))), OverlapAnswer::waiting);
    for (std::uint64_t expected = 1; expected <= 4; ++expected)
      EXPECT_EQ(sut.take_head()->sequence, RuntimeSequence{expected});
    EXPECT_EQ(sut.take_head(), std::nullopt);
  } while (std::next_permutation(sequences.begin(), sequences.end()));
}

// contract: 3.1 rule 3
TEST(OverlapQueue, AFifthCandidateIsRefusedAndTheFourKeepTheirPlaces) {
  OverlapQueue sut;
  for (std::uint32_t turn = 1; turn <= 4; ++turn) ASSERT_EQ(sut.push(candidate(turn, turn)), OverlapAnswer::waiting);
  EXPECT_EQ(sut.push(candidate(0, 5)), OverlapAnswer::full);
  EXPECT_EQ(sut.size(), 4U);
  EXPECT_EQ(sut.take_head()->turn, TurnNumber{1});
  EXPECT_EQ(sut.push(candidate(9, 5)), OverlapAnswer::waiting);
}

TEST(OverlapQueue, TwoOfOneSequenceLeaveInTheOrderTheyCame) {
  OverlapQueue sut;
  for (const std::uint32_t turn : {8U, 7U, 9U}) ASSERT_EQ(sut.push(candidate(3, turn)), OverlapAnswer::waiting);
  for (const std::uint32_t turn : {8U, 7U, 9U}) EXPECT_EQ(sut.take_head()->turn, TurnNumber{turn});
}

TEST(OverlapQueue, ATurnWaitsOnce) {
  OverlapQueue sut;
  ASSERT_EQ(sut.push(candidate(1, 7)), OverlapAnswer::waiting);
  EXPECT_EQ(sut.push(candidate(2, 7)), OverlapAnswer::already_waiting);
  EXPECT_EQ(sut.size(), 1U);
}

// contract: 7.1 row 1
TEST(OverlapQueue, ACancelOfTheSessionTakesBackAllThatWait) {
  OverlapQueue sut;
  ASSERT_EQ(sut.push(candidate(1, 7)), OverlapAnswer::waiting);
  sut.clear();
  EXPECT_TRUE(sut.empty());
  EXPECT_EQ(sut.push(candidate(2, 7)), OverlapAnswer::waiting);
}

}  // namespace
}  // namespace phalarope
