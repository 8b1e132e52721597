// recognise_clip: a whole clip through a recogniser at once, as the engine would feed it, without an engine.
//
// For tests, `doctor` and tools. Thread: the caller's, which must be the node's only user.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/engine/graph/node.hpp"

namespace phalarope::hal {

struct ClipResult {
  UtteranceClass utterance_class = UtteranceClass::undecided;
  std::string text;
  std::int64_t confidence_permille = 0;
  /// Samples fed when the first recognition_partial came; -1: none came.
  std::int64_t first_partial_sample = -1;
  UtteranceClass first_partial_class = UtteranceClass::undecided;
  std::string first_partial_text;
  /// True when a partial said stop_phrase, and the samples fed by then.
  std::int64_t stop_partial_sample = -1;
  std::int64_t cpu_ns = 0;           // thread CPU time of the whole clip
  std::int64_t finalise_ns = 0;      // wall time of finalise -> recognition_final
  std::int64_t finalise_cpu_ns = 0;  // the same in thread CPU time: what it costs on a machine that is not busy
};

/// Feeds `samples` (s16, 16 kHz, mono) in frames of 10 ms, then finalises. `while_speaking` as in recognise_start.
ClipResult recognise_clip(Node& recogniser, std::span<const std::int16_t> samples, bool while_speaking = false,
                          std::uint32_t utterance = 1);

}  // namespace phalarope::hal
