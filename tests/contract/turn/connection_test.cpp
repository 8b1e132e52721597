// The connection of a session: every state (and "never connected") against every signal of the contract.
//
// contract: runtime.md 2.2, 3.4, F6
#include <gtest/gtest.h>

#include <array>

#include "core/engine/turn/connection_table.hpp"

namespace phalarope {
namespace {

constexpr Instant now{milliseconds(1'000).value};
constexpr std::array<EventKind, 6> signals = {EventKind::connected, EventKind::reconnecting, EventKind::disconnected,
                                              EventKind::ended,     EventKind::silence,      EventKind::stall};

ConnectionState state_named(EventKind signal) {
  switch (signal) {
    case EventKind::connected:
      return ConnectionState::connected;
    case EventKind::reconnecting:
      return ConnectionState::reconnecting;
    case EventKind::silence:
      return ConnectionState::silence;
    case EventKind::stall:
      return ConnectionState::stall;
    case EventKind::ended:
      return ConnectionState::ended;
    default:
      return ConnectionState::disconnected;
  }
}

/// "Never connected" and the six states, each with a deadline running where one can run.
std::array<ConnectionRecord, 7> records() {
  const std::optional<Instant> running = now + milliseconds(5);
  return {{{ConnectionState::disconnected, false, std::nullopt},
           {ConnectionState::disconnected, true, running},
           {ConnectionState::connected, true, std::nullopt},
           {ConnectionState::reconnecting, true, running},
           {ConnectionState::silence, true, std::nullopt},
           {ConnectionState::stall, true, running},
           {ConnectionState::ended, true, running}}};
}

// contract: 2.2 rows, 2.2 pairs
TEST(Connection, Of42PairsExactlyTheLegalOnesMoveTheState) {
  std::size_t accepted = 0;
  for (const ConnectionRecord& record : records()) {
    for (const EventKind signal : signals) {
      SCOPED_TRACE(std::to_string(static_cast<int>(record.state)) + " x " + name_of(signal));
      const auto after = next(record, signal, now);
      if (record.state == ConnectionState::ended) {
        EXPECT_EQ(after.error(), TurnRefusal::connection_ended);
        continue;
      }
      if (!record.connected_once && signal != EventKind::connected) {
        EXPECT_EQ(after.error(), TurnRefusal::connection_not_established);
        continue;
      }
      ++accepted;
      ASSERT_TRUE(after.has_value());
      EXPECT_EQ(after->state, state_named(signal));
      EXPECT_TRUE(after->connected_once);
      if (signal == EventKind::connected) {
        EXPECT_EQ(after->cleanup_deadline, std::nullopt);
      } else if (signal == EventKind::disconnected || signal == EventKind::ended) {
        EXPECT_EQ(after->cleanup_deadline, now + milliseconds(30'000));
      } else {
        EXPECT_EQ(after->cleanup_deadline, record.cleanup_deadline);
      }
    }
  }
  EXPECT_EQ(accepted, 1U + 5U * 6U);
}

TEST(Connection, ASignalThatIsNoConnectionSignalIsRefused) {
  for (const EventKind kind : {EventKind::none, EventKind::cancel, EventKind::turn_open, EventKind::audio_frame}) {
    EXPECT_EQ(next(ConnectionRecord{}, kind, now).error(), TurnRefusal::connection_signal_unknown);
  }
}

// contract: 3.4 row 2
TEST(Connection, TheDeadlineIsTheConfiguredOneAndIsDueFromItsInstantOn) {
  const auto connected = next(ConnectionRecord{}, EventKind::connected, now);
  EXPECT_FALSE(cleanup_is_due(*connected, now + milliseconds(1'000'000)));
  const auto lost = next(*connected, EventKind::disconnected, now, milliseconds(200));
  EXPECT_FALSE(cleanup_is_due(*lost, now + milliseconds(199)));
  EXPECT_TRUE(cleanup_is_due(*lost, now + milliseconds(200)));
  const auto back = next(*lost, EventKind::connected, now + milliseconds(100));
  EXPECT_FALSE(cleanup_is_due(*back, now + milliseconds(300)));
}

}  // namespace
}  // namespace phalarope
