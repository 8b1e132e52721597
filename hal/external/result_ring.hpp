// ResultRing: the host's end of the ring that a node's process writes. Nothing in that memory is trusted.
//
//   shared slot ──copy once──▶ ResultRecord (the host's own) ──compiler barrier──▶ checks look at the copy only
//
// The writer is another process that may be broken or hostile and may write at any time, so:
// Invariants. (1) The position is the host's own; no index is read from the memory, and a slot is found by masking.
// (2) Each byte is read at most once; what is checked is what is used. (3) A length is bounded before it is used.
// (4) A slot number is either "published" or "of the lap before"; any other ends the ring for ever.
// (5) take() ends after one slot, whatever the memory holds.
// Owner: one host thread at a time. Contract: runtime.md 11.2; layout: sdk/phalarope_node_layout.h.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <span>

#include "hal/external/fault.hpp"
#include "hal/external/sdk/phalarope_node_layout.h"

namespace phalarope::hal {

struct ResultRecord {
  std::uint64_t command = 0;
  std::uint32_t type = 0;
  std::uint32_t payload_bytes = 0;
  std::int32_t status = 0;
  phal_event event{};
  std::array<std::byte, PHAL_PAYLOAD_BYTES_MAX> bytes{};

  std::span<const std::byte> payload() const noexcept { return std::span(bytes).first(payload_bytes); }
};

enum class Taken : std::uint8_t { nothing, record, broken };

class ResultRing {
 public:
  explicit ResultRing(phal_region& region) noexcept : region_(region) {}

  /// Copies the next record out, if there is one. After `broken`, fault() says why, and nothing is taken any more.
  Taken take(ResultRecord& out) noexcept {
    if (fault_ != ExternalFault::none) return Taken::broken;
    phal_slot& slot = region_.results[position_ % PHAL_RESULT_SLOTS];
    // Acquire: pairs with the store in publish() of phalarope_node.c; the slot's other bytes were written before it.
    const std::uint64_t number = std::atomic_ref(slot.number).load(std::memory_order_acquire);
    if (number == position_ + 1 - PHAL_RESULT_SLOTS) return Taken::nothing;
    if (number != position_ + 1) return broken(ExternalFault::ring_corrupt);
    out.command = slot.command;
    out.type = slot.type;
    out.payload_bytes = slot.payload_bytes;
    out.status = slot.status;
    std::memcpy(&out.event, &slot.event, sizeof out.event);
    // From here on the compiler must take `out` as it is and may not read the slot a second time in its place.
    asm volatile("" : : "r"(&out) : "memory");
    if (out.payload_bytes > PHAL_PAYLOAD_BYTES_MAX) return broken(ExternalFault::payload_too_long);
    std::memcpy(out.bytes.data(), slot.payload, out.payload_bytes);
    asm volatile("" : : "r"(&out) : "memory");
    ++position_;
    // Release: the copy above is over before the node (next_result() there) may write the slot again.
    std::atomic_ref(region_.results_taken).store(position_, std::memory_order_release);
    return Taken::record;
  }
  /// True when take() would not say `nothing`.
  bool ready() const noexcept {
    phal_slot& slot = region_.results[position_ % PHAL_RESULT_SLOTS];
    return std::atomic_ref(slot.number).load() != position_ + 1 - PHAL_RESULT_SLOTS;
  }
  ExternalFault fault() const noexcept { return fault_; }

 private:
  Taken broken(ExternalFault fault) noexcept {
    fault_ = fault;
    return Taken::broken;
  }

  phal_region& region_;
  std::uint64_t position_ = 0;
  ExternalFault fault_ = ExternalFault::none;
};

}  // namespace phalarope::hal
