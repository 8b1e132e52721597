#include "tests/model/explorer.hpp"

#include <array>
#include <bit>
#include <cstdio>
#include <string>

#include "core/engine/base/enforce.hpp"

namespace phalarope::model {
namespace {

constexpr std::size_t stack_bytes = std::size_t{128} << 10;
constexpr std::size_t nobody = threads_max;

const char* name_of(std::memory_order order) noexcept {
  switch (order) {
    case std::memory_order_acquire:
      return "acquire";
    case std::memory_order_release:
      return "release";
    case std::memory_order_acq_rel:
      return "acq_rel";
    case std::memory_order_seq_cst:
      return "seq_cst";
    default:
      return "relaxed";
  }
}

std::string place_of(std::size_t thread, const std::source_location& where) {
  return "thread " + std::to_string(thread) + " " + where.file_name() + ":" + std::to_string(where.line());
}

constexpr std::uint32_t bit_of(std::size_t thread) noexcept { return 1U << thread; }

}  // namespace

Explorer* Explorer::current_ = nullptr;

struct Explorer::Fiber {
  ucontext_t context{};
  std::array<std::byte, stack_bytes> stack;
  Operation pending;
  bool ended = false;
};

Explorer::Explorer(Limits limits) : limits_(limits), fibers_(new Fiber[threads_max]) {
  PHAL_ENFORCE(current_ == nullptr, "one explorer at a time");
  current_ = this;
}

Explorer::~Explorer() { current_ = nullptr; }

Report Explorer::explore(const Program& program) {
  PHAL_ENFORCE(program.threads < threads_max, "a model has at most three threads beside the scene");
  program_ = &program;
  report_ = {};
  choices_.clear();
  do {
    run_once();
    if (!report_.failure.empty()) return report_;
    if (report_.executions + report_.pruned >= limits_.executions_max) return report_;
  } while (turn_to_next_execution());
  report_.complete = true;
  return report_;
}

void Explorer::run_once() {
  memory_.reset();
  notes_.clear();
  depth_ = 0;
  asleep_ = 0;
  steps_ = 0;
  gave_up_ = false;
  phase_ = Phase::scene;
  start_fiber(0);
  if (!report_.failure.empty()) return;
  memory_.start_threads();
  phase_ = Phase::starting;
  for (std::size_t thread = 1; thread <= program_->threads; ++thread) {
    start_fiber(thread);
    if (!report_.failure.empty()) return;
  }
  phase_ = Phase::running;
  const std::size_t first = next_thread();
  if (first != nobody) {
    self_ = first;
    ::swapcontext(&outside_, &fibers_[first].context);
  }
  if (!report_.failure.empty()) return;
  if (gave_up_) {
    ++report_.pruned;
    return;
  }
  memory_.join_threads();
  phase_ = Phase::end;
  start_fiber(0);
  ++report_.executions;
}

void Explorer::start_fiber(std::size_t thread) {
  Fiber& fiber = fibers_[thread];
  fiber.ended = false;
  ::getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack.data();
  fiber.context.uc_stack.ss_size = fiber.stack.size();
  fiber.context.uc_link = nullptr;
  ::makecontext(&fiber.context, &Explorer::enter_fiber, 0);
  self_ = thread;
  ::swapcontext(&outside_, &fiber.context);
}

void Explorer::enter_fiber() {
  Explorer& explorer = current();
  const std::size_t self = explorer.self_;
  switch (explorer.phase_) {
    case Phase::scene:
      explorer.program_->begin();
      break;
    case Phase::end:
      explorer.program_->finish();
      break;
    default:
      explorer.program_->thread(self);
  }
  explorer.fibers_[self].ended = true;
  if (explorer.phase_ == Phase::running) {
    const std::size_t next = explorer.next_thread();
    if (next != nobody) explorer.switch_to(next);
  }
  explorer.leave();
}

/// Before every operation: somebody else may go first.
void Explorer::step(Operation operation) {
  if (phase_ == Phase::scene || phase_ == Phase::end) return;
  const std::size_t self = self_;
  fibers_[self].pending = operation;
  if (phase_ == Phase::starting) {
    leave();
    return;
  }
  const std::size_t next = next_thread();
  if (next == self) return;
  if (next == nobody) {
    leave();
  } else {
    switch_to(next);
  }
}

void Explorer::switch_to(std::size_t thread) {
  const std::size_t from = self_;
  self_ = thread;
  ::swapcontext(&fibers_[from].context, &fibers_[thread].context);
}

void Explorer::leave() { ::swapcontext(&fibers_[self_].context, &outside_); }

bool Explorer::able(std::size_t thread) const noexcept {
  const Fiber& fiber = fibers_[thread];
  if (fiber.ended) return false;
  return fiber.pending.kind != Kind::take || memory_.newest_value(fiber.pending.location) != 0;
}

/// Who goes on; nobody when all have ended, when all wait, or when this execution would show nothing new.
std::size_t Explorer::next_thread() {
  std::uint32_t able_mask = 0;
  bool all_ended = true;
  for (std::size_t thread = 1; thread <= program_->threads; ++thread) {
    all_ended = all_ended && fibers_[thread].ended;
    if (able(thread)) able_mask |= bit_of(thread);
  }
  if (all_ended) return nobody;
  if (able_mask == 0) {
    report_.failure = "every thread waits, and nobody will wake one\n" + trace();
    return nobody;
  }
  if (++steps_ > limits_.steps_max) {
    report_.failure = "an execution does not end\n" + trace();
    return nobody;
  }
  ++report_.steps;
  if ((able_mask & ~asleep_) == 0) {
    gave_up_ = true;
    return nobody;
  }
  return choose_thread(able_mask);
}

std::size_t Explorer::choose_thread(std::uint32_t able_mask) {
  if (depth_ == choices_.size()) {
    const std::uint32_t awake = able_mask & ~asleep_;
    const bool goes_on = self_ != 0 && (awake & bit_of(self_)) != 0;
    const std::size_t chosen = goes_on ? self_ : static_cast<std::size_t>(std::countr_zero(awake));
    choices_.push_back({.of_thread = true,
                        .chosen = static_cast<std::uint32_t>(chosen),
                        .count = 0,
                        .able = able_mask,
                        .asleep = asleep_,
                        .done = 0});
  }
  const Choice& choice = choices_[depth_++];
  PHAL_ENFORCE(choice.of_thread && choice.able == able_mask, "a modelled program does the same each time");
  // Whoever was tried here before sleeps on until somebody does what depends on its next step.
  std::uint32_t asleep = 0;
  for (std::size_t thread = 1; thread <= program_->threads; ++thread) {
    const bool sleepy = ((choice.asleep | choice.done) & bit_of(thread)) != 0 && thread != choice.chosen;
    if (sleepy && independent(fibers_[thread].pending, fibers_[choice.chosen].pending)) asleep |= bit_of(thread);
  }
  asleep_ = limits_.leaves_out_same ? asleep : 0;
  return choice.chosen;
}

bool Explorer::independent(const Operation& a, const Operation& b) noexcept {
  if (a.order == std::memory_order_seq_cst && b.order == std::memory_order_seq_cst) return false;
  return a.location != b.location || (a.kind == Kind::load && b.kind == Kind::load);
}

std::uint32_t Explorer::choose_message(std::uint32_t count) {
  if (count == 1 || phase_ != Phase::running) return 0;
  if (depth_ == choices_.size()) choices_.push_back({.count = count});
  const Choice& choice = choices_[depth_++];
  PHAL_ENFORCE(!choice.of_thread && choice.count == count, "a modelled program does the same each time");
  return choice.chosen;
}

bool Explorer::turn_to_next_execution() {
  while (!choices_.empty()) {
    Choice& last = choices_.back();
    if (last.of_thread) {
      last.done |= bit_of(last.chosen);
      const std::uint32_t left = last.able & ~last.asleep & ~last.done;
      if (left != 0) {
        last.chosen = static_cast<std::uint32_t>(std::countr_zero(left));
        return true;
      }
    } else if (++last.chosen < last.count) {
      return true;
    }
    choices_.pop_back();
  }
  return false;
}

std::uint64_t Explorer::load(Location location, std::memory_order order, Where where) {
  step({location, Kind::load, order});
  const std::size_t newest = memory_.newest(location);
  const std::size_t oldest = memory_.oldest_readable(self_, location, order);
  const std::size_t message = newest - choose_message(static_cast<std::uint32_t>(newest - oldest + 1));
  const std::uint64_t value = memory_.read(self_, location, message, order);
  notes_.push_back({self_, location, "load", value, message, newest, order, where});
  return value;
}

void Explorer::store(Location location, std::uint64_t value, std::memory_order order, Where where) {
  step({location, Kind::store, order});
  memory_.write(self_, location, value, order);
  note(location, "store", value, order, where);
}

bool Explorer::compare_exchange(Location location, std::uint64_t& expected, std::uint64_t desired,
                                std::memory_order success, std::memory_order failure, Where where) {
  step({location, Kind::modify, success});
  const std::size_t newest = memory_.newest(location);
  if (const std::uint64_t found = memory_.newest_value(location); found != expected) {
    expected = memory_.read(self_, location, newest, failure);
    note(location, "exchange refused", found, failure, where);
    return false;
  }
  memory_.read(self_, location, newest, success);
  memory_.write_after_read(self_, location, desired, success);
  note(location, "exchange", desired, success, where);
  return true;
}

void Explorer::take(Location location, Where where) {
  step({location, Kind::take, std::memory_order_acq_rel});
  memory_.read(self_, location, memory_.newest(location), std::memory_order_acq_rel);
  memory_.write_after_read(self_, location, 0, std::memory_order_acq_rel);
  note(location, "take", 0, std::memory_order_acq_rel, where);
}

void Explorer::read_data(DataCell& cell, Where where) {
  if (!memory_.read_data(self_, cell)) fail("data race: a read not ordered after the last write", where);
}

void Explorer::write_data(DataCell& cell, Where where) {
  if (!memory_.write_data(self_, cell)) fail("data race: a write not ordered after the last use", where);
}

void Explorer::fail(const std::string& why, Where where) {
  report_.failure = why + "\n" + trace() + "  " + place_of(self_, where) + " here\n";
  leave();
  __builtin_unreachable();  // a fiber that failed is never entered again
}

void Explorer::note(Location location, const char* what, std::uint64_t value, std::memory_order order, Where where) {
  const std::size_t newest = memory_.newest(location);
  notes_.push_back({self_, location, what, value, newest, newest, order, where});
}

std::string Explorer::trace() const {
  std::string text;
  for (const Note& each : notes_) {
    if (each.thread == 0) continue;
    std::array<char, 96> step{};
    std::snprintf(step.data(), step.size(), " %s %s #%u = 0x%llx%s\n", name_of(each.order), each.what, each.location,
                  static_cast<unsigned long long>(each.value), each.message == each.newest ? "" : " (stale)");
    text += "  " + place_of(each.thread, each.where) + step.data();
  }
  return text;
}

}  // namespace phalarope::model
