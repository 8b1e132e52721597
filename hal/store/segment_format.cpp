#include "hal/store/segment_format.hpp"

#include <sodium.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdio>
#include <cstring>

#include "core/engine/base/crc32c.hpp"
#include "core/engine/base/enforce.hpp"

namespace phalarope::hal {
namespace {

static_assert(std::endian::native == std::endian::little, "segments are little-endian, as all boards are");

constexpr char segment_magic[8] = {'P', 'H', 'A', 'L', 'S', 'E', 'G', '1'};
constexpr char block_magic[4] = {'P', 'H', 'R', 'B'};
constexpr std::size_t segment_crc_offset = segment_header_bytes - sizeof(std::uint32_t);
constexpr std::size_t body_crc_offset = 136;
constexpr std::size_t header_crc_offset = 140;
static_assert(header_crc_offset + sizeof(std::uint32_t) == block_header_bytes && block_header_bytes % 16 == 0);

/// Puts values one after the other; the layout is the order of the calls.
class Packer {
 public:
  explicit Packer(std::byte* at) : at_(at) {}
  template <typename T>
  Packer& put(const T& value) {
    std::memcpy(at_, &value, sizeof value);
    at_ += sizeof value;
    return *this;
  }

 private:
  std::byte* at_;
};

class Unpacker {
 public:
  explicit Unpacker(const std::byte* at) : at_(at) {}
  template <typename T>
  Unpacker& get(T& value) {
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return *this;
  }

