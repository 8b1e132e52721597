#include "core/engine/evidence/byte_ring.hpp"

namespace phalarope {

std::byte* ByteRing::claim_after_padding(std::size_t offset, std::size_t padding_bytes) noexcept {
  PHAL_ENFORCE(padding_bytes >= sizeof(RecordHeader), "a padding record has room for its header");
  const RecordHeader padding{.body_bytes = static_cast<std::uint32_t>(padding_bytes - sizeof(RecordHeader))};
  std::memcpy(storage_ + offset, &padding, sizeof padding);
  write_position_ += padding_bytes;
  return storage_;
}

bool ByteRing::try_append(const RecordHeader& header, std::span<const std::byte> a, std::span<const std::byte> b,
                          std::size_t keep_free_bytes) noexcept {
  PHAL_ENFORCE(header.type != RecordType::none, "type none is the ring's own padding");
  const std::size_t body_bytes = a.size() + b.size();
  if (body_bytes > body_bytes_max()) return false;
  const std::size_t ring_bytes = ring_bytes_of(body_bytes);
  std::byte* const at = claim(ring_bytes, keep_free_bytes);
  if (at == nullptr) return false;
  RecordHeader stored = header;
  stored.body_bytes = static_cast<std::uint32_t>(body_bytes);
  std::memcpy(at, &stored, sizeof stored);
  if (!a.empty()) std::memcpy(at + sizeof stored, a.data(), a.size());
  if (!b.empty()) std::memcpy(at + sizeof stored + a.size(), b.data(), b.size());
  publish(ring_bytes);
  return true;
}

std::optional<RingRecord> ByteRing::next() noexcept {
  for (;;) {
    if (read_position_ == written_seen_) {
      // SYNC(ring_written): acquire; see publish().
      written_seen_ = written_.load(std::memory_order_acquire);
      if (read_position_ == written_seen_) return std::nullopt;
    }
    const std::byte* const at = storage_ + (static_cast<std::size_t>(read_position_) & mask_);
    RingRecord record;
    std::memcpy(&record.header, at, sizeof record.header);
    const std::size_t ring_bytes = ring_bytes_of(record.header.body_bytes);
    PHAL_ENFORCE(ring_bytes <= written_seen_ - read_position_, "the ring holds whole records");
    read_position_ += ring_bytes;
    if (record.header.type == RecordType::none) continue;  // padding; at most one in a row
    record.body = {at + sizeof record.header, record.header.body_bytes};
    return record;
  }
}

}  // namespace phalarope
