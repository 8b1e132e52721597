// AudioEncoder: the port through which the flusher makes audio records smaller (Opus, given by hal/codec).
// Flusher thread only.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/engine/evidence/record.hpp"

namespace phalarope::hal {

class AudioEncoder {
 public:
  virtual ~AudioEncoder() = default;
  /// Encodes `samples` (s16le, as `header` says) into `packet` and sets header.codec; false: store them as they are.
  virtual bool encode(AudioRecordHeader& header, std::span<const std::byte> samples,
                      std::vector<std::byte>& packet) = 0;
};

}  // namespace phalarope::hal
