// Saturation: two marks turn a depth that trembles into two rare answers, "too much" once and "well again" once.
//
//     depth   ─────────────── limit
//              ▲ high ........╱╲╱╲........ told once, at the first touch
//              │             ╱    ╲
//              ▼ low  ......╱......╲...... told once, only after "too much"
//
// Invariants. (1) `rose()` answers true once, then not again before `fell()` did. (2) `fell()` never answers true
// first: no flow_xon without a flow_xoff before.
// Pure state, owned by its lane (engine thread). Contract: runtime.md 5.3.
#pragma once

#include <cstdint>

#include "core/engine/lanes/lane.hpp"

namespace phalarope {

class Saturation {
 public:
  constexpr bool saturated() const noexcept { return saturated_; }

  /// After an insert: true when this depth saturates the lane now.
  constexpr bool rose(std::uint32_t depth_items, const Watermark& mark) noexcept {
    if (saturated_ || depth_items < mark.high_items) return false;
    saturated_ = true;
    return true;
  }
  /// After a removal: true when this depth ends the saturation now.
  constexpr bool fell(std::uint32_t depth_items, const Watermark& mark) noexcept {
    if (!saturated_ || depth_items > mark.low_items) return false;
    saturated_ = false;
    return true;
  }

 private:
  bool saturated_ = false;
};

}  // namespace phalarope
