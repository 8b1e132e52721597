// The price list as people write it: what a session's summary estimates costs by. Prices are in millionths.
//
//   spec: cost-rates/v1
//   currency: EUR
//   rates:
//     - provider: cloud-llm
//       modality: llm                  # stt, llm, tts
//       per_call: 0                    # all prices default to 0
//       per_1000_input_tokens: 150
//       per_1000_output_tokens: 600
//       per_audio_minute: 0
//
// Contract: evidence.md 4.15 (F-075); decisions.md D12.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "core/telemetry/session_summary.hpp"

namespace phalarope::program {

/// The rates, or every complaint with file, line, field and what to do.
std::expected<telemetry::CostRates, std::string> parse_cost_rates(std::string_view text, const std::string& file);
std::expected<telemetry::CostRates, std::string> load_cost_rates(const std::string& path);

}  // namespace phalarope::program
