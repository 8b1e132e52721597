// GapWatch: finds the holes in a recording's numbering, and believes the recorder's own word on what was in them.
//
//   records   7 8 9 . . 12 loss(10-11: text)      a hole 10..11 that held no events
//
// One per reading; one thread. Contract: evidence.md 1.7; core/engine/evidence/record.hpp (sequence, LossRecord).
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

#include "core/replay/record_source.hpp"

namespace phalarope::replay {

/// Records that are missing between two that are there.
struct RecordGap {
  std::uint64_t first_missing = 0;
  std::uint64_t count = 0;  // 0: outputs stand before the first input
  /// False when the recorder itself said that no event was among them: then nothing of the replay is in doubt.
  bool may_hold_events = true;
};

class GapWatch {
 public:
  /// For every record, in the order read.
  void take(const Record& record, std::vector<RecordGap>& gaps) {
    const std::uint64_t sequence = record.header.sequence;
    if (next_ && sequence > *next_) gaps.push_back({.first_missing = *next_, .count = sequence - *next_});
    next_ = sequence + 1;
    if (record.header.type == RecordType::loss) explain(record, gaps);
  }

 private:
  static void explain(const Record& record, std::vector<RecordGap>& gaps) {
    if (record.body.size() != sizeof(LossRecord)) return;
    LossRecord loss;
    std::memcpy(&loss, record.body.data(), sizeof loss);
    if (loss.lost[static_cast<std::size_t>(RecordType::event)] != 0) return;
    for (RecordGap& gap : gaps) {
      const bool covered = gap.count > 0 && gap.first_missing >= loss.first_sequence &&
                           gap.first_missing + gap.count - 1 <= loss.last_sequence;
      if (covered) gap.may_hold_events = false;
    }
  }

  std::optional<std::uint64_t> next_;
};

}  // namespace phalarope::replay
