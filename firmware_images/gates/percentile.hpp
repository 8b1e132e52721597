// The percentile of the gates: of n ascending values the one at ceil(p * n) - 1, clamped (evidence.md 4.4).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace phalarope::gates {

/// Whole per cents, so that ceil is exact. Nothing of no values.
inline std::optional<std::int64_t> percentile(std::vector<std::int64_t> values, std::size_t percent) {
  if (values.empty()) return std::nullopt;
  std::ranges::sort(values);
  const std::size_t rank = (percent * values.size() + 99) / 100;
  return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

}  // namespace phalarope::gates
