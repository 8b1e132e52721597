// How a control signal is filled: by turn or session, clamped, and with what the contract says of a few kinds.
//
// contract: runtime.md 1.5, 2.5
#include "core/engine/turn/signal.hpp"

#include <gtest/gtest.h>

namespace phalarope {
namespace {

TEST(Signal, InheritsTheInputsPlaceAndClampsItsTimes) {
  Event input{};
  input.runtime_sequence = (std::uint64_t{1} << 32) + 5;
  input.transport_sequence = 9;
  input.mono_ns = -4;
  input.wall_ns = 8;
  input.session_slot = 3;
  input.authority_epoch = 6;
  const Event signal =
      make_signal(point_of(input), EventKind::turn_open, Emitter::turn_arbiter, Reason::none, TurnNumber{2}, Ticket{4});
  EXPECT_EQ(signal.runtime_sequence, input.runtime_sequence);
  EXPECT_EQ(signal.causal_parent, 5U);
  EXPECT_EQ(signal.transport_sequence, 9U);
  EXPECT_EQ(signal.mono_ns, 0);
  EXPECT_EQ(signal.wall_ns, 8);
  EXPECT_EQ(signal.session_slot, 3U);
  EXPECT_EQ(signal.authority_epoch, 6U);
  EXPECT_EQ(signal.turn_number, 2U);
  EXPECT_EQ(signal.ticket, 4U);
  EXPECT_EQ(signal.lane, Lane::control);
  EXPECT_EQ(signal.payload_class, PayloadClass::metadata);
  EXPECT_TRUE(signal.has(EventFlag::output));
}

TEST(Signal, EachOfItsTimesIsClampedByItself) {
  const StepPoint early{.at = Instant{4}, .wall = WallTime{-8}};
  const Event signal = make_signal(early, EventKind::turn_open, Emitter::turn_arbiter, Reason::none, TurnNumber{}, {});
  EXPECT_EQ(signal.mono_ns, 4);
  EXPECT_EQ(signal.wall_ns, 0);
}

TEST(Signal, ActsOnTheTurnWhenOneIsKnownElseOnTheSession) {
  const auto with_turn = [](EventKind kind, TurnNumber turn) {
    return make_signal({}, kind, Emitter::turn_arbiter, Reason::none, turn, {});
  };
  EXPECT_EQ(with_turn(EventKind::cancel, TurnNumber{1}).scope, Scope::turn);
  EXPECT_EQ(with_turn(EventKind::cancel, TurnNumber{0}).scope, Scope::session);
  EXPECT_EQ(event_scope_of(with_turn(EventKind::cancel, TurnNumber{1})), Scope::turn);
  EXPECT_EQ(event_scope_of(with_turn(EventKind::cancel, TurnNumber{0})), Scope::session);
}

TEST(Signal, IntentAndAdmissionAlwaysCorrelateWithTheSession) {
  for (const EventKind kind : {EventKind::turn_open_proposed, EventKind::admit, EventKind::reject, EventKind::defer}) {
    const Event signal = make_signal({}, kind, Emitter::admission, Reason::none, TurnNumber{1}, {});
    EXPECT_EQ(event_scope_of(signal), Scope::session) << name_of(kind);
    EXPECT_EQ(signal.scope, Scope::turn);
  }
}

TEST(Signal, EventIdSuffixesAreTheContracts) {
  EXPECT_EQ(event_id_suffix_of(EventKind::turn_open), "-turn_open");
  EXPECT_EQ(event_id_suffix_of(EventKind::commit), "-commit");
  EXPECT_EQ(event_id_suffix_of(EventKind::abort), "-abort");
  EXPECT_EQ(event_id_suffix_of(EventKind::close), "-close");
  EXPECT_EQ(event_id_suffix_of(EventKind::disconnected), "-disconnected");
  EXPECT_EQ(event_id_suffix_of(EventKind::stall), "-stall");
  EXPECT_EQ(event_id_suffix_of(EventKind::admit), "-admit");
  EXPECT_EQ(event_id_suffix_of(EventKind::deauthorized_drain), "") << "reuses the input's id";
}

}  // namespace
}  // namespace phalarope
