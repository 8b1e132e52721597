// The recorder under plenty and under pressure: what is kept, what gives way, what is named.
#include "core/engine/evidence/recorder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "core/engine/evidence/evidence_fill.hpp"

namespace phalarope {
namespace {

constexpr std::size_t ring_bytes = 64 * 1024;

struct Read {
  RecordHeader header;
  std::vector<std::byte> body;
  LossRecord loss() const {
    LossRecord record;
    EXPECT_EQ(body.size(), sizeof record);
    std::memcpy(&record, body.data(), sizeof record);
    return record;
  }
};

class RecorderTest : public ::testing::Test {
 protected:
  std::vector<Read> drain() {
    std::vector<Read> records;
    while (const auto record = ring_.next()) {
      records.push_back({record->header, {record->body.begin(), record->body.end()}});
    }
    ring_.release();
    return records;
  }
  static Event event(Lane lane = Lane::data, std::uint32_t turn_number = 0, EventKind kind = EventKind::audio_frame) {
    Event made;
    made.lane = lane;
    made.kind = kind;
    made.turn_number = turn_number;
    return made;
  }
  static TurnEvidence complete() {
    TurnEvidence evidence;
    evidence.session_id = SymbolId{1};
    EXPECT_TRUE(evidence.turn_id.assign("turn-1"));
    FillContext context;
    context.outcome = wire::TerminalOutcome::commit;
    fill_gaps(evidence, context);
    return evidence;
  }
  void fill_with(Lane lane) {
    while (sut_.append_event(event(lane))) {
    }
  }

  alignas(64) std::array<std::byte, ring_bytes> memory_{};
  ByteRing ring_{memory_};
  Recorder sut_{ring_, {.level = RecordingLevel::L2}};
};

TEST_F(RecorderTest, RecordsCountFromZeroWithoutGaps) {
  EXPECT_TRUE(sut_.append_event(event()));
  EXPECT_TRUE(sut_.append_symbol(SymbolId{3}, "kitchen"));
  EXPECT_EQ(sut_.append_text(event(), "hello"), DetailOutcome::stored);
  EXPECT_TRUE(sut_.append_event(event(Lane::telemetry)));
  const auto records = drain();
  ASSERT_EQ(records.size(), 4U);
  for (std::size_t i = 0; i < records.size(); ++i) EXPECT_EQ(records[i].header.sequence, i);
  EXPECT_EQ(records[1].body.size(), 4U + 7U);
  EXPECT_EQ(records[2].header.level, 1U);
  EXPECT_EQ(sut_.counters().stored[static_cast<std::size_t>(RecordType::event)], 2U);
}

// contract: evidence.md 1.9
TEST_F(RecorderTest, ALevelHoldsWhatItPromisesAndNoMore) {
  Recorder l0(ring_, {.level = RecordingLevel::L0});
  EXPECT_EQ(l0.append_text(event(), "secret"), DetailOutcome::below_level);
  EXPECT_EQ(l0.append_audio(event(), {}, {}), DetailOutcome::below_level);
  EXPECT_EQ(l0.next_sequence(), 0U) << "what a level does not hold is no loss";
  EXPECT_EQ(sut_.append_audio(event(), {.frames = 1}, std::as_bytes(std::span("ab", 2))), DetailOutcome::stored);
}

// contract: evidence.md 1.7
TEST_F(RecorderTest, DetailLeavesTheMandatoryShareAlone) {
  while (sut_.append_text(event(Lane::data, 1), std::string(200, 'x')) == DetailOutcome::stored) {
  }
  EXPECT_GE(ring_.refresh_free(), ring_bytes / 1000 * 250);
  EXPECT_FALSE(sut_.append_event(event(Lane::telemetry)));
  EXPECT_TRUE(sut_.append_event(event(Lane::control)));
}

// contract: evidence.md 1.9
TEST_F(RecorderTest, DetailOverflowIsToldOncePerTurnAndCounted) {
  const std::string text(200, 'x');
  while (sut_.append_text(event(Lane::data, 1), text) == DetailOutcome::stored) {
  }
  EXPECT_EQ(sut_.append_text(event(Lane::data, 1), text), DetailOutcome::dropped);
  EXPECT_EQ(sut_.append_text(event(Lane::data, 2), text), DetailOutcome::dropped_first_of_turn);
  EXPECT_EQ(sut_.append_text(event(Lane::data, 2), text), DetailOutcome::dropped);
  Event other_session = event(Lane::data, 2);
  other_session.session_slot = 5;
  EXPECT_EQ(sut_.append_text(other_session, text), DetailOutcome::dropped_first_of_turn);
  EXPECT_EQ(sut_.append_text(event(Lane::data, 0), text), DetailOutcome::dropped_first_of_turn)
      << "what belongs to no turn is a pair of its own";
  EXPECT_EQ(sut_.append_text(event(Lane::data, 0), text), DetailOutcome::dropped);
  EXPECT_EQ(sut_.counters().lost[static_cast<std::size_t>(RecordType::text)], 7U);
  EXPECT_FALSE(sut_.gapped()) << "detail is not needed for a replay";
}

// contract: evidence.md 1.7, runtime.md 2.7
TEST_F(RecorderTest, AReservedTurnCanAlwaysRecordItsEnd) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    std::mt19937_64 random(seed);
    alignas(64) std::array<std::byte, ring_bytes> memory{};
    ByteRing ring(memory);
    Recorder sut(ring, {.level = RecordingLevel::L2});
    // Begin anywhere in the ring, so that padding falls in every place.
    for (std::uint64_t i = random() % 700; i > 0; --i) {
      sut.append_event(event());
      while (ring.next()) {
      }
      ring.release();
    }
    const std::uint32_t turns = 1 + static_cast<std::uint32_t>(random() % 4);
    for (std::uint32_t t = 0; t < turns; ++t) ASSERT_TRUE(sut.reserve_turn());
    TurnEvidence evidence = complete();
    for (std::uint64_t i = random() % evidence_invocations_max; i > 0; --i) {
      EvidenceInvocation outcome;
      ASSERT_TRUE(outcome.provider_invocation_id.assign("pvi"));
      outcome.provider_id = SymbolId{1};
      outcome.modality = wire::EvidenceModality::llm;
      outcome.outcome_class = wire::OutcomeClass::success;
      outcome.retry_decision = wire::RetryDecision::none;
      outcome.attempt_count = 1;
      outcome.final_attempt_latency_ns = outcome.total_invocation_latency_ns = 0;
      ASSERT_TRUE(evidence.add_invocation(outcome));
    }
    for (int i = 0; i < 2000; ++i) {
      const std::uint64_t draw = random() % 4;
      if (draw == 0) sut.append_event(event(Lane::telemetry));
      if (draw == 1) sut.append_text(event(), std::string(random() % 500, 'x'));
      if (draw >= 2) sut.append_event(event(Lane::control));
    }
    ASSERT_TRUE(sut.gapped());
    for (std::uint32_t t = 1; t <= turns; ++t) {
      ASSERT_TRUE(sut.append_baseline(evidence).has_value()) << "seed " << seed << " turn " << t;
      ASSERT_TRUE(sut.append_event(event(Lane::control, t, EventKind::commit))) << "seed " << seed;
      ASSERT_TRUE(sut.append_event(event(Lane::control, t, EventKind::close))) << "seed " << seed;
      sut.release_turn();
    }
  }
}

