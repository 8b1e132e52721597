// RecordSource: the port through which replay reads a recording, wherever it is kept (hal/store reads segments).
//
// A reader never fails on damage: it reports the bytes it could not trust and goes on at the next sound block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/engine/evidence/record.hpp"

namespace phalarope::replay {

/// Where a record stands, for error messages: "segment-000001.phr, block 12, record 345".
struct RecordPosition {
  std::string file;
  std::uint64_t block = 0;
  std::uint64_t offset_bytes = 0;  // of the block in its file
};

struct Record {
  RecordHeader header;
  std::span<const std::byte> body;  // valid until the next call of next()
  RecordPosition position;
};

/// One wound: what was found wrong, where, and how much is not readable because of it.
struct Damage {
  RecordPosition position;
  std::string what;
  std::uint64_t bytes = 0;
};

class RecordSource {
 public:
  virtual ~RecordSource() = default;
  /// The next record in recorded order; nothing at the end.
  virtual std::optional<Record> next() = 0;
  /// All damage met so far; complete once next() has answered nothing.
  virtual const std::vector<Damage>& damage() const = 0;
};

}  // namespace phalarope::replay
