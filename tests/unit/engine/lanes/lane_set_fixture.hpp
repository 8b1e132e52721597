// A lane set with memory, and the short words its tests are told in.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "core/engine/lanes/lane_set.hpp"

namespace phalarope::testing_lanes {

inline Event item(Lane lane, std::uint64_t sequence) {
  Event event{};
  event.lane = lane;
  event.runtime_sequence = sequence;
  event.transport_sequence = static_cast<std::uint32_t>(sequence + 1000);
  event.mono_ns = 5;
  event.turn_number = 1;
  event.authority_epoch = 7;
  return event;
}

/// "watermark-watermark flow_xoff-flow" and so on: kind and id suffix, in order.
inline std::string told(const LaneSignals& signals) {
  std::string text;
  for (const PressureSignal& signal : signals) {
    if (!text.empty()) text += ' ';
    text += name_of(signal.event.kind);
    text += text_of(signal.suffix);
  }
  return text;
}

constexpr std::size_t storage_items = 256;

struct LaneSetWithMemory {
  std::array<std::array<Event, storage_items>, lanes_count> memory{};
  LaneSet lanes{{std::span<Event>(memory[0]), std::span<Event>(memory[1]), std::span<Event>(memory[2])}};
};

inline LaneSetConfig config_of(const LaneLimits& limits) {
  return {.session = SymbolId{1}, .pipeline_version = SymbolId{2}, .limits = limits};
}

constexpr const char* saturation_pair = "watermark-watermark flow_xoff-flow";

}  // namespace phalarope::testing_lanes
