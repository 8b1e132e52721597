// LoopbackTransport: the smallest transport there is: two bounded queues of messages in one process.
//
//   peer: send() ─▶ │ messages │ ─▶ border.take ─▶ tell() ─▶ engine
//   peer: receive() ◀─ │ messages │ ◀─ border.give ◀─ the engine's ring to the border
//
// It shows what a transport does and nothing else: move messages, call the border, hand its events on. A full queue is
// an answer, not a wait. One thread. For tests and for those who embed; a socket takes the queues' place.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <utility>

#include "hal/transport/border.hpp"

namespace phalarope::hal {

constexpr std::size_t loopback_messages_max = 256;

class LoopbackTransport {
 public:
  /// `tell` hands one event to the engine; false: there is no room.
  LoopbackTransport(Border& border, std::function<bool(const Event&)> tell) : border_(border), tell_(std::move(tell)) {}

  /// The peer's side. False: the queue is full and nothing was taken.
  bool send(Message message) {
    if (inward_.size() == loopback_messages_max) return false;
    inward_.push_back(std::move(message));
    return true;
  }
  std::optional<Message> receive() {
    if (outward_.empty()) return std::nullopt;
    Message message = std::move(outward_.front());
    outward_.pop_front();
    return message;
  }

  /// The engine's side: everything that has come goes on, while the engine has room.
  void serve(Instant now, WallTime wall) {
    while (!inward_.empty()) {
      Intake taken = border_.take(inward_.front(), now, wall);
      inward_.pop_front();
      for (const Event& event : taken.events) events_without_room_ += tell_(event) ? 0 : 1;
      for (Message& reply : taken.replies) put(std::move(reply));
    }
  }
  void give(const Event& signal) {
    if (auto message = border_.give(signal)) put(*std::move(message));
  }
  std::uint64_t events_without_room() const noexcept { return events_without_room_; }
  std::uint64_t messages_without_room() const noexcept { return messages_without_room_; }

 private:
  void put(Message message) {
    if (outward_.size() == loopback_messages_max) {
      ++messages_without_room_;
      return;
    }
    outward_.push_back(std::move(message));
  }

  Border& border_;
  std::function<bool(const Event&)> tell_;
  std::deque<Message> inward_;
  std::deque<Message> outward_;
  std::uint64_t events_without_room_ = 0;
  std::uint64_t messages_without_room_ = 0;
};

}  // namespace phalarope::hal
