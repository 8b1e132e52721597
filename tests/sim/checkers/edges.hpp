// Checker of what waits between two nodes: every sentence and every frame of a turn is handed on, merged and handed on,
// dropped under exactly one notice, or flushed by the end of its turn.
//
//   result ──▶ inside ──handed on──▶ gone           (merged: the command names its group and the span of the sources)
//                └────released────▶ untold ──drop_notice over its number──▶ gone
//                └────close, and released in the same step: flushed
//
//   I5   nothing inside outlives its turn; nothing dropped stays untold; no notice covers what was not dropped
//   1.11 what leaves an edge leaves in the order in which it came
//   5.5  of an edge's pressure: no flow_xon and no credit_grant without a flow_xoff, no second flow_xoff before either
// Contract: runtime.md 5.2, 5.4-5.6.
#pragma once

#include <array>
#include <map>
#include <set>
#include <unordered_map>

#include "tests/sim/checkers/checker.hpp"

namespace phalarope::sim {

class Probes;

class EdgeChecker final : public Checker {
 public:
  EdgeChecker(Verdicts& verdicts, Probes& probes) : Checker(verdicts), probes_(probes) {}
  void seated(std::uint16_t slot, const SeatFacts& facts) override;
  void step(const Stepped& step) override;

 private:
  struct Item {
    std::uint8_t node = 0;
    std::uint32_t transport_sequence = 0;
    std::uint64_t runtime_sequence = 0;
  };
  using Number = std::pair<std::uint8_t, std::int64_t>;  // a node's own number of a result
  struct Seat {
    std::uint64_t ticket = 0;  // of the running turn
    std::map<std::uint64_t, Item> inside;
    std::set<Number> untold;        // dropped: must be told before the turn closes
    std::set<Number> maybe_untold;  // refused as late, or flushed: need not be told, but may
    std::array<std::uint64_t, graph_nodes_max> last_out{};
    std::array<bool, graph_edges_max> stopped{};
    std::array<std::uint8_t, graph_edges_max> producer{};
    std::array<bool, graph_edges_max> kept{};  // its items may wait, so this checker keeps books of them
    std::array<std::string_view, graph_edges_max> probe{};
  };
  void take(Seat& seat, const Event& input);
  void hand_on(Seat& seat, const Event& command);
  void release(Seat& seat, const Stepped& step, const Event& output);
  void notice(Seat& seat, const Event& output);
  void pressure(Seat& seat, const Event& output);
  void close(Seat& seat, const Event& output);

  Probes& probes_;
  std::array<Seat, engine_sessions_max> seats_{};
};

}  // namespace phalarope::sim
