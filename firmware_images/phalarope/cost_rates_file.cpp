#include "firmware_images/phalarope/cost_rates_file.hpp"

#include <array>

#include "core/spec/field_reader.hpp"

namespace phalarope::program {
namespace {

using spec::MapReader;
using spec::Presence;

constexpr std::array<std::string_view, 1> rates_spec_names = {"cost-rates/v1"};
constexpr std::array<std::string_view, telemetry::modality_count> modality_names = {"stt", "llm", "tts"};
constexpr std::array modalities = {Modality::stt, Modality::llm, Modality::tts};
/// A thousand of any currency for one call: beyond it somebody has slipped, and sums stay far from 64 bits.
constexpr spec::IntegerRange price_range{.min = 0, .max = 1'000'000'000};

void read_rate(const spec::Document& item, const std::string& path, MapReader& file, telemetry::CostRates& rates) {
  telemetry::CostRate rate;
  MapReader map(item, path, file.diagnostics());
  map.text("provider", rate.provider_id, Presence::required);
  if (const auto which = map.choice("modality", modality_names, Presence::required)) rate.modality = modalities[*which];
  map.integer("per_call", rate.per_call, price_range);
  map.integer("per_1000_input_tokens", rate.per_1000_input_tokens, price_range);
  map.integer("per_1000_output_tokens", rate.per_1000_output_tokens, price_range);
  map.integer("per_audio_minute", rate.per_audio_minute, price_range);
  map.finish();
  rates.rates.push_back(std::move(rate));
}

}  // namespace

std::expected<telemetry::CostRates, std::string> parse_cost_rates(std::string_view text, const std::string& file) {
  spec::Diagnostics diagnostics;
  const spec::Document document = spec::parse_document(text, file, diagnostics);
  telemetry::CostRates rates;
  if (diagnostics.empty()) {
    MapReader reader(document, {}, diagnostics);
    (void)reader.choice("spec", rates_spec_names, Presence::required);
    reader.text("currency", rates.currency);
    reader.each_item(
        "rates", [&](const spec::Document& item, const std::string& path) { read_rate(item, path, reader, rates); });
    reader.finish();
  }
  if (!diagnostics.empty()) return std::unexpected(spec::to_string(diagnostics));
  return rates;
}

std::expected<telemetry::CostRates, std::string> load_cost_rates(const std::string& path) {
  spec::Diagnostics diagnostics;
  const std::string text = spec::read_text_file(path, diagnostics);
  if (!diagnostics.empty()) return std::unexpected(spec::to_string(diagnostics));
  return parse_cost_rates(text, path);
}

}  // namespace phalarope::program
