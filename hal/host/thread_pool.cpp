#include "hal/host/thread_pool.hpp"

#include <atomic>
#include <bit>
#include <chrono>
#include <semaphore>
#include <string>
#include <system_error>
#include <utility>

#include "core/engine/base/enforce.hpp"

namespace phalarope::hal {
namespace {

using Bits = std::uint32_t;
constexpr std::size_t nodes_max = 32;
static_assert(graph_nodes_max <= nodes_max, "each node of a graph has its bit");
/// A permit for each waiting node, and one for each worker at the stop.
constexpr std::ptrdiff_t permits_max = 1 << 10;

constexpr Bits bit_of(std::size_t index) noexcept { return Bits{1} << index; }

/// The first of `waiting` behind `last`, going round.
constexpr std::size_t next_after(Bits waiting, std::size_t last) noexcept {
  const std::size_t first = (last + 1) % nodes_max;
  const Bits from_first = std::rotr(waiting, static_cast<int>(first));
  return (first + static_cast<std::size_t>(std::countr_zero(from_first))) % nodes_max;
}
static_assert(next_after(0b0101, 0) == 2 && next_after(0b0101, 2) == 0 && next_after(0b0100, 2) == 2);

}  // namespace

struct ThreadPool::Entry {
  explicit Entry(std::unique_ptr<NodeSlot> owned) : slot(std::move(owned)) {}

  /// Stuck in the very command that supervision reported; over as soon as that one is.
  bool stuck() const noexcept {
    const std::int64_t since_ns = slot->busy_since_ns();
    return since_ns != 0 && since_ns == stuck_since_ns.load(std::memory_order_relaxed);
  }

  std::unique_ptr<NodeSlot> slot;
  std::atomic<bool> scheduled{false};
  std::atomic<std::int64_t> stuck_since_ns{0};  // written by the control thread
};

/// What workers touch; each holds a share of it, so it lives as long as the last of them.
struct ThreadPool::Shared {
  std::vector<std::unique_ptr<Entry>> entries;  // fixed before the first worker starts
  std::function<void()> after_work;
  std::atomic<Bits> waiting{0};
  std::atomic<std::size_t> last_taken{nodes_max - 1};
  std::counting_semaphore<permits_max> permits{0};
  std::counting_semaphore<permits_max> ended{0};  // one for each worker that has come to its end
  std::atomic<bool> stopping{false};

