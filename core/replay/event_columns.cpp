#include "core/replay/event_columns.hpp"

#include "core/replay/base64.hpp"

namespace phalarope::replay {
namespace {

/// Small magnitudes of either sign become small numbers.
std::uint64_t zigzag(std::uint64_t difference) {
  return difference << 1 ^ (difference >> 63 != 0 ? ~std::uint64_t{0} : 0);
}

}  // namespace

void ColumnEncoder::add(std::int64_t value) {
  const std::uint64_t step = static_cast<std::uint64_t>(value) - last_;
  const std::uint64_t difference = order_ == 1 ? step : step - last_step_;
  last_ = static_cast<std::uint64_t>(value);
  last_step_ = step;
  if (difference == 0) {
    ++zeros_;
    return;
  }
  end_zeros();
  put_varint(zigzag(difference));
}

void ColumnEncoder::end_zeros() {
  if (zeros_ == 0) return;
  put_varint(0);
  put_varint(zeros_ - 1);
  zeros_ = 0;
}

void ColumnEncoder::put_varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<std::byte>(value | 0x80));
  bytes_.push_back(static_cast<std::byte>(value));
}

const std::vector<std::byte>& ColumnEncoder::finish() {
  end_zeros();
  return bytes_;
}

EventColumns::EventColumns() : columns_(column_count, {ColumnEncoder(1), ColumnEncoder(2)}) {}

void EventColumns::add(const Event& event, std::int64_t at_ns, std::size_t session) {
  const auto put = [&](std::size_t column, std::int64_t value) {
    for (ColumnEncoder& encoder : columns_[column]) encoder.add(value);
  };
  put(0, at_ns);
  put(1, static_cast<std::int64_t>(session));
  for (std::size_t i = 0; i < event_fields.size(); ++i) put(i + 2, field_number(event, event_fields[i]));
  ++rows_;
}

std::string EventColumns::text() {
  std::string text;
  for (std::size_t i = 0; i < column_count; ++i) {
    const auto& first = columns_[i][0].finish();
    const auto& second = columns_[i][1].finish();
    text += i == 0 ? "at" : i == 1 ? "session" : event_fields[i - 2].name;
    text += ' ';
    text += base64(second.size() < first.size() ? second : first);
    text += '\n';
  }
  return text;
}

}  // namespace phalarope::replay
