// StepFunction: all that replay needs of the engine. Whoever links both supplies it (the same code that ran live).
// LiveStepFunction: what a future that was not recorded needs beside it, because nobody recorded its deadlines.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/engine/base/event.hpp"
#include "core/engine/evidence/turn_evidence.hpp"

namespace phalarope::replay {

/// What a run of a recording was started with: records as they stand in it, in their order.
struct RunStart {
  std::span<const std::vector<std::byte>> pipelines;
  std::span<const std::vector<std::byte>> sessions;
};

class StepFunction {
 public:
  virtual ~StepFunction() = default;
  /// A fresh engine with the recorded plans and session constants; false when it will not start with them.
  virtual bool start(const RunStart& run) = 0;
  /// A seat taken between two steps; false when the engine does not give the session the seat it had.
  virtual bool seat(std::span<const std::byte> session_record) = 0;
  /// One step. The answer is valid until the next call.
  virtual std::span<const Event> step(const Event& input) = 0;
};

class LiveStepFunction : public StepFunction {
 public:
  /// When the seat's session wants a tick; nothing while it waits for nothing.
  virtual std::optional<Instant> deadline_of(std::uint16_t slot) const = 0;
  virtual Event tick_for(std::uint16_t slot, Instant now, WallTime wall) const = 0;
  virtual bool turn_active(std::uint16_t slot) const = 0;
  /// The number of the last event taken or given.
  virtual std::uint64_t sequence() const = 0;
  /// The record of the turn that ended in the last step; null when none did.
  virtual const TurnEvidence* finished_evidence() const = 0;
};

}  // namespace phalarope::replay
