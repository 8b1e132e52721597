// RunAxis: the one axis of time on which the runs of a recording stand one behind the other.
//
//   run 1 ├───────────────┤        run 2 (its clock began anew)  ├──────────┤
//                         └ gap ──▶ shifted so far that it begins here
//
// A run begins with the first event behind a pipeline record that itself stands behind events. Several readers of one
// recording (one for each of its sessions) share one axis, so that what happened at the same time is drawn so.
// Invariant: the shift changes only when a run begins. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/engine/base/event.hpp"
#include "core/replay/record_source.hpp"

namespace phalarope::replay {

/// What is drawn between two runs of a recording, however long it truly was.
constexpr std::int64_t run_gap_ns = ns_per_second;

class RunAxis {
 public:
  void take(const Record& record) {
    if (record.header.type == RecordType::pipeline) run_begins_ = events_ > 0;
    if (record.header.type != RecordType::event || record.body.size() != event_bytes) return;
    std::int64_t mono_ns = 0;
    std::memcpy(&mono_ns, record.body.data() + offsetof(Event, mono_ns), sizeof mono_ns);
    if (run_begins_) {
      shift_ns_ = end_ns_ + run_gap_ns - mono_ns;
      ++runs_;
      run_begins_ = false;
    }
    mono_ns += shift_ns_;
    if (events_ == 0) start_ns_ = end_ns_ = mono_ns;
    ++events_;
    end_ns_ = std::max(end_ns_, mono_ns);
  }
  std::size_t runs() const { return runs_; }
  std::int64_t shift_ns() const { return shift_ns_; }  // what is added to the running run's times
  std::int64_t start_ns() const { return start_ns_; }
  std::int64_t end_ns() const { return end_ns_; }
  std::uint64_t events() const { return events_; }

 private:
  bool run_begins_ = false;
  std::size_t runs_ = 1;
  std::uint64_t events_ = 0;
  std::int64_t shift_ns_ = 0;
  std::int64_t start_ns_ = 0;
  std::int64_t end_ns_ = 0;
};

}  // namespace phalarope::replay
