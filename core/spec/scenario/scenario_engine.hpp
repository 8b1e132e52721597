// A fresh engine for one scenario: each event is put to the engine's own tables, and what they answer is reported.
//
//   event ─▶ session? ─▶ epoch? ─▶ connection_table                      ─▶ connection signal
//                │          │ ─────▶ record_to_propose · arbiter · gates  ─▶ open result
//                │          │ ─────▶ late_events · ingress record         ─▶ ingress record
//                │          │ ─────▶ output_fence                         ─▶ output decision, delivery signal
//                ▼          │ ─────▶ arbiter                              ─▶ active result
//             refused       └ stale ▶ arbiter (T14)                       ─▶ stale_epoch_reject
//
// No rule of a turn stands here: core/engine/turn decides. This room only asks it, and gives its answers their names.
// Invariants. (1) A refused event changes nothing and ends the scenario. (2) No event that carries an epoch older than
// the session's current one is accepted (I7); an event that carries none is given the current one, an output the
// session's, because an output attempt needs its epoch (runtime.md 7.3). (3) Once a cancel was accepted for a turn, by
// an ending or with an output, no output of it is accepted (I6). (4) No timer runs: a scenario is its events, so no
// cleanup deadline passes between them.
// One object a scenario; any one thread; allocates. Contract: runtime.md 2, 3.3, 7.2, 7.3, 10.2, Appendix C.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/engine/turn/arbiter.hpp"
#include "core/engine/turn/authority.hpp"
#include "core/engine/turn/connection_table.hpp"
#include "core/engine/turn/output_fence.hpp"
#include "core/engine/turn/session_table.hpp"
#include "core/engine/turn/turn_registry.hpp"
#include "core/spec/scenario/scenario.hpp"
#include "core/spec/strict_json.hpp"

namespace phalarope::spec {

/// Turns that one scenario may come back to. Beyond it the oldest settled one is closed for good.
constexpr std::size_t scenario_turns_max = 4096;

/// What happened, as JSON objects in order of emission.
struct ScenarioReport {
  std::size_t processed_events = 0;
  std::vector<JsonValue> ingress_records;
  std::vector<JsonValue> control_signals;
  std::vector<JsonValue> lifecycle_events;
  std::vector<JsonValue> open_results;
  std::vector<JsonValue> active_results;
  std::vector<JsonValue> output_decisions;
  std::vector<JsonValue> late_events;  // what came for a closed turn, and what was done with it (3.3)
};

class ScenarioEngine {
 public:
  explicit ScenarioEngine(const ScenarioSession& session);

  /// Processes the next event, or says why it is refused (without an index).
  std::optional<ScenarioRefusal> process(ScenarioEvent event);

  const ScenarioReport& report() const { return report_; }

 private:
  using Turns = TurnRegistryOf<scenario_turns_max>;
  using Refused = std::optional<ScenarioRefusal>;

  Refused connect(const ScenarioEvent& event);
  Refused propose(const ScenarioEvent& event);
  Refused ingress(const ScenarioEvent& event);
  Refused put_out(const ScenarioEvent& event);
  Refused end_turn(const ScenarioEvent& event);

  TurnDecision open(TurnRecord& turn, const ScenarioEvent& event, std::string& plan_hash);
  TurnDecision say_stale(const ScenarioEvent& event, TurnNumber number);
  bool is_stale(const ScenarioEvent& event) const;
  void take_epoch(const ScenarioEvent& event);
  void move_session(SessionTrigger trigger);
  TurnNumber number_of(const std::string& turn_id) const;
  Refused refusal_of(TurnRefusal cause, const ScenarioEvent& event, TurnState expected);

  void publish(const TurnDecision& decision, const ScenarioEvent& event);
  static JsonValue result_of(const TurnDecision& decision, const ScenarioEvent& event);

  const ScenarioSession session_;
  std::unique_ptr<Turns> turns_ = std::make_unique<Turns>();
  std::map<std::string, TurnNumber, std::less<>> numbers_;  // of the turns proposed, by trimmed id
  std::set<std::string, std::less<>> fenced_by_output_;     // trimmed ids of turns whose outputs carried a cancel
  Authority authority_;
  ConnectionRecord connection_;
  SessionState life_ = SessionState::connecting;
  Ticket last_ticket_{};
  ScenarioReport report_;
};

}  // namespace phalarope::spec
