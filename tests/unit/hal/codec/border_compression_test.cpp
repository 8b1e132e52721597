// Compression at the border: the same bytes come out, and a bomb does not go off.
#include "hal/codec/border_compression.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstring>
#include <string>

namespace phalarope::hal {
namespace {

using Bytes = std::vector<std::byte>;

Bytes bytes_of(std::string_view text) {
  Bytes bytes(text.size());
  if (!text.empty()) std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

std::string failure_of(const Bytes& stream, const ExpansionBound& bound = {}) {
  const auto expanded = expand(stream, bound);
  return expanded ? "(expanded)" : std::string(describe(expanded.error()));
}

const std::string damaged(describe(ExpansionFailure::damaged));
const std::string too_large(describe(ExpansionFailure::too_large));
const std::string trailing(describe(ExpansionFailure::trailing_bytes));

RC_GTEST_PROP(BorderCompression, TheSameBytesComeOut, (const std::string& text, unsigned repeats)) {
  std::string message;
  for (unsigned i = 0; i < 1 + repeats % 50; ++i) message += text;
  const auto expanded = expand(compress(bytes_of(message)), {});
  RC_ASSERT(expanded.has_value());
  RC_ASSERT(*expanded == bytes_of(message));
}

TEST(BorderCompression, ABatchOfEventsGetsSmaller) {
  std::string batch;
  for (int i = 0; i < 200; ++i) batch += R"({"lane":"DataLane","event_id":"evt/)" + std::to_string(i) + "\"}\n";
  EXPECT_LT(compress(bytes_of(batch)).size(), batch.size() / 5);
  EXPECT_EQ(expand(compress({}), {}), Bytes());
}

TEST(BorderCompression, ABombIsRefused) {
  const Bytes bomb = compress(Bytes(100UL * 1024UL * 1024UL));
  ASSERT_LT(bomb.size(), 128UL * 1024UL);
  EXPECT_EQ(failure_of(bomb), too_large);
  const Bytes small_bomb = compress(Bytes(1024UL * 1024UL));
  EXPECT_EQ(failure_of(small_bomb), too_large) << "within the size, beyond the ratio";
}

TEST(BorderCompression, BoundsAreExact) {
  const auto stream_of = [](std::size_t bytes) { return compress(Bytes(bytes)); };
  const ExpansionBound by_size = {.bytes_max = 1000, .ratio_max = 1000, .unasked_bytes = 1000};
  EXPECT_EQ(failure_of(stream_of(1000), by_size), "(expanded)");
  EXPECT_EQ(failure_of(stream_of(1001), by_size), too_large);
  const Bytes stream = stream_of(50'000);
  const ExpansionBound unasked = {.bytes_max = 100'000, .ratio_max = 1, .unasked_bytes = 50'000};
  EXPECT_EQ(failure_of(stream, unasked), "(expanded)");
  EXPECT_EQ(failure_of(stream, {.bytes_max = 100'000, .ratio_max = 1, .unasked_bytes = 49'999}), too_large);
  const std::size_t ratio = 50'000 / stream.size();
  EXPECT_EQ(failure_of(stream, {.bytes_max = 100'000, .ratio_max = ratio + 1, .unasked_bytes = 0}), "(expanded)");
  EXPECT_EQ(failure_of(stream, {.bytes_max = 100'000, .ratio_max = ratio - 1, .unasked_bytes = 0}), too_large);
}

TEST(BorderCompression, CutContinuedAndFlippedStreamsNeverBecomeAnotherMessage) {
  const Bytes message = bytes_of("a message, a message, a message that is not too short");
  const Bytes stream = compress(message);
  for (std::size_t size = 0; size < stream.size(); ++size) {
    EXPECT_EQ(failure_of({stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(size)}), damaged) << size;
  }
  Bytes continued = stream;
  continued.push_back(std::byte{0});
  EXPECT_EQ(failure_of(continued), trailing);
  for (std::size_t bit = 0; bit < stream.size() * 8; ++bit) {
    Bytes flipped = stream;
    flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    const auto expanded = expand(flipped, {});
    EXPECT_TRUE(!expanded || *expanded == message) << bit << ": a bit that pads the last byte may say anything";
  }
}

}  // namespace
}  // namespace phalarope::hal
