// One track of a tape as samples on its own axis: what the microphone heard, what the loudspeaker said.
// Any one thread. Contract: core/engine/evidence/record.hpp (AudioRecordHeader).
#pragma once

#include <cstdint>
#include <vector>

#include "core/replay/tape.hpp"

namespace phalarope::program {

struct TapeTrack {
  std::int64_t first_sample = 0;
  std::uint32_t rate_hz = 16'000;
  std::vector<std::int16_t> samples;  // silence where nothing was recorded
};

/// From the first block behind `from_item` on; empty when the recording holds none.
TapeTrack track_of(const replay::Tape& tape, AudioTrack track, std::size_t from_item = 0);

}  // namespace phalarope::program
