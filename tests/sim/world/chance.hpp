// Chance: the only source of accident in a simulation; xorshift64*, so that every compiler and processor draws alike.
#pragma once

#include <cstdint>

namespace phalarope::sim {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 0x2545f4914f6cdd1dULL) {
    if (state_ == 0) state_ = 1;
  }
  std::uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1dULL;
  }
  /// A number in [low, high].
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
  }
  /// True `permille` times in a thousand.
  bool happens(std::int64_t permille) { return between(0, 999) < permille; }

 private:
  std::uint64_t state_;
};

}  // namespace phalarope::sim
