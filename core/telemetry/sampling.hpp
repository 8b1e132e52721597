// Sampling: which telemetry events are kept when only one in N is wanted, the same ones everywhere.
//
//   FNV-1a-64 over every item followed by one zero byte:
//   eleven correlation fields │ kind │ metric: name unit attributes │ span: name kind start end trace span parent
//   attributes │ log: name severity message attributes        keep when hash modulo N is 0
//
// Integers are hashed as decimal text; a metric's value is not hashed, so a series is not thinned by what it says.
// Pure; any thread. Contract: evidence.md 3.2.
#pragma once

#include <cstdint>

#include "core/telemetry/telemetry_event.hpp"

namespace phalarope::telemetry {

std::uint64_t sampling_hash(const TelemetryEvent& event);

/// True for every event when `one_in` is at most 1.
inline bool is_sampled(const TelemetryEvent& event, std::uint64_t one_in) {
  return one_in <= 1 || sampling_hash(event) % one_in == 0;
}

}  // namespace phalarope::telemetry
