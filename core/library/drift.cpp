// Drift: where the inventories on the disk differ from those the library would make now. See inventory.hpp.
#include <algorithm>
#include <iterator>

#include "core/library/inventory.hpp"
#include "core/library/text_tools.hpp"

namespace phalarope::library {
namespace {

using Lines = std::vector<std::string>;

/// Line endings are no drift.
Lines lines_of(const std::string& text) {
  Lines lines;
  std::string line;
  for (const char c : text) {
    if (c == '\r') continue;
    if (c != '\n') {
      line += c;
    } else {
      lines.push_back(std::exchange(line, {}));
    }
  }
  if (!line.empty()) lines.push_back(line);
  return lines;
}

/// The cells of `| a | b |`, header and rule left out; an escaped bar belongs to its cell.
std::vector<Lines> table_rows(const Lines& lines) {
  std::vector<Lines> rows;
  for (std::size_t i = 2; i < lines.size(); ++i) {
    Lines cells;
    std::string cell;
    const std::string& line = lines[i];
    for (std::size_t at = 1; at < line.size(); ++at) {
      if (line[at] == '|' && line[at - 1] != '\\') {
        cells.emplace_back(trimmed(std::exchange(cell, {})));
      } else {
        cell += line[at];
      }
    }
    if (!cells.empty()) rows.push_back(std::move(cells));
  }
  return rows;
}

Lines first_cells(const std::vector<Lines>& rows) {
  Lines ids;
  for (const Lines& row : rows) ids.push_back(row.front());
  return ids;
}

void tell_ids(const std::string& file, const Lines& fresh, const Lines& old, std::string& told) {
  const auto tell = [&](const Lines& from, const Lines& other, std::string_view word) {
    for (const std::string& id : from) {
      if (std::ranges::find(other, id) == other.end()) told += file + ": " + std::string(word) + " " + id + "\n";
    }
  };
  tell(fresh, old, "missing id");
  tell(old, fresh, "extra id");
  Lines fresh_sorted = fresh;
  Lines old_sorted = old;
  std::ranges::sort(fresh_sorted);
  std::ranges::sort(old_sorted);
  if (fresh != old && fresh_sorted == old_sorted) told += file + ": the order of the ids differs\n";
}

void tell_blocks(const std::string& file, const std::vector<Lines>& fresh, const std::vector<Lines>& old,
                 std::string& told) {
  constexpr std::size_t blocks_column = 2;
  for (const Lines& row : fresh) {
    const auto same = std::ranges::find_if(old, [&](const Lines& other) { return other.front() == row.front(); });
    if (same == old.end() || row.size() <= blocks_column || same->size() <= blocks_column) continue;
    if (row[blocks_column] != (*same)[blocks_column]) told += file + ": block order of " + row.front() + " differs\n";
  }
}

void tell_keys(const std::string& file, const Lines& fresh, const Lines& old, std::string& told) {
  for (const std::string& line : fresh) {
    const std::size_t colon = line.find("\": ");
    if (colon == std::string::npos || std::ranges::find(old, line) != old.end()) continue;
    const std::string bare(trimmed(line.substr(0, colon)));
    told += file + ": " + bare.substr(1) + " differs\n";
  }
}

/// A unified diff of whole files in one hunk: the longest common subsequence stays.
std::string unified_diff(const std::string& file, const Lines& old, const Lines& fresh) {
  std::vector<std::vector<std::size_t>> common(old.size() + 1, std::vector<std::size_t>(fresh.size() + 1, 0));
  for (std::size_t i = old.size(); i-- > 0;) {
    for (std::size_t k = fresh.size(); k-- > 0;) {
      common[i][k] = old[i] == fresh[k] ? common[i + 1][k + 1] + 1 : std::max(common[i + 1][k], common[i][k + 1]);
    }
  }
  std::string text = "--- " + file + "\n+++ " + file + " (fresh)\n@@ -1," + std::to_string(old.size()) + " +1," +
                     std::to_string(fresh.size()) + " @@\n";
  std::size_t i = 0;
  std::size_t k = 0;
  while (i < old.size() || k < fresh.size()) {
    if (i < old.size() && k < fresh.size() && old[i] == fresh[k]) {
      text += " " + old[i++] + "\n";
      ++k;
    } else if (k == fresh.size() || (i < old.size() && common[i + 1][k] >= common[i][k + 1])) {
      text += "-" + old[i++] + "\n";
    } else {
      text += "+" + fresh[k++] + "\n";
    }
  }
  return text;
}

}  // namespace

std::string find_drift(const Exports& fresh, const std::map<std::string, std::optional<std::string>>& on_disk) {
  std::string told;
  std::string diffs;
  for (const std::string_view name : drift_files) {
    const std::string file(name);
    const auto there = on_disk.find(file);
    if (there == on_disk.end() || !there->second) {
      told += file + ": the file is missing\n";
      continue;
    }
    const Lines old_lines = lines_of(*there->second);
    const Lines new_lines = lines_of(fresh.at(file));
    if (old_lines == new_lines) continue;
    if (file.ends_with(".md")) {
      const auto new_rows = table_rows(new_lines);
      const auto old_rows = table_rows(old_lines);
      tell_ids(file, first_cells(new_rows), first_cells(old_rows), told);
      if (file.starts_with("chains")) tell_blocks(file, new_rows, old_rows, told);
    } else if (file.ends_with(".json")) {
      tell_keys(file, new_lines, old_lines, told);
    } else {
      told += file + ": differs\n";
    }
    diffs += unified_diff(file, old_lines, new_lines);
  }
  return told + diffs;
}

}  // namespace phalarope::library
