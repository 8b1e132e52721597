// LiveChainReport: what a run over real providers says of itself, as far as the gates judge it.
//
// Read loosely (the producer may say more). Contract: evidence.md 4.7 (producer side), 4.6 "Mode evidence".
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/spec/strict_json.hpp"

namespace phalarope::gates {

enum class ChainMode : std::uint8_t { unknown, streaming, non_streaming };
/// `streaming`; `non_streaming`, `non-streaming`, `nonstreaming`; anything else is unknown.
ChainMode chain_mode_named(std::string_view name);

struct ChainCombination {
  std::string stt;
  std::string llm;
  std::string tts;
  std::string status;
  std::int64_t first_assistant_audio_e2e_latency_ms = 0;
  std::int64_t turn_completion_e2e_latency_ms = 0;
  bool has_handoff = false;
  bool used_streaming = false;  // some attempt of it did

  /// `stt|llm|tts`; empty when one is not known.
  std::string key() const;
  bool passed() const { return status == "pass"; }
};

struct LiveChainReport {
  std::string path;
  std::string status;
  std::string execution_mode;
  std::string comparison_identity;
  std::optional<bool> semantic_parity;
  std::optional<bool> parity_comparison_valid;
  std::string parity_invalid_reason;
  std::vector<std::string> stt_providers;
  std::vector<std::string> llm_providers;
  std::vector<std::string> tts_providers;
  std::vector<ChainCombination> selected;
  std::vector<ChainCombination> combinations;  // ids missing here are those of `selected` at the same place

  ChainMode mode() const { return chain_mode_named(execution_mode); }
};

std::expected<LiveChainReport, std::string> read_live_chain(const spec::JsonValue& json, std::string path);

/// Empty when the passing combinations show what the report's mode claims; else what does not.
std::vector<std::string> mode_evidence_violations(const LiveChainReport& report);

}  // namespace phalarope::gates
