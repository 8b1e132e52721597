// The queues side by side: ours, the packaged peers, and the bounds. Each answers push() and pop() as two_cores.hpp
// asks.
//
// The work is the same for all: the producer writes 128 bytes, the consumer copies 128 bytes out. A queue that offers
// memory in place is used in place on the producing side and copied from on the consuming side.
#pragma once

#include <concurrentqueue/concurrentqueue.h>
#include <readerwriterqueue/readerwriterqueue.h>

#include <array>
#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <cstdint>
#include <span>

#include "bench/lanes/two_cores.hpp"
#include "core/engine/lanes/batch_ring.hpp"
#include "core/engine/lanes/spsc_ring.hpp"

namespace phalarope::bench {

constexpr std::size_t bulk_items_max = 32;

/// Copies an event out and keeps the copy from being optimised away.
inline void take(const Event& event, std::uint64_t& checksum) {
  Event copy = event;
  benchmark::DoNotOptimize(copy);
  checksum += copy.runtime_sequence;
}

inline Event numbered(const Event& model, std::uint64_t number) {
  Event event = model;
  event.runtime_sequence = number;
  return event;
}

template <std::size_t capacity>
class SpscSingle {
 public:
  std::size_t push(const Event& model, std::uint64_t first, std::size_t items) {
    std::size_t count = 0;
    while (count < items && ring_.try_push(numbered(model, first + count))) ++count;
    return count;
  }
  std::size_t pop(std::uint64_t& checksum, std::size_t items) {
    Event event;
    std::size_t count = 0;
    while (count < items && ring_.try_pop(event)) {
      take(event, checksum);
      ++count;
    }
    return count;
  }

 private:
  SpscRing<Event, capacity> ring_;
};

/// Batches copied in and out, as the bulk peers do.
template <std::size_t capacity>
class Batch {
 public:
  std::size_t push(const Event& model, std::uint64_t first, std::size_t items) {
    for (std::size_t i = 0; i < items; ++i) bulk_in_[i] = numbered(model, first + i);
    return ring_.push_some(std::span(bulk_in_).first(items));
  }
  std::size_t pop(std::uint64_t& checksum, std::size_t items) {
    const std::size_t count = ring_.pop_some(std::span(bulk_out_).first(items));
    for (std::size_t i = 0; i < count; ++i) take(bulk_out_[i], checksum);
    return count;
  }

 private:
  BatchRing<Event, capacity> ring_;
  alignas(128) std::array<Event, bulk_items_max> bulk_in_{};
  alignas(128) std::array<Event, bulk_items_max> bulk_out_{};
};

/// Batches built and read where they lie.
template <std::size_t capacity>
class BatchInPlace {
 public:
  std::size_t push(const Event& model, std::uint64_t first, std::size_t items) {
    const std::span<Event> slots = ring_.try_claim(items);
    for (Event& slot : slots) {
      slot = model;
      slot.runtime_sequence = first++;
    }
    if (!slots.empty()) ring_.publish(slots.size());
    return slots.size();
  }
  std::size_t pop(std::uint64_t& checksum, std::size_t items) {
    const std::span<const Event> slots = ring_.try_peek(items);
    for (const Event& slot : slots) take(slot, checksum);
    if (!slots.empty()) ring_.release(slots.size());
    return slots.size();
  }

 private:
  BatchRing<Event, capacity> ring_;
};

template <std::size_t capacity>
class BoostSpsc {
 public:
  std::size_t push(const Event& model, std::uint64_t first, std::size_t items) {
    if (items == 1) return queue_.push(numbered(model, first)) ? 1 : 0;
    for (std::size_t i = 0; i < items; ++i) bulk_in_[i] = numbered(model, first + i);
    return queue_.push(bulk_in_.data(), items);
  }
  std::size_t pop(std::uint64_t& checksum, std::size_t items) {
    const std::size_t count = items == 1 ? (queue_.pop(bulk_out_[0]) ? 1 : 0) : queue_.pop(bulk_out_.data(), items);
    for (std::size_t i = 0; i < count; ++i) take(bulk_out_[i], checksum);
    return count;
  }

