// The table of probes: what makes a step a rare path. A row is hit when every column that is given agrees.
#pragma once

#include <array>
#include <string_view>

#include "core/engine/base/event.hpp"

namespace phalarope::sim {

/// What the session was doing before the step; `any` asks nothing.
enum class ProbeState : std::uint8_t { any, idle, in_turn, held, fresh_turn, just_closed };
enum class ProbeSide : std::uint8_t { input, output };

struct ProbeRow {
  std::string_view name;
  ProbeSide side = ProbeSide::output;
  EventKind kind = EventKind::none;
  Reason reason = Reason::none;  // none: any
  ProbeState state = ProbeState::any;
  EventKind together_with = EventKind::none;  // an output of this kind stands in the same step
};

using enum EventKind;
using enum ProbeState;
constexpr auto seen_input = ProbeSide::input;
constexpr auto seen_output = ProbeSide::output;

constexpr auto probe_rows = std::to_array<ProbeRow>({
    // how turns end
    {"commit_of_a_spoken_turn", seen_output, commit, Reason::none, in_turn, none},
    {"commit_in_a_hold", seen_output, commit, Reason::none, held, none},
    {"abort_cancelled", seen_output, abort, Reason::cancelled},
    {"abort_authority_loss", seen_output, abort, Reason::authority_loss},
    {"abort_budget_exhausted", seen_output, abort, Reason::budget_exhausted},
    {"abort_node_timeout_or_failure", seen_output, abort, Reason::node_timeout_or_failure},
    {"abort_recording_evidence_unavailable", seen_output, abort, Reason::recording_evidence_unavailable},
    {"abort_in_a_hold", seen_output, abort, Reason::none, held},
    {"abort_of_a_fresh_turn", seen_output, abort, Reason::none, fresh_turn},
    {"abort_and_open_in_one_step", seen_output, abort, Reason::none, any, turn_open},
    {"commit_and_open_in_one_step", seen_output, commit, Reason::none, any, turn_open},
    {"abort_and_defer_in_one_step", seen_output, abort, Reason::none, any, defer},
    {"abort_and_reject_in_one_step", seen_output, abort, Reason::none, any, reject},
    {"deauthorized_in_turn", seen_output, deauthorized_drain, Reason::none, any, abort},
    {"evidence_lost_by_success", seen_output, abort, Reason::recording_evidence_unavailable, any, playback_cancelled},
    // how turns begin, or do not
    {"turn_opened", seen_output, turn_open},
    {"deferred_admission_capacity_defer", seen_output, defer, Reason::admission_capacity_defer},
    {"deferred_snapshot_invalid", seen_output, defer, Reason::snapshot_invalid_or_missing},
    {"deferred_bundle", seen_output, defer, Reason::turn_start_bundle_resolution_failed},
    {"deferred_by_control_plane", seen_output, defer, Reason::cp_admission_defer_capacity},
    {"rejected_capacity", seen_output, reject, Reason::admission_capacity_reject},
    {"rejected_snapshot_invalid", seen_output, reject, Reason::snapshot_invalid_or_missing},
    {"rejected_bundle", seen_output, reject, Reason::turn_start_bundle_resolution_failed},
    {"rejected_by_control_plane", seen_output, reject, Reason::cp_admission_reject_policy},
    {"stale_epoch", seen_output, stale_epoch_reject},
    {"stale_epoch_in_turn", seen_output, stale_epoch_reject, Reason::none, in_turn},
    {"deauthorized", seen_output, deauthorized_drain},
    {"proposed_by_push_to_talk", seen_output, turn_open_proposed, Reason::push_to_talk},
    {"proposed_by_barge_in", seen_output, turn_open_proposed, Reason::barge_in},
    {"proposed_right_after_a_close", seen_output, turn_open_proposed, Reason::none, just_closed},
    // doubt and verdict
    {"held", seen_output, interruption_held},
    {"held_fresh_turn", seen_output, interruption_held, Reason::none, fresh_turn},
    {"confirmed_stop_phrase", seen_output, interruption_confirmed, Reason::stop_phrase},
    {"confirmed_word_recognised", seen_output, interruption_confirmed, Reason::word_recognised},
    {"confirmed_enough_speech", seen_output, interruption_confirmed, Reason::enough_speech},
    {"confirmed_push_to_talk", seen_output, interruption_confirmed, Reason::push_to_talk},
    {"confirmed_and_deferred", seen_output, interruption_confirmed, Reason::none, any, defer},
    {"confirmed_without_evidence", seen_output, interruption_confirmed, Reason::none, any, reject},
    {"dismissed_back_channel", seen_output, interruption_dismissed, Reason::back_channel},
    {"dismissed_too_short", seen_output, interruption_dismissed, Reason::speech_too_short},
    {"dismissed_not_understood", seen_output, interruption_dismissed, Reason::speech_not_understood},
    {"dismissed_hold_expired", seen_output, interruption_dismissed, Reason::hold_expired},
    {"dismissed_turn_ended", seen_output, interruption_dismissed, Reason::turn_ended},
    {"dismissed_and_committed", seen_output, interruption_dismissed, Reason::none, any, commit},
    {"dismissed_and_aborted", seen_output, interruption_dismissed, Reason::none, any, abort},
    {"recogniser_abandoned", seen_output, command_recognise_abandon},
    {"voice_returned", seen_output, command_resume},
    {"ducked", seen_output, command_duck},
    // the voice
    {"apology", seen_output, command_apology},
    {"words_heard_told", seen_output, command_heard},
    {"words_heard_told_in_the_next_turn", seen_output, command_heard, Reason::none, in_turn},
    {"sentence_dropped", seen_output, drop_notice, Reason::queue_pressure_drop},
    {"late_output_refused", seen_output, playback_cancelled, Reason::cancel_fence_applied},
    {"late_output_refused_in_next_turn", seen_output, playback_cancelled, Reason::cancel_fence_applied, in_turn},
    {"output_accepted", seen_output, output_accepted},
    {"answer_ended", seen_output, command_play_end},
    {"sentence_voiced", seen_output, command_synthesise},
    {"second_credit", seen_output, command_node_credit, Reason::none, in_turn},
    {"dialogue_asked", seen_output, command_dialogue_ask},
    {"node_cancelled", seen_output, command_node_cancel},
    {"fence_raised_in_hold", seen_output, command_fence, Reason::none, held},
    {"payload_given_back", seen_output, command_release_payload},
    // failures, budgets, providers
    {"degraded", seen_output, degrade},
    {"fell_back", seen_output, fallback},
    {"budget_warning", seen_output, budget_warning},
    {"budget_exhausted", seen_output, budget_exhausted},
    {"discontinuity_told", seen_output, discontinuity},
    {"discontinuity_in_hold", seen_output, discontinuity, Reason::none, held},
    {"cancel_by_user", seen_output, cancel, Reason::user_cancel},
    {"cancel_by_barge_in", seen_output, cancel, Reason::barge_in},
    // what comes at a bad moment
    {"speech_in_hold", seen_input, speech_started, Reason::none, held},
    {"speech_in_a_fresh_turn", seen_input, speech_started, Reason::none, fresh_turn},
    {"speech_end_in_hold", seen_input, speech_ended, Reason::none, held},
    {"partial_in_hold", seen_input, recognition_partial, Reason::none, held},
    {"final_in_hold", seen_input, recognition_final, Reason::none, held},
    {"final_for_nobody", seen_input, recognition_final, Reason::none, idle},
    {"sentence_in_hold", seen_input, dialogue_sentence, Reason::none, held},
    {"sentence_for_nobody", seen_input, dialogue_sentence, Reason::none, idle},
    {"dialogue_done_in_hold", seen_input, dialogue_done, Reason::none, held},
    {"dialogue_done_for_nobody", seen_input, dialogue_done, Reason::none, idle},
    {"frame_in_hold", seen_input, synthesis_frame, Reason::none, held},
    {"frame_for_nobody", seen_input, synthesis_frame, Reason::none, idle},
    {"synthesis_done_for_nobody", seen_input, synthesis_done, Reason::none, idle},
    {"playback_started_in_hold", seen_input, playback_started, Reason::none, held},
    {"playback_completed_in_hold", seen_input, playback_completed, Reason::none, held},
    {"playback_completed_for_nobody", seen_input, playback_completed, Reason::none, idle},
    {"fence_applied_in_next_turn", seen_input, fence_applied, Reason::none, in_turn},
    {"fence_applied_for_nobody", seen_input, fence_applied, Reason::none, idle},
    {"duck_applied_after_the_hold", seen_input, duck_applied, Reason::none, in_turn},
    {"duck_applied_for_nobody", seen_input, duck_applied, Reason::none, idle},
    {"node_failed_in_hold", seen_input, node_failed, Reason::none, held},
    {"node_failed_for_nobody", seen_input, node_failed, Reason::none, idle},
    {"node_refused_its_work", seen_input, node_failed, Reason::execution_pool_saturated},
    {"user_cancel_in_hold", seen_input, user_cancel_requested, Reason::none, held},
    {"user_cancel_for_nobody", seen_input, user_cancel_requested, Reason::none, idle},
    {"push_to_talk_in_hold", seen_input, user_turn_requested, Reason::none, held},
    {"push_to_talk_in_a_fresh_turn", seen_input, user_turn_requested, Reason::none, fresh_turn},
    {"snapshot_in_turn", seen_input, control_snapshot, Reason::none, in_turn},
    {"snapshot_in_hold", seen_input, control_snapshot, Reason::none, held},
    {"device_lost_in_turn", seen_input, device_lost, Reason::none, in_turn},
    {"device_lost_in_hold", seen_input, device_lost, Reason::none, held},
    {"device_restored_in_turn", seen_input, device_restored, Reason::none, in_turn},
    {"disconnected_in_turn", seen_input, disconnected, Reason::none, in_turn},
    {"stall_in_turn", seen_input, stall, Reason::none, in_turn},
    {"reconnected_in_turn", seen_input, connected, Reason::none, in_turn},
    {"hung_up_in_turn", seen_input, ended, Reason::none, in_turn},
    {"hung_up_in_hold", seen_input, ended, Reason::none, held},
    {"shutdown_in_turn", seen_input, shutdown_requested, Reason::none, in_turn},
    {"shutdown_in_hold", seen_input, shutdown_requested, Reason::none, held},
    {"shutdown_when_idle", seen_input, shutdown_requested, Reason::none, idle},
    {"evidence_state_in_turn", seen_input, evidence_state, Reason::none, in_turn},
    {"evidence_state_in_hold", seen_input, evidence_state, Reason::none, held},
    {"xrun_in_hold", seen_input, xrun, Reason::none, held},
    {"tick_in_hold", seen_input, tick, Reason::none, held},
    {"tick_when_idle", seen_input, tick, Reason::none, idle},
    {"telemetry_in_turn", seen_input, telemetry_sample, Reason::none, in_turn},
    // lanes
    {"lane_watermark", seen_input, watermark, Reason::lane_queue_high_watermark},
    {"lane_xoff", seen_input, flow_xoff},
    {"lane_xon", seen_input, flow_xon},
    // edges
    {"edge_watermark", seen_output, watermark, Reason::edge_watermark_high},
    {"edge_xoff", seen_output, flow_xoff},
    {"edge_xon", seen_output, flow_xon},
    {"edge_credit", seen_output, credit_grant},
    {"edge_group_dropped", seen_output, drop_notice, Reason::sync_atomic_drop},
    {"edge_hole_told", seen_output, drop_notice, Reason::sync_drop_with_discontinuity},
    {"edge_domain_told", seen_output, discontinuity, Reason::sync_domain_partial_loss},
    {"edge_degraded", seen_output, degrade, Reason::edge_watermark_high},
    {"edge_fell_back", seen_output, fallback, Reason::edge_watermark_high},
    {"recording_level_lowered", seen_input, recording_level_downgraded},
});
static_assert(probe_rows.size() >= 100);

}  // namespace phalarope::sim
