#include "hal/panel/record_tap.hpp"

namespace phalarope::hal {

RecordTap::RecordTap(std::size_t bytes)
    : storage_(std::make_unique<Line[]>(bytes / sizeof(Line))), ring_({storage_[0].bytes, bytes}) {}

void RecordTap::on_record(const RingRecord& record) noexcept {
  seen_.fetch_add(1, std::memory_order_relaxed);
  switch (record.header.type) {
    case RecordType::none:
    case RecordType::text:
    case RecordType::audio:
    case RecordType::checkpoint:
    case RecordType::loss:
      return;
    case RecordType::event:
    case RecordType::symbol:
    case RecordType::baseline:
    case RecordType::pipeline:
    case RecordType::session:
      break;
  }
  if (record.body.size() > ring_.body_bytes_max() || !ring_.try_append(record.header, record.body, {}, 0))
    dropped_.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace phalarope::hal