 private:
  boost::lockfree::spsc_queue<Event, boost::lockfree::capacity<capacity>> queue_;
  alignas(128) std::array<Event, bulk_items_max> bulk_in_{};
  alignas(128) std::array<Event, bulk_items_max> bulk_out_{};
};

template <std::size_t capacity>
class ReaderWriter {
 public:
  std::size_t push(const Event& model, std::uint64_t first, std::size_t items) {
    std::size_t count = 0;
    while (count < items && queue_.try_enqueue(numbered(model, first + count))) ++count;
    return count;
  }
  std::size_t pop(std::uint64_t& checksum, std::size_t items) {
    Event event;
    std::size_t count = 0;
    while (count < items && queue_.try_dequeue(event)) {
      take(event, checksum);
      ++count;
    }
    return count;
  }

 private:
  moodycamel::ReaderWriterQueue<Event> queue_{capacity};
};

template <std::size_t capacity>
class Concurrent {
 public:
  std::size_t push(const Event& model, std::uint64_t first, std::size_t items) {
    if (items == 1) return queue_.try_enqueue(producer_, numbered(model, first)) ? 1 : 0;
    for (std::size_t i = 0; i < items; ++i) bulk_in_[i] = numbered(model, first + i);
    return queue_.try_enqueue_bulk(producer_, bulk_in_.data(), items) ? items : 0;
  }
  std::size_t pop(std::uint64_t& checksum, std::size_t items) {
    const std::size_t count = items == 1 ? (queue_.try_dequeue(consumer_, bulk_out_[0]) ? 1 : 0)
                                         : queue_.try_dequeue_bulk(consumer_, bulk_out_.data(), items);
    for (std::size_t i = 0; i < count; ++i) take(bulk_out_[i], checksum);
    return count;
  }

 private:
  moodycamel::ConcurrentQueue<Event> queue_{capacity};
  moodycamel::ProducerToken producer_{queue_};
  alignas(128) moodycamel::ConsumerToken consumer_{queue_};
  alignas(128) std::array<Event, bulk_items_max> bulk_in_{};
  alignas(128) std::array<Event, bulk_items_max> bulk_out_{};
};

/// The bound for batches: half a ring changes hands with one flag; no queue can do with less.
template <std::size_t capacity>
class HalfRing {
 public:
  std::size_t push(const Event& model, std::uint64_t first, std::size_t items) {
    if (filled_ == 0 && halves_[side_in_].full.load(std::memory_order_acquire)) return 0;
    Half& half = halves_[side_in_];
    const std::size_t count = std::min(items, half_items - filled_);
    for (std::size_t i = 0; i < count; ++i) {
      half.events[filled_ + i] = model;
      half.events[filled_ + i].runtime_sequence = first + i;
    }
    filled_ += count;
    if (filled_ == half_items) {
      half.full.store(true, std::memory_order_release);
      side_in_ ^= 1U;
      filled_ = 0;
    }
    return count;
  }
  std::size_t pop(std::uint64_t& checksum, std::size_t) {
    Half& half = halves_[side_out_];
    if (!half.full.load(std::memory_order_acquire)) return 0;
    for (const Event& event : half.events) take(event, checksum);
    half.full.store(false, std::memory_order_release);
    side_out_ ^= 1U;
    return half_items;
  }

 private:
  static constexpr std::size_t half_items = capacity / 2;
  struct Half {
    alignas(128) std::atomic<bool> full{false};
    alignas(128) std::array<Event, half_items> events{};
  };
  std::array<Half, 2> halves_;
  alignas(128) std::size_t side_in_ = 0;
  std::size_t filled_ = 0;
  alignas(128) std::size_t side_out_ = 0;
};

/// The bound for round trips: 128 bytes whose first word is the number of the trip; nothing else is touched.
class RawLine {
 public:
  std::size_t push(const Event& model, std::uint64_t first, std::size_t) {
    for (std::size_t i = 0; i < words; ++i) line_.payload[i] = static_cast<std::uint64_t>(model.argument_a);
    line_.number.store(first + 1, std::memory_order_release);
    return 1;
  }
  std::size_t pop(std::uint64_t& checksum, std::size_t) {
    if (line_.number.load(std::memory_order_acquire) != taken_ + 1) return 0;
    for (std::size_t i = 0; i < words; ++i) checksum += line_.payload[i];
    ++taken_;
    return 1;
  }

 private:
  static constexpr std::size_t words = 15;
  struct alignas(128) Line {
    std::atomic<std::uint64_t> number{0};
    std::uint64_t payload[words]{};
  };
  Line line_;
  alignas(128) std::uint64_t taken_ = 0;
};

}  // namespace phalarope::bench
