// How a node hands a result over: a full ingress or an empty slab pool is waited for, shortly and by name.
//
// Results that must not be lost (a final, a sentence, a frame) are tried again every millisecond until
// delivery_wait_ms_max have passed or the ticket is cancelled. The engine drains its ingress every step, so that the
// wait is only ever taken when the engine itself is in trouble. Thread: the worker's.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>
#include <thread>

#include "core/engine/graph/node.hpp"

namespace phalarope::hal {

constexpr int delivery_wait_ms_max = 50;

/// Sends `result` with `bytes` as its payload (none when empty). False: not delivered, and nothing is owed.
inline bool deliver(NodeContext& context, Event result, std::span<const std::byte> bytes) {
  for (int waited_ms = 0; !context.cancelled(); ++waited_ms) {
    const auto payload = bytes.empty() ? std::optional<PayloadHandle>{PayloadHandle{}} : context.put_payload(bytes);
    if (payload) {
      result.payload = *payload;
      if (context.emit(result)) return true;
    }
    if (waited_ms >= delivery_wait_ms_max) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

inline bool deliver_text(NodeContext& context, const Event& result, std::string_view text) {
  return deliver(context, result, std::as_bytes(std::span(text)));
}

/// A result of `kind` about the same utterance or call as `command`.
inline Event result_of(const Event& command, EventKind kind) {
  Event result{};
  result.kind = kind;
  result.lane = Lane::data;
  result.ticket = command.ticket;
  result.provider_invocation = command.provider_invocation;
  result.payload_class = PayloadClass::text_raw;
  return result;
}

}  // namespace phalarope::hal
