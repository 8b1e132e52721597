// The sums of a session, whose they are, and what they may have cost.
#include "core/telemetry/session_summary.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "tests/unit/telemetry/telemetry_recording.hpp"

namespace phalarope::telemetry {
namespace {

std::vector<SessionSummary> sample_summaries() {
  TelemetryRecording sample;
  SessionSummaryBuilder builder(sample_facts);
  while (const auto record = sample.recording.next()) builder.take(*record);
  return builder.finish();
}

CostRates sample_rates() {
  return {.currency = "CHF",
          .rates = {{.provider_id = "cloud-llm",
                     .modality = Modality::llm,
                     .per_call = 5,
                     .per_1000_input_tokens = 1000,
                     .per_1000_output_tokens = 2000},
                    {.provider_id = "flite", .modality = Modality::tts, .per_audio_minute = 6000}}};
}

// contract: evidence 4.15
TEST(SessionSummary, CountsTurnsTokensAndSeconds) {
  const auto summaries = sample_summaries();
  ASSERT_EQ(summaries.size(), 2U);
  const SessionSummary& kitchen = summaries[0];
  EXPECT_EQ(kitchen.session_id, "kitchen");
  EXPECT_EQ(kitchen.turns_proposed, 3U);
  EXPECT_EQ(kitchen.turns_opened, 2U);
  EXPECT_EQ(kitchen.turns_committed, 1U);
  EXPECT_EQ(kitchen.turns_aborted, 1U);
  EXPECT_EQ(kitchen.turns_refused, 1U);
  EXPECT_TRUE(kitchen.tokens_reported);
  EXPECT_EQ(kitchen.output_tokens, 120U);
  EXPECT_EQ(kitchen.input_tokens, 30U);
  EXPECT_EQ(kitchen.total_tokens, 150U);
  EXPECT_DOUBLE_EQ(kitchen.seconds(kitchen.user_speech_samples), 0.6);
  EXPECT_EQ(kitchen.recogniser_samples, 320);
  EXPECT_EQ(kitchen.synthesised_samples, 16000);
  EXPECT_EQ(kitchen.heard_samples, 24000) << "one answer to its end, half a second of the cancelled one";
}

// contract: evidence 4.15
TEST(SessionSummary, IsGivenToItsTenantOnly) {
  const auto acme = of_tenant(sample_summaries(), "acme");
  ASSERT_EQ(acme.size(), 1U);
  EXPECT_EQ(acme[0].session_id, "garage");
  EXPECT_EQ(of_tenant(sample_summaries(), "default").at(0).session_id, "kitchen");
  EXPECT_TRUE(of_tenant(sample_summaries(), "nobody").empty());
}

// contract: evidence 4.15
TEST(SessionSummary, EstimatesByThePriceList) {
  const SessionSummary kitchen = sample_summaries().at(0);
  const CostEstimate cost = estimate_cost(kitchen, sample_rates());
  // Two questions, 30 tokens in, 120 out; one second of sixty.
  EXPECT_EQ(cost.millionths, 2 * 5 + 30 + 240 + 100);
  EXPECT_EQ(cost.unrated_providers, (std::vector<std::string>{"sphinx"}));
  EXPECT_EQ(estimate_cost(kitchen, {}).millionths, 0);
}

TEST(SessionSummary, IsOneJsonDocument) {
  const auto json = nlohmann::json::parse(summaries_json(sample_summaries(), sample_rates()));
  ASSERT_EQ(json["sessions"].size(), 2U);
  EXPECT_EQ(json["sessions"][0]["turns"]["opened"], 2);
  EXPECT_EQ(json["sessions"][0]["tokens"]["total_tokens"], 150);
  EXPECT_EQ(json["sessions"][0]["audio_seconds"]["synthesised"], 1.0);
  EXPECT_EQ(json["sessions"][0]["cost_estimate"]["currency"], "CHF");
  EXPECT_EQ(json["sessions"][1]["tenant_id"], "acme");
}

TEST(SessionSummary, DoesNotOverflowOnAbsurdNumbers) {
  TelemetryRecording sample;
  Event absurd{};
  absurd.kind = EventKind::synthesis_frame;
  absurd.argument_b = std::numeric_limits<std::int64_t>::max();
  absurd.mono_ns = std::numeric_limits<std::int64_t>::min();
  absurd.media_sample = std::numeric_limits<std::int64_t>::max();
  for (int i = 0; i < 100; ++i) {
    for (const EventKind kind : {EventKind::synthesis_frame, EventKind::fence_applied, EventKind::speech_started,
                                 EventKind::speech_ended, EventKind::telemetry_sample}) {
      absurd.kind = kind;
      absurd.argument_a = kind == EventKind::telemetry_sample ? TelemetryRecording::token_symbol : absurd.argument_b;
      if (kind == EventKind::speech_started) absurd.media_sample = 0;
      if (kind == EventKind::speech_ended) absurd.media_sample = absurd.argument_b;
      sample.recording.add(absurd);
    }
  }
  SessionSummaryBuilder builder(sample_facts);
  while (const auto record = sample.recording.next()) builder.take(*record);
  CostRates dear;
  for (const Modality modality : {Modality::stt, Modality::llm, Modality::tts}) {
    const std::array names = {"sphinx", "cloud-llm", "flite"};
    constexpr std::int64_t most = 1'000'000'000;
    dear.rates.push_back({names[index_of(modality)], modality, most, most, most, most});
  }
  EXPECT_GT(estimate_cost(builder.finish().at(0), dear).millionths, 0);
}

}  // namespace
}  // namespace phalarope::telemetry
