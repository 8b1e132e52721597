// Diagnostics and the nearest known name. See diagnostics.hpp.
#include "core/spec/diagnostics.hpp"

#include <algorithm>
#include <numeric>

namespace phalarope::spec {

namespace {

/// Letters to insert, delete, replace or swap with their neighbour (Damerau-Levenshtein, restricted) between names.
std::size_t edit_distance(std::string_view left, std::string_view right) {
  const std::size_t width = right.size() + 1;
  std::vector<std::size_t> before_last(width);
  std::vector<std::size_t> last(width);
  std::vector<std::size_t> row(width);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= left.size(); ++i) {
    row[0] = i;
    for (std::size_t k = 1; k <= right.size(); ++k) {
      const std::size_t replaced = last[k - 1] + (left[i - 1] == right[k - 1] ? 0 : 1);
      row[k] = std::min({last[k] + 1, row[k - 1] + 1, replaced});
      const bool swapped = i > 1 && k > 1 && left[i - 1] == right[k - 2] && left[i - 2] == right[k - 1];
      if (swapped) row[k] = std::min(row[k], before_last[k - 2] + 1);
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last.back();
}

}  // namespace

std::string to_string(const Diagnostic& diagnostic) {
  std::string text = diagnostic.file;
  if (diagnostic.line > 0) text += ":" + std::to_string(diagnostic.line);
  if (diagnostic.line > 0 && diagnostic.column > 0) text += ":" + std::to_string(diagnostic.column);
  if (!diagnostic.field.empty()) text += ": " + diagnostic.field;
  text += ": " + diagnostic.what;
  if (!diagnostic.what_to_do.empty()) text += ". " + diagnostic.what_to_do;
  return text;
}

std::string to_string(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) text += to_string(diagnostic) + "\n";
  return text;
}

std::string_view nearest_name(std::string_view wrong, std::span<const std::string_view> candidates) {
  // Names longer than any of ours are no slips; the bound also keeps hostile input cheap.
  constexpr std::size_t name_length_max = 64;
  if (wrong.empty() || wrong.size() > name_length_max) return {};
  // A name cut short, or with its unit forgotten (`tail` for `tail_ms`), is nearer than its letters tell.
  constexpr std::size_t stem_length_min = 3;
  std::string_view nearest;
  std::size_t smallest = std::max<std::size_t>(wrong.size() / 3, 2) + 1;
  for (const std::string_view candidate : candidates) {
    const bool is_stem = wrong.size() >= stem_length_min && candidate.starts_with(wrong);
    const std::size_t distance = is_stem ? 1 : edit_distance(wrong, candidate);
    if (distance < smallest && distance < candidate.size()) {
      smallest = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string one_of(std::string_view wrong, std::span<const std::string_view> candidates) {
  std::string text = "Use one of: ";
  bool first = true;
  for (const std::string_view candidate : candidates) {
    if (candidate.empty()) continue;
    if (!first) text += ", ";
    text += candidate;
    first = false;
  }
  if (const auto nearest = nearest_name(wrong, candidates); !nearest.empty()) {
    text += "; did you mean \"" + std::string(nearest) + "\"?";
  }
  return text;
}

}  // namespace phalarope::spec