  Entry* find(NodeIndex node) noexcept {
    for (const auto& entry : entries) {
      if (entry->slot->index() == node) return entry.get();
    }
    return nullptr;
  }
  void offer(const Entry& entry) noexcept {
    std::size_t index = 0;
    while (entries[index].get() != &entry) ++index;
    waiting.fetch_or(bit_of(index));
    permits.release();
  }
  /// Takes a waiting node. Its permit says that there is one for this worker, so the search ends.
  Entry& take() noexcept {
    for (;;) {
      const Bits seen = waiting.load();
      if (seen == 0) continue;
      const std::size_t index = next_after(seen, last_taken.load(std::memory_order_relaxed));
      if ((waiting.fetch_and(~bit_of(index)) & bit_of(index)) == 0) continue;
      last_taken.store(index, std::memory_order_relaxed);
      return *entries[index];
    }
  }
  void work() {
    for (;;) {
      permits.acquire();
      if (stopping.load()) return;
      run(take());
    }
  }
  void run(Entry& entry) {
    std::size_t handled = 0;
    do {
      while (!stopping.load(std::memory_order_relaxed) && entry.slot->run_one()) {
        after_work();
        if (++handled < commands_per_turn_max || waiting.load(std::memory_order_relaxed) == 0) continue;
        return offer(entry);  // still scheduled: whoever takes it goes on where this worker leaves off
      }
      entry.scheduled.store(false);  // SYNC(scheduled): cleared before the last look
    } while (!stopping.load(std::memory_order_relaxed) && entry.slot->has_commands() &&
             !entry.scheduled.exchange(true));
  }
};

struct ThreadPool::Worker {
  std::thread thread;
  std::shared_ptr<std::atomic<bool>> ended = std::make_shared<std::atomic<bool>>(false);
};

ThreadPool::ThreadPool(Settings settings, Ingress::Port supervisor_port)
    : settings_(std::move(settings)), supervisor_port_(supervisor_port), shared_(std::make_shared<Shared>()) {
  shared_->after_work = settings_.after_work;
}

ThreadPool::~ThreadPool() { stop(); }

void ThreadPool::add(std::unique_ptr<NodeSlot> slot) {
  PHAL_ENFORCE(shared_->entries.size() < nodes_max && workers_.empty(), "a pool's nodes are few and known beforehand");
  shared_->entries.push_back(std::make_unique<Entry>(std::move(slot)));
}

void ThreadPool::start_worker() {
  ThreadSettings thread = settings_.thread;
  thread.name += "-" + std::to_string(workers_.size());
  Worker worker;
  worker.thread = start_thread(std::move(thread), settings_.refused, [shared = shared_, ended = worker.ended] {
    shared->work();
    ended->store(true);
    shared->ended.release();
  });
  workers_.push_back(std::move(worker));
}

void ThreadPool::start() {
  for (std::size_t i = 0; i < settings_.workers; ++i) start_worker();
}

PoolStop ThreadPool::stop() {
  PoolStop stop;
  if (shared_->stopping.exchange(true)) return stop;
  shared_->permits.release(static_cast<std::ptrdiff_t>(workers_.size()));
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::nanoseconds(settings_.stop_wait.value);
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (!shared_->ended.try_acquire_until(give_up)) break;
  }
  for (Worker& worker : workers_) {
    if (worker.ended->load()) {
      worker.thread.join();
    } else {
      worker.thread.detach();
      ++stop.workers_left;
    }
  }
  workers_.clear();
  if (stop.workers_left == 0) return stop;
  const Bits not_begun = shared_->waiting.load();
  for (std::size_t i = 0; i < shared_->entries.size(); ++i) {
    const Entry& entry = *shared_->entries[i];
    if (!entry.scheduled.load() || (not_begun & bit_of(i)) != 0) continue;
    stop.nodes_at_work.push_back(entry.slot->index());
  }
  return stop;
}

bool ThreadPool::try_submit(NodeIndex node, const Event& command) noexcept {
  Entry* entry = shared_->find(node);
  if (entry == nullptr || entry->stuck()) return false;
  if (!entry->slot->submit(command)) return false;
  if (!entry->scheduled.exchange(true)) shared_->offer(*entry);  // SYNC(scheduled): else its worker will look again
  return true;
}

void ThreadPool::cancel(NodeIndex node, const Event& command) noexcept {
  if (Entry* entry = shared_->find(node); entry != nullptr) entry->slot->cancel(Ticket{command.ticket});
}

void ThreadPool::supervise(Instant now) {
  for (const auto& entry : shared_->entries) {
    const std::int64_t since_ns = entry->slot->busy_since_ns();
    if (since_ns == 0 || now.value - since_ns < settings_.stuck_after.value) continue;
    if (entry->stuck_since_ns.exchange(since_ns, std::memory_order_relaxed) == since_ns) continue;
    static_cast<void>(entry->slot->report_failure(supervisor_port_, node_stuck_code));
    settings_.after_work();
    if (replacements_ < replacement_workers_max) replace_worker();
  }
}

void ThreadPool::replace_worker() {
  try {
    start_worker();
    ++replacements_;
  } catch (const std::system_error& error) {
    settings_.refused({{std::string("no worker to replace a stuck one (") + error.what() + ")",
                        "raise TasksMax in phalarope.service"}});
  }
}

std::size_t ThreadPool::stuck_nodes() const noexcept {
  std::size_t count = 0;
  for (const auto& entry : shared_->entries) count += entry->stuck() ? 1U : 0U;
  return count;
}

}  // namespace phalarope::hal
