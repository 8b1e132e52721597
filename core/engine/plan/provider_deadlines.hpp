// How long a provider may make no progress, per modality (decisions.md D2). Not part of the hashed plan: runtime.md 4.4
// keeps provider timeouts out of it; they travel with the compiled pipeline. Trivially copyable.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/engine/plan/graph_definition.hpp"

namespace phalarope {

/// A deadline counts progress: it starts again with every piece of output.
struct ProgressDeadlines {
  std::int64_t connect_ms = 1000;
  std::int64_t first_output_ms = 1000;
  std::int64_t gap_ms = 1000;
  constexpr bool operator==(const ProgressDeadlines&) const noexcept = default;
};

/// The defaults are simple/v1's provider invocation timeout (4.4).
struct ProviderDeadlines {
  ProgressDeadlines stt;
  ProgressDeadlines llm;
  ProgressDeadlines tts;
  constexpr bool operator==(const ProviderDeadlines&) const noexcept = default;
};

}  // namespace phalarope
