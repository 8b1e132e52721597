// A board that records turns on a real disk and exports them; and an other side that can be told how to behave.
//
// Fault model of the other side: it refuses, takes its time, takes a record without saying so (the answer is lost), or
// hangs until it is given up. What it took it keeps by id, as a stream with de-duplication does.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "hal/fleet/durable_exporter.hpp"
#include "tests/fault/evidence/small_recording.hpp"

namespace phalarope::testing {

using std::chrono::steady_clock;

/// Waits until `holds` does, up to what a busy machine may need.
template <typename Holds>
bool eventually(Holds holds, std::chrono::seconds patience = std::chrono::seconds(30)) {
  const auto end = steady_clock::now() + patience;
  while (!holds()) {
    if (steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

class OtherSide final : public hal::EvidenceSink {
 public:
  enum class Mood { takes, refuses, loses_answers, hangs };

  hal::SendAnswer send(const hal::EvidenceMessage& message) override {
    while (mood_ == Mood::hangs && !given_up_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (mood_ == Mood::refuses || given_up_) return {.problem = "refused"};
    const std::lock_guard lock(mutex_);
    const bool known = std::ranges::find(ids_, message.id) != ids_.end();
    if (!known) {
      ids_.emplace_back(message.id);
      bodies_.emplace_back(message.body);
      kinds_.emplace_back(message.kind);
    }
    if (mood_ == Mood::loses_answers) return {.problem = "no answer"};
    return {.arrived = true, .duplicate = known, .problem = {}};
  }
  void give_up() noexcept override { given_up_ = true; }

  void be(Mood mood) { mood_ = mood; }
  std::size_t taken(std::string_view kind = fleet::baseline_kind) const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count(kinds_, kind));
  }
  std::vector<std::string> bodies() const {
    const std::lock_guard lock(mutex_);
    return bodies_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> ids_;
  std::vector<std::string> bodies_;
  std::vector<std::string> kinds_;
  std::atomic<Mood> mood_{Mood::takes};
  std::atomic<bool> given_up_{false};
};

inline std::string payload_text(std::span<const std::byte> table) {
  return R"({"bytes":)" + std::to_string(table.size()) + "}";
}

/// The disk outlives what runs on it, so a test may start the board again.
class BoardDisk {
 public:
  BoardDisk() {
    char name[] = "/tmp/phalarope-fleet-XXXXXX";
    if (::mkdtemp(name) != nullptr) path_ = name;
  }
  BoardDisk(const BoardDisk&) = delete;
  BoardDisk& operator=(const BoardDisk&) = delete;
  ~BoardDisk() { std::filesystem::remove_all(path_); }
  std::string recording() const { return path_ + "/recording"; }
  std::string path() const { return path_; }
  hal::PosixFileSystem files;

 private:
  std::string path_;
};

inline hal::ExporterConfig exporter_config() {
  hal::ExporterConfig config;
  config.settings.retry_delay_ms = 1;
  config.payload_of = payload_text;
  config.catch_up_wait = milliseconds(5);
  config.close_wait = milliseconds(30'000);
  return config;
}

class ExportingBoard {
 public:
  ExportingBoard(BoardDisk& disk, hal::EvidenceSink& sink, hal::ExporterConfig config = exporter_config(),
                 std::uint64_t segment_bytes = 1024 * 1024)
      : found_(hal::recover(disk.files, disk.recording())),
        recording(disk.files, {.directory = disk.recording(), .segment_bytes = segment_bytes}, found_.point) {
    config.directory = disk.recording();
    config.recording_id = "cafe";
    config.stored_below = found_.point.next_sequence;
    exporter = std::make_unique<hal::DurableExporter>(std::move(config), sink, disk.files);
    recording.flusher.observe(*exporter);
  }

  void run_turns(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      recording.append_turn(++turns_);
      while (recording.flush() > 0) continue;
    }
  }
  void stop() {
    EXPECT_EQ(recording.close(), 0);
    exporter->close();
  }
  bool is_level() const {
    const fleet::ExportState state = exporter->state();
    return !state.behind && state.stats.queue_depth == 0;
  }

 private:
  hal::Recovery found_;
  std::uint32_t turns_ = 0;

 public:
  SmallRecording recording;
  std::unique_ptr<hal::DurableExporter> exporter;
};

inline void expect_every_record_accounted_for(const fleet::ExportStats& stats, std::uint64_t offered) {
  EXPECT_EQ(stats.enqueued, stats.exported + stats.failures + stats.queue_depth);
  EXPECT_EQ(offered, stats.enqueued + stats.dropped);
}

}  // namespace phalarope::testing
