// JitterBuffer: a transport's small bounded queue of (sequence, payload), which loses by a stated rule and counts.
//
//     drop_oldest (default)   full: the head leaves, the new one enters     live audio: the newest matters
//     drop_newest             full: the new one is not accepted
//
// Invariants. (1) Never more than its capacity. (2) First in, first out: it does not reorder. (3) What is lost is
// handed back, so that its payload can be released, and is counted. Owner: the transport's thread. Contract:
// runtime.md 5.8; I5, I10.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/engine/base/result.hpp"

namespace phalarope {

enum class JitterOverflow : std::uint8_t { drop_oldest, drop_newest };
enum class JitterError : std::uint8_t { capacity_invalid };
constexpr const char* describe(JitterError error) noexcept {
  switch (error) {
    case JitterError::capacity_invalid:
      return "capacity_invalid: a jitter buffer holds at least 1 item and at most its memory";
  }
  return "";
}

template <typename Payload, std::size_t items_max>
class JitterBuffer {
 public:
  struct Item {
    std::int64_t sequence = 0;
    Payload payload{};
    constexpr bool operator==(const Item&) const noexcept = default;
  };
  struct PushOutcome {
    bool accepted = true;
    std::optional<Item> dropped;  // the oldest, or the new one
  };

  static constexpr Result<JitterBuffer, JitterError> make(
      std::size_t capacity_items, JitterOverflow overflow = JitterOverflow::drop_oldest) noexcept {
    if (capacity_items < 1 || capacity_items > items_max) return refuse(JitterError::capacity_invalid);
    return JitterBuffer(capacity_items, overflow);
  }

  constexpr PushOutcome push(const Item& item) noexcept {
    if (count_ < capacity_) {
      append(item);
      return {};
    }
    ++dropped_count_;
    switch (overflow_) {
      case JitterOverflow::drop_oldest: {
        PushOutcome outcome{.accepted = true, .dropped = take()};
        append(item);
        return outcome;
      }
      case JitterOverflow::drop_newest:
        break;
    }
    return {.accepted = false, .dropped = item};
  }

  constexpr std::optional<Item> pop() noexcept { return take(); }

  constexpr std::size_t size() const noexcept { return count_; }
  constexpr std::size_t capacity() const noexcept { return capacity_; }
  constexpr std::uint64_t dropped_count() const noexcept { return dropped_count_; }

 private:
  constexpr JitterBuffer(std::size_t capacity_items, JitterOverflow overflow) noexcept
      : capacity_(capacity_items), overflow_(overflow) {}

  constexpr void append(const Item& item) noexcept { items_[(head_ + count_++) % items_max] = item; }
  constexpr std::optional<Item> take() noexcept {
    if (count_ == 0) return std::nullopt;
    const Item item = items_[head_];
    head_ = (head_ + 1) % items_max;
    --count_;
    return item;
  }

  std::array<Item, items_max> items_{};
  std::size_t capacity_;
  std::size_t head_ = 0;
  std::size_t count_ = 0;
  std::uint64_t dropped_count_ = 0;
  JitterOverflow overflow_;
};

}  // namespace phalarope
