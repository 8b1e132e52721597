// SlabPool: tagged free list and generations. See slab_pool.hpp.
#include "core/engine/memory/slab_pool.hpp"

#include "core/engine/base/enforce.hpp"

namespace phalarope {
namespace {

constexpr std::uint64_t pack(std::uint32_t tag, std::uint32_t slot) noexcept {
  return (static_cast<std::uint64_t>(tag) << 32) | slot;
}
constexpr std::uint32_t tag_of(std::uint64_t head) noexcept { return static_cast<std::uint32_t>(head >> 32); }
constexpr std::uint32_t slot_of(std::uint64_t head) noexcept { return static_cast<std::uint32_t>(head); }

constexpr bool held(std::uint32_t generation) noexcept { return (generation & 1U) != 0; }

constexpr std::size_t stride_of(std::uint32_t slab_bytes) noexcept {
  return (static_cast<std::size_t>(slab_bytes) + slab_alignment_bytes - 1) / slab_alignment_bytes *
         slab_alignment_bytes;
}

struct alignas(slab_alignment_bytes) Line {
  std::byte bytes[slab_alignment_bytes];
};

}  // namespace

Result<SlabPool*, SlabError> SlabPool::make(Arena& arena, const SlabPoolConfig& config) noexcept {
  if (config.pool == 0 || config.slab_bytes == 0 || config.slabs_max == 0 || config.slabs_max > slabs_in_pool_max) {
    return refuse(SlabError::shape_invalid);
  }
  const std::size_t lines = stride_of(config.slab_bytes) / slab_alignment_bytes;
  if (lines > arena.capacity_bytes() / slab_alignment_bytes / config.slabs_max) return refuse(SlabError::memory_short);
  const std::span<Slot> slots = arena.make_array<Slot>(config.slabs_max);
  const std::span<Line> slabs = arena.make_array<Line>(lines * config.slabs_max);
  if (slots.empty() || slabs.empty()) return refuse(SlabError::memory_short);
  SlabPool* const pool = arena.make<SlabPool>(config, slots, std::as_writable_bytes(slabs));
  if (pool == nullptr) return refuse(SlabError::memory_short);
  return pool;
}

SlabPool::SlabPool(const SlabPoolConfig& config, std::span<Slot> slots, std::span<std::byte> slabs) noexcept
    : config_(config),
      stride_bytes_(stride_of(config.slab_bytes)),
      slots_(slots),
      slabs_(slabs),
      free_head_(pack(0, 0)) {
  PHAL_ENFORCE(slots.size() == config.slabs_max, "one slot for each slab");
  PHAL_ENFORCE(slabs.size() == config.slabs_max * stride_bytes_, "the slabs fill their memory exactly");
  for (std::uint32_t slot = 0; slot < config.slabs_max; ++slot) {
    slots_[slot].next.store(slot + 1 < config.slabs_max ? slot + 1 : no_slot, std::memory_order_relaxed);
  }
}

Result<PayloadHandle, SlabError> SlabPool::try_acquire(std::uint32_t length_bytes) noexcept {
  if (length_bytes > config_.slab_bytes) return refuse(SlabError::payload_too_long);
  const std::uint32_t slot = pop_free();
  if (slot == no_slot) {
    exhausted_count_.fetch_add(1, std::memory_order_relaxed);
    return refuse(SlabError::slabs_exhausted);
  }
  // The slot is ours alone until its handle leaves this function: a plain step of the generation is enough. Holders of
  // older handles may read it at the same time; they compare for equality and either value tells them "stale".
  const std::uint32_t generation = slots_[slot].generation.load(std::memory_order_relaxed) + 1;
  PHAL_ENFORCE(held(generation), "a slab on the free list was held");
  slots_[slot].generation.store(generation, std::memory_order_relaxed);
  count_held();
  return PayloadHandle{.generation = generation,
                       .length_bytes = length_bytes,
                       .slot = static_cast<std::uint16_t>(slot),
                       .pool = config_.pool};
}

Result<void, SlabError> SlabPool::check(PayloadHandle handle) const noexcept {
  if (handle.pool != config_.pool) return refuse(SlabError::pool_unknown);
  if (handle.slot >= slots_.size()) return refuse(SlabError::handle_invalid);
  if (handle.length_bytes > config_.slab_bytes) return refuse(SlabError::handle_invalid);
  // Relaxed: the handle itself came through a ring or queue whose order covers the slab's bytes; this load only asks
  // whether the handle is still the current one.
  const std::uint32_t generation = slots_[handle.slot].generation.load(std::memory_order_relaxed);
  if (!held(handle.generation) || generation != handle.generation) {
    stale_count_.fetch_add(1, std::memory_order_relaxed);
    return refuse(SlabError::handle_stale);
  }
  return {};
}

std::span<std::byte> SlabPool::write(PayloadHandle handle) noexcept {
  if (!check(handle)) return {};
  return slabs_.subspan(handle.slot * stride_bytes_, handle.length_bytes);
}

Result<std::span<const std::byte>, SlabError> SlabPool::read(PayloadHandle handle) const noexcept {
  if (const auto usable = check(handle); !usable) return refuse(usable.error());
  return std::span<const std::byte>(slabs_.subspan(handle.slot * stride_bytes_, handle.length_bytes));
}

Result<void, SlabError> SlabPool::release(PayloadHandle handle) noexcept {
  if (const auto usable = check(handle); !usable) return refuse(usable.error());
  std::uint32_t expected = handle.generation;
  // Of several threads that release copies of one handle, this exchange lets exactly one through. Relaxed: what the
  // holder read or wrote in the slab is ordered before the next holder by SYNC(slab_freed) in push_free().
  if (!slots_[handle.slot].generation.compare_exchange_strong(expected, handle.generation + 1,
                                                              std::memory_order_relaxed)) {
    stale_count_.fetch_add(1, std::memory_order_relaxed);
    return refuse(SlabError::handle_stale);
  }
  // Before the push: afterwards another thread could hold the slab while this count still includes it.
  held_.fetch_sub(1, std::memory_order_relaxed);
  push_free(handle.slot);
  return {};
}

std::uint32_t SlabPool::pop_free() noexcept {
  // SYNC(slab_freed): pairs with the release exchange of push_free(); makes `next` and the last holder's use visible.
  std::uint64_t head = free_head_.load(std::memory_order_acquire);
  while (slot_of(head) != no_slot) {
    // Another thread may pop this slot and push it again while we look: `next` is then out of date, but the tag has
    // moved on and the exchange fails. Without the tag: (1) we read head A, next B; (2) others pop A and B, push A;
    // (3) our exchange of A for B succeeds and hands out B, which is held.
    const std::uint32_t next = slots_[slot_of(head)].next.load(std::memory_order_relaxed);
    if (free_head_.compare_exchange_weak(head, pack(tag_of(head) + 1, next), std::memory_order_acquire,
                                         std::memory_order_acquire)) {
      return slot_of(head);
    }
  }
  return no_slot;
}

void SlabPool::push_free(std::uint32_t slot) noexcept {
  std::uint64_t head = free_head_.load(std::memory_order_relaxed);
  do {
    slots_[slot].next.store(slot_of(head), std::memory_order_relaxed);
    // SYNC(slab_freed): the holder's accesses to the slab, and `next`, come before the slot can be popped. Were it
    // relaxed: (1) a popper takes the slot and fills it, (2) the old holder's delayed read sees the new bytes; or
    // the popper follows a `next` that was never written and the list is lost. Pops extend the release sequence,
    // so a slot deep in the list is covered by its own push however many exchanges came after it.
  } while (!free_head_.compare_exchange_weak(head, pack(tag_of(head) + 1, slot), std::memory_order_release,
                                             std::memory_order_relaxed));
}

void SlabPool::count_held() noexcept {
  const std::uint32_t now_held = held_.fetch_add(1, std::memory_order_relaxed) + 1;
  std::uint32_t high_water = held_high_water_.load(std::memory_order_relaxed);
  while (now_held > high_water &&
         !held_high_water_.compare_exchange_weak(high_water, now_held, std::memory_order_relaxed)) {
  }
}

SlabCounters SlabPool::counters() const noexcept {
  return SlabCounters{.slabs_max = config_.slabs_max,
                      .free_slabs = config_.slabs_max - held_.load(std::memory_order_relaxed),
                      .held_high_water = held_high_water_.load(std::memory_order_relaxed),
                      .exhausted_count = exhausted_count_.load(std::memory_order_relaxed),
                      .stale_count = stale_count_.load(std::memory_order_relaxed)};
}

}  // namespace phalarope
