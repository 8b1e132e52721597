// Ten times more evidence than the disk takes, on a disk whose fsync stalls for seconds: detail is dropped first and by
// name, of the baseline nothing is lost, and the engine's side does not wait (Q21).
//
//   a thread takes the place of the engine: one turn a millisecond, its events ten times what a conversation gives
//   a thread flushes onto a disk that stalls in every so-manieth sync
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "hal/host/clock.hpp"
#include "tests/fault/evidence/small_recording.hpp"
#include "tests/fault/long_form.hpp"

namespace phalarope::testing {
namespace {

constexpr std::uint64_t syncs_between_stalls = 20;
constexpr int events_of_a_turn = 400;  // a spoken turn takes and gives some hundred in seconds; here in a millisecond

/// What one turn cost the engine's side.
struct Costs {
  std::vector<std::int64_t> ns;
  std::int64_t permille_999() {
    std::sort(ns.begin(), ns.end());
    return ns[ns.size() * 999 / 1000];
  }
};

/// Opens, fills and ends one turn, as the runtime does; false when the recorder had no room to let it open.
bool record_turn(SmallRecording& sut, std::uint32_t turn) {
  if (!sut.recorder.reserve_turn()) return false;
  Event open = numbered_event(turn, EventKind::turn_open, Lane::control);
  open.turn_number = turn;
  sut.recorder.append_event(open);
  for (int i = 0; i < events_of_a_turn; ++i) {
    Event frame = numbered_event(static_cast<std::uint64_t>(i), EventKind::telemetry_sample, Lane::telemetry);
    sut.recorder.append_event(frame);
    static_cast<void>(sut.recorder.append_text(frame, "detail of the turn that may be given up"));
  }
  const bool recorded = sut.recorder.append_baseline(complete_evidence(turn)).has_value();
  open.kind = EventKind::commit;
  sut.recorder.append_event(open);
  open.kind = EventKind::close;
  sut.recorder.append_event(open);
  sut.recorder.release_turn();
  return recorded;
}

// contract: I9, Q21
TEST(Overload, TenTimesTooMuchOnADiskThatStallsLosesNoBaseline) {
  const auto stall = std::chrono::milliseconds(rounds(500, 5'000));
  const auto length = std::chrono::milliseconds(rounds(2'500, 60'000));
  MemoryDisk disk;
  std::atomic<std::uint64_t> syncs{0};
  std::atomic<std::uint64_t> stalls{0};
  disk.fault = [&](MemoryDisk::Call call, std::uint64_t) {
    if (call == MemoryDisk::Call::sync && syncs.fetch_add(1) % syncs_between_stalls == syncs_between_stalls - 1) {
      stalls.fetch_add(1);
      std::this_thread::sleep_for(stall);
    }
    return 0;
  };
  SmallRecording sut(disk,
                     {.ring_bytes = 4 * 1024 * 1024, .segment_bytes = 1024 * 1024, .disk_budget_bytes = 1ULL << 32});
  std::atomic<bool> over{false};
  std::thread flusher([&] {
    while (!over.load()) {
      if (sut.flusher.flush_once(hal::monotonic_now()) == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  Costs costs;
  std::vector<std::uint32_t> recorded;
  std::uint64_t deferred = 0;
  const auto end = std::chrono::steady_clock::now() + length;
  for (std::uint32_t turn = 1; std::chrono::steady_clock::now() < end; ++turn) {
    const Instant begun = hal::monotonic_now();
    if (record_turn(sut, turn)) {
      recorded.push_back(turn);
    } else {
      ++deferred;  // a turn whose end could not be recorded is not begun
    }
    costs.ns.push_back((hal::monotonic_now() - begun).value);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  over.store(true);
  flusher.join();
  disk.fault = {};
  ASSERT_EQ(sut.close(), 0);

  EXPECT_GT(stalls.load(), 0U);
  EXPECT_EQ(sut.recorder.counters().lost[static_cast<std::size_t>(RecordType::baseline)], 0U);
  const ReadBack found = read_back(disk);
  const auto baselines = std::count(found.types.begin(), found.types.end(), RecordType::baseline);
  EXPECT_EQ(static_cast<std::size_t>(baselines), recorded.size());
  EXPECT_TRUE(found.damage.empty());
  EXPECT_LT(costs.permille_999(), milliseconds(50).value) << "the engine's side waited for the disk";
  RecordProperty("turns_recorded", std::to_string(recorded.size()));
  RecordProperty("turns_deferred", std::to_string(deferred));
  RecordProperty("baselines_lost", "0");
  RecordProperty("stalls", std::to_string(stalls.load()));
  RecordProperty("turn_p999_us_max", std::to_string(costs.permille_999() / 1000));
}

}  // namespace
}  // namespace phalarope::testing
