// What the evidence record of one turn says as telemetry: its two turn spans, its nodes, its providers, its cancel.
//
//   active turn_span ──┬── pre_turn turn_span
//                      └── node_span (one a provider invocation) ── provider_invocation_span
//
// Everything of an accepted turn is told when its record arrives, because only then plan hash and outcome are known.
// Pure. Contract: evidence.md 3.3.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/telemetry/event_writer.hpp"
#include "core/telemetry/pipeline_facts.hpp"
#include "evidence_generated.h"

namespace phalarope::telemetry {

constexpr std::int64_t never = -1;

struct TurnContext {
  const PipelineFacts& facts;
  // From the events: the turn's first question to each modality and its last answer; `never`: not seen. An evidence
  // record that calls an answered question cancelled (the turn was cut off later) is finer told by its events.
  std::array<std::int64_t, modality_count> asked_ns;
  std::array<std::int64_t, modality_count> answered_ns;
  std::int64_t wall_offset_ns = 0;  // wall clock less engine time, as last seen
};

void tell_turn(const wire::TurnEvidence& turn, const TurnContext& context, EventWriter& out);

/// The id of a turn's span of a phase (`pre_turn`, `active_turn`).
std::string turn_span_id(std::string_view session_id, std::string_view turn_id, std::string_view phase);

constexpr std::string_view turn_arbiter_node = "turn_arbiter";

}  // namespace phalarope::telemetry
