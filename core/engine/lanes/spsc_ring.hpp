// SpscRing: one producer, one consumer, one item at a time, by copy. The fast way to hand an event to another core.
//
// The number of an item lies in its slot, behind the item, on a line of its own where the ring is small. The producer
// writes the item's lines while nobody looks at them; the consumer polls the number's line:
//
//     slot k      item                         number           producer        consumer
//                ┌────────────────────────────┬───────────┐     tail  ──▶       ◀── head
//                │ stale: of the lap before   │ p - C + 1 │     "full?"         "head + 1 here?" no: dry
//                │ published                  │ p + 1     │                     yes: copy, head + 1
//                └────────────────────────────┴───────────┘
//                small ring: 128 .. 128-byte borders .. 128;  large ring: slot after slot, 16-byte borders
//
// The consumer never writes a slot. It tells the producer its position only every quarter of the ring, or when it
// runs dry; the producer asks only when its cached copy says "full". So in steady flow each item costs its own
// lines and nothing else: there is no index line that moves to and fro (measured: README.md).
//
// Invariants. (1) An item is popped once, in push order. (2) A slot is overwritten only after its pop was published.
// (3) "Full" may come early, by at most capacity/4 - 1 items popped and not yet published; a consumer that has
// seen "dry" has given everything back. (4) Positions are free-running 64-bit counts; every comparison is a
// difference or an equality, so passing 2^32 or 2^64 changes nothing.
// Who: exactly one producer thread, exactly one consumer thread; size_approx() any thread. No wait, lock, allocation.
// Not here: handing over many items at once, or in place (batch_ring.hpp); many producers (ingress.hpp).
// Contract: runtime.md 5.1, I5, I10.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace phalarope {

/// Two lines of 64 bytes: adjacent-line prefetchers and the big cores' 128-byte lines move them as a pair.
constexpr std::size_t separation_bytes = 128;
constexpr std::size_t cache_line_bytes = 64;

template <typename T, std::size_t capacity>
class SpscRing {
  static_assert(std::has_single_bit(capacity), "a position becomes a slot by masking");
  static_assert(std::is_trivially_copyable_v<T>, "items are copied as bytes");
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

 public:
  SpscRing() noexcept : SpscRing(0) {}
  /// Starts both positions at `start`: for tests that cross the edges of the counters.
  explicit SpscRing(std::uint64_t start) noexcept : producer_{start, start}, consumer_{start, start}, consumed_{start} {
    for (std::uint64_t position = start; position != start + capacity; ++position) {
      slot_at(position).number.store(position - capacity + 1, std::memory_order_relaxed);
    }
  }
  SpscRing(const SpscRing&) = delete;
  SpscRing& operator=(const SpscRing&) = delete;

  static constexpr std::size_t items_max() noexcept { return capacity; }

  /// Producer. False when the ring is full; the item is then not taken.
  [[nodiscard]] bool try_push(const T& item) noexcept {
    const std::uint64_t tail = producer_.tail.load(std::memory_order_relaxed);
    if (tail - producer_.consumed_seen == capacity) [[unlikely]] {
      // SYNC(consumed): pairs with publish_consumed(). All reads of the freed slots happen before this load.
      producer_.consumed_seen = consumed_.position.load(std::memory_order_acquire);
      if (tail - producer_.consumed_seen == capacity) return false;
    }
    Slot& slot = slot_at(tail);
    if constexpr (outgrows_private_cache) prefetch_for_writing(tail + prefetch_ahead_items);
    slot.item = item;
    // SYNC(published): whoever reads this number may read the item. Were it relaxed: (1) the store of the number
    // becomes visible, (2) the consumer copies the slot, still holding bytes of the lap before, (3) the item's
    // bytes arrive: a torn event would be stepped and recorded.
    slot.number.store(tail + 1, std::memory_order_release);
    producer_.tail.store(tail + 1, std::memory_order_relaxed);
    return true;
  }

  /// Consumer. False when the ring is dry; `item` is then untouched.
  [[nodiscard]] bool try_pop(T& item) noexcept {
    const std::uint64_t head = consumer_.head.load(std::memory_order_relaxed);
    const Slot& slot = slot_at(head);
    // Where the ring was dry before, the next item is waited for: its lines are asked for together with its number,
    // or each would be a journey of its own. Only a hint: the copy below still comes after the acquire load.
    if (consumer_.consumed_told == head) prefetch_for_reading(slot);
    // SYNC(published): pairs with the release store of try_push().
    if (slot.number.load(std::memory_order_acquire) != head + 1) {
      if (consumer_.consumed_told != head) publish_consumed(head);
      return false;
    }
    item = slot.item;
    consumer_.head.store(head + 1, std::memory_order_relaxed);
    if (((head + 1) & (tell_every_items - 1)) == 0) publish_consumed(head + 1);
    return true;
  }

