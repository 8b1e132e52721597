// The file that players open: pages with true checksums, packets as they were, time that matches the recording.
#include "hal/codec/ogg_opus.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "hal/codec/opus_codec.hpp"

namespace phalarope::hal {
namespace {

struct OggPage {
  std::uint8_t kind = 0;
  std::int64_t granule = 0;
  std::uint32_t number = 0;
  bool crc_holds = false;
  std::vector<std::vector<std::byte>> packets;
};

template <typename Number>
Number number_at(std::span<const std::byte> bytes, std::size_t at) {
  Number number{};
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

/// Bit by bit, unlike the writer's table; its own place counts as zero.
std::uint32_t slow_crc(std::span<const std::byte> page) {
  std::uint32_t crc = 0;
  for (std::size_t i = 0; i < page.size(); ++i) {
    const bool own_place = i >= 22 && i < 26;
    crc ^= own_place ? 0 : std::to_integer<std::uint32_t>(page[i]) << 24;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x80000000U) != 0 ? crc << 1 ^ 0x04c11db7U : crc << 1;
  }
  return crc;
}

std::vector<OggPage> pages_of(std::span<const std::byte> file) {
  std::vector<OggPage> pages;
  while (!file.empty()) {
    EXPECT_EQ(std::memcmp(file.data(), "OggS", 4), 0);
    OggPage page{.kind = number_at<std::uint8_t>(file, 5),
                 .granule = number_at<std::int64_t>(file, 6),
                 .number = number_at<std::uint32_t>(file, 18),
                 .packets = {}};
    const std::size_t segments = number_at<std::uint8_t>(file, 26);
    std::size_t at = 27 + segments;
    std::vector<std::byte> packet;
    for (std::size_t i = 0; i < segments; ++i) {
      const std::size_t length = number_at<std::uint8_t>(file, 27 + i);
      packet.insert(packet.end(), file.begin() + static_cast<std::ptrdiff_t>(at),
                    file.begin() + static_cast<std::ptrdiff_t>(at + length));
      at += length;
      if (length == 255) continue;
      page.packets.push_back(std::move(packet));
      packet = {};
    }
    page.crc_holds = slow_crc(file.first(at)) == number_at<std::uint32_t>(file, 22);
    pages.push_back(std::move(page));
    file = file.subspan(at);
  }
  return pages;
}

TEST(OggOpus, BeginsWithHeadAndTagsAndEndsWithTheLastPage) {
  OggOpusWriter writer;
  const auto file = writer.finish();
  const auto pages = pages_of(file);
  ASSERT_EQ(pages.size(), 3U);
  EXPECT_EQ(pages[0].kind, 2);
  EXPECT_EQ(std::memcmp(pages[0].packets.at(0).data(), "OpusHead\1\1", 10), 0);
  EXPECT_EQ(pages[0].packets[0].size(), 19U);
  EXPECT_EQ(std::memcmp(pages[1].packets.at(0).data(), "OpusTags", 8), 0);
  EXPECT_EQ(pages[2].kind, 4);
}

TEST(OggOpus, PacketsComeBackAsTheyWereAndTimeIsCounted) {
  OggOpusWriter writer;
  std::vector<std::vector<std::byte>> packets;
  for (std::size_t i = 0; i < 250; ++i) {
    packets.emplace_back(i == 7 ? 255 : i == 8 ? 600 : 20 + i % 5, static_cast<std::byte>(i));
    writer.add(packets.back(), 160);
  }
  std::vector<std::vector<std::byte>> read;
  const auto file = writer.finish();
  const auto pages = pages_of(file);
  for (std::size_t i = 0; i < pages.size(); ++i) {
    EXPECT_TRUE(pages[i].crc_holds) << i;
    EXPECT_EQ(pages[i].number, i);
    if (i > 1) read.insert(read.end(), pages[i].packets.begin(), pages[i].packets.end());
  }
  EXPECT_EQ(read, packets);
  EXPECT_EQ(pages.back().granule, 250 * 480);
}

TEST(OggOpus, AHoleIsSilenceOfTheSameLength) {
  OggOpusWriter writer;
  EXPECT_TRUE(writer.add_silence(1600));
  EXPECT_TRUE(writer.add_silence(0));
  EXPECT_FALSE(writer.add_silence(161)) << "no packet is that short";
  const auto file = writer.finish();
  const auto pages = pages_of(file);
  EXPECT_EQ(pages.back().granule, 4800);
  auto decoder = SpeechDecoder::make();
  ASSERT_TRUE(decoder);
  std::array<std::int16_t, 160> samples{};
  for (const auto& packet : pages.back().packets) {
    ASSERT_EQ(decoder->decode(packet, samples).value_or(0), samples.size());
    for (const std::int16_t sample : samples) EXPECT_LE(std::abs(sample), 2);
  }
}

}  // namespace
}  // namespace phalarope::hal
