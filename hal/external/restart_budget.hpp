// RestartBudget: how often, and how soon, a node that failed is started again.
//
//   failure ──▶ a token of the bucket? ──yes──▶ start after backoff: 0, 50, 100, 200 ... 1000 ms
//                    └──no──▶ rest until one comes back (one each `regain_every`)
//
// The backoff doubles with each failure in a row. A command that went well forgets all of it: a node that works in
// between costs one turn for each crash, and resting would cost the turns that would have gone well.
// Time is an argument.
// Pure; owner: the keeper's thread. Contract: decisions.md D18 (a bounded reserve).
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/engine/base/strong.hpp"

namespace phalarope::hal {

struct RestartPolicy {
  std::int64_t restarts_max = 8;  // in a row before the node rests
  Duration regain_every = milliseconds(10'000);
  Duration backoff_first = milliseconds(50);
  Duration backoff_max = milliseconds(1'000);
};

class RestartBudget {
 public:
  RestartBudget(RestartPolicy policy, Instant now) noexcept
      : policy_(policy), tokens_(policy.restarts_max), regained_at_(now) {}

  /// The node failed: the earliest instant at which it may be started again. Takes a token, or waits for the next.
  Instant after_failure(Instant now) noexcept {
    regain(now);
    const Instant soonest = now + backoff();
    ++failures_in_a_row_;
    if (tokens_ > 0) {
      --tokens_;
      return soonest;
    }
    const Instant next_token = regained_at_ + policy_.regain_every;
    regained_at_ = next_token;  // spent before it is there
    return std::max(soonest, next_token);
  }
  void note_success() noexcept {
    failures_in_a_row_ = 0;
    tokens_ = policy_.restarts_max;
  }
  bool exhausted() const noexcept { return tokens_ == 0; }

 private:
  static constexpr std::int64_t doublings_max = 20;

  Duration backoff() const noexcept {
    if (failures_in_a_row_ == 0) return Duration{};
    const std::int64_t doublings = std::min(failures_in_a_row_ - 1, doublings_max);
    return Duration{std::min(policy_.backoff_first.value << doublings, policy_.backoff_max.value)};
  }
  void regain(Instant now) noexcept {
    if (policy_.regain_every <= Duration{} || now < regained_at_) return;
    const std::int64_t back = (now - regained_at_).value / policy_.regain_every.value;
    tokens_ = std::min(tokens_ + back, policy_.restarts_max);
    regained_at_ = regained_at_ + Duration{back * policy_.regain_every.value};
  }

  RestartPolicy policy_;
  std::int64_t tokens_;
  Instant regained_at_;
  std::int64_t failures_in_a_row_ = 0;
};

}  // namespace phalarope::hal
