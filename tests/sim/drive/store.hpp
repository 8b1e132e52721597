// Store: where a simulated recording goes. The simulator links no disk; who has one gives it (disk_store.hpp).
//
//   evidence ring ──serve()──▶ disk, slow, full, refusing      cut_power() ─▶ begin() reads back what is left
//                                                              finish() ─▶ everything is read and replayed
//
// One thread.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/engine/evidence/recorder.hpp"
#include "core/engine/session/session_start.hpp"
#include "tests/sim/rig.hpp"

namespace phalarope::sim {

class Bender;

class Store {
 public:
  virtual ~Store() = default;
  /// What stands on the disk is judged and put right; answers where a recorder goes on.
  virtual std::uint64_t begin(ByteRing& ring) = 0;
  /// The first records of a life; sets `start.turns_before`.
  virtual void open(Recorder& recorder, const CompiledPipeline& pipeline, SessionStart& start, Instant now) = 0;
  /// A record as it left the engine; what is read back must be one of them.
  virtual void appended(const RecordHeader& header, std::span<const std::byte> body) = 0;
  virtual void serve(Instant now) = 0;
  virtual Duration lag(Instant now) const = 0;
  virtual void cut_power(Instant now) = 0;
  /// Closes the recording, reads all of it and replays it.
  virtual void finish(Instant now) = 0;
  virtual const std::vector<std::string>& violations() const = 0;
  /// Rare paths, by name.
  virtual void count_probes(const std::function<void(std::string_view, std::uint64_t)>& count) const = 0;
};

using StoreMaker = std::unique_ptr<Store> (*)(std::uint64_t seed, FaultMix& faults, Bender& bender);

}  // namespace phalarope::sim
