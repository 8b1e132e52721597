// PayloadStore: all payloads of the engine, in up to four slab pools; a handle says which.
//
//     handle.pool   1 microphone frames   2 synthesis frames   3 text   4 spare
//
// Pools are apart so that one kind of payload cannot starve another: a stuck synthesiser leaves the microphone its
// slabs.
//
// Invariants. (1) Pools are added before the engine starts, never after, so looking one up needs no synchronisation.
// (2) Every refusal is a SlabError; no handle, however wrong, touches memory outside its slab.
// Who: add_pool() by the starting thread; the rest by any thread. Contract: runtime.md I5, I10; decisions.md D20.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/engine/base/event.hpp"
#include "core/engine/base/result.hpp"
#include "core/engine/memory/slab_pool.hpp"

namespace phalarope {

constexpr std::uint16_t payload_pools_max = 4;
constexpr std::uint16_t microphone_pool = 1;
constexpr std::uint16_t synthesis_pool = 2;
constexpr std::uint16_t text_pool = 3;
constexpr std::uint16_t spare_pool = 4;

class PayloadStore {
 public:
  PayloadStore() noexcept = default;
  PayloadStore(const PayloadStore&) = delete;
  PayloadStore& operator=(const PayloadStore&) = delete;

  /// Before the start only. config.pool is 1..4 and not yet taken.
  Result<void, SlabError> add_pool(Arena& arena, const SlabPoolConfig& config) noexcept;

  [[nodiscard]] Result<PayloadHandle, SlabError> try_acquire(std::uint16_t pool, std::uint32_t length_bytes) noexcept;
  [[nodiscard]] std::span<std::byte> write(PayloadHandle handle) noexcept;
  [[nodiscard]] Result<std::span<const std::byte>, SlabError> read(PayloadHandle handle) const noexcept;
  Result<void, SlabError> release(PayloadHandle handle) noexcept;

  Result<SlabCounters, SlabError> counters(std::uint16_t pool) const noexcept;

 private:
  SlabPool* find(std::uint16_t pool) const noexcept {
    return pool == 0 || pool > payload_pools_max ? nullptr : pools_[pool - 1U];
  }
  std::array<SlabPool*, payload_pools_max> pools_{};
};

}  // namespace phalarope
