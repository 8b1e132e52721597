// EventColumns: every event of a recording, all 128 bytes of it, small enough to travel inside a page.
//
//   one column a field of event_fields, and two of the page's own: `at` (ns on the page's axis), `session` (its number)
//   a column is   order byte (1 or 2) | varint, varint, ...
//     order 1     differences from the value before (the first: from 0)
//     order 2     differences of those differences: a steady clock or count becomes zeros
//     each        zigzag, 7 bits a byte, low bits first; a 0 is followed by how many more zeros come
//
// Of the two orders the shorter is kept. Most columns never change: they cost four bytes, whatever their length.
// Invariants. (1) Lossless: differences wrap at 64 bits, so every value comes back. (2) Columns have equal lengths.
// (3) Memory grows with what was encoded, never with 128 bytes an event. One thread. Reader: page/timeline_table.js.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/replay/event_fields.hpp"

namespace phalarope::replay {

/// One column under one order, as it grows.
class ColumnEncoder {
 public:
  explicit ColumnEncoder(int order) : order_(order), bytes_{static_cast<std::byte>(order)} {}
  void add(std::int64_t value);
  /// Ends the last run of zeros; add() may not follow.
  const std::vector<std::byte>& finish();

 private:
  void put_varint(std::uint64_t value);
  void end_zeros();

  int order_;
  std::uint64_t last_ = 0;
  std::uint64_t last_step_ = 0;
  std::uint64_t zeros_ = 0;
  std::vector<std::byte> bytes_;
};

class EventColumns {
 public:
  static constexpr std::size_t column_count = event_fields.size() + 2;

  EventColumns();
  void add(const Event& event, std::int64_t at_ns, std::size_t session);
  std::size_t rows() const { return rows_; }
  /// One line a column: its name, a space, its bytes in base64. Call it once, at the end.
  std::string text();

 private:
  std::vector<std::array<ColumnEncoder, 2>> columns_;
  std::size_t rows_ = 0;
};

}  // namespace phalarope::replay
