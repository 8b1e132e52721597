// Checkers of the voice: what may be heard, and how long a doubt may last.
//
//   I6   a frame is handed over only under the ticket that may be heard; no ticket is used twice; the fence moves
//        before the words about it; after a turn's end nothing of its ticket is handed over
//   D4   a hold is decided once, within hold_max, and does not outlive its turn
// Contract: runtime.md 7.2-7.5; decisions.md D4.
#pragma once

#include <array>

#include "tests/sim/checkers/checker.hpp"

namespace phalarope::sim {

class FenceChecker final : public Checker {
 public:
  using Checker::Checker;
  void step(const Stepped& step) override;

 private:
  struct Seat {
    std::uint64_t audible = 0;
    std::uint64_t highest = 0;  // over all sessions of this seat
  };
  std::array<Seat, engine_sessions_max> seats_{};
};

class HoldChecker final : public Checker {
 public:
  HoldChecker(Verdicts& verdicts, Duration late_max) : Checker(verdicts), late_max_(late_max) {}
  void seated(std::uint16_t slot, const SeatFacts& facts) override;
  void step(const Stepped& step) override;

 private:
  struct Seat {
    Duration hold_max{};
    std::int64_t held_since_ns = -1;
  };
  void decided(Seat& seat, const Event& output);
  Duration late_max_;
  std::array<Seat, engine_sessions_max> seats_{};
};

}  // namespace phalarope::sim
