// What may go wrong in the simulated world, and how often when a seed has drawn it.
#pragma once

#include <array>
#include <string_view>

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
  authority_revoked,    // the control plane withdraws the right to speak, and gives it back under a new epoch
  stale_snapshot,       // an old epoch is heard of again
  evidence_full,        // the recorder has no room for a while
  user_impatient,       // push to talk and cancel at any moment
  playback_stuck        // the loudspeaker never says that it has finished
};
constexpr std::size_t fault_count = 14;

struct FaultRow {
  Fault fault;
  std::string_view name;
  std::int64_t permille;  // of the occasions on which it could happen
};
constexpr std::array<FaultRow, fault_count> fault_rows{{
    {Fault::node_silent, "node_silent", 20},
    {Fault::node_late, "node_late", 50},
    {Fault::node_fails, "node_fails", 30},
    {Fault::output_after_cancel, "output_after_cancel", 300},
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
}};
consteval bool fault_rows_stand_at_their_number() {
  for (std::size_t i = 0; i < fault_rows.size(); ++i) {
    if (static_cast<std::size_t>(fault_rows[i].fault) != i) return false;
  }
  return true;
}
static_assert(fault_rows_stand_at_their_number());

/// The mix one seed has drawn: each allowed fault is in it or not.
class FaultMix {
 public:
  FaultMix(Chance& chance, const std::array<bool, fault_count>& allowed) {
    for (std::size_t i = 0; i < fault_count; ++i) drawn_[i] = allowed[i] && chance.happens(500);
  }
  bool strikes(Fault fault, Chance& chance) {
    const auto index = static_cast<std::size_t>(fault);
    if (!drawn_[index] || !chance.happens(fault_rows[index].permille)) return false;
    ++struck_[index];
    return true;
  }
  std::uint64_t struck(Fault fault) const { return struck_[static_cast<std::size_t>(fault)]; }

 private:
  std::array<bool, fault_count> drawn_{};
  std::array<std::uint64_t, fault_count> struck_{};
};

}  // namespace phalarope::sim
