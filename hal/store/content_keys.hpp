// ContentKeys: the keys under which one segment's content is sealed, and the file that holds them.
//
//   segment-000004.phr     events, decisions, symbols: plain.  text, audio: sealed under this segment's keys
//   segment-000004.keys    one key for text, one for audio, each wrapped by the board's own key
//
// To delete content is to destroy its key: nothing in the segment moves, so checksums, chain and signature still hold,
// and the records stand where they stood, unreadable for good. A key serves one file only, so no other is touched.
//
// KEY FILE, 188 bytes
//      0  8  magic "PHALKEY1"
//      8 16  salt of the segment it belongs to
//     24 80  entry of text, then 80 of audio: state (1: 1 live, 2 destroyed), class (1: PayloadClass), 6 zeros,
//            nonce (24), key wrapped by XChaCha20-Poly1305 under the board's `wrap` key (48), with bytes [0, 24) and
//            the class as what is authenticated beside it; destroyed: nonce and key are zeros
//    184  4  CRC-32C of bytes [0, 184)
//
// SEALED PAYLOAD (schemas/evidence.fbs, Payload.key is not 0): XChaCha20-Poly1305; the nonce is the record's sequence
// (8 bytes) and 16 zeros, used once because a key serves one file; authenticated beside it: salt, record type (u16).
//
// The file is durable before the first block is written, and is replaced whole (replace_file), so a power cut leaves
// the key or no key, never half of one. Blocks of a flash card that held a destroyed key may live on below the file
// system; they are wrapped, so who has the card needs the board's key too.
// Flusher thread while writing; any one thread else. Contract: evidence.md 1A.3, 8.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/engine/evidence/record.hpp"
#include "hal/store/board_keys.hpp"
#include "hal/store/file_system.hpp"
#include "hal/store/segment_format.hpp"

namespace phalarope::hal {

/// Bytes that a seal adds.
constexpr std::size_t seal_bytes = 16;
/// What is sealed, by the index that a payload names (its `key` less one).
enum class SealedContent : std::uint8_t { text = 0, audio = 1 };
constexpr std::size_t sealed_contents = 2;
/// Nothing: records of this type stay plain.
std::optional<SealedContent> sealed_content_of(RecordType type) noexcept;

enum class KeyState : std::uint8_t { absent = 0, live = 1, destroyed = 2 };

class ContentKeys {
 public:
  ~ContentKeys();
  ContentKeys(const ContentKeys&) = delete;
  ContentKeys& operator=(const ContentKeys&) = delete;

  /// Makes new keys for a segment and writes their file; errno value.
  static int make(FileSystem& files, const std::string& directory, std::uint64_t segment_number,
                  const SegmentSalt& salt, const BoardKeys& board, std::unique_ptr<ContentKeys>& keys);
  /// What the file says of the segment's keys; null when there is no such file or it is another segment's.
  static std::unique_ptr<ContentKeys> read(FileSystem& files, const std::string& directory,
                                           std::uint64_t segment_number, const SegmentSalt& salt,
                                           const BoardKeys* board);

  KeyState state(SealedContent content) const { return entries_[static_cast<std::size_t>(content)].state; }
  void seal(RecordType type, std::uint64_t sequence, std::span<const std::byte> plain,
            std::vector<std::byte>& sealed) const;
  /// False: there is no key, or the bytes are not what was sealed.
  bool open(RecordType type, std::uint64_t sequence, std::span<const std::byte> sealed,
            std::vector<std::byte>& plain) const;

 private:
  struct Entry {
    KeyState state = KeyState::absent;
    std::optional<BoardKeys::Secret> key;
  };
  ContentKeys() = default;

  SegmentSalt salt_{};
  std::array<Entry, sealed_contents> entries_{};
};

/// Destroys one key of one segment; errno value, ENOENT where the segment has no key file.
int destroy_content_key(FileSystem& files, const std::string& directory, std::uint64_t segment_number,
                        SealedContent content);
std::string content_key_file_name(std::uint64_t segment_number);
/// The keys of the segment `name`, whose space is to be written again.
void remove_content_keys(FileSystem& files, const std::string& directory, const std::string& name);
/// A segment's file goes with its keys; the answer is that of the segment's own file. `name` as in the directory.
int remove_segment(FileSystem& files, const std::string& directory, const std::string& name);

}  // namespace phalarope::hal
