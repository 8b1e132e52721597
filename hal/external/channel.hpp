// Channel: the host's side of the talk with one node's process: commands in, records out, sleep and wake.
//
//   send(type, event, payload) ──▶ commands[16] ──▶ node          one command at a time: the next one is sent when
//   take(record) ◀────────────────── results[64] ◀── node         the node said `handled` to the one before
//   wait(span): until the node says "look", is gone, or the span is over
//
// The socket is the host's own end: whatever flags the node sets on its end, no call here can block. Descriptors that a
// node sends along are dropped by the kernel, because nobody asks for them.
// Owner: one host thread at a time. Contract: runtime.md 11.2.
#pragma once

#include <span>

#include "core/engine/base/event.hpp"
#include "core/engine/base/strong.hpp"
#include "hal/external/result_ring.hpp"

namespace phalarope::hal {

static_assert(sizeof(phal_event) == sizeof(Event) && offsetof(phal_event, kind) == offsetof(Event, kind) &&
                  offsetof(phal_event, turn_number) == offsetof(Event, turn_number) &&
                  offsetof(phal_event, argument_a) == offsetof(Event, argument_a) &&
                  offsetof(phal_event, node) == offsetof(Event, node),
              "the SDK's event is the engine's");

class Channel {
 public:
  Channel(phal_region& region, int socket) noexcept : region_(region), socket_(socket), results_(region) {}

  /// Publishes the next command; its number, counted from 1. The payload is at most PHAL_PAYLOAD_BYTES_MAX bytes.
  std::uint64_t send(phal_record_type type, const Event& command = {},
                     std::span<const std::byte> payload = {}) noexcept;
  Taken take(ResultRecord& record) noexcept { return results_.take(record); }
  ExternalFault fault() const noexcept { return results_.fault(); }

  /// Every ticket up to and including this one is cancelled. It only grows.
  void tell_cancelled(Ticket through) noexcept;
  /// Sleeps until there may be something, at most `span`. False: the node has closed its end.
  [[nodiscard]] bool wait(Duration span) noexcept;

 private:
  void wake_node() noexcept;
  bool drain_socket() noexcept;

  phal_region& region_;
  int socket_;
  ResultRing results_;
  std::uint64_t commands_sent_ = 0;
  std::uint64_t cancelled_told_ = 0;
};

}  // namespace phalarope::hal
