// Judge: explores a world and says what GoogleTest prints; each world is a small program over one structure.
//
// A World is default-constructed as the scene of each execution, `run(thread)` is thread 1, 2, .. `World::threads`,
// and `finish()` looks at the end. It may keep plain members as long as each belongs to one thread until the end.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdio>
#include <memory>

#include "tests/model/explorer.hpp"

namespace phalarope::model {

template <typename World>
Report explore(Limits limits = {}) {
  Explorer explorer(limits);
  std::unique_ptr<World> world;
  const Report report = explorer.explore({.threads = World::threads,
                                          .begin = [&] { world = std::make_unique<World>(); },
                                          .thread = [&](std::size_t thread) { world->run(thread); },
                                          .finish = [&] { world->finish(); }});
  std::printf("  explored %llu executions, %llu given up as the same, %llu steps\n",
              static_cast<unsigned long long>(report.executions), static_cast<unsigned long long>(report.pruned),
              static_cast<unsigned long long>(report.steps));
  return report;
}

/// No execution fails, and all were looked at.
template <typename World>
testing::AssertionResult sound() {
  const Report report = explore<World>();
  if (!report.failure.empty()) return testing::AssertionFailure() << report.failure;
  if (!report.complete) return testing::AssertionFailure() << "too many executions to look at all";
  return testing::AssertionSuccess();
}

/// Some execution fails; it is printed, so that one can see how.
template <typename World>
testing::AssertionResult broken() {
  const Report report = explore<World>();
  if (report.failure.empty()) return testing::AssertionFailure() << "nothing fails: is this order needed at all?";
  std::printf("%s", report.failure.c_str());
  return testing::AssertionSuccess();
}

}  // namespace phalarope::model
