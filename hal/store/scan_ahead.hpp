// ScanAhead: the segments of a recording, each read and judged, some of them before they are asked for.
//
//   next() ◀── segment 4 ◀ [ 5 being scanned | 6 being scanned | 7 being scanned ]     one thread each
//
// Checksums and hashes are most of a verification and need nothing of the segment before; what two segments say of
// each other is judged by whoever calls next(), in order. With fewer than two threads nothing runs beside the caller,
// and a segment is read when it is asked for. The file system must then bear reads from several threads at once
// (PosixFileSystem does). At most `threads` segments are in memory besides the one handed out.
// One caller. Contract: segment_format.hpp.
#pragma once

#include <deque>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "hal/store/segment_scan.hpp"

namespace phalarope::hal {

class ScanAhead {
 public:
  ScanAhead(FileSystem& files, std::vector<std::string> paths, unsigned threads)
      : files_(files), paths_(std::move(paths)), threads_(threads) {}

  /// The next segment; null after the last.
  std::unique_ptr<SegmentScan> next() {
    // A thread that the system refuses is no reason to fail: its segment is then scanned when it is asked for.
    constexpr auto either = std::launch::async | std::launch::deferred;
    if (threads_ < 2) return begun_ == paths_.size() ? nullptr : scan(begun_++);
    while (begun_ < paths_.size() && running_.size() < threads_) {
      running_.push_back(std::async(either, [this, index = begun_] { return scan(index); }));
      ++begun_;
    }
    if (running_.empty()) return nullptr;
    auto first = std::move(running_.front());
    running_.pop_front();
    return first.get();
  }

 private:
  std::unique_ptr<SegmentScan> scan(std::size_t index) { return std::make_unique<SegmentScan>(files_, paths_[index]); }

  FileSystem& files_;
  std::vector<std::string> paths_;
  unsigned threads_;
  std::size_t begun_ = 0;
  std::deque<std::future<std::unique_ptr<SegmentScan>>> running_;  // each waits for its thread when it goes
};

}  // namespace phalarope::hal
