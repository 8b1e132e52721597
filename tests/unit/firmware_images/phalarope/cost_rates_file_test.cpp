// The price list: what is read, and how it is refused.
#include "firmware_images/phalarope/cost_rates_file.hpp"

#include <gtest/gtest.h>

namespace phalarope::program {
namespace {

// contract: evidence 4.15
TEST(CostRatesFile, ReadsPricesInMillionths) {
  const auto rates = parse_cost_rates(
      "spec: cost-rates/v1\ncurrency: CHF\nrates:\n  - provider: cloud-llm\n    modality: llm\n"
      "    per_1000_output_tokens: 600\n  - provider: flite\n    modality: tts\n    per_audio_minute: 7\n",
      "rates.yaml");
  ASSERT_TRUE(rates) << rates.error();
  EXPECT_EQ(rates->currency, "CHF");
  ASSERT_EQ(rates->rates.size(), 2U);
  EXPECT_EQ(rates->rates[0].modality, Modality::llm);
  EXPECT_EQ(rates->rates[0].per_1000_output_tokens, 600);
  EXPECT_EQ(rates->rates[1].per_audio_minute, 7);
}

TEST(CostRatesFile, NamesFileLineAndFieldOfWhatItRefuses) {
  const auto price = parse_cost_rates(
      "spec: cost-rates/v1\nrates:\n  - provider: a\n    modality: llm\n    per_call: -1\n", "rates.yaml");
  ASSERT_FALSE(price);
  EXPECT_NE(price.error().find("rates.yaml:5"), std::string::npos) << price.error();
  EXPECT_NE(price.error().find("per_call"), std::string::npos);
  EXPECT_FALSE(parse_cost_rates("spec: cost-rates/v1\nrates:\n  - provider: a\n    modality: video\n", "f"));
  EXPECT_FALSE(parse_cost_rates("spec: cost-rates/v1\nrates:\n  - modality: llm\n", "f"));
  EXPECT_FALSE(parse_cost_rates("spec: cost-rates/v1\nprices: []\n", "f"));
  EXPECT_FALSE(parse_cost_rates("rates: []\n", "f"));
}

}  // namespace
}  // namespace phalarope::program
