// What the release gates are computed from: over many conversations every accepted turn holds the anchors that its
// gates need, ends once, and is complete. The gates' own arithmetic is tested where it is done.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <vector>

#include "core/engine/turn/output_fence.hpp"
#include "tests/unit/engine/session/engine_driver.hpp"

namespace phalarope {
namespace {

using phalarope::testing::EngineDriver;
using K = EventKind;

struct Spoken {
  std::vector<TurnEvidence> records;
  std::vector<Event> log;
};

/// Turns that are answered, interrupted, cancelled, revoked or left alone, by the seed.
Spoken many_turns(std::uint32_t seed, int turns) {
  EngineDriver driver;
  std::mt19937 random(seed);
  Spoken spoken;
  std::size_t seen = 0;
  // A record is that of the step that ended its turn: it is looked for after every step.
  const auto keep = [&] {
    if (driver.all.size() == seen) return;
    seen = driver.all.size();
    if (const TurnEvidence* record = driver.engine->finished_evidence()) spoken.records.push_back(*record);
  };
  const auto authority = [&](bool granted) {
    Event snapshot = driver.event(K::control_snapshot);
    snapshot.argument_a = granted ? control_all_granted : control_all_granted & ~control_bit(ControlBit::authorized);
    driver.say(snapshot);
    keep();
  };
  for (int i = 0; i < turns; ++i) {
    driver.user_says(UtteranceClass::words);
    keep();
    driver.pass(static_cast<std::int64_t>(random() % 800));
    driver.sentence(0);
    driver.word(0);
    driver.synthesised_frame(0);
    driver.pass(static_cast<std::int64_t>(random() % 200));
    driver.playback(K::playback_started);
    switch (random() % 5) {
      case 0:
        driver.user_speaks(150);
        driver.heard_partially(UtteranceClass::words);
        keep();
        driver.user_stops();
        driver.frame();
        driver.recognised(UtteranceClass::empty);
        break;
      case 1:
        driver.say(driver.event(K::user_cancel_requested));
        break;
      case 2:
        authority(false);
        authority(true);
        break;
      case 3:
        while (driver.session().turn_active()) {
          driver.now_ns = driver.engine->next_deadline()->value;
          driver.say(*driver.engine->due_tick(Instant{driver.now_ns}, WallTime{driver.now_ns}));
        }
        break;
      default:
        driver.sentence_voiced();
        driver.dialogue_done();
        driver.playback(K::playback_completed, 320);
        break;
    }
    keep();
    driver.pass(50);
  }
  spoken.log = driver.all;
  return spoken;
}

class TimeGates : public ::testing::Test {
 protected:
  const std::uint32_t seed = std::random_device{}();
  const ::testing::ScopedTrace trace{__FILE__, __LINE__, "seed " + std::to_string(seed)};
  const Spoken spoken = many_turns(seed, 60);
};

// contract: Appendix E row 3, 7.4
TEST_F(TimeGates, EveryAcceptedCancelHasItsFenceWithinTheGateAndNoSooner) {
  constexpr std::int64_t gate_ns = milliseconds(150).value;
  std::size_t cancelled = 0;
  for (const TurnEvidence& record : spoken.records) {
    if (record.cancel_accepted_at_ns == absent) continue;
    ++cancelled;
    const std::int64_t took_ns = record.cancel_fence_applied_at_ns - record.cancel_accepted_at_ns;
    EXPECT_GE(took_ns, 0);
    EXPECT_LE(took_ns, gate_ns);
  }
  EXPECT_GT(cancelled, 0U);
}

// contract: Appendix E row 4, Appendix B row 14, I7
TEST_F(TimeGates, NoOutputOfAnOlderEpochIsEverAccepted) {
  for (const TurnEvidence& record : spoken.records) EXPECT_FALSE(record.accepted_stale_epoch_output);
  Authority authority;
  std::mt19937 random(seed);
  std::size_t refused = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto epoch = static_cast<std::int64_t>(random() % 40) + i / 100;
    const auto current = authority.current().value_or(Epoch{0}).value;
    const OutputDecision decision = decide_output({.epoch = authority.check(epoch)});
    if (static_cast<std::uint64_t>(epoch) < current) {
      EXPECT_FALSE(decision.accepted);
      EXPECT_EQ(decision.reason, Reason::authority_epoch_mismatch);
      ++refused;
    } else {
      EXPECT_TRUE(decision.accepted);
      ASSERT_TRUE(authority.accept(SymbolId{1}, epoch));
    }
  }
  EXPECT_GT(refused, 100U);
}

// contract: Appendix E row 5, 12.2
TEST_F(TimeGates, EveryAcceptedTurnIsComplete) {
  CompletenessCounts counts;
  for (const TurnEvidence& record : spoken.records) {
    EXPECT_STREQ(name_of(first_missing_field(record)), "complete") << record.turn_id.view();
    counts.add(record);
  }
  EXPECT_GE(counts.total_accepted_turns, 60U);
  EXPECT_EQ(counts.ratio_permille(), 1000U);
}

// contract: Appendix E row 6, I2
TEST_F(TimeGates, EveryAcceptedTurnHasOneTerminalAndThenItsClose) {
  std::map<std::uint32_t, std::vector<K>> ends;
  for (const Event& event : spoken.log) {
    if (!event.has(EventFlag::output)) continue;
    if (event.kind == K::turn_open) ends[event.turn_number];
    if (event.kind == K::commit || event.kind == K::abort || event.kind == K::close) {
      ends[event.turn_number].push_back(event.kind);
    }
  }
  ASSERT_EQ(ends.size(), spoken.records.size()) << "a record for each accepted turn";
  for (const auto& [turn, kinds] : ends) {
    ASSERT_EQ(kinds.size(), 2U) << turn;
    EXPECT_NE(kinds[0], K::close);
    EXPECT_EQ(kinds[1], K::close);
  }
  for (const TurnEvidence& record : spoken.records) EXPECT_TRUE(record.close_emitted);
}

// contract: Appendix E row 7, Appendix E rows 1-2
TEST_F(TimeGates, ATurnThatWasHeardHoldsItsAnchorsInTheirOrder) {
  std::size_t heard = 0;
  for (const TurnEvidence& record : spoken.records) {
    EXPECT_LE(record.turn_open_proposed_at_ns, record.turn_open_at_ns);
    EXPECT_LE(record.turn_open_at_ns, record.turn_terminal_at_ns);
    if (record.assistant_audio_playback_started_at_ns == absent) continue;
    ++heard;
    // A turn opens when its speech begins, or when it interrupts; the user's wait begins when they fall silent (D3).
    const std::array anchors = {record.turn_open_proposed_at_ns, record.audio_input_ingress_at_ns,
                                record.first_output_at_ns, record.assistant_audio_playback_started_at_ns,
                                record.turn_terminal_at_ns};
    for (std::size_t i = 1; i < anchors.size(); ++i) EXPECT_LE(anchors[i - 1], anchors[i]) << "anchor " << i;
    EXPECT_GE(anchors[0], 0);
  }
  EXPECT_GT(heard, spoken.records.size() / 2);
}

}  // namespace
}  // namespace phalarope
