// A session moves: its old placement is fenced and drains, its new one goes on under the higher epoch.
#include "core/control/migration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/engine/session/engine_driver.hpp"

namespace phalarope::control {
namespace {

using phalarope::testing::dialogue_node;
using phalarope::testing::EngineDriver;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using K = EventKind;

Event snapshot(const EngineDriver& driver, std::uint64_t epoch) {
  Event told = driver.event(K::control_snapshot);
  told.argument_a = control_all_granted;
  told.argument_b = static_cast<std::int64_t>(epoch);
  told.authority_epoch = epoch;
  return told;
}

std::vector<K> signals(const std::vector<Event>& events) {
  std::vector<K> kinds;
  for (const Event& event : events) {
    if (is_contract_signal(event.kind)) kinds.push_back(event.kind);
  }
  return kinds;
}

MigrationMarkers markers(const EngineDriver& driver, Placement placement, std::uint64_t epoch, bool hands_off = true) {
  return migration_markers({.placement = placement, .epoch = Epoch{epoch}, .hands_off = hands_off},
                           Instant{driver.now_ns}, WallTime{driver.now_ns});
}

Event late_result(EngineDriver& driver, std::uint64_t epoch) {
  Event late = driver.result(K::dialogue_sentence, dialogue_node);
  late.authority_epoch = epoch;
  late.payload = driver.payload();
  return late;
}

// contract: 10.5 rows 1-4
TEST(Migration, TheMarkersStandInTheContractsOrder) {
  const MigrationMarkers told =
      migration_markers({.session_slot = 3, .epoch = Epoch{9}, .hands_off = true, .transport_sequence = 40},
                        Instant{5 * ns_per_second}, WallTime{7 * ns_per_second});
  ASSERT_EQ(told.size(), 4U);
  const struct {
    K kind;
    Emitter emitter;
    Reason reason;
    std::string_view id;
  } rows[] = {{K::lease_rotated, Emitter::cp_lease, Reason::authority_epoch_rotation, "base-0"},
              {K::migration_start, Emitter::cp_migration, Reason::region_failover_start, "base-1"},
              {K::migration_finish, Emitter::cp_migration, Reason::region_failover_complete, "base-2"},
              {K::session_handoff, Emitter::cp_migration, Reason::authoritative_handoff, "base-3"}};
  for (std::size_t i = 0; i < told.size(); ++i) {
    const Event& marker = told[i].event;
    const auto step = static_cast<std::int64_t>(i);
    EXPECT_EQ(marker.kind, rows[i].kind);
    EXPECT_EQ(marker.emitter, rows[i].emitter);
    EXPECT_EQ(marker.reason, rows[i].reason);
    EXPECT_EQ("base" + std::string(told[i].id_suffix), rows[i].id);
    EXPECT_EQ(marker.mono_ns, 5 * ns_per_second + step * ns_per_ms);
    EXPECT_EQ(marker.wall_ns, 7 * ns_per_second + step * ns_per_ms);
    EXPECT_EQ(marker.transport_sequence, 40 + i);
    EXPECT_EQ(marker.authority_epoch, 9U);
    EXPECT_EQ(marker.session_slot, 3);
    EXPECT_EQ(marker.scope, Scope::session);
  }
}

// contract: 10.5 row 4
TEST(Migration, TheHandOverIsToldOnlyWhereThereIsOneAndATurnIsNamedWhereThereIsOne) {
  const MigrationMarkers told = migration_markers({.turn_number = 12}, Instant{}, WallTime{});
  ASSERT_EQ(told.size(), 3U);
  for (const MigrationMarker& marker : told) {
    EXPECT_EQ(marker.event.scope, Scope::turn);
    EXPECT_EQ(marker.event.turn_number, 12U);
  }
}

// contract: F8, T8, T14, 10.5 row 1
TEST(Migration, TheOldPlacementIsFencedAndTheNewOneGoesOnUnderTheHigherEpoch) {
  EngineDriver old_placement;
  old_placement.say(snapshot(old_placement, 3));
  old_placement.until_speaking();
  const std::uint32_t turns = old_placement.session().turn_number();
  const Event in_flight = late_result(old_placement, 3);
  const MigrationMarkers leaving = markers(old_placement, Placement::leaves, 4);
  old_placement.say(leaving[0].event);
  EXPECT_THAT(signals(old_placement.given), ElementsAre(K::deauthorized_drain, K::abort, K::close));
  EXPECT_EQ(old_placement.find(K::abort)->reason, Reason::authority_loss);
  const TurnEvidence& evidence = *old_placement.engine->finished_evidence();
  EXPECT_THAT(std::vector<K>(evidence.migration_markers.begin(), evidence.migration_markers.end()),
              ElementsAre(K::lease_rotated));
  EXPECT_TRUE(old_placement.session().ended());
  for (std::size_t i = 1; i < leaving.size(); ++i) {
    old_placement.say(leaving[i].event);
    EXPECT_THAT(old_placement.given, IsEmpty()) << "for the record";
  }
  old_placement.say(in_flight);
  EXPECT_THAT(signals(old_placement.given), ElementsAre(K::stale_epoch_reject));
  old_placement.say(old_placement.event(K::user_turn_requested));
  EXPECT_FALSE(old_placement.session().turn_active());

  std::vector<std::byte> region(8 * 1024 * 1024);
  Arena arena(region);
  const SessionStart carried = old_placement.session().carried_on();
  EXPECT_EQ(carried.session_id_text(), "test");
  EngineDriver new_placement;
  new_placement.engine = *Engine::create(arena, phalarope::testing::small_pipeline(), {&carried, 1});
  new_placement.say(new_placement.event(K::connected));
  new_placement.say(snapshot(new_placement, 4));
  const MigrationMarkers arriving = markers(new_placement, Placement::arrives, 4);
  for (const MigrationMarker& marker : arriving) {
    new_placement.say(marker.event);
    EXPECT_THAT(signals(new_placement.given), IsEmpty());
  }
  new_placement.say(new_placement.event(K::user_turn_requested));
  EXPECT_TRUE(new_placement.session().turn_active());
  EXPECT_GT(new_placement.session().turn_number(), turns) << "a turn id is never used twice";
  EXPECT_EQ(new_placement.find(K::turn_open)->authority_epoch, 4U);
  new_placement.say(late_result(new_placement, 3));
  EXPECT_THAT(signals(new_placement.given), ElementsAre(K::stale_epoch_reject));
}

// contract: I7
TEST(Migration, OneUnderAnOldEpochIsRefused) {
  EngineDriver sut;
  sut.say(snapshot(sut, 3));
  sut.until_speaking();
  for (const std::uint64_t epoch : {std::uint64_t{2}, std::uint64_t{3}}) {
    sut.say(markers(sut, Placement::leaves, epoch)[0].event);
    EXPECT_THAT(signals(sut.given), ElementsAre(K::stale_epoch_reject)) << epoch;
    EXPECT_TRUE(sut.session().turn_active());
  }
}

}  // namespace
}  // namespace phalarope::control
