#include "hal/host/thread_pool.hpp"

#include <concurrentqueue/concurrentqueue.h>

#include <semaphore>
#include <string>
#include <utility>

namespace phalarope::hal {
namespace {
// Each node is in the queue at most once, so a few dozen places are more than can ever be needed.
constexpr std::size_t jobs_max = 64;
constexpr std::ptrdiff_t tokens_max = 1 << 20;
}  // namespace

struct ThreadPool::Entry {
  explicit Entry(std::unique_ptr<NodeSlot> owned) : slot(std::move(owned)) {}
  std::unique_ptr<NodeSlot> slot;
  std::atomic<bool> scheduled{false};
  std::atomic<bool> stuck{false};
};

struct ThreadPool::Queue {
  moodycamel::ConcurrentQueue<Entry*> jobs{jobs_max};
  moodycamel::ProducerToken engine_token{jobs};
  std::counting_semaphore<tokens_max> ready{0};
};

ThreadPool::ThreadPool(Settings settings, Ingress::Port supervisor_port)
    : settings_(std::move(settings)), supervisor_port_(supervisor_port), queue_(std::make_unique<Queue>()) {}

ThreadPool::~ThreadPool() { stop(); }

void ThreadPool::add(std::unique_ptr<NodeSlot> slot) { entries_.push_back(std::make_unique<Entry>(std::move(slot))); }

void ThreadPool::start_worker() {
  ThreadSettings thread = settings_.thread;
  thread.name += "-" + std::to_string(workers_.size());
  workers_.push_back(start_thread(std::move(thread), settings_.refused, [this] { work(); }));
}

void ThreadPool::start() {
  for (std::size_t i = 0; i < settings_.workers; ++i) start_worker();
}

void ThreadPool::stop() {
  if (stopping_.exchange(true)) return;
  queue_->ready.release(static_cast<std::ptrdiff_t>(workers_.size()));
  const bool somebody_is_stuck = stuck_nodes() > 0;
  for (std::thread& worker : workers_) {
    // Which worker is stuck cannot be told; with one stuck none is waited for, the process is ending anyway.
    if (somebody_is_stuck) {
      worker.detach();
    } else {
      worker.join();
    }
  }
  workers_.clear();
}

ThreadPool::Entry* ThreadPool::find(NodeIndex node) noexcept {
  for (const auto& entry : entries_) {
    if (entry->slot->index() == node) return entry.get();
  }
  return nullptr;
}

bool ThreadPool::try_submit(NodeIndex node, const Event& command) noexcept {
  Entry* entry = find(node);
  if (entry == nullptr || entry->stuck.load(std::memory_order_relaxed)) return false;
  if (!entry->slot->submit(command)) return false;
  if (entry->scheduled.exchange(true)) return true;  // SYNC(scheduled): its worker will look again
  if (!queue_->jobs.try_enqueue(queue_->engine_token, entry)) return false;
  queue_->ready.release();
  return true;
}

void ThreadPool::cancel(NodeIndex node, Ticket ticket) noexcept {
  if (Entry* entry = find(node); entry != nullptr) entry->slot->cancel(ticket);
}

void ThreadPool::work() {
  while (true) {
    queue_->ready.acquire();
    if (stopping_.load()) return;
    Entry* entry = nullptr;
    if (queue_->jobs.try_dequeue(entry)) run(*entry);
  }
}

void ThreadPool::run(Entry& entry) {
  do {
    while (!stopping_.load(std::memory_order_relaxed) && entry.slot->run_one()) {
      entry.stuck.store(false, std::memory_order_relaxed);
      settings_.after_work();
    }
    entry.scheduled.store(false);  // SYNC(scheduled): cleared before the last look
  } while (!stopping_.load(std::memory_order_relaxed) && entry.slot->has_commands() && !entry.scheduled.exchange(true));
}

void ThreadPool::supervise(Instant now) {
  for (const auto& entry : entries_) {
    const std::int64_t since = entry->slot->busy_since_ns();
    if (since == 0 || now.value - since < settings_.stuck_after.value) continue;
    if (entry->stuck.exchange(true)) continue;
    constexpr std::int64_t stuck_code = 1;
    static_cast<void>(entry->slot->report_failure(supervisor_port_, stuck_code));
    settings_.after_work();
    if (replacements_ < replacement_workers_max) {
      ++replacements_;
      start_worker();
    }
  }
}

std::size_t ThreadPool::stuck_nodes() const noexcept {
  std::size_t count = 0;
  for (const auto& entry : entries_) count += entry->stuck.load(std::memory_order_relaxed) ? 1U : 0U;
  return count;
}

}  // namespace phalarope::hal
