// BatchRing: one producer, one consumer, many items per hand-over, built and read in place.
//
//        released      head peeked       tail claimed
//     ────┬──────────────┬────────────────┬────────────┬──── free-running positions; slot = position mod capacity
//     free│  published: the consumer's    │ producer's │free
//     ────┴───────────────────────────────┴────────────┴────
//
// One release store publishes a whole batch, so the price of the two index lines is shared by its items. Each side
// keeps a cached copy of the other's index and looks again only when the copy says "not enough".
//
// Invariants. (1) A claim or peek is one stretch of memory: it ends at the wrap, and the next call goes on from there.
// (2) A slot belongs to one side at any time; it changes hands only by publish() and release(). (3) Items come out
// once, in order. (4) Positions are free-running 64-bit counts; only differences are used.
// Who: exactly one producer thread, exactly one consumer thread; size_approx() any thread. No wait, lock, allocation.
// Not here: the cheapest way for single items (spsc_ring.hpp).
// Contract: runtime.md 5.1, I5, I10.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "core/engine/base/enforce.hpp"
#include "core/engine/lanes/spsc_ring.hpp"

namespace phalarope {

template <typename T, std::size_t capacity>
class BatchRing {
  static_assert(std::has_single_bit(capacity), "a position becomes a slot by masking");
  static_assert(std::is_trivially_copyable_v<T>, "items are copied as bytes");

 public:
  BatchRing() noexcept : BatchRing(0) {}
  /// Starts both positions at `start`: for tests that cross the edges of the counters.
  explicit BatchRing(std::uint64_t start) noexcept
      : published_{start}, producer_{start, start}, released_{start}, consumer_{start, start} {}
  BatchRing(const BatchRing&) = delete;
  BatchRing& operator=(const BatchRing&) = delete;

  static constexpr std::size_t items_max() noexcept { return capacity; }

  /// Producer. Up to `items_wanted` free slots in one stretch; empty when the ring is full. Claiming again before
  /// publish() answers the same slots.
  [[nodiscard]] std::span<T> try_claim(std::size_t items_wanted) noexcept {
    const std::uint64_t tail = producer_.tail;
    const std::size_t slot = index_of(tail);
    const std::size_t wanted = std::min(items_wanted, capacity - slot);
    if (capacity - (tail - producer_.released_seen) < wanted) {
      // SYNC(released): pairs with release(). All reads of the freed slots happen before this load.
      producer_.released_seen = released_.position.load(std::memory_order_acquire);
    }
    const std::size_t free_items = static_cast<std::size_t>(capacity - (tail - producer_.released_seen));
    producer_.claimed_items = std::min(wanted, free_items);
    return {slots_.data() + slot, producer_.claimed_items};
  }

  /// Producer. Hands the first `items` of the last claim to the consumer.
  void publish(std::size_t items) noexcept {
    PHAL_ENFORCE(items <= producer_.claimed_items, "a batch publishes only what it claimed");
    producer_.claimed_items -= items;
    producer_.tail += items;
    // SYNC(published): the items are written before their number is. Were it relaxed: (1) the consumer sees the new
    // index, (2) reads a slot, (3) the producer's bytes arrive: an item of the lap before is taken for a new one.
    published_.position.store(producer_.tail, std::memory_order_release);
  }

  /// Consumer. Up to `items_wanted` published items in one stretch, oldest first; empty when the ring is dry.
  [[nodiscard]] std::span<const T> try_peek(std::size_t items_wanted) noexcept {
    const std::uint64_t head = consumer_.head;
    const std::size_t slot = index_of(head);
    const std::size_t wanted = std::min(items_wanted, capacity - slot);
    if (consumer_.published_seen - head < wanted) {
      // SYNC(published): pairs with publish().
      consumer_.published_seen = published_.position.load(std::memory_order_acquire);
    }
    const std::size_t ready_items = static_cast<std::size_t>(consumer_.published_seen - head);
    consumer_.peeked_items = std::min(wanted, ready_items);
    return {slots_.data() + slot, consumer_.peeked_items};
  }

