// Checkers of what is kept: payloads, evidence, the frozen plan, flow control, and the replay of every run.
//
//   I5    each payload that comes in goes out once; none is invented; an ended session keeps none. No flow_xon without
//         a flow_xoff, the high-watermark pair once per saturation (runtime.md 5.3)
//   2.7   an end is said only with its evidence, complete and about that turn; else the end is
//         abort(recording_evidence_unavailable)
//   I1    the plan a turn ends with is the plan that was frozen when it opened
//   I8    a second engine given the same inputs gives the same bytes
// Contract: runtime.md 2.7, 4.2, 5.3, 9.
#pragma once

#include <array>
#include <unordered_map>

#include "tests/sim/checkers/checker.hpp"

namespace phalarope::sim {

class PayloadChecker final : public Checker {
 public:
  using Checker::Checker;
  void step(const Stepped& step) override;
  void ended(std::uint16_t slot) override;

 private:
  std::unordered_map<std::uint64_t, std::uint16_t> inside_;  // handle, and whose it is
};

class EvidenceChecker final : public Checker {
 public:
  using Checker::Checker;
  void step(const Stepped& step) override;
};

class PlanChecker final : public Checker {
 public:
  using Checker::Checker;
  void seated(std::uint16_t slot, const SeatFacts& facts) override;
  void step(const Stepped& step) override;

 private:
  struct Seat {
    const PreparedPlan* prepared = nullptr;
    std::uint64_t epoch_at_open = 0;
  };
  std::array<Seat, engine_sessions_max> seats_{};
  std::uint64_t ends_ = 0;
  ResolvedTurnPlan expected_{};
};

class FlowChecker final : public Checker {
 public:
  using Checker::Checker;
  void step(const Stepped& step) override;

 private:
  std::array<bool, lane_count> stopped_{};
};

class ReplayChecker final : public Checker {
 public:
  /// Makes an engine of the same parts; the sessions take their seats by seated().
  ReplayChecker(Verdicts& verdicts, std::span<const CompiledPipeline> pipelines, std::size_t seats,
                std::size_t arena_bytes);
  void seated(std::uint16_t slot, const SeatFacts& facts) override;
  void step(const Stepped& step) override;

 private:
  std::vector<std::byte> region_;
  Arena arena_;
  Engine* engine_ = nullptr;
};

}  // namespace phalarope::sim
