// FairQueue: who of many is served next. Strict priority between lanes; below it deficit round robin over fairness
// keys; first in, first out within a key.
//
//   control   [ key 3: ■ ]                                       always first
//   data      [ key 1: ■ ■ ■ ■ ]──▶[ key 7: ■ ]──▶[ key 2: ■ ■ ]──▶ round      each visit adds one quantum to what the
//   telemetry [ key 9: ■ ■ ]                                                   key may spend; a task costs its size
//
// A key that is not waiting holds no credit: it comes back behind those who wait, with one quantum, like everybody.
//
// Invariants. (1) Within a lane and a key tasks leave in the order in which they came (runtime.md 6.1). (2) A task
// costs 1 to one quantum, so that each visit serves at least one task: a waiting key is served in every round, and in a
// lane n other keys stand between two of its visits at the most. (3) After whole rounds, of two keys that have waited
// all the time neither has been served a quantum more than the other. (4) No allocation; full is an answer. (5) Same
// calls, same order (I8).
// Owner: one thread at a time. Contract: decisions.md D24; runtime.md 6.1.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "core/engine/base/enforce.hpp"
#include "core/engine/base/event.hpp"
#include "core/engine/lanes/lane.hpp"

namespace phalarope {

/// What a key may spend in one round: sixteen 20 ms frames of speech.
constexpr std::uint32_t fair_quantum_bytes = 16 * 640;

template <typename Task, std::size_t tasks_max>
class FairQueue {
 public:
  /// False, and nothing happens, when the queue is full. `cost` below 1 counts as 1, above a quantum as one.
  [[nodiscard]] bool try_push(std::uint64_t key, Lane lane, std::uint64_t cost, const Task& task) noexcept {
    if (count_ == tasks_max) return false;
    const std::uint16_t place = take_place();
    places_[place] = {.task = task,
                      .cost = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(cost, 1, fair_quantum_bytes)),
                      .next = none};
    Round& round = rounds_[static_cast<std::size_t>(lane)];
    Flow& flow = flow_of(round, key);
    if (flow.first == none) {
      flow.first = place;
    } else {
      places_[flow.last].next = place;
    }
    flow.last = place;
    ++count_;
    return true;
  }

  /// The next task to be served; false when nobody waits.
  [[nodiscard]] bool try_pop(Task& task) noexcept {
    for (Round& round : rounds_) {
      if (round.flows_waiting > 0) {
        task = serve(round);
        return true;
      }
    }
    return false;
  }

  std::size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  bool full() const noexcept { return count_ == tasks_max; }
  /// Keys that wait in a lane.
  std::size_t keys_waiting(Lane lane) const noexcept { return rounds_[static_cast<std::size_t>(lane)].flows_waiting; }

 private:
  static_assert(tasks_max > 0 && tasks_max < 0xFFFF);
  static constexpr std::uint16_t none = 0xFFFF;
  struct Place {
    Task task{};
    std::uint32_t cost = 0;
    std::uint16_t next = none;
  };
  struct Flow {
    std::uint64_t key = 0;
    std::uint32_t may_spend = 0;
    std::uint16_t first = none;
    std::uint16_t last = none;
  };
  struct Round {
    std::array<Flow, tasks_max> flows{};  // the first `flows_waiting`, in the order of the round; [0] is visited
    std::size_t flows_waiting = 0;
    bool granted = false;  // the visited flow has had its quantum
  };

  std::uint16_t take_place() noexcept {
    if (free_ == none) return static_cast<std::uint16_t>(used_++);
    const std::uint16_t place = free_;
    free_ = places_[place].next;
    return place;
  }
  static Flow& flow_of(Round& round, std::uint64_t key) noexcept {
    for (std::size_t i = 0; i < round.flows_waiting; ++i) {
      if (round.flows[i].key == key) return round.flows[i];
    }
    PHAL_ENFORCE(round.flows_waiting < tasks_max, "there are no more keys than tasks");
    return round.flows[round.flows_waiting++] = Flow{.key = key};
  }
  Task serve(Round& round) noexcept {
    // The visited key has its quantum once a visit; what it cannot spend on its next task it keeps for the next visit.
    if (!round.granted) grant(round);
    if (places_[round.flows[0].first].cost > round.flows[0].may_spend) {
      std::rotate(round.flows.begin(), round.flows.begin() + 1, round.flows.begin() + round.flows_waiting);
      grant(round);
    }
    Flow& flow = round.flows[0];
    const std::uint16_t place = flow.first;
    PHAL_ENFORCE(places_[place].cost <= flow.may_spend, "a quantum pays for any one task");
    flow.may_spend -= places_[place].cost;
    flow.first = places_[place].next;
    places_[place].next = free_;
    free_ = place;
    --count_;
    if (flow.first == none) leave(round);
    return places_[place].task;
  }
  static void grant(Round& round) noexcept {
    round.flows[0].may_spend += fair_quantum_bytes;
    round.granted = true;
  }
  static void leave(Round& round) noexcept {
    std::move(round.flows.begin() + 1, round.flows.begin() + round.flows_waiting, round.flows.begin());
    --round.flows_waiting;
    round.granted = false;
  }

  std::array<Place, tasks_max> places_{};
  std::array<Round, lanes_count> rounds_{};
  std::size_t count_ = 0;
  std::size_t used_ = 0;
  std::uint16_t free_ = none;
};

}  // namespace phalarope
