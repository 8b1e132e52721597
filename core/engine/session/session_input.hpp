// How the control plane's answers travel in one event (EventKind::control_snapshot), so that the opening gates read
// them from the session's state and no turn ever waits for a reply (runtime.md 2.4; decisions.md: policy and snapshot
// changes take effect at a turn boundary).
//
//   argument_a   bits below          argument_b   lease epoch          authority_epoch   the request's epoch
//   range_end    when the lease expires, on the monotonic clock; 0: the session's owner is its own lease authority
#pragma once

#include <cstdint>

namespace phalarope {

enum class ControlBit : std::uint8_t {
  snapshot_valid = 0,
  epoch_valid = 1,
  authorized = 2,
  bundle_resolves = 3,
  lease_valid = 4,
  lease_granted = 5,
  snapshot_failure_rejects = 6,  // snapshot_failure_policy is `reject`, else `defer`
  plan_failure_rejects = 7,
  capacity_defer = 8,
  capacity_reject = 9,
  admission_defer = 10,
  admission_reject = 11
};

constexpr std::int64_t control_bit(ControlBit bit) noexcept { return std::int64_t{1} << static_cast<unsigned>(bit); }
constexpr bool has_control_bit(std::int64_t bits, ControlBit bit) noexcept { return (bits & control_bit(bit)) != 0; }

/// Everything granted: what the local authority of a single board answers.
constexpr std::int64_t control_all_granted =
    control_bit(ControlBit::snapshot_valid) | control_bit(ControlBit::epoch_valid) |
    control_bit(ControlBit::authorized) | control_bit(ControlBit::bundle_resolves) |
    control_bit(ControlBit::lease_valid) | control_bit(ControlBit::lease_granted);

/// lease_rotated.argument_a and migration_start.argument_a, as the host tells them: which placement this session is.
enum class Placement : std::int8_t { leaves = 0, arrives = 1 };

/// flow_xoff.argument_a and flow_xon.argument_a: said about all of the session's work, not about one lane's queue.
constexpr std::int64_t flow_of_the_session = 1;

/// evidence_state.argument_a: whether what a turn leaves would find room.
enum class EvidenceRoom : std::int8_t {
  lost = -1,         // not even the running turn's record can be kept: it ends by T9
  running_only = 0,  // the running turn's room is held, another turn is not begun
  next_turn = 1,
};

}  // namespace phalarope
