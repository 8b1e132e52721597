// Ingress: many threads in, one thread out, through preallocated per-producer queues; nothing allocates, nothing waits.
//
//     worker 1 ── Port ──▶ ┌ its own blocks ┐
//     worker 2 ── Port ──▶ ├ its own blocks ┤──▶ drain(): bulk, engine thread only
//     transport ─ Port ──▶ └ its own blocks ┘
//
// The queue is moodycamel::ConcurrentQueue with one explicit producer token for each port, all made at construction,
// and only the `try_` forms, which refuse instead of allocating. This is the one place that knows it.
//
// Blocks stay with the producer that first used them, so a burst on one port could take the whole pool for ever and
// leave a late starter with nothing. Therefore the constructor primes: each port fills and empties its own share once,
// and after that the pool is empty and every port owns its blocks.
//
// Invariants. (1) Events of one port come out in the order they were sent; between ports the order is decided by the
// drain, and what the drain decided is the recorded order. (2) Each port has room for `port_items_max` events of its
// own, whatever the others do; a refusal is an answer and is counted. (3) After construction nothing allocates.
// Who: attach() before the start or from any thread; a Port by one thread at a time (copies are the same port);
// drain() by the engine thread only. The Ingress must outlive its ports.
// Memory comes from the process heap at construction, not from the arena, because the queue owns its blocks.
// Contract: runtime.md I5, I9, I10.
#pragma once

#include <concurrentqueue/concurrentqueue.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/engine/base/event.hpp"
#include "core/engine/base/result.hpp"

namespace phalarope {

constexpr std::size_t ingress_producers_max = 32;
constexpr std::size_t ingress_port_items_max = 8192;

enum class IngressError : std::uint8_t { ports_exhausted };
constexpr const char* describe(IngressError error) noexcept {
  switch (error) {
    case IngressError::ports_exhausted:
      return "ports_exhausted: more producers attach to the ingress than it was made for";
  }
  return "";
}

class Ingress {
 private:
  struct Traits : moodycamel::ConcurrentQueueDefaultTraits {
    // The block index of a producer is what try_enqueue cannot grow, so it holds the largest share from the start.
    static constexpr std::size_t EXPLICIT_INITIAL_INDEX_SIZE = 2 * ingress_port_items_max / BLOCK_SIZE;
    // No implicit producers: every sender has a port.
    static constexpr std::size_t INITIAL_IMPLICIT_PRODUCER_HASH_SIZE = 0;
  };
  using Queue = moodycamel::ConcurrentQueue<Event, Traits>;

 public:
  /// One producer's way in. A small value; copies are the same producer.
  class Port {
   public:
    /// False when the ingress is full; the event is then not taken and is counted.
    bool try_send(const Event& event) noexcept { return ingress_->try_send(index_, event); }

   private:
    friend class Ingress;
    Port(Ingress* ingress, std::size_t index) noexcept : ingress_(ingress), index_(index) {}
    Ingress* ingress_;
    std::size_t index_;
  };

  /// `port_items_max` events fit into each of `producers_max` ports (128 bytes each, all taken here). Bounds beyond the
  /// named maxima are lowered to them, and 0 becomes 1.
  Ingress(std::size_t port_items_max, std::size_t producers_max);
  ~Ingress();
  Ingress(const Ingress&) = delete;
  Ingress& operator=(const Ingress&) = delete;

  /// False when memory for it was refused: it is then not to be used, and a start says so.
  bool complete() const noexcept { return complete_; }
  /// A port of its own for each producer, until they are used up.
  [[nodiscard]] Result<Port, IngressError> attach() noexcept;

  /// Moves up to out.size() events out; answers how many.
  [[nodiscard]] std::size_t drain(std::span<Event> out) noexcept;

  /// Events that found no room since the start.
  std::uint64_t refused_count() const noexcept { return refused_count_.load(std::memory_order_relaxed); }
  /// A recent depth; any thread.
  std::size_t size_approx() const noexcept;

 private:
  bool try_send(std::size_t index, const Event& event) noexcept;
  bool prime(std::size_t port_blocks) noexcept;

  std::size_t producers_max_;
  Queue queue_;
  std::array<std::optional<moodycamel::ProducerToken>, ingress_producers_max> producers_;
  moodycamel::ConsumerToken consumer_;  // owner: engine thread
  bool complete_ = false;
  std::atomic<std::size_t> attached_{0};  // asked for, granted or not
  std::atomic<std::uint64_t> refused_count_{0};
};

}  // namespace phalarope
