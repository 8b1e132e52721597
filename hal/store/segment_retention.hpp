// SegmentRetention: closed segments that are older than they may be are removed, from the oldest on.
//
//   segment 3 ── segment 4 ── segment 5 ── segment 6 (open)
//      └ its newest record is older than the window? removed; the next is looked at. Else nothing more is due.
//
// A segment's newest record is not younger than the opening of the segment after it, so nothing goes before its time
// and everything goes at most one segment's age after it. Content that is sealed goes by its own window: its key is
// destroyed, and the segment stays as long as decisions may. Content that is not sealed stands side by side with them,
// so the shortest window of what a segment may hold counts. Order is kept: what is left begins later, without a hole.
// The wall clock decides, so nothing is done while nobody has set it (D9). Flusher thread.
// Contract: evidence.md 1A.3; decisions.md D9.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/control/custody/retention.hpp"
#include "core/engine/base/strong.hpp"
#include "hal/store/content_keys.hpp"
#include "hal/store/file_system.hpp"

namespace phalarope::hal {

/// The reference cadence of evidence.md 1A.4.
constexpr Duration retention_sweep_every = milliseconds(15 * 60 * 1000);

struct RetentionConfig {
  std::int64_t window_ms = 0;  // 0: nothing is removed by age
  /// Of sealed text and sound; 0: they go with the segment.
  std::array<std::int64_t, sealed_contents> content_window_ms{};
  Duration every = retention_sweep_every;
  bool (*clock_is_set)() = nullptr;  // null: it is
};
/// The windows of a policy. `sealed`: content goes by its keys.
RetentionConfig retention_config(const control::RetentionPolicy& policy, bool sealed) noexcept;
/// What the system says of its clock: somebody has set it, and it is kept.
bool system_clock_is_set() noexcept;

class SegmentRetention {
 public:
  SegmentRetention(FileSystem& files, std::string directory, const RetentionConfig& config);

  /// Removes at most one segment, or one key, so that the flusher is never long away; true when it did.
  bool sweep(Instant now, WallTime wall);

 private:
  bool sweep_segment(const std::string& name, bool oldest, std::int64_t age_ms);
  /// When the segment was opened, in ms; 0 when its header does not say; nothing when it was not looked at yet.
  std::optional<std::int64_t> opened_ms(const std::string& name);

  FileSystem& files_;
  std::string directory_;
  RetentionConfig config_;
  Instant due_{};
  std::map<std::string, std::int64_t> opened_ms_;  // of files looked at before; names are not used again
  std::set<std::pair<std::string, SealedContent>> keys_gone_;
  bool may_read_ = false;  // one file a call
};

}  // namespace phalarope::hal
