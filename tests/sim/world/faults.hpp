// What may go wrong in the simulated world, and how often when a seed has drawn it.
//
//   seed ──▶ FaultMix: which faults are in this world, and each one's own rate (a quarter, as listed, four times)
//   strikes(fault) ──▶ act number 0, 1, 2 ...      acts named in the skip set do not happen (minimise.hpp)
//
// How far each may go, and what must still hold, is told in tests/fault/README.md under the same names.
// One thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tests/sim/world/chance.hpp"

namespace phalarope::sim {

enum class Fault : std::uint8_t {
  node_silent,          // a node takes a command and never answers
  node_late,            // it answers long after it should
  node_fails,           // it says so
  output_after_cancel,  // it goes on for a while after it was cancelled
  recogniser_confused,  // any verdict, whatever was said
  frames_lost,          // microphone frames never come
  speech_end_lost,      // voice activity forgets to say that speech ended
  device_gone,          // the sound device is unplugged and comes back
  xrun,                 // the device was served too late
  authority_revoked,    // the right to speak goes and returns under a new epoch, or moves to it at once
  stale_snapshot,       // an old epoch is heard of again
  evidence_full,        // the recorder has no room for a while
  user_impatient,       // push to talk and cancel at any moment
  playback_stuck,       // the loudspeaker never says that it has finished
  node_refused,         // the pool has no room for a command
  answered_twice,       // a node gives a result a second time
  stranger_speaks,      // a result for a ticket, turn or node that does not exist
  line_drops,           // the connection is lost and comes back, or does not
  control_withheld,     // the control plane grants less than everything for a while
  flood,                // far more microphone frames and metrics than anybody can take
  engine_late,          // the engine thread is not scheduled for a while
  clock_jumps,          // wall time jumps; monotonic time does not
  hang_up,              // the session is ended and another takes its seat
  disk_slow,            // the flusher stands still
  disk_full,            // no space left
  disk_refuses,         // a call fails
  power_cut,            // the machine is off at once
  payload_shortage,     // somebody else holds the slabs
  credit_ignored        // a synthesiser speaks on without credit
};
constexpr std::size_t fault_count = 29;

struct FaultRow {
  Fault fault;
  std::string_view name;
  std::int64_t permille;  // of the occasions on which it could happen
};
constexpr std::array<FaultRow, fault_count> fault_rows{{
    {Fault::node_silent, "node_silent", 20},
    {Fault::node_late, "node_late", 50},
    {Fault::node_fails, "node_fails", 30},
    {Fault::output_after_cancel, "output_after_cancel", 200},
    {Fault::recogniser_confused, "recogniser_confused", 200},
    {Fault::frames_lost, "frames_lost", 50},
    {Fault::speech_end_lost, "speech_end_lost", 30},
    {Fault::device_gone, "device_gone", 5},
    {Fault::xrun, "xrun", 20},
    {Fault::authority_revoked, "authority_revoked", 10},
    {Fault::stale_snapshot, "stale_snapshot", 20},
    {Fault::evidence_full, "evidence_full", 10},
    {Fault::user_impatient, "user_impatient", 50},
    {Fault::playback_stuck, "playback_stuck", 10},
    {Fault::node_refused, "node_refused", 5},
    {Fault::answered_twice, "answered_twice", 20},
    {Fault::stranger_speaks, "stranger_speaks", 20},
    {Fault::line_drops, "line_drops", 5},
    {Fault::control_withheld, "control_withheld", 10},
    {Fault::flood, "flood", 2},
    {Fault::engine_late, "engine_late", 5},
    {Fault::clock_jumps, "clock_jumps", 10},
    {Fault::hang_up, "hang_up", 3},
    {Fault::disk_slow, "disk_slow", 10},
    {Fault::disk_full, "disk_full", 10},
    {Fault::disk_refuses, "disk_refuses", 20},
    {Fault::power_cut, "power_cut", 20},
    {Fault::payload_shortage, "payload_shortage", 5},
    {Fault::credit_ignored, "credit_ignored", 200},
}};
consteval bool fault_rows_stand_at_their_number() {
  for (std::size_t i = 0; i < fault_rows.size(); ++i) {
    if (static_cast<std::size_t>(fault_rows[i].fault) != i) return false;
  }
  return true;
}
static_assert(fault_rows_stand_at_their_number());

/// The mix one seed has drawn: each allowed fault is in it or not, at a rate of its own.
class FaultMix {
 public:
  /// `skipped`: numbers of acts that do not happen, ascending; outlives the mix.
  FaultMix(Chance& chance, const std::array<bool, fault_count>& allowed, const std::vector<std::uint64_t>& skipped)
      : skipped_(skipped) {
    constexpr std::int64_t quarters[] = {1, 4, 16};
    for (std::size_t i = 0; i < fault_count; ++i) {
      const bool drawn = chance.happens(500);
      const std::int64_t rate = fault_rows[i].permille * quarters[chance.between(0, 2)] / 4;
      if (allowed[i] && drawn) permille_[i] = std::clamp<std::int64_t>(rate, 1, most_permille);
    }
  }
  bool strikes(Fault fault, Chance& chance) {
    const auto index = static_cast<std::size_t>(fault);
    if (permille_[index] == 0 || !chance.happens(permille_[index]) || !act()) return false;
    ++struck_[index];
    return true;
  }
  /// Whether the next act of people or faults happens: it does, unless it is to be skipped.
  bool act() { return !std::binary_search(skipped_.begin(), skipped_.end(), acts_++); }
  bool drawn(Fault fault) const { return permille_[static_cast<std::size_t>(fault)] != 0; }
  std::uint64_t struck(Fault fault) const { return struck_[static_cast<std::size_t>(fault)]; }
  std::uint64_t acts() const { return acts_; }

 private:
  static constexpr std::int64_t most_permille = 500;
  const std::vector<std::uint64_t>& skipped_;
  std::uint64_t acts_ = 0;
  std::array<std::int64_t, fault_count> permille_{};
  std::array<std::uint64_t, fault_count> struck_{};
};

}  // namespace phalarope::sim
