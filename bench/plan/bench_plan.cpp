// bench_plan: what opening a turn costs in plan work (goal: 15 us).
//
//   plan/materialize/prepared   as the engine does it at turn open, from a prepared template
//   plan/materialize/template   without preparation: rendering everything each time
//   plan/bound_sha256           the bound: the hash over as many bytes, which no plan can avoid
//   plan/encode                 the frozen plan to its stored bytes (not on the engine thread)
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/engine/base/sha256.hpp"
#include "core/engine/plan/materialize.hpp"
#include "core/spec/plan_codec.hpp"

namespace {

using namespace phalarope;

void materialize_prepared(benchmark::State& state) {
  const auto prepared = std::make_unique<PreparedPlan>();
  if (!prepare(default_plan_template(), *prepared)) state.SkipWithError("the built-in template must prepare");
  ResolvedTurnPlan plan;
  std::uint64_t epoch = 0;
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(materialize(*prepared, "turn-0000000042", Epoch{++epoch}, plan));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(materialize_prepared)->Name("plan/materialize/prepared");

void materialize_from_template(benchmark::State& state) {
  const PlanTemplate source = default_plan_template();
  ResolvedTurnPlan plan;
  std::uint64_t epoch = 0;
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(materialize(source, "turn-0000000042", Epoch{++epoch}, plan));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(materialize_from_template)->Name("plan/materialize/template");

/// The floor: SHA-256 over as many bytes as a simple/v1 plan hashes.
void sha256_floor(benchmark::State& state) {
  constexpr std::size_t simple_plan_bytes = 1500;
  const std::string text(simple_plan_bytes, 'x');
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(sha256(std::string_view(text)));
}
BENCHMARK(sha256_floor)->Name("plan/bound_sha256");

void encode_turn_plan(benchmark::State& state) {
  const auto plan = std::make_unique<ResolvedTurnPlan>();
  if (!materialize(default_plan_template(), "turn-1", Epoch{1}, *plan)) state.SkipWithError("must materialise");
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(spec::encode(*plan));
}
BENCHMARK(encode_turn_plan)->Name("plan/encode");

}  // namespace

BENCHMARK_MAIN();
