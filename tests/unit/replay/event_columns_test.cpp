// Columns lose nothing: whatever 64 bits go in come out again, and what never changes costs next to nothing.
#include "core/replay/event_columns.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstring>
#include <limits>

namespace phalarope::replay {
namespace {

/// The reader, as event_columns.hpp tells it; page/timeline_table.js is the other one.
std::vector<std::int64_t> decoded(const std::vector<std::byte>& bytes, std::size_t rows) {
  std::vector<std::int64_t> values;
  std::size_t place = 1;
  const auto varint = [&] {
    std::uint64_t number = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = std::to_integer<std::uint64_t>(bytes.at(place++));
      number |= (byte & 127) << shift;
      if (byte < 128) return number;
    }
  };
  std::uint64_t value = 0, step = 0;
  while (values.size() < rows) {
    const std::uint64_t number = varint();
    const std::uint64_t difference = number >> 1 ^ (~(number & 1) + 1);
    for (std::uint64_t times = number == 0 ? varint() + 1 : 1; times > 0; --times) {
      step = bytes[0] == std::byte{2} ? step + difference : difference;
      value += step;
      values.push_back(static_cast<std::int64_t>(value));
    }
  }
  EXPECT_EQ(place, bytes.size());
  return values;
}

std::vector<std::byte> encoded(const std::vector<std::int64_t>& values, int order) {
  ColumnEncoder encoder(order);
  for (const std::int64_t value : values) encoder.add(value);
  return encoder.finish();
}

TEST(ColumnEncoder, EveryListComesBackUnderBothOrders) {
  EXPECT_TRUE(rc::check([](const std::vector<std::int64_t>& values) {
    for (const int order : {1, 2}) RC_ASSERT(decoded(encoded(values, order), values.size()) == values);
  }));
}

TEST(ColumnEncoder, TheEdgesOf64BitsComeBack) {
  constexpr auto low = std::numeric_limits<std::int64_t>::min(), high = std::numeric_limits<std::int64_t>::max();
  const std::vector<std::int64_t> values{low, high, 0, high, low, -1, 1, high, high, low};
  for (const int order : {1, 2}) EXPECT_EQ(decoded(encoded(values, order), values.size()), values);
}

TEST(ColumnEncoder, WhatNeverChangesAndWhatTicksSteadilyCostsAFewBytes) {
  std::vector<std::int64_t> constant(100'000, 7), clock;
  for (int i = 0; i < 100'000; ++i) clock.push_back(1'000'000'000 + i * 10'000'000LL);
  EXPECT_LT(encoded(constant, 1).size(), 8U);
  EXPECT_LT(encoded(clock, 2).size(), 16U);
}

TEST(EventColumns, HoldsEveryFieldByNameAndTheTwoOfThePage) {
  EventColumns columns;
  Event event{};
  event.kind = EventKind::abort;
  columns.add(event, 5, 1);
  columns.add(event, 6, 1);
  const std::string text = columns.text();
  EXPECT_EQ(columns.rows(), 2U);
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(text, '\n')), EventColumns::column_count);
  for (const EventField& field : event_fields) {
    EXPECT_THAT("\n" + text, testing::HasSubstr("\n" + std::string(field.name) + " "));
  }
  EXPECT_THAT(text, testing::StartsWith("at "));
  EXPECT_THAT(text, testing::HasSubstr("\nsession "));
}

}  // namespace
}  // namespace phalarope::replay
