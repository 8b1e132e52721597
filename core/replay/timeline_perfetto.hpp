// A recording as a trace for ui.perfetto.dev: JSON trace events, one process a session, one thread a row of the page.
//
//   process_name, thread_name, thread_sort_index     M, without a time
//   speech, turn state, phases, latencies            X  (ts, dur): never two at once on one thread; a second row opens
//   decisions, lane marks, xruns, sentences          i  (ts, scope thread)
//   end of speech ──▶ first sample                   s, f  a flow from slice to slice, and
//   suspicion ──▶ fence ──▶ last sample              s, t, f
//
// Invariants. (1) Times are microseconds since the recording's start and never fall. (2) Each flow begins once, ends
// once, and each of its points lies in a slice of its thread. Pure; any thread.
#pragma once

#include <string>

#include "core/replay/timeline_recording.hpp"

namespace phalarope::replay {

std::string timeline_perfetto(const TimelineRecording& recording);

}  // namespace phalarope::replay
