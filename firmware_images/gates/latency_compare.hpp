// Streaming against non-streaming: the same provider combinations, both ways, and who answers sooner.
//
//   delta = streaming - non-streaming, only where both passed with times; negative: streaming wins
//
// Refuses to compare what is not the same thing. Pure. Contract: evidence.md 4.8.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "firmware_images/gates/live_chain.hpp"

namespace phalarope::gates {

struct PairedTimes {
  std::int64_t streaming_ms = 0;
  std::int64_t non_streaming_ms = 0;
  std::optional<std::int64_t> delta_ms;
};

struct ComparedCombination {
  std::string key;
  ChainCombination streaming;
  ChainCombination non_streaming;
  PairedTimes first_audio;
  PairedTimes completion;
};

struct LatencyAggregate {
  std::vector<std::int64_t> streaming_ms;
  std::vector<std::int64_t> non_streaming_ms;
  std::vector<std::int64_t> deltas_ms;
};

struct LatencyComparison {
  std::string streaming_path;
  std::string non_streaming_path;
  std::string comparison_identity;
  std::vector<ComparedCombination> combos;  // by key
  LatencyAggregate first_audio;
  LatencyAggregate completion;
};

std::expected<LatencyComparison, std::string> compare_latency(const LiveChainReport& streaming,
                                                              const LiveChainReport& non_streaming);
/// `streaming`, `non_streaming`, `tie`; `insufficient_data` without a delta.
std::string winner_of(std::optional<std::int64_t> delta_ms);

std::string to_json(const LatencyComparison& comparison, const std::string& generated_at_utc);
std::string to_markdown(const LatencyComparison& comparison, const std::string& generated_at_utc);

}  // namespace phalarope::gates
