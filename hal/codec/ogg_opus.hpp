// OggOpusWriter: recorded Opus packets as a file that every browser and player opens, without encoding anything again.
//
//   | page: OpusHead | page: OpusTags | page: up to 100 packets, their total time | ... | last page |
//
// Invariants. (1) Packets go in as they are; where the recording has a hole, packets of silence stand for it, so that
// time in the file is time in the recording. (2) Each page carries the CRC that Ogg asks for. Nothing is skipped at the
// beginning: the codec's own delay (opus_lookahead_ns) is for whoever places the sound on an axis.
// One thread; memory grows with the file. Format: RFC 3533, RFC 7845.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/engine/base/event.hpp"

namespace phalarope::hal {

/// How much later a decoded sample comes out than it was spoken, at 16 kHz in the mode this house encodes in.
constexpr std::int64_t opus_lookahead_ns = 6'500'000;

class OggOpusWriter {
 public:
  OggOpusWriter();
  /// One packet of `frames` samples at 16 kHz.
  void add(std::span<const std::byte> packet, std::uint32_t frames);
  /// Silence; false when `frames` is no multiple of 10 ms and the hole cannot be told exactly.
  bool add_silence(std::int64_t frames);
  /// The whole file; call it once, at the end.
  std::vector<std::byte> finish();

 private:
  void end_page(bool last);
  void put_page(std::span<const std::byte> body, std::span<const std::uint8_t> lacing, std::uint8_t kind);

  std::vector<std::byte> file_;
  std::vector<std::byte> body_;
  std::vector<std::uint8_t> lacing_;
  std::vector<std::byte> silence_;  // 10 ms of it, encoded once
  std::size_t packets_in_page_ = 0;
  std::uint32_t page_number_ = 0;
  std::int64_t granule_ = 0;  // at 48 kHz, as Opus in Ogg always counts
};

}  // namespace phalarope::hal