// contract: evidence.md 1.7
TEST_F(RecorderTest, OnlyTheWordsThatEndATurnMayTakeItsReserve) {
  ASSERT_TRUE(sut_.reserve_turn());
  fill_with(Lane::control);
  EXPECT_FALSE(sut_.append_event(event(Lane::control, 1, EventKind::audio_frame)));
  EXPECT_FALSE(sut_.append_event(event(Lane::control, 0, EventKind::commit))) << "the end of no turn";
  EXPECT_TRUE(sut_.append_event(event(Lane::control, 1, EventKind::abort)));
  EXPECT_TRUE(sut_.append_event(event(Lane::control, 1, EventKind::close)));
}

// contract: runtime.md 2.7
TEST_F(RecorderTest, WithoutRoomNoTurnIsReservedAndNoBaselineTaken) {
  fill_with(Lane::control);
  EXPECT_FALSE(sut_.reserve_turn());
  EXPECT_EQ(sut_.append_baseline(complete()).error(), EvidenceRefusal::baseline_capacity_exhausted);
  drain();
  EXPECT_TRUE(sut_.reserve_turn());
  EXPECT_TRUE(sut_.append_baseline(complete()).has_value());
}

TEST_F(RecorderTest, AnIncompleteBaselineIsRefusedAndLeavesNoTrace) {
  TurnEvidence evidence = complete();
  evidence.close_emitted = false;
  EXPECT_EQ(sut_.append_baseline(evidence).error(), EvidenceRefusal::evidence_incomplete);
  EXPECT_EQ(sut_.next_sequence(), 0U);
  EXPECT_EQ(sut_.counters().required_fields_missing, evidence.required_fields_filled);
}

