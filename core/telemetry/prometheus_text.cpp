#include "core/telemetry/prometheus_text.hpp"

#include <array>
#include <charconv>

namespace phalarope::telemetry {
namespace {

/// Control characters but the line feed would only confuse whoever reads the page; they become spaces.
std::string escaped(std::string_view value) {
  std::string text;
  for (const char byte : value) {
    if (byte == '\\') {
      text += "\\\\";
    } else if (byte == '"') {
      text += "\\\"";
    } else if (byte == '\n') {
      text += "\\n";
    } else {
      text += static_cast<unsigned char>(byte) < 0x20 ? ' ' : byte;
    }
  }
  return text;
}

/// The shortest text that reads back as the same number.
std::string number(double value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return {digits.data(), end};
}

std::string labels_of(const Attributes& labels, std::string_view bound = {}) {
  std::string text;
  for (const auto& [key, value] : labels) {
    text += (text.empty() ? "{" : ",") + key + "=\"" + escaped(value) + "\"";
  }
  if (!bound.empty()) text += (text.empty() ? "{le=\"" : ",le=\"") + std::string(bound) + "\"";
  return text.empty() ? text : text + "}";
}

std::string_view type_of(Aggregation aggregation) {
  switch (aggregation) {
    case Aggregation::last:
      return "gauge";
    case Aggregation::sum:
      return "counter";
    case Aggregation::histogram:
      return "histogram";
  }
  return "untyped";
}

void put_histogram(std::string& page, const std::string& name, const Attributes& labels, const Series& series) {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < bucket_bounds.size(); ++i) {
    below += series.buckets[i];
    page += name + "_bucket" + labels_of(labels, number(bucket_bounds[i])) + " " + std::to_string(below) + "\n";
  }
  page += name + "_bucket" + labels_of(labels, "+Inf") + " " + std::to_string(series.count) + "\n";
  page += name + "_sum" + labels_of(labels) + " " + number(series.value) + "\n";
  page += name + "_count" + labels_of(labels) + " " + std::to_string(series.count) + "\n";
}

}  // namespace

std::string prometheus_text(const MetricRegistry& registry) {
  std::string page;
  const MetricRow* told = nullptr;
  for (const auto& [key, series] : registry.series()) {  // sorted by metric, then labels
    const MetricRow& row = row_of(key.first);
    const std::string name(row.name);
    if (&row != told) {
      page += "# HELP " + name + " " + std::string(row.help) + "\n";
      page += "# TYPE " + name + " " + std::string(type_of(row.aggregation)) + "\n";
      told = &row;
    }
    if (row.aggregation == Aggregation::histogram) {
      put_histogram(page, name, key.second, series);
    } else {
      page += name + labels_of(key.second) + " " + number(series.value) + "\n";
    }
  }
  return page;
}

}  // namespace phalarope::telemetry
