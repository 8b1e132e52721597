// The evidence segment: one file of a recording, told completely.
//
// A recording is a directory of `segment-000001.phr`, `segment-000002.phr`, ... Numbers only grow; the oldest files
// are deleted when the disk budget asks for it. All integers are little-endian.
//
//   file        0          4096
//               ├──────────┼────────────┼──────────────────┼────────────┼───────────────────────────
//               │ segment  │ block 0    │ block 1          │ checkpoint │ (end of a closed file)
//               │ header   │ (carried)  │                  │ block      │
//               └──────────┴────────────┴──────────────────┴────────────┴── open: zeros or an older file's bytes
//
// Everything starts on a multiple of 4096 and is padded with zeros to it, so no 4 KiB page is written twice: a page
// that was synced is never at risk again, whatever the card does to the one being written (tests/fault/README.md).
//
// SEGMENT HEADER, 4096 bytes
//      0  8  magic "PHALSEG1"
//      8  4  format version (1)
//     12  4  header bytes (4096)
//     16 16  salt: random, new for every file
//     32 16  recording id: random, the same in all files of one recording
//     48  8  segment number, from 1
//     56  8  first record sequence
//     64 32  chain: BLAKE2b-256 of the last block of the segment before; zeros in segment 1
//     96  8  wall clock when opened, ns
//    104     zeros
//   4092  4  CRC-32C of bytes [0, 4092)
//
// BLOCK = header (144 bytes) + body + zeros to the next multiple of 4096
//      0  4  magic "PHRB"
//      4  4  body bytes
//      8 16  salt of the segment
//     24  8  block number, from 0, counting in the segment
//     32  8  first record sequence (next sequence, if the block holds no record)
//     40  4  record count
//     44  2  kind: 1 records, 2 carried, 3 checkpoint
//     46  2  zero
//     48  8  durable blocks: blocks of this segment known to be synced when this one was made
//     56  8  engine time when made, ns
//     64 32  chain: BLAKE2b-256 of the block before, whole and padded; of the segment header for block 0
//     96 40  zeros
//    136  4  body CRC: CRC-32C of salt, header [0, 136), body, padding
//    140  4  header CRC: CRC-32C of salt, header [0, 140)
//    144     body: size-prefixed FlatBuffer EvidenceBlock (schemas/evidence.fbs), 16-aligned in the file
//
// OPENING: the file is made as `segment-....phr.new`, its header synced, then renamed, then the directory synced: a
// name never shows an older file's header. CLOSING: cut to the used size, synced, then the checkpoint, synced.
//
// VALID is a block when, in this order: magic and sizes make sense; its salt is the file's (else: bytes of an older
// generation); header CRC; body CRC; block number is the next; chain is the hash of the block before, if that was
// sound; the body passes the FlatBuffers verifier and agrees with the header. Nothing of an invalid block is believed.
// Blocks in wrong places (a misdirected write) are those outside the longest growing run of block numbers. Blocks are
// looked for at every multiple of 4096 that lies in no block found before. Where the segment's header is damaged, the
// salt is that of the first block sound under its own. Reading ends at the first checkpoint block; what follows it, a
// `file_bytes` that is not its end, and (where nothing else is wrong) another number of `blocks` are damage.
//
// Why a salt: preallocated or reused space may hold blocks of an older file, sound in themselves. Why two CRCs: a
// damaged body must not hide where the next block starts. Why a chain: a block may be exchanged for another sound one
// by a disk that misdirects a write, or by a hand. Why `durable blocks`: it tells damage from an unfinished write:
//
//   CLOSED (checkpoint found, file size equals its `file_bytes`): every byte is covered; any hole is damage.
//   OPEN (no checkpoint): at the first invalid block look on for a sound block of the same salt whose `durable blocks`
//   covers the hole. Found: the hole was on the disk once, so it is damage; it is named, and reading goes on there.
//   Not found: everything from the hole on was never synced; it is dropped and counted, and nothing after it is read.
//
// BETWEEN SEGMENTS, by growing number in their names: a number that is not the header's, another recording id (nothing
// of that file is read), a number left out, and, after a segment with checkpoint, a `previous chain` that is no hash
// of that checkpoint block are damage. After a segment without checkpoint its successor is read without that question.
// Sequences of records go on over segments: lower than expected is a record written again after a disk refused, and is
// skipped; higher is damage, unless damage was met since the last record, or the record is a loss record (type 9) whose
// payload begins with two u64, the first and the last sequence of just that stretch.
//
// RECOVERY at the next start (recording_reader.hpp, recover()): the open segment is cut after its last sound block and
// closed with a checkpoint that says `recovered`; a new segment continues the chain.
//
// SIGNED: the checkpoint of a board with a key carries `signature` and `signing_key` (schemas/checkpoint.fbs). The
// signature is Ed25519 (RFC 8032) over 54 bytes: the ASCII text "phalarope checkpoint 1", then the BLAKE2b-256 of the
// whole checkpoint block in which the signature's 64 bytes and bytes [136, 144) of the block, both CRCs, are zero. By
// the chain it speaks for every byte of the segment before it; by `previous chain` of the next header for the order of
// segments. Not signed: an open tail. Not to be seen by anybody: that the newest segments, or the oldest, are gone.
//
// SEALED: a payload whose `key` is not 0 (schemas/evidence.fbs) is encrypted under a key of this segment, which is kept
// in `segment-....keys` beside it (content_keys.hpp). Nothing above changes: hashes and signatures are over the file.
//
// CARRIED: block 0 of every segment but the first repeats symbols, session and pipeline, so that it reads alone. Its
// records stand outside the sequence and are skipped when the segment before was read.
//
// Pure functions; any thread. Contract: evidence.md 1.8, 8; decisions.md D10, D19; design.md "Evidence".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/engine/evidence/record.hpp"

