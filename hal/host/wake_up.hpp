// WakeUp: lets a real-time thread sleep without a lock, and be woken only when it really sleeps.
//
//   engine thread                         audio thread, workers
//     announce() ── sleeping = true         push event
//     look once more into every queue       notify(): if sleeping was true, write the eventfd
//     wait(deadline) or withdraw()
//
// SYNC(sleeping): announce() and notify() are sequentially consistent read-modify-writes on one flag. Whichever
// comes second sees the other: either the sleeper's second look finds the event, or the notifier sees the flag and
// writes. With weaker orders both could miss, and the event would lie there until the next deadline.
// A notification to somebody awake costs one atomic exchange of a line that is rarely written (a wake-up costs the
// sender about 2 us, a hundred ring publishes, so it is paid only when needed).
#pragma once

#include <atomic>

#include "core/engine/base/strong.hpp"

namespace phalarope::hal {

class WakeUp {
 public:
  WakeUp();
  ~WakeUp();
  WakeUp(const WakeUp&) = delete;
  WakeUp& operator=(const WakeUp&) = delete;

  /// Sleeper: from here on notify() will write. Look at all queues once more before wait().
  void announce() noexcept { sleeping_.exchange(true); }  // SYNC(sleeping)
  /// Sleeper: there was something after all. SYNC(sleeping): an exchange, for it passes on what a notifier that found
  /// nobody asleep has released. Were it a store: (1) one notifier wakes the sleeper, (2) a second one finds the flag
  /// taken and writes no token, (3) the store hides its exchange from the next announce(): its event is not seen.
  void withdraw() noexcept { sleeping_.exchange(false); }
  /// Sleeper: sleeps until notified or until `deadline`; `now` is the clock's present reading.
  void wait(Instant now, Instant deadline) noexcept;
  /// Any thread: something was put into a queue.
  void notify() noexcept {
    if (sleeping_.exchange(false)) write_token();  // SYNC(sleeping)
  }

 private:
  void write_token() noexcept;

  alignas(128) std::atomic<bool> sleeping_{false};
  int fd_ = -1;
};

}  // namespace phalarope::hal