// contract: runtime.md I9
TEST_F(RecorderTest, EveryLossIsNamedByNumberAndType) {
  fill_with(Lane::control);  // one lost
  const std::uint64_t first_lost = sut_.next_sequence() - 1;
  EXPECT_FALSE(sut_.append_event(event()));
  EXPECT_FALSE(sut_.append_symbol(SymbolId{1}, "x"));
  EXPECT_TRUE(sut_.gapped());
  auto records = drain();
  EXPECT_EQ(records.back().header.sequence, first_lost - 1);
  EXPECT_TRUE(sut_.append_event(event()));
  records = drain();
  ASSERT_EQ(records.size(), 2U);
  ASSERT_EQ(records[0].header.type, RecordType::loss);
  const LossRecord loss = records[0].loss();
  EXPECT_EQ(loss.first_sequence, first_lost);
  EXPECT_EQ(loss.last_sequence, first_lost + 2);
  EXPECT_EQ(loss.lost[static_cast<std::size_t>(RecordType::event)], 2U);
  EXPECT_EQ(loss.lost[static_cast<std::size_t>(RecordType::symbol)], 1U);
  EXPECT_EQ(records[0].header.sequence, first_lost + 3);
  EXPECT_EQ(records[1].header.sequence, first_lost + 4);
}

TEST_F(RecorderTest, ALossThatOnlyPaddingKeepsOutIsNamedWithWhatFollowsIt) {
  // The ring's last 96 bytes are too short for the word of 112 on the loss, which pays for them as padding.
  EXPECT_TRUE(sut_.append_symbol(SymbolId{1}, std::string(44, 'x')));  // 64 bytes
  for (int i = 0; i < 454; ++i) ASSERT_TRUE(sut_.append_event(event()));
  ASSERT_EQ(ring_.refresh_free(), 96U);
  EXPECT_FALSE(sut_.append_event(event()));
  ASSERT_TRUE(ring_.next().has_value());
  ring_.release();
  ASSERT_EQ(ring_.refresh_free(), 160U) << "enough for the loss and a small record, were it in one piece";
  EXPECT_FALSE(sut_.append_symbol(SymbolId{2}, "y"));
  drain();
  EXPECT_TRUE(sut_.append_symbol(SymbolId{3}, "z"));
  const auto records = drain();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].loss().lost[static_cast<std::size_t>(RecordType::event)], 1U);
  EXPECT_EQ(records[0].loss().lost[static_cast<std::size_t>(RecordType::symbol)], 1U);
}

TEST_F(RecorderTest, ASlotThatIsNoSessionsIsDroppedWithoutAPairToTell) {
  fill_with(Lane::control);
  Event nobody = event(Lane::data, 1);
  nobody.session_slot = evidence_sessions_max;
  for (int i = 0; i < 2; ++i) EXPECT_EQ(sut_.append_text(nobody, "x"), DetailOutcome::dropped);
  EXPECT_EQ(sut_.counters().lost[static_cast<std::size_t>(RecordType::text)], 2U);
}

TEST_F(RecorderTest, ALossIsNamedAtTheNextTickEvenIfNothingMoreIsSaid) {
  fill_with(Lane::control);
  drain();
  sut_.observe(Instant{1}, {});
  const auto records = drain();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].header.type, RecordType::loss);
}

TEST_F(RecorderTest, WhereNothingWasLostATickSaysNothing) {
  sut_.observe(Instant{1}, {});
  EXPECT_TRUE(drain().empty());
  EXPECT_EQ(sut_.next_sequence(), 0U);
}

// contract: evidence.md 1.9
TEST_F(RecorderTest, PressureOfTheRingLowersTheLevelStepByStep) {
  fill_with(Lane::control);
  EXPECT_FALSE(sut_.observe(Instant{0}, {}));
  const auto first = sut_.observe(Instant{} + milliseconds(500), {});
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->new_level, RecordingLevel::L1);
  EXPECT_FALSE(sut_.observe(Instant{} + milliseconds(501), {}));
  EXPECT_TRUE(sut_.observe(Instant{} + milliseconds(1001), {}));
  EXPECT_EQ(sut_.level(), RecordingLevel::L0);
  EXPECT_EQ(sut_.counters().downgrades, 2U);
}

TEST(EvidenceRefusals, HaveTheContractsNames) {
  EXPECT_STREQ(name_of(EvidenceRefusal::baseline_capacity_exhausted), "baseline capacity exhausted");
  EXPECT_STREQ(name_of(EvidenceRefusal::evidence_incomplete), "evidence_incomplete");
}

}  // namespace
}  // namespace phalarope
