// The engine's view of the event and the code generated from schemas/event.fbs are the same 128 bytes.
#include "core/engine/base/event.hpp"

#include <gtest/gtest.h>

#include <iterator>
#include <set>
#include <string>

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

// contract: Appendix A rows
TEST(Event, EveryReasonOfTheContractHasItsNameAndNoOther) {
  // Appendix A written down a second time, row by row; a code that stands in two rows is one reason.
  const char* const contract[] = {"snapshot_invalid_or_missing",
                                  "admission_capacity_allow",
                                  "admission_capacity_reject",
                                  "admission_capacity_defer",
                                  "authority_epoch_mismatch",
                                  "authority_revoked_before_open",
                                  "turn_start_bundle_resolution_failed",
                                  "plan_materialization_failed",
                                  "cp_admission_allowed",
                                  "cp_admission_defer_capacity",
                                  "cp_admission_reject_policy",
                                  "cp_admission_reject_quota",
                                  "cp_admission_invalid_input",
                                  "lease_authorized",
                                  "lease_stale_epoch",
                                  "lease_deauthorized",
                                  "lease_invalid_input",
                                  "authority_revoked_in_turn",
                                  "authority_loss",
                                  "cancelled",
                                  "budget_exhausted",
                                  "provider_failure",
                                  "node_timeout_or_failure",
                                  "transport_disconnect_or_stall",
                                  "recording_evidence_unavailable",
                                  "deterministic_reason",
                                  "scheduling_point_shed",
                                  "lane_queue_capacity_exceeded",
                                  "execution_pool_saturated",
                                  "execution_pool_closed",
                                  "node_concurrency_limited",
                                  "execution_plan_denied",
                                  "edge_watermark_high",
                                  "lane_queue_high_watermark",
                                  "backpressure_asserted",
                                  "queue_pressure_drop",
                                  "telemetry_best_effort_drop",
                                  "sync_atomic_drop",
                                  "sync_drop_with_discontinuity",
                                  "sync_domain_partial_loss",
                                  "node_budget_threshold_exceeded",
                                  "within_budget",
                                  "budget_warning",
                                  "output_accepted",
                                  "cancel_fence_applied",
                                  "authority_validation_failed",
                                  "barge_in",
                                  "timeout",
                                  "user_cancel",
                                  "provider_error",
                                  "authority_epoch_rotation",
                                  "region_failover_start",
                                  "region_failover_complete",
                                  "authoritative_handoff",
                                  "session_turn_intent",
                                  "stage_a_detail_overflow",
                                  "adapter_invoke_error",
                                  "cancel_requested_before_invoke",
                                  "schema_validation_error"};
  constexpr std::uint16_t first_extension = 160;  // decisions.md D16
  std::set<std::string> named;
  for (const Reason reason : wire::EnumValuesReason()) {
    const bool ours = reason == Reason::none || reason == Reason::power_loss;  // D19
    if (!ours && static_cast<std::uint16_t>(reason) < first_extension) named.insert(wire::EnumNameReason(reason));
  }
  EXPECT_EQ(named, (std::set<std::string>(std::begin(contract), std::end(contract))));
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

TEST(Event, OnlyTheContractsSignalsAreSignals) {
  EXPECT_FALSE(is_contract_signal(EventKind::none));
  EXPECT_TRUE(is_contract_signal(EventKind::turn_open_proposed));
  EXPECT_TRUE(is_contract_signal(EventKind::recording_level_downgraded));
  EXPECT_FALSE(is_contract_signal(EventKind::audio_frame));
}

}  // namespace
}  // namespace phalarope