  /// Consumer. Gives the first `items` of the last peek back to the producer; their span must not be read any more.
  void release(std::size_t items) noexcept {
    PHAL_ENFORCE(items <= consumer_.peeked_items, "a batch releases only what it peeked");
    consumer_.peeked_items -= items;
    consumer_.head += items;
    // SYNC(released): the reads of the items end before their slots are free. Were it relaxed: (1) the producer sees
    // the index, (2) writes the slot, (3) the consumer's delayed read returns the new item under the old position.
    released_.position.store(consumer_.head, std::memory_order_release);
  }

  /// Producer. Copies as many of `items` as there is room for, across the wrap too; answers how many. One copy of a
  /// whole batch writes full lines, which the memory system hands over cheaper than lines built word by word.
  [[nodiscard]] std::size_t push_some(std::span<const T> items) noexcept {
    std::size_t pushed = push_stretch(items);
    // A second stretch only behind the wrap: anywhere else the first took all the room there is.
    if (index_of(producer_.tail) == 0) pushed += push_stretch(items.subspan(pushed));
    return pushed;
  }

  /// Consumer. Fills `items` with what is published, oldest first, across the wrap too; answers how many.
  [[nodiscard]] std::size_t pop_some(std::span<T> items) noexcept {
    std::size_t popped = pop_stretch(items);
    if (index_of(consumer_.head) == 0) popped += pop_stretch(items.subspan(popped));
    return popped;
  }

  /// Producer. One item by copy; false when full.
  [[nodiscard]] bool try_push(const T& item) noexcept {
    const std::span<T> slot = try_claim(1);
    if (slot.empty()) return false;
    slot.front() = item;
    publish(1);
    return true;
  }

  /// Consumer. One item by copy; false (and `item` untouched) when dry.
  [[nodiscard]] bool try_pop(T& item) noexcept {
    const std::span<const T> slot = try_peek(1);
    if (slot.empty()) return false;
    item = slot.front();
    release(1);
    return true;
  }

  /// Any thread: a recent depth.
  std::size_t size_approx() const noexcept {
    // Released first: an index newer than the other would read as a huge depth. Harmless race: both may move.
    const std::uint64_t released = released_.position.load(std::memory_order_relaxed);
    const std::uint64_t depth = published_.position.load(std::memory_order_relaxed) - released;
    return static_cast<std::size_t>(std::clamp<std::int64_t>(static_cast<std::int64_t>(depth), 0, capacity));
  }

 private:
  struct alignas(separation_bytes) Shared {
    std::atomic<std::uint64_t> position;
  };
  struct alignas(separation_bytes) Producer {
    std::uint64_t tail;           // owner: producer
    std::uint64_t released_seen;  // owner: producer
    std::size_t claimed_items = 0;
  };
  struct alignas(separation_bytes) Consumer {
    std::uint64_t head;            // owner: consumer
    std::uint64_t published_seen;  // owner: consumer
    std::size_t peeked_items = 0;
  };
  static constexpr std::size_t index_of(std::uint64_t position) noexcept {
    return static_cast<std::size_t>(position & (capacity - 1));
  }
  std::size_t push_stretch(std::span<const T> items) noexcept {
    const std::span<T> slots = try_claim(items.size());
    if (slots.empty()) return 0;
    std::memcpy(slots.data(), items.data(), slots.size_bytes());
    publish(slots.size());
    return slots.size();
  }
  std::size_t pop_stretch(std::span<T> items) noexcept {
    const std::span<const T> slots = try_peek(items.size());
    if (slots.empty()) return 0;
    std::memcpy(items.data(), slots.data(), slots.size_bytes());
    release(slots.size());
    return slots.size();
  }

  Shared published_;
  Producer producer_;
  Shared released_;
  Consumer consumer_;
  alignas(separation_bytes) std::array<T, capacity> slots_;
};

}  // namespace phalarope
