// ResultCheck: is this record a result that a node of this type may give to the command in hand?
//
//   record (a private copy) ──▶ known kind? own identity? ranges? payload? axis and credit? ──▶ Event built anew
//
// The event that goes on is built here from the table's row and two numbers; nothing else of the node's event is taken
// over. Invariants. (1) Frames of an answer are contiguous from sample 0 and never more than the credit granted.
// (2) One command has at most results_of_command_max results. (3) The first check that fails names the fault.
// Owner: the thread that talks with the node. Contract: runtime.md 11.2; schemas/event.fbs.
#pragma once

#include <cstdint>

#include "core/engine/base/event.hpp"
#include "core/engine/base/result.hpp"
#include "core/engine/plan/graph_definition.hpp"
#include "hal/external/result_ring.hpp"

namespace phalarope::hal {

/// 30 s of frames, their words and sentences, and as much again.
constexpr std::uint32_t results_of_command_max = 4096;
constexpr std::int64_t external_frame_samples = 320;
constexpr std::int64_t axis_samples_max = std::int64_t{1} << 40;

class ResultCheck {
 public:
  explicit ResultCheck(NodeType type) noexcept : type_(type) {}

  /// A command goes to the node; counts credit, and begins another answer with another ticket.
  void begin(const Event& command) noexcept;
  /// The result as the engine may see it, without payload handle; or what is wrong with it.
  Result<Event, ExternalFault> accept(const ResultRecord& record) noexcept;
  /// The process was replaced: it knows of no answer.
  void forget() noexcept;

 private:
  ExternalFault check_voice(const ResultRecord& record) noexcept;

  NodeType type_;
  Event command_{};
  std::uint32_t results_ = 0;
  std::uint64_t answer_ticket_ = 0;
  std::int64_t credit_frames_ = 0;
  std::int64_t axis_end_ = 0;
};

}  // namespace phalarope::hal
