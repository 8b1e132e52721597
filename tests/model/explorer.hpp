// Explorer: runs a small program of a few threads in every order, with every value each load may read.
//
//     scene ──▶ threads, one step at a time ──▶ end        one execution; then the last choice that can still be
//                 │ which thread goes on?                  made otherwise is, and all starts again from the scene
//                 └ which message does the load read?      (stateless depth-first search)
//
// A step is one operation on an atomic; what lies between belongs to the step before. Two steps on different atomics
// may change places without any difference, so only one of the two orders is looked at (sleep sets: P. Godefroid,
// "Partial-Order Methods for the Verification of Concurrent Systems", 1996). Memory: weak_memory.hpp.
//
// A failure is: a model::check() that is false, a violated PHAL_ENFORCE, a data race, or threads that all wait for
// ever. It ends the search; its execution is printed step by step, with the file and line of the real code.
// Who: one Explorer at a time, on the test's thread; modelled threads are fibers of it.
#pragma once

#include <ucontext.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <source_location>
#include <string>
#include <vector>

#include "tests/model/weak_memory.hpp"

namespace phalarope::model {

/// A program to explore. `begin` makes its objects anew; `finish` looks at them when all threads have ended.
struct Program {
  std::size_t threads = 2;
  std::function<void()> begin;
  std::function<void(std::size_t thread)> thread;  // 1 .. threads
  std::function<void()> finish;
};

struct Limits {
  std::uint64_t executions_max = 3'000'000;
  std::size_t steps_max = 400;  // of one execution; more is a program that does not end
  bool leaves_out_same = true;  // off only to show that nothing is lost by it
};

struct Report {
  std::uint64_t executions = 0;  // run to their end
  std::uint64_t pruned = 0;      // given up because another one shows the same
  std::uint64_t steps = 0;
  bool complete = false;  // every execution was looked at
  std::string failure;    // empty, or what failed and the steps that led there
};

class Explorer {
 public:
  explicit Explorer(Limits limits = {});
  ~Explorer();
  Explorer(const Explorer&) = delete;
  Explorer& operator=(const Explorer&) = delete;

  Report explore(const Program& program);
  static Explorer& current() noexcept { return *current_; }

  // ---- what modelled code does (atomic.hpp) -------------------------------------------------------------

  using Where = std::source_location;
  Location add(std::uint64_t value) { return memory_.add(value); }
  std::uint64_t load(Location location, std::memory_order order, Where where);
  void store(Location location, std::uint64_t value, std::memory_order order, Where where);
  /// Reads the newest value and stores `change` of it.
  template <typename Change>
  std::uint64_t modify(Location location, std::memory_order order, Where where, Change change) {
    step({location, Kind::modify, order});
    const std::uint64_t before = memory_.read(self_, location, memory_.newest(location), order);
    memory_.write_after_read(self_, location, change(before), order);
    note(location, "modify", before, order, where);
    return before;
  }
  /// A failed exchange reads the newest value; it fails only when that is another.
  bool compare_exchange(Location location, std::uint64_t& expected, std::uint64_t desired, std::memory_order success,
                        std::memory_order failure, Where where);
  /// Waits until the value is not 0, and stores 0: the kernel's eventfd.
  void take(Location location, Where where);
  void read_data(DataCell& cell, Where where);
  void write_data(DataCell& cell, Where where);
  WeakMemory& memory() noexcept { return memory_; }
  [[noreturn]] void fail(const std::string& why, Where where);

 private:
  enum class Kind : std::uint8_t { load, store, modify, take };
  enum class Phase : std::uint8_t { scene, starting, running, end };
  struct Operation {
    Location location = 0;
    Kind kind = Kind::load;
    std::memory_order order = std::memory_order_relaxed;
  };
  /// Either which thread goes on (masks of threads), or which of `count` messages is read.
  struct Choice {
    bool of_thread = false;
    std::uint32_t chosen = 0;
    std::uint32_t count = 0;
    std::uint32_t able = 0;
    std::uint32_t asleep = 0;
    std::uint32_t done = 0;
  };
  struct Note {
    std::size_t thread;
    Location location;
    const char* what;
    std::uint64_t value;
    std::size_t message;
    std::size_t newest;
    std::memory_order order;
    Where where;
  };
  struct Fiber;

  void run_once();
  void start_fiber(std::size_t thread);
  static void enter_fiber();
  void step(Operation operation);
  std::size_t next_thread();
  std::size_t choose_thread(std::uint32_t able);
  std::uint32_t choose_message(std::uint32_t count);
  bool turn_to_next_execution();
  bool able(std::size_t thread) const noexcept;
  static bool independent(const Operation& a, const Operation& b) noexcept;
  void switch_to(std::size_t thread);
  void leave();
  void note(Location location, const char* what, std::uint64_t value, std::memory_order order, Where where);
  std::string trace() const;

  static Explorer* current_;

  Limits limits_;
  const Program* program_ = nullptr;
  WeakMemory memory_;
  std::unique_ptr<Fiber[]> fibers_;
  ucontext_t outside_{};
  Phase phase_ = Phase::scene;
  std::size_t self_ = 0;
  std::vector<Choice> choices_;
  std::size_t depth_ = 0;
  std::uint32_t asleep_ = 0;
  bool gave_up_ = false;
  std::size_t steps_ = 0;
  std::vector<Note> notes_;
  Report report_;
};

}  // namespace phalarope::model
