// Ingress: ports over one preallocated queue. See ingress.hpp.
#include "core/engine/lanes/ingress.hpp"

#include <algorithm>

#include "core/engine/base/enforce.hpp"

// The queue orders the reading of a block before its reuse by stand-alone fences, which ThreadSanitizer does not model:
// it would report the reuse as a race. Under it, the plain accesses inside the queue are left out; its atomics still
// count, so what crosses the queue is ordered for the sanitizer and races around it are still found.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PHAL_INGRESS_TSAN
#endif
#elif defined(__SANITIZE_THREAD__)
#define PHAL_INGRESS_TSAN
#endif
#if defined(PHAL_INGRESS_TSAN)
extern "C" {  // of the sanitizer's runtime
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);
}
#endif

namespace phalarope {
namespace {

/// In a ThreadSanitizer build: plain accesses do not count while it lives. In every other build: nothing.
class InsideQueue {
 public:
#if defined(PHAL_INGRESS_TSAN)
  InsideQueue() noexcept {
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  }
  ~InsideQueue() {
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
  }
#else
  InsideQueue() noexcept {}
#endif
  InsideQueue(const InsideQueue&) = delete;
  InsideQueue& operator=(const InsideQueue&) = delete;
};

constexpr std::size_t producers_within(std::size_t producers_max) noexcept {
  return std::clamp<std::size_t>(producers_max, 1, ingress_producers_max);
}
/// One block more than the items need: the oldest cannot be used again while it is partly read.
constexpr std::size_t port_blocks_of(std::size_t port_items_max, std::size_t block_items) noexcept {
  const std::size_t items_max = std::clamp<std::size_t>(port_items_max, 1, ingress_port_items_max);
  return (items_max + block_items - 1) / block_items + 1;
}

}  // namespace

Ingress::Ingress(std::size_t port_items_max, std::size_t producers_max)
    : producers_max_(producers_within(producers_max)),
      queue_(port_blocks_of(port_items_max, Traits::BLOCK_SIZE) * Traits::BLOCK_SIZE * producers_max_),
      consumer_(queue_) {
  for (std::size_t i = 0; i < producers_max_; ++i) {
    producers_[i].emplace(queue_);
    if (!producers_[i]->valid()) return;  // memory was refused
  }
  complete_ = prime(port_blocks_of(port_items_max, Traits::BLOCK_SIZE));
}

// Here, so that every part of the queue is compiled by this file's rules (no exceptions, no RTTI), never by a caller's.
Ingress::~Ingress() = default;

bool Ingress::prime(std::size_t port_blocks) noexcept {
  for (std::size_t i = 0; i < producers_max_; ++i) {
    for (std::size_t item = 0; item < port_blocks * Traits::BLOCK_SIZE; ++item) {
      if (!queue_.try_enqueue(*producers_[i], Event{})) return false;
    }
  }
  Event ignored;
  while (queue_.try_dequeue(consumer_, ignored)) {
  }
  return true;
}

Result<Ingress::Port, IngressError> Ingress::attach() noexcept {
  // Relaxed: the count only hands out distinct numbers; the tokens were made before any thread could attach.
  const std::size_t index = attached_.fetch_add(1, std::memory_order_relaxed);
  if (index >= producers_max_) return refuse(IngressError::ports_exhausted);
  return Port(this, index);
}

bool Ingress::try_send(std::size_t index, const Event& event) noexcept {
  PHAL_ASSERT(index < producers_max_, "a port of another ingress");
  const InsideQueue inside;
  if (queue_.try_enqueue(*producers_[index], event)) return true;
  refused_count_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

std::size_t Ingress::drain(std::span<Event> out) noexcept {
  if (out.empty()) return 0;
  const InsideQueue inside;
  return queue_.try_dequeue_bulk(consumer_, out.data(), out.size());
}

std::size_t Ingress::size_approx() const noexcept { return queue_.size_approx(); }

}  // namespace phalarope
