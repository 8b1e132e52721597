// Checkers of a turn's life: order of what is said, one end and one close, epochs, listening again, liveness.
//
//   order      outputs are numbered without a gap, flagged, caused by their input, never before it
//   I2, I3     an opened turn ends once, closes once in the same step, and nothing follows; what was not opened has
//              neither end nor close
//   I7         the epoch of what is said never falls; what a node began under an older one moves nothing
//   D14        speech while no turn runs is answered by a proposal and a decision; an active turn is looked at again
//              within the plan's bound, and does not live for ever
// Contract: runtime.md 2.1-2.6; decisions.md D14.
#pragma once

#include <array>
#include <map>

#include "tests/sim/checkers/checker.hpp"

namespace phalarope::sim {

constexpr Duration turn_life_max = milliseconds(10 * 60 * 1000);

class OrderChecker final : public Checker {
 public:
  using Checker::Checker;
  void step(const Stepped& step) override;

 private:
  std::uint64_t last_sequence_ = 0;
};

class LifeChecker final : public Checker {
 public:
  using Checker::Checker;
  void seated(std::uint16_t slot, const SeatFacts& facts) override;
  void step(const Stepped& step) override;
  void ended(std::uint16_t slot) override;

 private:
  enum class Phase : std::uint8_t { opened, ended, closed };
  using Turns = std::map<std::uint32_t, Phase>;
  void take(const Event& output);
  void end(Turns& turns, const Event& output);
  std::array<Turns, engine_sessions_max> turns_;
};

class EpochChecker final : public Checker {
 public:
  using Checker::Checker;
  void seated(std::uint16_t slot, const SeatFacts& facts) override;
  void step(const Stepped& step) override;

 private:
  std::array<std::uint64_t, engine_sessions_max> epoch_{};
};

class LivenessChecker final : public Checker {
 public:
  LivenessChecker(Verdicts& verdicts, Duration late_max) : Checker(verdicts), late_max_(late_max) {}
  void seated(std::uint16_t slot, const SeatFacts& facts) override;
  void step(const Stepped& step) override;
  /// Everything offered has been looked at: whoever runs a turn must have a deadline that is near enough.
  void at_rest(Instant now, std::uint16_t slot, std::optional<Instant> deadline);

 private:
  struct Seat {
    Duration bound{};  // the plan's: within it an active turn is looked at again
    std::uint32_t active = 0;
    std::int64_t opened_ns = 0;
    std::int64_t looked_at_ns = 0;
  };
  Duration late_max_;
  std::array<Seat, engine_sessions_max> seats_{};
};

class ListeningChecker final : public Checker {
 public:
  using Checker::Checker;
  void seated(std::uint16_t slot, const SeatFacts& facts) override;
  void step(const Stepped& step) override;

 private:
  std::array<bool, engine_sessions_max> active_{};
};

}  // namespace phalarope::sim