 private:
  const std::byte* at_;
};

template <typename T>
T load(std::span<const std::byte> bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

void unpack_block_header(std::span<const std::byte> bytes, BlockHeader& header) {
  char magic[4];
  std::uint16_t zero;
  Unpacker(bytes.data())
      .get(magic)
      .get(header.body_bytes)
      .get(header.salt)
      .get(header.block_number)
      .get(header.first_sequence)
      .get(header.record_count)
      .get(header.kind)
      .get(zero)
      .get(header.durable_blocks)
      .get(header.made_at_ns)
      .get(header.chain);
}

std::uint32_t header_crc_of(std::span<const std::byte> bytes, const SegmentSalt& salt) {
  return crc32c_extend(crc32c(salt), bytes.first(header_crc_offset));
}

std::uint32_t body_crc_of(std::span<const std::byte> block) {
  const auto salt = load<SegmentSalt>(block, 8);
  return crc32c_extend(crc32c_extend(crc32c(salt), block.first(body_crc_offset)), block.subspan(block_header_bytes));
}

}  // namespace

const char* describe(Wound wound) noexcept {
  switch (wound) {
    case Wound::none:
      return "sound";
    case Wound::cut_short:
      return "the file ends inside it";
    case Wound::bad_magic:
      return "no block begins here";
    case Wound::bad_size:
      return "its size makes no sense";
    case Wound::older_generation:
      return "its salt is not the segment's: bytes of an older file";
    case Wound::header_checksum:
      return "its header does not match its checksum";
    case Wound::body_checksum:
      return "its contents do not match their checksum";
    case Wound::wrong_block_number:
      return "it is sound but stands in the wrong place";
    case Wound::broken_chain:
      return "it does not continue the block before it";
    case Wound::malformed_body:
      return "its checksum is right but its contents make no sense";
  }
  return "?";
}

void write_segment_header(const SegmentHeader& header, std::span<std::byte, segment_header_bytes> bytes) noexcept {
  std::memset(bytes.data(), 0, bytes.size());
  Packer(bytes.data())
      .put(segment_magic)
      .put(header.version)
      .put(static_cast<std::uint32_t>(segment_header_bytes))
      .put(header.salt)
      .put(header.recording_id)
      .put(header.segment_number)
      .put(header.first_sequence)
      .put(header.previous_chain)
      .put(header.opened_wall_ns);
  const std::uint32_t crc = crc32c(bytes.first(segment_crc_offset));
  std::memcpy(bytes.data() + segment_crc_offset, &crc, sizeof crc);
}

Wound read_segment_header(std::span<const std::byte> bytes, SegmentHeader& header) noexcept {
  if (bytes.size() < segment_header_bytes) return Wound::cut_short;
  if (std::memcmp(bytes.data(), segment_magic, sizeof segment_magic) != 0) return Wound::bad_magic;
  if (load<std::uint32_t>(bytes, segment_crc_offset) != crc32c(bytes.first(segment_crc_offset))) {
    return Wound::header_checksum;
  }
  char magic[8];
  std::uint32_t header_bytes;
  Unpacker(bytes.data())
      .get(magic)
      .get(header.version)
      .get(header_bytes)
      .get(header.salt)
      .get(header.recording_id)
      .get(header.segment_number)
      .get(header.first_sequence)
      .get(header.previous_chain)
      .get(header.opened_wall_ns);
  if (header.version != segment_format_version || header_bytes != segment_header_bytes) return Wound::bad_size;
  return Wound::none;
}

void seal_block(const BlockHeader& header, std::span<std::byte> block) noexcept {
  PHAL_ENFORCE(block.size() == block_file_bytes(header.body_bytes), "a block is padded to whole pages");
  std::memset(block.data(), 0, block_header_bytes);
  const std::size_t used_bytes = block_header_bytes + header.body_bytes;
  std::memset(block.data() + used_bytes, 0, block.size() - used_bytes);
  Packer(block.data())
      .put(block_magic)
      .put(header.body_bytes)
      .put(header.salt)
      .put(header.block_number)
      .put(header.first_sequence)
      .put(header.record_count)
      .put(header.kind)
      .put(std::uint16_t{0})
      .put(header.durable_blocks)
      .put(header.made_at_ns)
      .put(header.chain);
  set_checksums(block);
}

void clear_checksums(std::span<std::byte> block) noexcept {
  std::memset(block.data() + body_crc_offset, 0, block_header_bytes - body_crc_offset);
}

void set_checksums(std::span<std::byte> block) noexcept {
  const std::uint32_t body_crc = body_crc_of(block);
  std::memcpy(block.data() + body_crc_offset, &body_crc, sizeof body_crc);
  const std::uint32_t header_crc = header_crc_of(block, load<SegmentSalt>(block, 8));
  std::memcpy(block.data() + header_crc_offset, &header_crc, sizeof header_crc);
}

Wound read_block_header(std::span<const std::byte> bytes, const SegmentSalt& salt, BlockHeader& header) noexcept {
  if (bytes.size() < block_header_bytes) return Wound::cut_short;
  if (std::memcmp(bytes.data(), block_magic, sizeof block_magic) != 0) return Wound::bad_magic;
  unpack_block_header(bytes, header);
  if (header.body_bytes == 0 || header.body_bytes > block_body_bytes_max) return Wound::bad_size;
  if (header.salt != salt) return Wound::older_generation;
  if (load<std::uint32_t>(bytes, header_crc_offset) != header_crc_of(bytes, salt)) return Wound::header_checksum;
  if (header.kind < BlockKind::records || header.kind > BlockKind::checkpoint) return Wound::bad_size;
  if (block_file_bytes(header.body_bytes) > bytes.size()) return Wound::cut_short;
  return Wound::none;
}

Wound check_block_body(std::span<const std::byte> block) noexcept {
  return load<std::uint32_t>(block, body_crc_offset) == body_crc_of(block) ? Wound::none : Wound::body_checksum;
}

std::optional<SegmentSalt> salt_of_sound_block(std::span<const std::byte> bytes) noexcept {
  if (bytes.size() < block_header_bytes) return std::nullopt;
  const auto salt = load<SegmentSalt>(bytes, 8);
  BlockHeader header;
  if (read_block_header(bytes, salt, header) != Wound::none) return std::nullopt;
  if (check_block_body(bytes.first(block_file_bytes(header.body_bytes))) != Wound::none) return std::nullopt;
  return salt;
}

ChainHash chain_of(std::span<const std::byte> whole_block) noexcept {
  ChainHash hash;
  crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(),
                     reinterpret_cast<const unsigned char*>(whole_block.data()), whole_block.size(), nullptr, 0);
  return hash;
}

std::string segment_file_name(std::uint64_t segment_number) {
  char name[40];
  std::snprintf(name, sizeof name, "segment-%06llu.phr", static_cast<unsigned long long>(segment_number));
  return name;
}

std::optional<std::uint64_t> segment_number_of(std::string_view file_name) noexcept {
  constexpr std::string_view prefix = "segment-";
  constexpr std::string_view suffix = ".phr";
  if (!file_name.starts_with(prefix) || !file_name.ends_with(suffix)) return std::nullopt;
  const std::string_view digits =
      file_name.substr(prefix.size(), file_name.size() - std::min(file_name.size(), prefix.size() + suffix.size()));
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.size() < 6 || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

}  // namespace phalarope::hal
