// The summary of a session: turns, tokens, seconds of audio, and what it may have cost. Per tenant.
//
//   records ──fold──▶ SessionSummary a session slot ──rates──▶ CostEstimate
//
// Nothing is guessed: tokens are what nodes reported (telemetry_sample records named input_tokens, output_tokens or
// total_tokens), seconds are counted samples, and a provider without a rate costs nothing and is named as unrated.
// A session whose recording names no tenant is the default tenant's. One thread. Contract: evidence.md 4.15 (F-075).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/base/event.hpp"
#include "core/engine/session/session_start.hpp"
#include "core/replay/record_source.hpp"
#include "core/replay/recording_names.hpp"
#include "core/telemetry/pipeline_facts.hpp"

namespace phalarope::telemetry {

struct SessionSummary {
  std::string session_id;
  std::string tenant_id;
  std::string pipeline_version;
  std::array<std::string, modality_count> providers;  // stt, llm, tts
  std::int64_t first_ns = 0;
  std::int64_t last_ns = 0;

  std::uint64_t turns_proposed = 0;
  std::uint64_t turns_opened = 0;
  std::uint64_t turns_committed = 0;
  std::uint64_t turns_aborted = 0;
  std::uint64_t turns_refused = 0;
  std::array<std::uint64_t, modality_count> calls{};

  std::uint64_t input_tokens = 0;
  std::uint64_t output_tokens = 0;
  std::uint64_t total_tokens = 0;
  bool tokens_reported = false;

  std::int64_t sample_rate_hz = 16000;
  std::int64_t user_speech_samples = 0;  // as voice activity saw it
  std::int64_t recogniser_samples = 0;   // given to the recogniser
  std::int64_t synthesised_samples = 0;
  std::int64_t heard_samples = 0;  // played before the end or the fence

  double seconds(std::int64_t samples) const {
    return static_cast<double>(samples) / static_cast<double>(sample_rate_hz);
  }
};

class SessionSummaryBuilder {
 public:
  explicit SessionSummaryBuilder(PipelineReader read_pipeline = {}) : read_pipeline_(std::move(read_pipeline)) {}
  void take(const replay::Record& record);
  /// In the order of their slots.
  std::vector<SessionSummary> finish() const;

 private:
  struct SessionState {
    SessionStart start;
    SessionSummary sum;
    bool seen = false;
    std::int64_t speech_first_sample = -1;      // -1: nobody speaks
    std::int64_t turn_synthesised_samples = 0;  // of the answer that is being played
  };
  void take_event(const Event& event);
  static void take_turn(const Event& event, SessionState& state);
  static void take_audio(const Event& event, SessionState& state);
  void take_tokens(const Event& event, SessionSummary& sum) const;

  PipelineReader read_pipeline_;
  replay::RecordingNames names_;
  std::map<std::uint16_t, SessionState> sessions_;
  std::int64_t sample_rate_hz_ = 16000;
};

/// Prices in millionths of the currency.
struct CostRate {
  std::string provider_id{};
  Modality modality = Modality::none;
  std::int64_t per_call = 0;
  std::int64_t per_1000_input_tokens = 0;
  std::int64_t per_1000_output_tokens = 0;
  std::int64_t per_audio_minute = 0;
};
struct CostRates {
  std::string currency = "EUR";
  std::vector<CostRate> rates{};
};
struct CostEstimate {
  std::int64_t millionths = 0;
  std::vector<std::string> unrated_providers;  // were called, have no rate
};
CostEstimate estimate_cost(const SessionSummary& summary, const CostRates& rates);

/// Those of one tenant; another's are neither given nor counted.
std::vector<SessionSummary> of_tenant(std::vector<SessionSummary> summaries, std::string_view tenant_id);

std::string summaries_json(const std::vector<SessionSummary>& summaries, const CostRates& rates);

}  // namespace phalarope::telemetry
