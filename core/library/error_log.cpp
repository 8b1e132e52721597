#include "core/library/error_log.hpp"

#include <algorithm>

#include "core/library/text_tools.hpp"

namespace phalarope::library {
namespace {

/// What a row of seven columns means in the six others.
constexpr std::array<std::string_view, 6> old_meaning = {"unknown", "unknown", "high", "new", "v0-legacy", "0"};

struct Record {
  std::vector<std::string> cells;
  int line = 0;
};

/// RFC 4180: quoted cells may hold commas, quotes and line ends. Blank lines are no records.
std::expected<std::vector<Record>, ErrorLogFault> records_of(std::string_view text) {
  std::vector<Record> records;
  Record record;
  std::string cell;
  int line = 1;
  record.line = line;
  bool quoted = false;
  const auto end_record = [&] {
    record.cells.push_back(std::exchange(cell, {}));
    const bool blank = record.cells.size() == 1 && trimmed(record.cells[0]).empty();
    if (!blank) records.push_back(record);
    record = {.cells = {}, .line = line};
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') ++line;
    if (quoted) {
      if (c != '"') {
        cell += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        cell += text[++i];
      } else {
        quoted = false;
      }
    } else if (c == '"' && cell.empty()) {
      quoted = true;
    } else if (c == ',') {
      record.cells.push_back(std::exchange(cell, {}));
    } else if (c == '\n') {
      end_record();
    } else if (c != '\r') {
      cell += c;
    }
  }
  if (quoted) return std::unexpected(ErrorLogFault{record.line, "a quote is not closed"});
  end_record();
  return records;
}

}  // namespace

std::expected<std::vector<ErrorRow>, ErrorLogFault> read_error_log(std::string_view csv) {
  auto records = records_of(csv);
  if (!records) return std::unexpected(records.error());
  if (records->empty()) return std::unexpected(ErrorLogFault{1, "the log has no header"});
  std::vector<std::size_t> column_at;  // where each canonical column stands; the number of cells when it is absent
  const std::vector<std::string> header = csv_header(csv);
  for (const std::string_view column : error_log_columns) {
    column_at.push_back(static_cast<std::size_t>(std::ranges::find(header, column) - header.begin()));
  }
  const bool old = std::ranges::equal(header, Words(error_log_columns).first(old_error_log_columns));
  for (std::size_t i = 0; !old && i < column_at.size(); ++i) {
    if (column_at[i] < header.size()) continue;
    return std::unexpected(ErrorLogFault{1, "the header lacks " + std::string(error_log_columns[i])});
  }
  std::vector<ErrorRow> rows;
  for (auto record = records->begin() + 1; record != records->end(); ++record) {
    if (record->cells.size() != header.size()) {
      return std::unexpected(ErrorLogFault{record->line, "the row has " + std::to_string(record->cells.size()) +
                                                             " cells, the header " + std::to_string(header.size())});
    }
    ErrorRow row;
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = column_at[i] < header.size() ? record->cells[column_at[i]]
                                            : std::string(old_meaning[i - old_error_log_columns]);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string error_log_header() { return joined(error_log_columns, ",") + "\n"; }

std::string error_log_line(const ErrorRow& row) {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) line += (i == 0 ? "" : ",") + csv_cell(row[i]);
  return line + "\n";
}

std::vector<std::string> dominant_errors(const std::vector<ErrorRow>& rows) {
  std::array<std::size_t, error_types.size()> counts{};
  for (const ErrorRow& row : rows) {
    const auto type = std::ranges::find(error_types, at(row, ErrorColumn::error_type));
    if (type != error_types.end()) ++counts[static_cast<std::size_t>(type - error_types.begin())];
  }
  std::vector<std::string> types;
  for (;;) {
    const auto most = std::ranges::max_element(counts);
    if (*most == 0) return types;
    types.emplace_back(error_types[static_cast<std::size_t>(most - counts.begin())]);
    *most = 0;
  }
}

}  // namespace phalarope::library
