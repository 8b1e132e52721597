#include "tests/sim/minimise.hpp"

#include <algorithm>
#include <numeric>

namespace phalarope::sim {
namespace {

/// A violation may show only when those who are left say goodbye, or act once more.
constexpr std::uint64_t acts_behind = 8;

/// The same way of failing: the same invariant, whatever the event.
std::string way_of(const SimReport& report) {
  const std::string& first = report.violations.front();
  return first.substr(0, first.find(" at event"));
}

bool fails_like(const SimReport& report, const std::string& way) { return !report.sound() && way_of(report) == way; }

SimOptions without(const SimOptions& world, const std::vector<std::uint64_t>& kept, std::uint64_t acts) {
  SimOptions smaller = world;
  smaller.skipped.clear();
  for (std::uint64_t act = 0; act < acts; ++act) {
    if (!std::binary_search(kept.begin(), kept.end(), act)) smaller.skipped.push_back(act);
  }
  return smaller;
}

}  // namespace

Minimised minimise(const SimOptions& failing, int runs_max) {
  Minimised best{.world = failing, .report = simulate(failing)};
  if (best.report.sound()) return best;
  const std::string way = way_of(best.report);
  best.acts_before = best.report.acts;
  // What happens behind the failure is not wanted; a world with fewer acts shall not make up for them later.
  best.world.acts_max = best.acts_before + acts_behind;
  std::vector<std::uint64_t> kept(static_cast<std::size_t>(best.report.acts));
  std::iota(kept.begin(), kept.end(), std::uint64_t{0});
  int runs = 0;
  for (std::size_t piece = kept.size() / 2; piece > 0 && runs < runs_max; piece /= 2) {
    for (std::size_t at = 0; at < kept.size() && runs < runs_max; ++runs) {
      std::vector<std::uint64_t> tried = kept;
      const auto first = tried.begin() + static_cast<std::ptrdiff_t>(at);
      tried.erase(first, first + static_cast<std::ptrdiff_t>(std::min(piece, tried.size() - at)));
      const SimOptions smaller = without(best.world, tried, best.acts_before);
      SimReport report = simulate(smaller);
      if (!fails_like(report, way)) {
        at += piece;
        continue;
      }
      kept = std::move(tried);
      best.world = smaller;
      best.report = std::move(report);
    }
  }
  best.acts_left = kept.size();
  return best;
}

}  // namespace phalarope::sim
