#include "firmware_images/phalarope/divergence_policy_file.hpp"

#include <array>

#include "core/spec/field_reader.hpp"

namespace phalarope::program {
namespace {

using spec::MapReader;
using spec::Presence;

constexpr std::array<std::string_view, 1> policy_spec_names = {"divergence-policy/v1"};

void read_expectation(const spec::Document& item, const std::string& path, MapReader& file,
                      replay::DivergencePolicy& policy) {
  replay::Expectation expectation;
  MapReader map(item, path, file.diagnostics());
  if (const auto which = map.choice("class", replay::divergence_class_names, Presence::required)) {
    expectation.class_name = replay::divergence_class_names[*which];
  }
  map.text("scope", expectation.scope, Presence::required);
  map.boolean("approved", expectation.approved);
  map.finish();
  policy.expected.push_back(std::move(expectation));
}

}  // namespace

std::expected<replay::DivergencePolicy, std::string> parse_divergence_policy(std::string_view text,
                                                                             const std::string& file) {
  spec::Diagnostics diagnostics;
  const spec::Document document = spec::parse_document(text, file, diagnostics);
  replay::DivergencePolicy policy;
  if (diagnostics.empty()) {
    MapReader reader(document, {}, diagnostics);
    (void)reader.choice("spec", policy_spec_names, Presence::required);
    reader.integer("timing_tolerance_ms", policy.timing_tolerance_ms, spec::at_least_zero);
    reader.each_item("expected", [&](const spec::Document& item, const std::string& path) {
      read_expectation(item, path, reader, policy);
    });
    reader.finish();
  }
  if (!diagnostics.empty()) return std::unexpected(spec::to_string(diagnostics));
  return policy;
}

std::expected<replay::DivergencePolicy, std::string> load_divergence_policy(const std::string& path) {
  spec::Diagnostics diagnostics;
  const std::string text = spec::read_text_file(path, diagnostics);
  if (!diagnostics.empty()) return std::unexpected(spec::to_string(diagnostics));
  return parse_divergence_policy(text, path);
}

}  // namespace phalarope::program
