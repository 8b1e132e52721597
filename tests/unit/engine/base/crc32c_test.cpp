// CRC-32C against the published vectors (RFC 3720 B.4), and the processor's instruction against the table.
#include "core/engine/base/crc32c.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

namespace phalarope {
namespace {

std::span<const std::byte> bytes_of(const auto& container) { return std::as_bytes(std::span(container)); }

TEST(Crc32c, MatchesThePublishedVectors) {
  std::array<unsigned char, 32> zeros{};
  std::array<unsigned char, 32> ones;
  ones.fill(0xff);
  std::array<unsigned char, 32> rising;
  for (std::size_t i = 0; i < rising.size(); ++i) rising[i] = static_cast<unsigned char>(i);
  EXPECT_EQ(crc32c(bytes_of(zeros)), 0x8a9136aaU);
  EXPECT_EQ(crc32c(bytes_of(ones)), 0x62a8ab43U);
  EXPECT_EQ(crc32c(bytes_of(rising)), 0x46dd794eU);
  EXPECT_EQ(crc32c(bytes_of(std::string_view("123456789"))), 0xe3069283U);
}

TEST(Crc32c, InstructionAndTableAgreeAtEveryLengthAndSplit) {
  std::vector<unsigned char> data(257);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<unsigned char>(i * 131 + 7);
  for (std::size_t length = 0; length <= data.size(); ++length) {
    const auto all = bytes_of(data).first(length);
    const std::uint32_t expected = detail::crc32c_extend_by_table(0, all);
    EXPECT_EQ(crc32c(all), expected) << "length " << length;
    const auto head = all.first(length / 3);
    EXPECT_EQ(crc32c_extend(crc32c(head), all.subspan(head.size())), expected) << "length " << length;
  }
}

}  // namespace
}  // namespace phalarope
