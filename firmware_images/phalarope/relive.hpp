// A recording lived again: the engine really runs, and what it asks of its nodes is answered anew.
//
//   playback_recorded_provider_outputs   every node answers as recorded, when it is asked, as long after it as then
//   re_simulate_nodes                    what can be asked here is asked: a local voice, and with its intents the
//   dialogue
//                                        and (with recorded sound) the recogniser; the others answer as recorded
//
// Contract: evidence.md 2.1, 2.2; core/replay/fork.hpp (live from the first input on).
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "core/replay/recording_artifact.hpp"

namespace phalarope::program {

struct Relived {
  replay::RecordedOutputs outputs;  // `replayed` is what was lived
  std::vector<std::string> nodes;   // who answered how, and why not otherwise
  std::string stopped;              // why it ended early; empty: it did not
};

/// An error says why the recording cannot be lived again.
std::expected<Relived, std::string> relive(const std::string& recording, ReplayMode mode,
                                           const std::vector<std::string>& intents);

}  // namespace phalarope::program
