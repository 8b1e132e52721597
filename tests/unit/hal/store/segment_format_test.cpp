// The segment format: what makes a block valid, and what each damaged byte makes of it.
#include "hal/store/segment_format.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace phalarope::hal {
namespace {

std::vector<std::byte> sealed(std::size_t body_bytes, BlockHeader header = {}) {
  header.body_bytes = static_cast<std::uint32_t>(body_bytes);
  header.salt.fill(std::byte{7});
  std::vector<std::byte> block(block_file_bytes(body_bytes), std::byte{0x55});
  seal_block(header, block);
  return block;
}

TEST(SegmentFormat, BlocksFillWholePages) {
  EXPECT_EQ(block_file_bytes(1), 4096U);
  EXPECT_EQ(block_file_bytes(segment_page_bytes - block_header_bytes), 4096U);
  EXPECT_EQ(block_file_bytes(segment_page_bytes - block_header_bytes + 1), 8192U);
}

TEST(SegmentFormat, ASealedBlockReadsBackAndItsPaddingIsZero) {
  BlockHeader header;
  header.block_number = 9;
  header.first_sequence = 1234;
  header.record_count = 5;
  header.kind = BlockKind::carried;
  header.durable_blocks = 8;
  header.made_at_ns = 77;
  header.chain.fill(std::byte{3});
  const auto block = sealed(100, header);
  BlockHeader read;
  SegmentSalt salt;
  salt.fill(std::byte{7});
  ASSERT_EQ(read_block_header(block, salt, read), Wound::none);
  ASSERT_EQ(check_block_body(block), Wound::none);
  EXPECT_EQ(read.block_number, 9U);
  EXPECT_EQ(read.first_sequence, 1234U);
  EXPECT_EQ(read.record_count, 5U);
  EXPECT_EQ(read.kind, BlockKind::carried);
  EXPECT_EQ(read.durable_blocks, 8U);
  EXPECT_EQ(read.made_at_ns, 77);
  EXPECT_EQ(read.chain, header.chain);
  for (std::size_t i = block_header_bytes + 100; i < block.size(); ++i) ASSERT_EQ(block[i], std::byte{0});
}

TEST(SegmentFormat, ABlockOfAnOlderFileIsKnownByItsSalt) {
  const auto block = sealed(100);
  BlockHeader read;
  EXPECT_EQ(read_block_header(block, SegmentSalt{}, read), Wound::older_generation);
  EXPECT_EQ(salt_of_sound_block(block)->front(), std::byte{7});
}

TEST(SegmentFormat, EveryFlippedBitOfABlockIsAWound) {
  auto block = sealed(300);
  SegmentSalt salt;
  salt.fill(std::byte{7});
  for (std::size_t bit = 0; bit < block.size() * 8; ++bit) {
    block[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    BlockHeader read;
    const bool sound = read_block_header(block, salt, read) == Wound::none && check_block_body(block) == Wound::none;
    ASSERT_FALSE(sound) << bit;
    block[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
  }
}

TEST(SegmentFormat, ASegmentHeaderReadsBack) {
  SegmentHeader header;
  header.segment_number = 12;
  header.first_sequence = 99;
  header.opened_wall_ns = 5;
  header.recording_id.fill(std::byte{1});
  std::vector<std::byte> page(segment_header_bytes);
  write_segment_header(header, std::span<std::byte, segment_header_bytes>(page));
  SegmentHeader read;
  ASSERT_EQ(read_segment_header(page, read), Wound::none);
  EXPECT_EQ(read.segment_number, 12U);
  EXPECT_EQ(read.first_sequence, 99U);
  EXPECT_EQ(read.recording_id, header.recording_id);
  page[3000] = std::byte{1};
  EXPECT_EQ(read_segment_header(page, read), Wound::header_checksum);
}

TEST(SegmentFormat, FileNamesCarryTheNumber) {
  EXPECT_EQ(segment_file_name(1), "segment-000001.phr");
  EXPECT_EQ(segment_number_of("segment-000042.phr"), 42U);
  EXPECT_EQ(segment_number_of(segment_file_name(12345678)), 12345678U);
  for (const char* other :
       {"segment-.phr", "segment-1.phr", "segment-000001.phr.new", "segment-00000x.phr", "notes.txt", ""}) {
    EXPECT_FALSE(segment_number_of(other)) << other;
  }
}

}  // namespace
}  // namespace phalarope::hal
