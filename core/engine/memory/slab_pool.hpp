// SlabPool: payload memory in equal pieces, taken and given back by any thread without a lock.
//
//     free list (tagged)        slots                      slabs
//     ┌─────┬───────┐          ┌───────────┬──────┐       ┌──────────────────┐
//     │ tag │ first ├───────▶  │generation │ next ├─...   │ slab_bytes each  │
//     └─────┴───────┘          └───────────┴──────┘       └──────────────────┘
//
// The free list is a stack of slot numbers (R. K. Treiber, "Systems Programming: Coping with Parallelism", 1986). Its
// head carries a tag that counts every change, so a thread that slept between reading the head and swapping it cannot
// mistake a stack that looks the same for the stack it saw.
//
// A slot's generation is even while free and odd while held; each change adds one. A handle carries the odd value it
// was given, so a copy kept beyond the release no longer matches: it is refused, and nothing is touched.
//
// Invariants. (1) A slab is held by at most one handle. (2) Exactly one release of a handle succeeds, whoever calls
// first; every other is `handle_stale`. (3) free + held = slabs_max at rest. (4) No call waits: an operation that
// has to try again does so because another thread has succeeded.
// Who: any thread. Reading or writing a slab while another thread releases its handle is the holders' mistake: hand the
// handle on, never share it. A stale handle could match again only after 2^31 uses of one slot.
// Not here: who holds what for how long. Contract: runtime.md I5, I10.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/engine/base/event.hpp"
#include "core/engine/base/result.hpp"
#include "core/engine/memory/arena.hpp"
#include "core/engine/memory/slab_error.hpp"

namespace phalarope {

constexpr std::uint32_t slabs_in_pool_max = 65535;
constexpr std::size_t slab_alignment_bytes = 64;

struct SlabPoolConfig {
  std::uint16_t pool = 0;        // the number handles carry; not 0
  std::uint32_t slab_bytes = 0;  // longest payload; each slab is laid out in whole cache lines
  std::uint32_t slabs_max = 0;
};

struct SlabCounters {
  std::uint32_t slabs_max = 0;
  std::uint32_t free_slabs = 0;
  std::uint32_t held_high_water = 0;
  std::uint64_t exhausted_count = 0;  // asks that found no free slab
  std::uint64_t stale_count = 0;      // reads, writes and releases by a handle that was released before
};

class SlabPool {
 public:
  /// Takes the pool, its slots and its slabs from the arena.
  static Result<SlabPool*, SlabError> make(Arena& arena, const SlabPoolConfig& config) noexcept;

  SlabPool(const SlabPool&) = delete;
  SlabPool& operator=(const SlabPool&) = delete;

  /// A slab for `length_bytes` of payload (0 is allowed).
  [[nodiscard]] Result<PayloadHandle, SlabError> try_acquire(std::uint32_t length_bytes) noexcept;
  /// The payload's bytes, for its holder to fill; empty when the handle is stale or invalid.
  [[nodiscard]] std::span<std::byte> write(PayloadHandle handle) noexcept;
  [[nodiscard]] Result<std::span<const std::byte>, SlabError> read(PayloadHandle handle) const noexcept;
  /// Gives the slab back. Exactly one release of a handle succeeds.
  Result<void, SlabError> release(PayloadHandle handle) noexcept;

  std::uint16_t number() const noexcept { return config_.pool; }
  std::uint32_t slab_bytes() const noexcept { return config_.slab_bytes; }
  /// Each figure is right for some recent moment; together they are exact only at rest.
  SlabCounters counters() const noexcept;

 private:
  struct Slot {
    std::atomic<std::uint32_t> generation{0};
    std::atomic<std::uint32_t> next{0};  // meaningful while free
  };
  friend class Arena;  // makes the pool in place

  static constexpr std::uint32_t no_slot = 0xffff'ffff;

  SlabPool(const SlabPoolConfig& config, std::span<Slot> slots, std::span<std::byte> slabs) noexcept;

  Result<void, SlabError> check(PayloadHandle handle) const noexcept;
  std::uint32_t pop_free() noexcept;
  void push_free(std::uint32_t slot) noexcept;
  void count_held() noexcept;

  SlabPoolConfig config_;
  std::size_t stride_bytes_;
  std::span<Slot> slots_;
  std::span<std::byte> slabs_;
  alignas(64) std::atomic<std::uint64_t> free_head_;  // tag << 32 | slot
  alignas(64) std::atomic<std::uint32_t> held_{0};
  std::atomic<std::uint32_t> held_high_water_{0};
  std::atomic<std::uint64_t> exhausted_count_{0};
  mutable std::atomic<std::uint64_t> stale_count_{0};
};

}  // namespace phalarope
