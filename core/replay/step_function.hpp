// StepFunction: all that replay needs of the engine. Whoever links both supplies it (the same code that ran live).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/engine/base/event.hpp"

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

}  // namespace phalarope::replay
