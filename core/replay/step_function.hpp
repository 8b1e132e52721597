// StepFunction: all that replay needs of the engine. Whoever links both supplies it (the same code that ran live).
#pragma once

#include <cstddef>
#include <span>

#include "core/engine/base/event.hpp"

namespace phalarope::replay {

class StepFunction {
 public:
  virtual ~StepFunction() = default;
  /// A fresh engine with the recorded plan and session constants; false when it will not start with them.
  virtual bool start(std::span<const std::byte> pipeline_record, std::span<const std::byte> session_record) = 0;
  /// One step. The answer is valid until the next call.
  virtual std::span<const Event> step(const Event& input) = 0;
};

}  // namespace phalarope::replay