namespace phalarope::hal {

constexpr std::size_t segment_page_bytes = 4096;
constexpr std::size_t segment_header_bytes = 4096;
constexpr std::size_t block_header_bytes = 144;
constexpr std::uint32_t segment_format_version = 1;
/// No block is longer; a size beyond it is damage, not a wish.
constexpr std::size_t block_body_bytes_max = 16 * 1024 * 1024;

using SegmentSalt = std::array<std::byte, 16>;
using RecordingId = std::array<std::byte, 16>;
using ChainHash = std::array<std::byte, 32>;

struct SegmentHeader {
  std::uint32_t version = segment_format_version;
  SegmentSalt salt{};
  RecordingId recording_id{};
  std::uint64_t segment_number = 0;
  std::uint64_t first_sequence = 0;
  ChainHash previous_chain{};
  std::int64_t opened_wall_ns = 0;
};

enum class BlockKind : std::uint16_t { records = 1, carried = 2, checkpoint = 3 };

struct BlockHeader {
  std::uint32_t body_bytes = 0;
  SegmentSalt salt{};
  std::uint64_t block_number = 0;
  std::uint64_t first_sequence = 0;
  std::uint32_t record_count = 0;
  BlockKind kind = BlockKind::records;
  std::uint64_t durable_blocks = 0;
  std::int64_t made_at_ns = 0;
  ChainHash chain{};
};

/// What is wrong with the bytes at a place, in the order in which it is looked for.
enum class Wound : std::uint8_t {
  none,
  cut_short,
  bad_magic,
  bad_size,
  older_generation,
  header_checksum,
  body_checksum,
  wrong_block_number,
  broken_chain,
  malformed_body
};
/// One sentence.
const char* describe(Wound wound) noexcept;

constexpr std::size_t padded_to_page(std::size_t bytes) noexcept {
  return (bytes + segment_page_bytes - 1) / segment_page_bytes * segment_page_bytes;
}
/// A block in the file, header and padding included.
constexpr std::size_t block_file_bytes(std::size_t body_bytes) noexcept {
  return padded_to_page(block_header_bytes + body_bytes);
}

void write_segment_header(const SegmentHeader& header, std::span<std::byte, segment_header_bytes> bytes) noexcept;
Wound read_segment_header(std::span<const std::byte> bytes, SegmentHeader& header) noexcept;

/// Writes header and CRCs around a body that already lies at `block[144..)`; the rest up to the page is set to zero.
/// `block.size()` is block_file_bytes(header.body_bytes).
void seal_block(const BlockHeader& header, std::span<std::byte> block) noexcept;
/// The two halves of sealing, for a signature that is put in between: both CRCs to zero, and as they must be.
void clear_checksums(std::span<std::byte> block) noexcept;
void set_checksums(std::span<std::byte> block) noexcept;
/// The header alone; none means that salt, sizes and header CRC are sound, so the block's extent can be trusted.
Wound read_block_header(std::span<const std::byte> bytes, const SegmentSalt& salt, BlockHeader& header) noexcept;
/// The body CRC of a block whose header is sound; `block` is the whole of it.
Wound check_block_body(std::span<const std::byte> block) noexcept;
/// Header and body CRC of the block at the start of `bytes`, whose salt is not known yet: it is taken from the block.
std::optional<SegmentSalt> salt_of_sound_block(std::span<const std::byte> bytes) noexcept;

ChainHash chain_of(std::span<const std::byte> whole_block) noexcept;

std::string segment_file_name(std::uint64_t segment_number);
/// The number in a segment's file name; nothing when it is no such name.
std::optional<std::uint64_t> segment_number_of(std::string_view file_name) noexcept;

}  // namespace phalarope::hal
