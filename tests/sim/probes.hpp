// Probes: rare paths by what is seen from outside, each with a name and a count. A path that no seed ever reached is a
// test that nobody has.
//
//   Stepped ──▶ rows of the table with this kind of event ──(side, reason, state)──▶ hits
//
// One thread; several runs' probes are added up by name.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/drive/drive.hpp"

namespace phalarope::sim {

using ProbeCounts = std::map<std::string, std::uint64_t>;

/// Names of all probes, of the table and of the harness (faults, disk, runtime), hit or not.
const std::vector<std::string>& probe_names();

class Probes {
 public:
  Probes();
  ~Probes();
  void see(const Stepped& step);
  void count(std::string_view name, std::uint64_t times = 1);
  /// Every probe by name, those never hit with 0.
  ProbeCounts counts() const;

 private:
  struct Seat;
  void see_state(const Stepped& step);
  std::vector<std::uint64_t> hits_;
  ProbeCounts others_;
  std::unique_ptr<std::array<Seat, engine_sessions_max>> seats_;
};

}  // namespace phalarope::sim
