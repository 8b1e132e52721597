// The engine's view of the event and the code generated from schemas/event.fbs are the same 128 bytes.
#include "core/engine/base/event.hpp"

#include <gtest/gtest.h>

#include "core/engine/base/digest.hpp"

namespace phalarope {
namespace {

wire::Event as_wire(const Event& event) {
  wire::Event wire_event;
  std::memcpy(static_cast<void*>(&wire_event), &event, sizeof event);
  return wire_event;
}

TEST(Event, EveryMemberStandsWhereTheSchemaPutsIt) {
  Event event{};
  event.runtime_sequence = 1;
  event.mono_ns = 2;
  event.wall_ns = 3;
  event.media_sample = 4;
  event.ticket = 5;
  event.authority_epoch = 6;
  event.argument_a = -7;
  event.argument_b = -8;
  event.range_start = 9;
  event.range_end = 10;
  event.payload = {.generation = 11, .length_bytes = 12, .slot = 13, .pool = 14};
  event.turn_number = 15;
  event.transport_sequence = 16;
  event.causal_parent = 17;
  event.provider_invocation = 18;
  event.sync_or_merge_group = 19;
  event.kind = EventKind::barge_in;
  event.reason = Reason::user_cancel;
  event.session_slot = 20;
  event.schema_minor = 21;
  event.node = 22;
  event.edge = 23;
  event.lane = Lane::data;
  event.target_lane = Lane::telemetry;
  event.scope = Scope::turn;
  event.emitter = Emitter::cancellation;
  event.payload_class = PayloadClass::PHI;
  event.set(EventFlag::has_range);

  const wire::Event wire_event = as_wire(event);
  EXPECT_EQ(wire_event.runtime_sequence(), 1U);
  EXPECT_EQ(wire_event.mono_ns(), 2);
  EXPECT_EQ(wire_event.wall_ns(), 3);
  EXPECT_EQ(wire_event.media_sample(), 4);
  EXPECT_EQ(wire_event.ticket(), 5U);
  EXPECT_EQ(wire_event.authority_epoch(), 6U);
  EXPECT_EQ(wire_event.argument_a(), -7);
  EXPECT_EQ(wire_event.argument_b(), -8);
  EXPECT_EQ(wire_event.range_start(), 9);
  EXPECT_EQ(wire_event.range_end(), 10);
  EXPECT_EQ(wire_event.payload().generation(), 11U);
  EXPECT_EQ(wire_event.payload().length_bytes(), 12U);
  EXPECT_EQ(wire_event.payload().slot(), 13U);
  EXPECT_EQ(wire_event.payload().pool(), 14U);
  EXPECT_EQ(wire_event.turn_number(), 15U);
  EXPECT_EQ(wire_event.transport_sequence(), 16U);
  EXPECT_EQ(wire_event.causal_parent(), 17U);
  EXPECT_EQ(wire_event.provider_invocation(), 18U);
  EXPECT_EQ(wire_event.sync_or_merge_group(), 19U);
  EXPECT_EQ(wire_event.kind(), EventKind::barge_in);
  EXPECT_EQ(wire_event.reason(), Reason::user_cancel);
  EXPECT_EQ(wire_event.session_slot(), 20U);
  EXPECT_EQ(wire_event.schema_minor(), 21U);
  EXPECT_EQ(wire_event.node(), 22U);
  EXPECT_EQ(wire_event.edge(), 23U);
  EXPECT_EQ(wire_event.lane(), Lane::data);
  EXPECT_EQ(wire_event.target_lane(), Lane::telemetry);
  EXPECT_EQ(wire_event.scope(), Scope::turn);
  EXPECT_EQ(wire_event.emitter(), Emitter::cancellation);
  EXPECT_EQ(wire_event.payload_class(), PayloadClass::PHI);
  EXPECT_EQ(wire_event.flags(), static_cast<std::uint8_t>(EventFlag::has_range));
}

TEST(Event, TheContractsFortyThreeSignalsAreNamedAndContiguous) {
  for (std::uint16_t number = 1; number <= last_signal_kind; ++number) {
    EXPECT_STRNE(name_of(static_cast<EventKind>(number)), "") << number;
  }
  EXPECT_STREQ(name_of(EventKind::turn_open_proposed), "turn_open_proposed");
  EXPECT_STREQ(name_of(static_cast<EventKind>(43)), "recording_level_downgraded");
  EXPECT_STREQ(name_of(static_cast<EventKind>(44)), "");
}

TEST(RunningDigest, DependsOnEveryByteAndOnOrder) {
  Event first{};
  Event second{};
  second.flags = 1;
  RunningDigest forward;
  forward.add(first);
  forward.add(second);
  RunningDigest backward;
  backward.add(second);
  backward.add(first);
  EXPECT_NE(forward.value(), backward.value());
  EXPECT_NE(RunningDigest{}.value(), forward.value());
}

}  // namespace
}  // namespace phalarope
