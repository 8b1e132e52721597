// The truth table of runtime.md 2.5, row by row: what the arbiter does is written in the words of
// truth_table_rows.txt and compared with it, so that a difference is printed side by side.
//
// contract: T1, T2, T2a, T2b, T3, T4, T5, T5a, T6, T7, T7a, T8, T9, T10a, T10b, T10c, T10d, T11, T12, T13, T14, T15
// contract: F1, F7, F9, I2, I3, D1
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "core/engine/turn/arbiter.hpp"

namespace phalarope {
namespace {

struct Vector {
  std::string name;
  std::map<std::string, std::string> expected;  // list, control, edges, outcome, fence
  std::string from;
  std::vector<std::string> ask;
  std::size_t line = 0;
};

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::vector<Vector> read_vectors() {
  std::ifstream file(std::string(PHALAROPE_SOURCE_DIR) + "/tests/contract/turn/truth_table_rows.txt");
  std::vector<Vector> vectors;
  std::size_t line_number = 0;
  for (std::string line; std::getline(file, line);) {
    ++line_number;
    if (line.empty() || line.front() == '#') continue;
    const auto colon = line.find(": ");
    if (colon == std::string::npos) {
      ADD_FAILURE() << "truth_table_rows.txt:" << line_number << ": not `key: value`";
      continue;
    }
    const std::string key = line.substr(0, colon);
    const std::string value = line.substr(colon + 2);
    if (key == "case") {
      vectors.push_back({});
      vectors.back().name = value;
      vectors.back().line = line_number;
    } else if (key == "from") {
      vectors.back().from = value;
    } else if (key == "ask") {
      vectors.back().ask = words_of(value);
    } else {
      vectors.back().expected[key] = value;
    }
  }
  return vectors;
}

// ---- what happened, in the words of the file ---------------------------------------------------------------------

std::string code_of(Emitter emitter) {
  if (emitter == Emitter::cp_admission) return "CP-05";
  const int number = static_cast<int>(emitter);
  return std::string("RK-") + (number < 10 ? "0" : "") + std::to_string(number);
}

std::string with_reason(EventKind kind, Reason reason) {
  const std::string name = name_of(kind);
  return reason == Reason::none ? name : name + "(" + name_of(reason) + ")";
}

std::string scope_text(Scope scope) { return wire::EnumNameScope(scope); }

constexpr StepPoint here{.sequence = RuntimeSequence{1000},
                         .transport_sequence = 50,
                         .at = Instant{5'000 * ns_per_ms},
                         .wall = WallTime{9'000 * ns_per_ms},
                         .session = SessionSlot{2},
                         .epoch = Epoch{7},
                         .causal_parent = 1000};

std::string control_text(const TurnDecision& decision) {
  std::string text;
  for (const Event& signal : decision.control) {
    EXPECT_EQ(signal.mono_ns - here.at.value, signal.wall_ns - here.wall.value) << "both clocks move alike";
    EXPECT_EQ(signal.session_slot, here.session.value);
    EXPECT_EQ(signal.lane, Lane::control);
    EXPECT_EQ(signal.payload_class, PayloadClass::metadata);
    EXPECT_TRUE(signal.has(EventFlag::output));
    if (!text.empty()) text += " | ";
    text += with_reason(signal.kind, signal.reason) + " " + code_of(signal.emitter) + " " + scope_text(signal.scope);
    text += " #" + std::to_string(signal.runtime_sequence - here.sequence.value);
    text += " @" + std::to_string(signal.transport_sequence - here.transport_sequence);
    text += " +" + std::to_string((signal.mono_ns - here.at.value) / ns_per_ms);
  }
  return text.empty() ? "-" : text;
}

std::map<std::string, std::string> text_of(const TurnDecision& decision) {
  std::map<std::string, std::string> text{{"list", ""}, {"edges", ""}, {"outcome", ""}};
  for (const LifecycleEntry& entry : decision.lifecycle) {
    text["list"] += (text["list"].empty() ? "" : " ") + with_reason(entry.name, entry.reason);
  }
  for (const TurnTransition& edge : decision.transitions) {
    text["edges"] += (text["edges"].empty() ? "" : " ") + std::string(name_of(edge.from)) + ">" +
                     std::string(name_of(edge.trigger)) + ">" + std::string(name_of(edge.to));
  }
  if (decision.outcome) {
    const DecisionOutcome& outcome = *decision.outcome;
    text["outcome"] = std::string(name_of(outcome.kind)) + " " + code_of(outcome.emitter) + " " +
                      std::string(name_of(outcome.phase)) + " " + std::string(name_of(outcome.scope)) + " " +
                      name_of(outcome.reason);
    if (outcome.turn != no_turn) text["outcome"] += " turn";
    if (outcome.epoch) text["outcome"] += " epoch=" + std::to_string(outcome.epoch->value);
  }
  for (auto& [key, value] : text) {
    if (value.empty()) value = "-";
  }
  text["control"] = control_text(decision);
  text["fence"] = decision.fence == FenceMove::keep ? "keep" : decision.fence == FenceMove::admit ? "admit" : "raise";
  return text;
}

// ---- the words of the file, as a step ------------------------------------------------------------------------------

Reason reason_of(const std::string& name) {
  for (const Reason reason : wire::EnumValuesReason()) {
    if (name == wire::EnumNameReason(reason)) return reason;
  }
  ADD_FAILURE() << "no reason " << name;
  return Reason::none;
}

OutcomeScope scope_of(const std::string& name) {
  for (const OutcomeScope scope :
       {OutcomeScope::tenant, OutcomeScope::session, OutcomeScope::turn, OutcomeScope::edge_enqueue,
        OutcomeScope::edge_dequeue, OutcomeScope::node_dispatch}) {
    if (name == name_of(scope)) return scope;
  }
  ADD_FAILURE() << "no scope " << name;
  return OutcomeScope::session;
}

/// Everything a case may bend, set to "all is well".
struct World {
  OpenRequest request{.turn = TurnNumber{4}, .epoch = Epoch{7}};
  BundleDecisions bundle{.lease_epoch = Epoch{7}};
  bool bundle_resolves = true;
  bool plan_materializes = true;
  bool append_works = true;
  TurnInput input{.point = here, .ticket = Ticket{11}};
};

bool bend(World& world, const std::string& word) {
  const auto equals = word.find('=');
  const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
  const std::map<std::string, End> ends = {{"revoked", End::authority_revoked},
                                           {"cancel", End::cancel_accepted},
                                           {"budget", End::budget_terminate},
                                           {"provider_failure", End::provider_failure},
                                           {"node_failure", End::node_failure},
                                           {"transport", End::transport_lost},
                                           {"evidence_failed", End::evidence_failed},
                                           {"no_legal_path", End::no_legal_path},
                                           {"success", End::success}};
  if (const auto end = ends.find(word); end != ends.end()) return world.input.pending.add(end->second), true;
  if (word == "barge_in") return world.input.barge_in = true;
  if (word == "output_pending") return world.input.output_pending = true;
  if (word == "other_active") return world.input.other_active = true;
  if (word == "snapshot=invalid") return world.request.snapshot_valid = false, true;
  if (word == "snapshot_policy=reject") return world.request.snapshot_failure_policy = FailurePolicy::reject, true;
  if (word == "plan_policy=reject") return world.request.plan_failure_policy = FailurePolicy::reject, true;
  if (word == "capacity=reject") return world.request.capacity = Capacity::reject, true;
  if (word == "capacity=defer") return world.request.capacity = Capacity::defer, true;
  if (word == "epoch=invalid") return world.request.epoch_valid = false, true;
  if (word == "authorized=no") return world.request.authorized = false, true;
  if (word == "bundle=missing") return world.bundle_resolves = false, true;
  if (word == "plan=missing") return world.plan_materializes = false, true;
  if (word == "lease=invalid") return world.bundle.lease_valid = false, true;
  if (word == "lease=not_granted") return world.bundle.lease_granted = false, true;
  if (word == "admission=reject") return world.bundle.admission = AdmissionKind::reject, true;
  if (word == "admission=defer") return world.bundle.admission = AdmissionKind::defer, true;
  if (word == "admission_scope=tenant") return world.bundle.admission_scope = AdmissionScope::tenant, true;
  if (word == "append=fails") return world.append_works = false, true;
  if (word.starts_with("admission_reason=")) return world.bundle.admission_reason = reason_of(value), true;
  if (word.starts_with("lease_epoch=")) return world.bundle.lease_epoch = Epoch{std::stoull(value)}, true;
  if (word.starts_with("offending=")) return world.input.offending_epoch = Epoch{std::stoull(value)}, true;
  if (word.starts_with("trace=")) return world.input.trace_reason = reason_of(value), true;
  if (word.starts_with("scope=")) return world.input.shed_scope = scope_of(value), true;
  if (word == "reason=none") return world.input.shed_reason = Reason::none, true;
  if (word.starts_with("reason=")) return world.input.shed_reason = reason_of(value), true;
  return false;
}

std::optional<TurnAsk> ask_of(const std::string& word) {
  const std::map<std::string, TurnAsk> asks = {{"propose", TurnAsk::propose}, {"open", TurnAsk::open},
                                               {"abandon", TurnAsk::abandon}, {"arbitrate", TurnAsk::arbitrate},
                                               {"late", TurnAsk::late},       {"stale", TurnAsk::stale},
                                               {"shed", TurnAsk::shed}};
  const auto ask = asks.find(word);
  return ask == asks.end() ? std::nullopt : std::optional(ask->second);
}

auto append_that(bool works) {
  return [works](const TerminalMark&) { return works; };
}

GateVerdict walk(const World& world) {
  auto resolve = [&] { return world.bundle_resolves ? std::optional(world.bundle) : std::nullopt; };
  auto materialize = [&](Epoch) { return world.plan_materializes; };
  return *walk_gates(world.request, {.resolve_bundle = resolve, .materialize_plan = materialize});
}

/// A turn brought to `state` by legal steps.
TurnRecord turn_in(const std::string& state) {
  TurnRecord turn(TurnNumber{4});
  const World well;
  const auto take = [&](TurnAsk ask, PendingEnds pending) {
    TurnInput input = well.input;
    input.ask = ask;
    input.gates = walk(well);
    input.pending = pending;
    ASSERT_TRUE(Arbiter::step(turn, input, append_that(true)).has_value());
  };
  if (state == "Idle") return turn;
  take(TurnAsk::propose, {});
  if (state == "Opening") return turn;
  take(TurnAsk::open, {});
  if (state == "Active") return turn;
  take(TurnAsk::arbitrate, PendingEnds(End::success));
  EXPECT_EQ(name_of(turn.state()), state);
  return turn;
}

TEST(ArbiterVectors, EveryRowOfTheTruthTableIsDoneToTheLetter) {
  const std::vector<Vector> vectors = read_vectors();
  ASSERT_GE(vectors.size(), 30U);
  for (const Vector& vector : vectors) {
    SCOPED_TRACE("truth_table_rows.txt:" + std::to_string(vector.line) + ": " + vector.name);
    TurnRecord turn = turn_in(vector.from);
    ASSERT_EQ(name_of(turn.state()), vector.from);
    World world;
    ASSERT_FALSE(vector.ask.empty());
    const auto ask = ask_of(vector.ask.front());
    ASSERT_TRUE(ask.has_value()) << vector.ask.front();
    world.input.ask = *ask;
    for (std::size_t i = 1; i < vector.ask.size(); ++i) EXPECT_TRUE(bend(world, vector.ask[i])) << vector.ask[i];
    if (*ask == TurnAsk::open) world.input.gates = walk(world);

    const auto decided = Arbiter::step(turn, world.input, append_that(world.append_works));
    ASSERT_TRUE(decided.has_value()) << id_of(decided.error());
    EXPECT_EQ(text_of(*decided), vector.expected);
    EXPECT_EQ(turn.state(), decided->to);
    EXPECT_EQ(decided->refusal.has_value(), world.input.other_active)
        << "other_turn_active is reported beside the defer";
  }
}

TEST(ArbiterVectors, TheDataFileNamesEveryRowOfTheContract) {
  std::set<std::string> rows;
  for (const Vector& vector : read_vectors()) rows.insert(words_of(vector.name).front());
  const std::set<std::string> contract = {"T1",   "T2",  "T2a", "T2b", "T3",  "T4",   "T5",   "T5a",
                                          "T6",   "T7",  "T7a", "T8",  "T9",  "T10a", "T10b", "T10c",
                                          "T10d", "T11", "T12", "T13", "T14", "T15"};
  EXPECT_EQ(rows, contract);
}

}  // namespace
}  // namespace phalarope
