// Outbox: what one step gives, in order: signals for the record and commands for the world.
//
// Every output is stamped here with the next runtime sequence, the step's time and its cause, so that no room has to
// remember to. The bound is the longest sequence a single event can cause (both edge buffers of a turn dropped item
// by item, each with its notice and its payload's release, followed by the turn's end and the next one's opening);
// exceeding it is a programmer's mistake.
// Owner: the engine thread, for the length of one step.
#pragma once

#include <algorithm>

#include "core/engine/base/enforce.hpp"
#include "core/engine/base/event.hpp"
#include "core/engine/base/fixed_vector.hpp"

namespace phalarope {

constexpr std::size_t step_outputs_max = 640;

/// Who moves the fence. It is told while the step still works: silence does not wait for the words about it, nor for
/// the next turn to open. A replay has nobody to silence and gives none.
struct FencePort {
  void* owner = nullptr;
  void (*move)(void* owner, const Event& command_fence) noexcept = nullptr;
};

class Outbox {
 public:
  /// Starts a step: outputs take their time and cause from `input`, their order from `sequence` on.
  void begin(const Event& input, std::uint64_t& sequence) noexcept {
    events_.clear();
    input_ = input;
    sequence_ = &sequence;
  }

  /// Appends one output. Kind, emitter, reason, ids and arguments are the caller's; order, cause and (where the caller
  /// did not put it later, as T11 does) time are filled here.
  Event& give(Event output) noexcept {
    output.runtime_sequence = ++*sequence_;
    output.mono_ns = std::max(output.mono_ns, input_.mono_ns);
    output.wall_ns = std::max(output.wall_ns, input_.wall_ns);
    output.transport_sequence = std::max(output.transport_sequence, input_.transport_sequence);
    output.causal_parent = static_cast<std::uint32_t>(input_.runtime_sequence);
    output.session_slot = input_.session_slot;
    output.set(EventFlag::output);
    if (!is_contract_signal(output.kind)) output.set(EventFlag::internal);
    const bool stored = events_.push_back(output);
    PHAL_ENFORCE(stored, "a step gave more outputs than its bound");
    if (output.kind == EventKind::command_fence && fence_port_.move != nullptr) {
      fence_port_.move(fence_port_.owner, events_.back());
    }
    return events_.back();
  }

  const FixedVector<Event, step_outputs_max>& events() const noexcept { return events_; }
  const Event& input() const noexcept { return input_; }
  void attach(const FencePort& port) noexcept { fence_port_ = port; }

 private:
  FixedVector<Event, step_outputs_max> events_;
  Event input_{};
  std::uint64_t* sequence_ = nullptr;
  FencePort fence_port_{};
};

}  // namespace phalarope
