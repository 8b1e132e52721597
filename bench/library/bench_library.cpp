// bench_library: what choosing a chain costs (goal: 50 us for 50 chains, so that it may be done at session open).
//
//   library/select/scored   policy v1.0 over 50 chains that all serve the stage and the mode
//   library/select/router   policy v2.0 over the same
//   library/read            the catalogue from its 50 files (at load, never while a session runs)
#include <benchmark/benchmark.h>

#include <string>

#include "core/library/selector.hpp"

namespace {

using namespace phalarope::library;

constexpr int chains_count = 50;

LibraryFiles fifty_chains() {
  LibraryFiles library;
  library.has_chains = true;
  for (int i = 0; i < chains_count; ++i) {
    const std::string number = std::to_string(100 + i);
    library.files["chains/C-AA-" + number + ".yaml"] =
        "id: C-AA-" + number + "\nname: chain " + number + "\ncontext_tags:\n  stage: review\n  energy: high\n" +
        "  time_available: " + std::to_string(5 + i) +
        "\nallowed_modes: [classification, mechanism, computation, definition, procedure, spatial, recognition, "
        "synthesis]\nrequires_reference_targets: true\nblocks: [M-PRE-001, M-ENC-001, M-RET-001, M-REF-004, "
        "M-OVR-001]\n";
  }
  return library;
}

void select_with(benchmark::State& state, Policy policy) {
  const auto catalogue = SelectorCatalogue::read(fifty_chains());
  if (!catalogue) state.SkipWithError("fifty chains can be read");
  SelectorInput input;
  input.stage = "review";
  input.assessment_mode = "synthesis";
  for ([[maybe_unused]] auto _ : state) {
    input.time_available = (input.time_available + 7) % 180;
    benchmark::DoNotOptimize(catalogue->select(policy, input));
  }
}
BENCHMARK_CAPTURE(select_with, scored, Policy::scored_v1)->Name("library/select/scored");
BENCHMARK_CAPTURE(select_with, router, Policy::router_v2)->Name("library/select/router");

void read_catalogue(benchmark::State& state) {
  const LibraryFiles library = fifty_chains();
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(SelectorCatalogue::read(library));
}
BENCHMARK(read_catalogue)->Name("library/read");

}  // namespace

BENCHMARK_MAIN();
