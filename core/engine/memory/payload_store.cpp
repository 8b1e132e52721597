// PayloadStore: each call goes to the pool its handle names. See payload_store.hpp.
#include "core/engine/memory/payload_store.hpp"

namespace phalarope {

Result<void, SlabError> PayloadStore::add_pool(Arena& arena, const SlabPoolConfig& config) noexcept {
  if (config.pool == 0 || config.pool > payload_pools_max) return refuse(SlabError::pool_unknown);
  if (find(config.pool) != nullptr) return refuse(SlabError::pool_taken);
  const Result<SlabPool*, SlabError> made = SlabPool::make(arena, config);
  if (!made) return refuse(made.error());
  pools_[config.pool - 1U] = *made;
  return {};
}

Result<PayloadHandle, SlabError> PayloadStore::try_acquire(std::uint16_t pool, std::uint32_t length_bytes) noexcept {
  SlabPool* const found = find(pool);
  if (found == nullptr) return refuse(SlabError::pool_unknown);
  return found->try_acquire(length_bytes);
}

std::span<std::byte> PayloadStore::write(PayloadHandle handle) noexcept {
  SlabPool* const found = find(handle.pool);
  if (found == nullptr) return {};
  return found->write(handle);
}

Result<std::span<const std::byte>, SlabError> PayloadStore::read(PayloadHandle handle) const noexcept {
  const SlabPool* const found = find(handle.pool);
  if (found == nullptr) return refuse(SlabError::pool_unknown);
  return found->read(handle);
}

Result<void, SlabError> PayloadStore::release(PayloadHandle handle) noexcept {
  SlabPool* const found = find(handle.pool);
  if (found == nullptr) return refuse(SlabError::pool_unknown);
  return found->release(handle);
}

Result<SlabCounters, SlabError> PayloadStore::counters(std::uint16_t pool) const noexcept {
  const SlabPool* const found = find(pool);
  if (found == nullptr) return refuse(SlabError::pool_unknown);
  return found->counters();
}

}  // namespace phalarope
