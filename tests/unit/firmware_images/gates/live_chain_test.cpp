// Live chain reports: mode evidence, the comparison of modes, the promotion gate with its waiver.
#include "firmware_images/gates/live_chain.hpp"

#include <gtest/gtest.h>

#include "firmware_images/gates/latency_compare.hpp"
#include "firmware_images/gates/mvp_gates.hpp"
#include "tests/unit/firmware_images/gates/gate_samples.hpp"

namespace phalarope::gates {
namespace {

using Json = nlohmann::ordered_json;

Json combination(std::int64_t first_ms, std::int64_t whole_ms) {
  return {
      {"stt_provider_id", "stt-deepgram"},
      {"llm_provider_id", "llm-anthropic"},
      {"tts_provider_id", "tts-elevenlabs"},
      {"status", "pass"},
      {"latency", {{"first_assistant_audio_e2e_latency_ms", first_ms}, {"turn_completion_e2e_latency_ms", whole_ms}}}};
}

Json chain(std::string_view mode, std::int64_t first_ms, std::int64_t whole_ms) {
  return {{"status", "pass"},
          {"execution_mode", mode},
          {"comparison_identity", "same"},
          {"semantic_parity", true},
          {"parity_comparison_valid", true},
          {"enabled_providers", {{"stt", {"stt-deepgram"}}, {"llm", {"llm-anthropic"}}, {"tts", {"tts-elevenlabs"}}}},
          {"selected_combinations", {combination(0, 0)}},
          {"combinations", {combination(first_ms, whole_ms)}}};
}

LiveChainReport read(const Json& json) {
  const auto report = read_live_chain(test::parsed(json), "chain.json");
  EXPECT_TRUE(report) << report.error();
  return *report;
}

MvpInput sound_input() {
  return {.chain = read(chain("streaming", 400, 1200)),
          .streaming = read(chain("streaming", 400, 1200)),
          .non_streaming = read(chain("non_streaming", 900, 1300)),
          .livekit_status = " Passed ",
          .attempts = {},
          .strict_waiver = false};
}

// contract: evidence 4.6
TEST(LiveChain, AModeNeedsItsOwnEvidence) {
  EXPECT_TRUE(mode_evidence_violations(read(chain("streaming", 400, 1200))).empty());
  EXPECT_FALSE(mode_evidence_violations(read(chain("streaming", 0, 1200))).empty());
  Json handed_off = chain("streaming", 0, 1200);
  handed_off["combinations"][0]["handoffs"] = {{{"edge", "stt_to_llm"}}};
  EXPECT_TRUE(mode_evidence_violations(read(handed_off)).empty());
  Json streamed = chain("nonstreaming", 900, 1300);
  EXPECT_TRUE(mode_evidence_violations(read(streamed)).empty());
  streamed["combinations"][0]["steps"] = {{{"output", {{"attempts", {{{"streaming_used", true}}}}}}}};
  EXPECT_FALSE(mode_evidence_violations(read(streamed)).empty());
  EXPECT_FALSE(mode_evidence_violations(read(chain("turbo", 1, 1))).empty());
}

// contract: evidence 4.8
TEST(LatencyCompare, PairsCombinationsAndNamesTheWinner) {
  const auto found = compare_latency(read(chain("streaming", 400, 1300)), read(chain("non-streaming", 900, 1300)));
  ASSERT_TRUE(found) << found.error();
  ASSERT_EQ(found->combos.size(), 1U);
  EXPECT_EQ(found->combos[0].first_audio.delta_ms, -500);
  EXPECT_EQ(winner_of(found->combos[0].first_audio.delta_ms), "streaming");
  EXPECT_EQ(winner_of(found->combos[0].completion.delta_ms), "tie");
  EXPECT_EQ(winner_of(1), "non_streaming");
  EXPECT_EQ(winner_of(std::nullopt), "insufficient_data");
  const auto json = nlohmann::json::parse(to_json(*found, "t"));
  EXPECT_EQ(json["aggregate"]["first_audio"]["delta_p50_ms"], -500);
  EXPECT_EQ(json["combos"][0]["first_audio_winner"], "streaming");
}

// contract: evidence 4.8
TEST(LatencyCompare, TakesMissingIdsFromWhatWasSelected) {
  Json streaming = chain("streaming", 400, 1300);
  streaming["combinations"][0].erase("llm_provider_id");
  EXPECT_TRUE(compare_latency(read(streaming), read(chain("non_streaming", 900, 1300))));
  streaming["selected_combinations"] = Json::array();
  EXPECT_FALSE(compare_latency(read(streaming), read(chain("non_streaming", 900, 1300))));
}

// contract: evidence 4.8
TEST(LatencyCompare, RefusesWhatIsNotTheSameThing) {
  const LiveChainReport streaming = read(chain("streaming", 400, 1300));
  const LiveChainReport other = read(chain("non_streaming", 900, 1300));
  EXPECT_FALSE(compare_latency(other, streaming));
  Json elsewhere = chain("non_streaming", 900, 1300);
  elsewhere["comparison_identity"] = "another";
  EXPECT_FALSE(compare_latency(streaming, read(elsewhere)));
  elsewhere.erase("comparison_identity");
  EXPECT_FALSE(compare_latency(streaming, read(elsewhere)));
  Json failed = chain("non_streaming", 900, 1300);
  failed["combinations"][0]["status"] = "fail";
  const auto unpaired = compare_latency(streaming, read(failed));
  ASSERT_TRUE(unpaired);
  EXPECT_FALSE(unpaired->combos[0].first_audio.delta_ms.has_value());
}

// contract: evidence 4.6
TEST(MvpGates, SoundReportsPassAllSevenDecisions) {
  const FixedDecisions found = judge_fixed_decisions(sound_input());
  EXPECT_TRUE(found.violations.empty()) << found.violations.front();
  EXPECT_TRUE(found.simple_mode_only);
  const LiveEndToEnd live = judge_live(sound_input(), {});
  EXPECT_TRUE(live.violations.empty());
  EXPECT_EQ(live.end_to_end_p95_ms, 1200);
}

// contract: evidence 4.6
TEST(MvpGates, EachDecisionFailsByItself) {
  MvpInput provider = sound_input();
  provider.chain.llm_providers.push_back("llm-local");
  EXPECT_FALSE(judge_fixed_decisions(provider).provider_policy_compliant);
  MvpInput probe = sound_input();
  probe.livekit_status = "skipped";
  EXPECT_FALSE(judge_fixed_decisions(probe).livekit_path_ready);
  probe.livekit_status.reset();
  EXPECT_FALSE(judge_fixed_decisions(probe).livekit_path_ready);
  MvpInput one_mode = sound_input();
  one_mode.non_streaming.reset();
  EXPECT_FALSE(judge_fixed_decisions(one_mode).non_streaming_evidence);
  MvpInput unmarked = sound_input();
  unmarked.chain.semantic_parity.reset();
  EXPECT_FALSE(judge_fixed_decisions(unmarked).parity_markers_present);
  MvpInput invalid = sound_input();
  invalid.chain.parity_comparison_valid = false;
  invalid.chain.parity_invalid_reason = "comparison identity mismatch";
  const FixedDecisions found = judge_fixed_decisions(invalid);
  EXPECT_TRUE(found.parity_markers_present);
  EXPECT_NE(found.violations.front().find("comparison identity mismatch"), std::string::npos);
}

// contract: evidence 4.6
TEST(MvpGates, ThreeAttemptsWaiveLiveViolations) {
  MvpInput slow = sound_input();
  slow.chain = read(chain("streaming", 400, 2500));
  slow.attempts = {{"a", "1"}, {"b", "1"}};
  EXPECT_EQ(judge_live(slow, {}).violations.size(), 2U);
  slow.attempts.push_back({"c", "1"});
  const LiveEndToEnd waived = judge_live(slow, {});
  EXPECT_TRUE(waived.waived && waived.violations.empty());
  EXPECT_EQ(waived.attempt_files.size(), 3U);
  slow.strict_waiver = true;  // three names of one measurement are one attempt
  EXPECT_FALSE(judge_live(slow, {}).waived);
  slow.attempts = {{"a", "1"}, {"b", "2"}, {"c", "3"}};
  EXPECT_TRUE(judge_live(slow, {}).waived);
  slow.chain.status = "fail";  // not a latency limit
  EXPECT_FALSE(judge_live(slow, {}).waived);
}

}  // namespace
}  // namespace phalarope::gates
