// SlabPool under the explorer: a slab that comes back while another thread looks at it (ABA), and a handle that two
// threads release while a third one waits for its slab.
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "slab_pool_twins.hpp"
#include "tests/model/judge.hpp"

namespace phalarope::model {
namespace {

constexpr std::uint32_t payload_bytes = 8;

/// A pool of `slabs` in memory whose every use is looked after.
template <typename Pool, std::uint32_t slabs>
struct PoolWorld {
  alignas(64) std::array<std::byte, 1024> memory{};
  Arena arena{memory};
  Pool& pool;
  std::array<bool, slabs> held{};  // owner: the end

  PoolWorld() : pool(made(arena)) { Explorer::current().memory().share(memory); }
  static Pool& made(Arena& arena) {
    const auto pool = Pool::make(arena, {.pool = 1, .slab_bytes = payload_bytes, .slabs_max = slabs});
    check(pool.has_value(), "the arena has room");
    return **pool;
  }

  /// Takes a slab and writes into it, as a holder may.
  Result<PayloadHandle, SlabError> acquire() {
    const auto handle = pool.try_acquire(payload_bytes);
    if (handle) {
      const std::uint64_t payload = handle->generation;
      const std::span<std::byte> bytes = pool.write(*handle);
      check(bytes.size() == payload_bytes, "a handle just given is not stale");
      copy(bytes.data(), &payload, bytes.size());
    }
    return handle;
  }
  void hold(const Result<PayloadHandle, SlabError>& handle) {
    check(!held[handle->slot], "a slab is held by at most one handle");
    held[handle->slot] = true;
  }
  void all_slabs_are_held_once() {
    for (auto handle = acquire(); handle; handle = acquire()) hold(handle);
    for (const bool each : held) check(each, "no slab is lost");
    check(pool.counters().free_slabs == 0, "the count of the held is right at rest");
    check(pool.counters().held_high_water <= slabs, "never more are counted as held than there are");
  }
};

template <typename Pool>
struct ComesBack : PoolWorld<Pool, 3> {
  static constexpr std::size_t threads = 2;
  Result<PayloadHandle, SlabError> other = refuse(SlabError::slabs_exhausted);  // owner: thread 2

  void run(std::size_t thread) {
    if (thread == 1) {
      const auto passing = this->acquire();
      check(passing && this->pool.release(*passing), "a slab is there, and is released once");
      return;
    }
    const auto first = this->acquire();
    other = this->acquire();
    check(first && other, "two of three slabs are there, whatever the other thread does");
    check(this->pool.release(*first).has_value(), "a handle is released once");
  }
  void finish() {
    this->hold(other);
    this->all_slabs_are_held_once();
  }
};

template <typename Pool>
struct ReleasedTwice : PoolWorld<Pool, 1> {
  static constexpr std::size_t threads = 3;
  PayloadHandle shared = *this->acquire();
  std::array<bool, 4> released{};                                              // owner: each thread its own
  Result<PayloadHandle, SlabError> next = refuse(SlabError::slabs_exhausted);  // owner: thread 3

  void run(std::size_t thread) {
    if (thread == 3) {
      next = this->acquire();
    } else {
      released[thread] = this->pool.release(shared).has_value();
    }
  }
  void finish() {
    check(released[1] != released[2], "of two releases of one handle exactly one succeeds");
    if (next) this->hold(next);
    this->all_slabs_are_held_once();
  }
};

TEST(SlabPool, HoldsASlabThatComesBackOnlyOnceInEveryExecution) {
  EXPECT_TRUE(sound<ComesBack<twins::slab_pool::Original::SlabPool>>());
}
TEST(SlabPool, LetsExactlyOneReleaseThroughInEveryExecution) {
  EXPECT_TRUE(sound<ReleasedTwice<twins::slab_pool::Original::SlabPool>>());
}
#define TWIN_FAILS(twin)                                                     \
  TEST(SlabPoolTwin, twin) {                                                 \
    using Pool = twins::slab_pool::twin::SlabPool;                           \
    EXPECT_TRUE(broken<ReleasedTwice<Pool>>() || broken<ComesBack<Pool>>()); \
  }
SLAB_POOL_FAILING_TWINS(TWIN_FAILS)
#define TWIN_IS_SOUND(twin)                        \
  TEST(SlabPoolTwin, twin) {                       \
    using Pool = twins::slab_pool::twin::SlabPool; \
    EXPECT_TRUE(sound<ComesBack<Pool>>());         \
    EXPECT_TRUE(sound<ReleasedTwice<Pool>>());     \
  }
SLAB_POOL_SOUND_TWINS(TWIN_IS_SOUND)

}  // namespace
}  // namespace phalarope::model
