// Who speaks next while a turn is active: the policy's answer, and the short queue of those who wait.
//
//   policy    another turn active              none active
//   preempt   cancel it (T7a), then propose    propose
//   queue     wait; full: defer                propose
//
// Invariants. (1) Candidates are proposed in runtime_sequence order, whatever the order they came in. (2) A fifth
// candidate is refused by name: defer(admission_capacity_defer). (3) A candidate stands once.
// Pure values; engine thread. Contract: runtime.md 3.1, 7.1 (pending proposals of a cancelled session); I5, I10.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/engine/base/event.hpp"
#include "core/engine/base/fixed_vector.hpp"

namespace phalarope {

enum class OverlapPolicy : std::uint8_t { preempt, queue };
enum class OverlapAction : std::uint8_t { propose, preempt, wait };

constexpr OverlapAction decide_overlap(OverlapPolicy policy, bool other_active) noexcept {
  if (!other_active) return OverlapAction::propose;
  switch (policy) {
    case OverlapPolicy::preempt:
      return OverlapAction::preempt;
    case OverlapPolicy::queue:
      return OverlapAction::wait;
  }
  return OverlapAction::wait;
}

/// A turn intent that waits for the close of another turn.
struct OverlapCandidate {
  RuntimeSequence sequence{};
  TurnNumber turn{};
  UtteranceNumber utterance{};
  constexpr bool operator==(const OverlapCandidate&) const noexcept = default;
};

constexpr std::size_t overlap_candidates_max = 4;

enum class OverlapAnswer : std::uint8_t {
  waiting,
  already_waiting,
  full,  // defer(admission_capacity_defer)
};

class OverlapQueue {
 public:
  constexpr OverlapAnswer push(const OverlapCandidate& candidate) noexcept {
    for (const OverlapCandidate& waiting : candidates_) {
      if (waiting.turn == candidate.turn) return OverlapAnswer::already_waiting;
    }
    if (!candidates_.push_back(candidate)) return OverlapAnswer::full;
    for (std::size_t i = candidates_.size() - 1; i > 0 && candidates_[i].sequence < candidates_[i - 1].sequence; --i) {
      const OverlapCandidate later = candidates_[i - 1];
      candidates_[i - 1] = candidates_[i];
      candidates_[i] = later;
    }
    return OverlapAnswer::waiting;
  }

  /// The candidate to propose after a close; it no longer waits.
  constexpr std::optional<OverlapCandidate> take_head() noexcept {
    if (candidates_.empty()) return std::nullopt;
    const OverlapCandidate head = candidates_[0];
    candidates_.erase_at(0);
    return head;
  }

  constexpr std::size_t size() const noexcept { return candidates_.size(); }
  constexpr bool empty() const noexcept { return candidates_.empty(); }
  constexpr const OverlapCandidate* begin() const noexcept { return candidates_.begin(); }
  constexpr const OverlapCandidate* end() const noexcept { return candidates_.end(); }
  /// A cancel of the session takes back all that wait.
  constexpr void clear() noexcept { candidates_.clear(); }

 private:
  FixedVector<OverlapCandidate, overlap_candidates_max> candidates_;  // owner: engine
};

}  // namespace phalarope
