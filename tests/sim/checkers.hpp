// The checkers: what must hold after every step, written from the contract and knowing nothing of the engine's inside.
//
//   I2, I3   an opened turn ends once (commit or abort), then closes once; a turn that was not opened does neither
//   I6       a frame is handed to the loudspeaker only under the ticket that may be heard
//   I7       the epoch of what is said never falls
//   order    outputs are numbered without a gap; time never goes back
//   tickets  none is used twice
//   holds    a hold is decided once, and within hold_max
//   payloads each that came in goes out once; none is invented
//   liveness an active turn always has a deadline (D14), and ends within turn_life_max
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/engine/engine.hpp"

namespace phalarope::sim {

constexpr Duration turn_life_max = milliseconds(10 * 60 * 1000);

class Checkers {
 public:
  explicit Checkers(Duration hold_max) : hold_max_(hold_max) {}

  void check(const Event& input, std::span<const Event> outputs, const Engine& engine);
  const std::vector<std::string>& violations() const { return violations_; }

 private:
  enum class TurnPhase : std::uint8_t { opened, ended, closed };
  struct Turn {
    TurnPhase phase = TurnPhase::opened;
    std::int64_t opened_ns = 0;
  };

  void violated(const std::string& what, const Event& where);
  void check_order(const Event& input, std::span<const Event> outputs);
  void check_turn(const Event& output);
  void check_fence(const Event& output);
  void check_hold(const Event& output);
  void check_payload(const Event& event, bool output);
  void check_liveness(const Event& input, const Engine& engine);

  Duration hold_max_;
  std::map<std::uint32_t, Turn> turns_;
  std::set<std::uint64_t> tickets_;
  std::uint64_t audible_ = 0;
  std::uint64_t last_sequence_ = 0;
  std::int64_t last_ns_ = 0;
  std::uint64_t epoch_ = 0;
  std::int64_t held_since_ns_ = -1;
  std::set<std::uint32_t> payloads_;
  std::vector<std::string> violations_;
};

}  // namespace phalarope::sim