  /// Any thread: a recent depth. It reads both sides' own lines, so ask for reports, not per item.
  std::size_t size_approx() const noexcept {
    // Head first: a head newer than the tail would read as a huge depth. Harmless race: both may move meanwhile.
    const std::uint64_t head = consumer_.head.load(std::memory_order_relaxed);
    const std::uint64_t depth = producer_.tail.load(std::memory_order_relaxed) - head;
    return static_cast<std::size_t>(std::clamp<std::int64_t>(static_cast<std::int64_t>(depth), 0, capacity));
  }

 private:
  // A ring that lives in the private caches of two cores pays for lines that one side takes while the other still
  // writes them. Prefetchers take lines in pairs, so there a slot ends where a pair ends; packed slots cost three to
  // four times as much. A ring larger than that waits for the outer cache, and pays for every byte: there slots
  // stand close, and the producer asks ahead. Asking ahead in a small ring would take the lines from the consumer,
  // whose own prefetcher fetches them back.
  static constexpr std::size_t private_cache_bytes = std::size_t{1} << 20;
  static constexpr std::size_t number_bytes = sizeof(std::uint64_t);
  static constexpr std::size_t wide_slot_bytes =
      (sizeof(T) + number_bytes + separation_bytes - 1) / separation_bytes * separation_bytes;
  static constexpr bool outgrows_private_cache = capacity * wide_slot_bytes >= private_cache_bytes;
  static constexpr std::size_t copy_alignment_bytes = 16;  // whole vector registers never straddle two lines
  static constexpr std::size_t slot_alignment_bytes =
      std::max({outgrows_private_cache ? copy_alignment_bytes : separation_bytes, alignof(T), alignof(std::uint64_t)});
  static constexpr std::uint64_t prefetch_ahead_items = 8;
  static constexpr std::size_t prefetch_bytes_max = 256;  // a longer item is found by the processor's own prefetcher

  struct alignas(slot_alignment_bytes) Slot {
    T item;
    std::atomic<std::uint64_t> number;  // position + 1 of the item it holds
  };
  struct alignas(separation_bytes) Producer {
    std::atomic<std::uint64_t> tail;  // owner: producer; others only read it, for size_approx()
    std::uint64_t consumed_seen;      // owner: producer
  };
  struct alignas(separation_bytes) Consumer {
    std::atomic<std::uint64_t> head;  // owner: consumer; others only read it, for size_approx()
    std::uint64_t consumed_told;      // owner: consumer
  };
  struct alignas(separation_bytes) Consumed {
    std::atomic<std::uint64_t> position;  // the one line both sides touch, four times a lap
  };
  static constexpr std::uint64_t tell_every_items = std::max<std::uint64_t>(capacity / 4, 1);

  void publish_consumed(std::uint64_t head) noexcept {
    // SYNC(consumed): the copies out of these slots end before the producer may write them again. Were it relaxed:
    // (1) the producer sees the position, (2) overwrites the slot, (3) the consumer's delayed copy reads the new
    // bytes under the old number: one item twice, one never.
    consumed_.position.store(head, std::memory_order_release);
    consumer_.consumed_told = head;
  }
  void prefetch_for_writing(std::uint64_t position) noexcept {
    // Never a slot that is still to be read: taking its line away from the consumer would cost both sides.
    if (position - producer_.consumed_seen >= capacity) return;
    const char* const slot = reinterpret_cast<const char*>(&slot_at(position));
    for (std::size_t offset = 0; offset < sizeof(Slot); offset += cache_line_bytes)
      __builtin_prefetch(slot + offset, 1);
  }
  static void prefetch_for_reading(const Slot& slot) noexcept {
    const char* const item = reinterpret_cast<const char*>(&slot.item);
    for (std::size_t offset = 0; offset < std::min(sizeof(T), prefetch_bytes_max); offset += cache_line_bytes)
      __builtin_prefetch(item + offset);
  }
  Slot& slot_at(std::uint64_t position) noexcept { return slots_[position & (capacity - 1)]; }
  const Slot& slot_at(std::uint64_t position) const noexcept { return slots_[position & (capacity - 1)]; }

  Producer producer_;
  Consumer consumer_;
  Consumed consumed_;
  alignas(separation_bytes) std::array<Slot, capacity> slots_;
};

}  // namespace phalarope
