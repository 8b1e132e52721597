// The recorded tracks of a recording, as a page wants them: an outline each, and the sound as a file's bytes.
//
// A track of one run begins at its first block; holes are silence. Invariant: what is heard is what was recorded, at
// its time: Opus packets pass through unchanged, and the codec's delay is taken off the start. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/replay/timeline_html.hpp"

namespace phalarope::program {

std::vector<replay::TimelineTrack> read_sound(const std::string& path, const replay::TimelineRecording& recording);

}  // namespace phalarope::program
