// DropRanges: which sequences were lost, as few ranges as will say it.
//
//     add 4, 6, 5      [4]        [4] [6]      [4..6]          joined: one notice
//     remove 5                                 [4] [6]         it arrived after all: split
//
// Invariants. (1) Ranges are in order, do not overlap and do not touch: between two of them something was not lost.
// (2) The ranges cover exactly what was added and not removed. (3) When a range more would not fit, the call answers
// so and changes nothing: the caller gives the notices it has (take_first) and tries again.
// Pure state; owner: whoever drops (engine thread). Contract: runtime.md 5.2 ("one per contiguous range"), 5.6; I5.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/engine/base/fixed_vector.hpp"
#include "core/engine/base/result.hpp"

namespace phalarope {

/// An inclusive range of sequence numbers.
struct DropRange {
  std::int64_t start = 0;
  std::int64_t end = 0;
  constexpr bool operator==(const DropRange&) const noexcept = default;
};
constexpr bool valid(const DropRange& range) noexcept { return 0 <= range.start && range.start <= range.end; }

enum class DropRangeError : std::uint8_t { range_invalid, ranges_full };
constexpr const char* describe(DropRangeError error) noexcept {
  switch (error) {
    case DropRangeError::range_invalid:
      return "range_invalid: a drop range needs 0 <= start <= end";
    case DropRangeError::ranges_full:
      return "ranges_full: give the drop notices collected so far first";
  }
  return "";
}

template <std::size_t ranges_max>
class DropRanges {
 public:
  constexpr std::size_t size() const noexcept { return ranges_.size(); }
  constexpr bool empty() const noexcept { return ranges_.empty(); }
  constexpr const DropRange* begin() const noexcept { return ranges_.begin(); }
  constexpr const DropRange* end() const noexcept { return ranges_.end(); }
  constexpr void clear() noexcept { ranges_.clear(); }

  constexpr Result<void, DropRangeError> add(std::int64_t sequence) noexcept { return add({sequence, sequence}); }

  /// Joins `range` with every range it overlaps or touches.
  constexpr Result<void, DropRangeError> add(DropRange range) noexcept {
    if (!valid(range)) return refuse(DropRangeError::range_invalid);
    // before | joined... | behind; written with - 1 on starts, which are never negative, so that nothing overflows.
    std::size_t first = 0;
    while (first < ranges_.size() && ranges_[first].end < range.start - 1) ++first;
    std::size_t behind = first;
    while (behind < ranges_.size() && ranges_[behind].start - 1 <= range.end) {
      range.start = std::min(range.start, ranges_[behind].start);
      range.end = std::max(range.end, ranges_[behind].end);
      ++behind;
    }
    if (behind == first) return insert_at(first, range);
    ranges_[first] = range;
    for (std::size_t i = first + 1; i < behind; ++i) ranges_.erase_at(first + 1);
    return {};
  }

  /// Takes `range` out again; what is left of a range on both sides stays.
  constexpr Result<void, DropRangeError> remove(const DropRange& range) noexcept {
    if (!valid(range)) return refuse(DropRangeError::range_invalid);
    for (std::size_t i = 0; i < ranges_.size();) {
      DropRange& each = ranges_[i];
      if (each.end < range.start || each.start > range.end) {
        ++i;
        continue;
      }
      const bool left = each.start < range.start;
      const bool right = each.end > range.end;
      if (left && right) {
        // Only one range can contain the whole of `range`, so nothing was changed before this refusal.
        const DropRange rest{.start = range.end + 1, .end = each.end};
        if (const auto inserted = insert_at(i + 1, rest); !inserted) return inserted;
        ranges_[i].end = range.start - 1;
        return {};
      }
      if (left) {
        each.end = range.start - 1;
      } else if (right) {
        each.start = range.end + 1;
      } else {
        ranges_.erase_at(i);
        continue;
      }
      ++i;
    }
    return {};
  }

  /// The lowest range, for its notice.
  constexpr std::optional<DropRange> take_first() noexcept {
    if (ranges_.empty()) return std::nullopt;
    const DropRange first = ranges_[0];
    ranges_.erase_at(0);
    return first;
  }

 private:
  constexpr Result<void, DropRangeError> insert_at(std::size_t index, const DropRange& range) noexcept {
    if (!ranges_.push_back(range)) return refuse(DropRangeError::ranges_full);
    std::rotate(ranges_.begin() + index, ranges_.end() - 1, ranges_.end());
    return {};
  }

  FixedVector<DropRange, ranges_max> ranges_;
};

}  // namespace phalarope
