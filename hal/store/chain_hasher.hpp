// ChainHasher: the chain's hash of a block, reckoned while the block is on its way to the disk.
//
//   flusher thread   offer ──▶ write, fdatasync (waits for the disk) ──▶ settle ──▶ hash
//   helper thread      └─────▶ BLAKE2b of the same bytes ──────────────────┘
//
//   idle ──offer──▶ offered ──helper──▶ taken ──helper──▶ done ──settle──▶ idle
//                      └── settle, when the helper has not begun: the flusher hashes itself ──▶ idle
//
// Invariants. (1) The helper touches a block only between offer and settle, so never after hash_beside() came back,
// not even by an exception. (2) The flusher never waits for a helper that has not begun: a starved or missing helper
// costs the time of one hash, as without it. (3) The hash is the same whoever reckons it.
//
// The helper starts with the first block worth it, from the flusher's thread, whose policy and cores it inherits. It
// allocates nothing, and its stack is small because locked memory is paid for.
// hash_beside(): flusher thread. Contract: segment_format.hpp (chain).
#pragma once

#include <pthread.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "hal/store/segment_format.hpp"

namespace phalarope::hal {

/// Below this, waking the helper costs about as much as the hash.
constexpr std::size_t hash_beside_bytes_min = 32 * 1024;
/// BLAKE2b needs less than 2 KiB; the rest is for the thread's static storage.
constexpr std::size_t hash_stack_bytes = 128 * 1024;

class ChainHasher {
 public:
  ChainHasher() = default;
  ~ChainHasher();
  ChainHasher(const ChainHasher&) = delete;
  ChainHasher& operator=(const ChainHasher&) = delete;

  /// Runs `work` and hashes `block` at the same time. `work` may read the block, nobody may write it.
  template <typename Work>
  ChainHash hash_beside(std::span<const std::byte> block, Work&& work) {
    offer(block);
    struct Settled {
      ChainHasher& hasher;
      ~Settled() { hasher.settle(); }
    };
    {
      const Settled settled{*this};
      work();
    }
    return hash_;
  }

 private:
  enum class Stage : std::uint32_t { idle, offered, taken, done, stop };

  static void* run(void* self);
  void serve();
  void start();
  void offer(std::span<const std::byte> block);
  void settle();

  // `offered` hands block_ to the helper, `done` hands hash_ back: SYNC(hash_offered), SYNC(hash_done).
  std::atomic<Stage> stage_{Stage::idle};
  std::span<const std::byte> block_;
  ChainHash hash_{};
  pthread_t thread_{};
  bool tried_ = false;    // flusher's: one try, a refusal is final
  bool running_ = false;  // flusher's
};

}  // namespace phalarope::hal
