// Execution profiles. See execution_profiles.hpp.
#include "core/spec/execution_profiles.hpp"

#include "core/engine/base/enforce.hpp"
#include "core/engine/plan/materialize.hpp"

namespace phalarope::spec {

namespace {

ExecutionProfile simple_profile(std::string_view name) {
  return {.name = name, .surfaces = simple_v1_surfaces(), .built_in = true, .deadlines = {}};
}

ExecutionProfile edge_v1() {
  ExecutionProfile profile{.name = "edge/v1", .surfaces = simple_v1_surfaces(), .built_in = false, .deadlines = {}};
  // A local language model may think 10 s before its first token and pause 8 s between two (D2). A turn therefore has
  // room for one slow answer with a gap in it, and still ends within half a minute (D14).
  profile.surfaces.budgets = {.turn_budget_ms = 30'000,
                              .node_budget_ms_default = 10'000,
                              .path_budget_ms_default = 20'000,
                              .edge_budget_ms_default = 500};
  constexpr std::string_view providers[] = {"pocketsphinx", "intents", "flite"};
  for (std::size_t i = 0; i < profile.surfaces.provider_bindings.size(); ++i) {
    PHAL_ENFORCE(profile.surfaces.provider_bindings[i].provider.assign(providers[i]), "a provider's name fits");
  }
  profile.deadlines.stt = {.connect_ms = 3000, .first_output_ms = 1000, .gap_ms = 1000};
  profile.deadlines.llm = {.connect_ms = 3000, .first_output_ms = 10'000, .gap_ms = 8000};
  profile.deadlines.tts = {.connect_ms = 3000, .first_output_ms = 1000, .gap_ms = 1000};
  return profile;
}

}  // namespace

std::optional<ExecutionProfile> find_execution_profile(std::string_view name) {
  if (name == "simple" || name == "simple/v1") return simple_profile(name);
  if (name == "edge/v1") return edge_v1();
  return std::nullopt;
}

FixedVector<ReplayMode, replay_modes_max> replay_modes_of(RecordingLevel level) {
  // L0 keeps decisions, L1 also what the engine was told in text, L2 also what providers and microphone said.
  constexpr ReplayMode modes[] = {ReplayMode::replay_decisions, ReplayMode::recompute_decisions,
                                  ReplayMode::playback_recorded_provider_outputs, ReplayMode::re_simulate_nodes};
  constexpr std::size_t served_by_level[] = {1, 2, 4};
  FixedVector<ReplayMode, replay_modes_max> served;
  for (std::size_t i = 0; i < served_by_level[static_cast<std::size_t>(level)]; ++i) {
    PHAL_ENFORCE(served.push_back(modes[i]), "there are as many places as modes");
  }
  return served;
}

}  // namespace phalarope::spec
