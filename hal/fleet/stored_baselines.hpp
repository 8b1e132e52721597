// StoredBaselines: the baselines of the local store from a place on, for the catch-up.
//
// Reads one segment after the other, 4 MiB at a time, beside a flusher that writes: what is damaged, torn or gone is
// passed over (the ledger counts what was expected and not met). One thread. Contract: evidence.md 1.8.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/fleet/export_ledger.hpp"
#include "hal/store/file_system.hpp"
#include "hal/store/recording_reader.hpp"

namespace phalarope::hal {

class StoredBaselines {
 public:
  StoredBaselines(FileSystem& files, std::string directory, const fleet::CatchUpPass& pass);

  struct Found {
    fleet::StorePlace place;
    std::span<const std::byte> table;  // until the next call
  };
  /// Nothing: all up to the pass's end were given.
  std::optional<Found> next();

 private:
  bool open_next_segment();

  FileSystem& files_;
  std::string directory_;
  fleet::CatchUpPass pass_;
  std::vector<std::pair<std::uint64_t, std::string>> segments_;  // by number, descending: the next one is the last
  std::uint64_t segment_number_ = 0;
  std::unique_ptr<RecordingReader> reader_;
};

}  // namespace phalarope::hal
