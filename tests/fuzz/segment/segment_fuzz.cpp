// Any bytes as a segment file: the reader ends, gives only records whose every byte may be touched, and what recover()
// leaves behind verifies. The last byte chooses whether the checksums are mended first, so that the fuzzer reaches
// what lies behind them: the FlatBuffers body.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "hal/store/recording_reader.hpp"
#include "tests/fault/evidence/memory_disk.hpp"

namespace {

using namespace phalarope;

constexpr std::size_t input_bytes_max = 256 * 1024;

/// Gives every page that looks like a block the checksums it should have.
void mend_checksums(std::vector<std::byte>& bytes) {
  if (bytes.size() < hal::segment_header_bytes) return;
  hal::SegmentHeader header;
  std::memcpy(header.salt.data(), bytes.data() + 16, header.salt.size());
  header.segment_number = 1;
  hal::write_segment_header(header,
                            std::span<std::byte, hal::segment_header_bytes>(bytes.data(), hal::segment_header_bytes));
  std::size_t offset = hal::segment_header_bytes;
  std::uint64_t number = 0;
  hal::ChainHash chain = hal::chain_of(std::span(bytes).first(hal::segment_header_bytes));
  while (offset + hal::segment_page_bytes <= bytes.size()) {
    const auto rest = std::span(bytes).subspan(offset);
    hal::BlockHeader block;
    std::memcpy(&block.body_bytes, rest.data() + 4, sizeof block.body_bytes);
    std::memcpy(&block.first_sequence, rest.data() + 32, sizeof block.first_sequence);
    std::memcpy(&block.record_count, rest.data() + 40, sizeof block.record_count);
    std::memcpy(&block.kind, rest.data() + 44, sizeof block.kind);
    if (block.body_bytes == 0 || block.body_bytes > rest.size() ||
        hal::block_file_bytes(block.body_bytes) > rest.size()) {
      offset += hal::segment_page_bytes;
      continue;
    }
    block.salt = header.salt;
    block.block_number = number++;
    block.chain = chain;
    const auto whole = rest.first(hal::block_file_bytes(block.body_bytes));
    hal::seal_block(block, whole);
    chain = hal::chain_of(whole);
    offset += whole.size();
  }
}

void must(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > input_bytes_max) return 0;
  const auto* const begin = reinterpret_cast<const std::byte*>(data);
  std::vector<std::byte> bytes(begin, begin + size - 1);
  if (data[size - 1] % 2 == 1) mend_checksums(bytes);
  testing::MemoryDisk disk;
  const std::string path = "/evidence/segment-000001.phr";
  disk.files[path] = std::make_shared<testing::MemoryDisk::File>();
  disk.bytes_of(path) = bytes;
  hal::RecordingReader reader(disk, "/evidence");
  std::uint8_t sum = 0;
  while (const auto record = reader.next()) {
    must(record->header.type > RecordType::none && static_cast<std::size_t>(record->header.type) < record_type_count);
    for (const std::byte byte : record->body) sum = static_cast<std::uint8_t>(sum + std::to_integer<unsigned>(byte));
  }
  must(reader.totals().closed || !reader.damage().empty() || reader.totals().open_segments == 0);
  volatile std::uint8_t keep = sum;
  static_cast<void>(keep);
  const hal::Recovery recovery = hal::recover(disk, "/evidence");
  must(recovery.error == 0);
  const hal::VerifyReport after = hal::verify(disk, "/evidence");
  must(after.totals.records == recovery.report.totals.records || !recovery.report.sound());
  return 0;
}
