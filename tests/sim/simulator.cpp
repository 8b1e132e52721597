#include "tests/sim/simulator.hpp"

#include <algorithm>
#include <memory>

#include "core/engine/base/digest.hpp"
#include "core/engine/engine.hpp"
#include "tests/sim/checkers.hpp"
#include "tests/sim/world/world.hpp"

namespace phalarope::sim {
namespace {

constexpr std::size_t arena_bytes = 8 * 1024 * 1024;

CompiledPipeline simulated_pipeline() {
  CompiledPipeline pipeline;
  pipeline.plan = default_plan_template();
  constexpr struct {
    const char* id;
    NodeType type;
    Modality modality;
  } rows[] = {{"microphone", NodeType::microphone, Modality::none},
              {"recogniser", NodeType::recogniser, Modality::stt},
              {"dialogue", NodeType::dialogue, Modality::llm},
              {"synthesiser", NodeType::synthesiser, Modality::tts},
              {"playback", NodeType::playback, Modality::none}};
  for (const auto& row : rows) {
    NodeDefinition node;
    static_cast<void>(node.id.assign(row.id));
    node.type = row.type;
    node.modality = row.modality;
    static_cast<void>(pipeline.graph.nodes.push_back(node));
  }
  for (std::uint8_t i = 0; i + 1U < std::size(rows); ++i) {
    EdgeDefinition edge;
    edge.from = NodeIndex{i};
    edge.to = NodeIndex{static_cast<std::uint8_t>(i + 1)};
    static_cast<void>(pipeline.graph.edges.push_back(edge));
  }
  return pipeline;
}

std::array<bool, fault_count> allowed_faults(const std::vector<std::string>& names) {
  std::array<bool, fault_count> allowed{};
  for (std::size_t i = 0; i < fault_count; ++i) {
    allowed[i] = names.empty() || std::find(names.begin(), names.end(), fault_rows[i].name) != names.end();
  }
  return allowed;
}

/// Rare paths by what is seen from outside.
void count_probes(const Event& input, std::span<const Event> outputs, std::map<std::string, std::uint64_t>& probes) {
  for (const Event& output : outputs) {
    switch (output.kind) {
      case EventKind::abort:
        ++probes[std::string("abort_") + name_of(output.reason)];
        break;
      case EventKind::interruption_confirmed:
        ++probes[std::string("confirmed_") + name_of(output.reason)];
        break;
      case EventKind::interruption_dismissed:
        ++probes[std::string("dismissed_") + name_of(output.reason)];
        break;
      case EventKind::command_apology:
        ++probes["apology"];
        break;
      case EventKind::command_heard:
        ++probes["words_heard_told"];
        break;
      case EventKind::drop_notice:
        ++probes["sentence_dropped"];
        break;
      case EventKind::stale_epoch_reject:
        ++probes["stale_epoch"];
        break;
      case EventKind::deauthorized_drain:
        ++probes["deauthorized"];
        break;
      case EventKind::defer:
        ++probes[std::string("deferred_") + name_of(output.reason)];
        break;
      case EventKind::playback_cancelled:
        if (output.has(EventFlag::late_after_cancel)) ++probes["late_output_refused"];
        break;
      default:
        break;  // not every kind is rare
    }
  }
  if (input.kind == EventKind::tick && outputs.empty()) ++probes["tick_for_nothing"];
}

}  // namespace

SimReport simulate(const SimOptions& options, const std::function<void(std::uint64_t)>& progress) {
  Chance chance(options.seed);
  FaultMix faults(chance, allowed_faults(options.faults));
  const CompiledPipeline pipeline = simulated_pipeline();
  std::vector<std::byte> region(arena_bytes);
  Arena arena(region);
  SessionStart start;
  start.seed = options.seed;
  static_cast<void>(start.set_session_id("sim"));
  Engine& engine = **Engine::create(arena, pipeline, {&start, 1});
  const auto world = std::make_unique<World>(chance, faults, pipeline.graph);
  Checkers checkers(pipeline.interruption.hold_max);
  RunningDigest digest;
  SimReport report;
  report.seed = options.seed;

  const Session& session = engine.sessions().front();
  while (session.counters().turns_opened < options.turns && checkers.violations().empty()) {
    const auto deadline = engine.next_deadline();
    std::optional<Event> input = world->next(deadline);
    if (!input) {
      world->wait_until(*deadline);
      input = engine.due_tick(Instant{world->now_ns()}, WallTime{world->now_ns()});
    }
    Event taken = *input;
    const std::uint64_t turns_before = session.counters().turns_opened;
    const std::span<const Event> outputs = engine.step(taken);
    digest.add(taken);
    for (const Event& output : outputs) digest.add(output);
    checkers.check(taken, outputs, engine);
    count_probes(taken, outputs, report.probes);
    for (const Event& output : outputs) {
      if (is_command(output.kind)) world->react(output);
    }
    report.events += 1 + outputs.size();
    constexpr std::uint64_t progress_turns = 10'000;
    const std::uint64_t turns = session.counters().turns_opened;
    if (progress && turns != turns_before && turns % progress_turns == 0) progress(turns);
  }
  report.turns_opened = session.counters().turns_opened;
  report.turns_committed = session.counters().turns_committed;
  report.turns_aborted = session.counters().turns_aborted;
  report.holds = session.counters().holds;
  report.digest = digest.value();
  report.violations = checkers.violations();
  for (const FaultRow& row : fault_rows) {
    report.faults_injected += faults.struck(row.fault);
    report.probes["fault_" + std::string(row.name)] = faults.struck(row.fault);
  }
  return report;
}

std::vector<std::string> fault_names() {
  std::vector<std::string> names;
  for (const FaultRow& row : fault_rows) names.emplace_back(row.name);
  return names;
}

}  // namespace phalarope::sim
