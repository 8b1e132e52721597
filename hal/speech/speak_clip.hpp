// speak_clip: a sentence as samples, at once, from the built-in voice; for demos, tests and `doctor`.
// Allocates and takes as long as the synthesis does. Any one thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "hal/speech/flite_synthesiser.hpp"

namespace phalarope::hal {

/// s16, 16 kHz, mono; empty when the voice cannot be loaded.
std::vector<std::int16_t> speak_clip(std::string_view text, FliteVoice voice);

}  // namespace phalarope::hal
