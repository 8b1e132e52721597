#include "hal/codec/ogg_opus.hpp"

#include <array>
#include <concepts>
#include <string_view>

#include "hal/codec/opus_codec.hpp"

namespace phalarope::hal {
namespace {

constexpr std::size_t page_packets_max = 100;        // a second of 10 ms packets: what a player must read to seek
constexpr std::size_t page_lacing_max = 255;         // one byte counts them
constexpr std::uint32_t silence_frames = 160;        // 10 ms
constexpr std::int64_t granules_per_frame = 3;       // 48 kHz over 16 kHz
constexpr std::uint32_t stream_serial = 0x70686c72;  // any number; there is one stream
constexpr std::uint8_t first_page = 2, middle_page = 0, last_page = 4;

/// Ogg's CRC: polynomial 0x04c11db7, from the top bit down, nothing inverted.
constexpr std::array<std::uint32_t, 256> crc_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i << 24;
    for (int bit = 0; bit < 8; ++bit) value = value << 1 ^ ((value & 0x80000000U) != 0 ? 0x04c11db7U : 0);
    table[i] = value;
  }
  return table;
}();
std::uint32_t ogg_crc(std::span<const std::byte> bytes) {
  std::uint32_t crc = 0;
  for (const std::byte byte : bytes)
    crc = crc << 8 ^ crc_table[(crc >> 24 ^ std::to_integer<std::uint32_t>(byte)) & 255];
  return crc;
}

template <std::integral Number>
void put(std::vector<std::byte>& bytes, Number number) {
  for (std::size_t i = 0; i < sizeof number; ++i) {
    bytes.push_back(static_cast<std::byte>(static_cast<std::uint64_t>(number) >> (8 * i) & 255));
  }
}
void put_text(std::vector<std::byte>& bytes, std::string_view text) {
  for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
}

std::vector<std::byte> encoded_silence() {
  std::vector<std::byte> packet(opus_packet_bytes_max);
  const std::array<std::int16_t, silence_frames> nothing{};
  auto encoder = SpeechEncoder::make({});
  const auto bytes = encoder ? encoder->encode(nothing, packet) : std::unexpected(encoder.error());
  packet.resize(bytes.value_or(0));
  return packet;
}

}  // namespace

OggOpusWriter::OggOpusWriter() : silence_(encoded_silence()) {
  std::vector<std::byte> head;
  put_text(head, "OpusHead");
  put(head, std::uint8_t{1});   // version
  put(head, std::uint8_t{1});   // channels
  put(head, std::uint16_t{0});  // pre-skip
  put(head, static_cast<std::uint32_t>(opus_rate_hz));
  put(head, std::uint16_t{0});  // gain
  put(head, std::uint8_t{0});   // mapping: mono
  const std::array lacing_head{static_cast<std::uint8_t>(head.size())};
  put_page(head, lacing_head, first_page);
  std::vector<std::byte> tags;
  constexpr std::string_view vendor = "phalarope";
  put_text(tags, "OpusTags");
  put(tags, static_cast<std::uint32_t>(vendor.size()));
  put_text(tags, vendor);
  put(tags, std::uint32_t{0});  // no comments
  const std::array lacing_tags{static_cast<std::uint8_t>(tags.size())};
  put_page(tags, lacing_tags, middle_page);
}

void OggOpusWriter::put_page(std::span<const std::byte> body, std::span<const std::uint8_t> lacing, std::uint8_t kind) {
  constexpr std::size_t crc_offset = 22;
  const std::size_t from = file_.size();
  put_text(file_, "OggS");
  put(file_, std::uint8_t{0});
  put(file_, kind);
  put(file_, granule_);
  put(file_, stream_serial);
  put(file_, page_number_++);
  put(file_, std::uint32_t{0});  // the CRC's place
  put(file_, static_cast<std::uint8_t>(lacing.size()));
  for (const std::uint8_t segment : lacing) put(file_, segment);
  file_.insert(file_.end(), body.begin(), body.end());
  const std::uint32_t crc = ogg_crc(std::span(file_).subspan(from));
  for (std::size_t i = 0; i < sizeof crc; ++i) file_[from + crc_offset + i] = static_cast<std::byte>(crc >> (8 * i));
}

void OggOpusWriter::end_page(bool last) {
  if (lacing_.empty() && !last) return;
  put_page(body_, lacing_, last ? last_page : middle_page);
  body_.clear();
  lacing_.clear();
  packets_in_page_ = 0;
}

void OggOpusWriter::add(std::span<const std::byte> packet, std::uint32_t frames) {
  const std::size_t segments = packet.size() / 255 + 1;
  if (packets_in_page_ == page_packets_max || lacing_.size() + segments > page_lacing_max) end_page(false);
  for (std::size_t i = 1; i < segments; ++i) lacing_.push_back(255);
  lacing_.push_back(static_cast<std::uint8_t>(packet.size() % 255));
  body_.insert(body_.end(), packet.begin(), packet.end());
  granule_ += frames * granules_per_frame;
  ++packets_in_page_;
}

bool OggOpusWriter::add_silence(std::int64_t frames) {
  if (frames % silence_frames != 0 || silence_.empty()) return false;
  for (; frames > 0; frames -= silence_frames) add(silence_, silence_frames);
  return true;
}

std::vector<std::byte> OggOpusWriter::finish() {
  end_page(true);
  return std::move(file_);
}

}  // namespace phalarope::hal
