// MemoryDisk: a disk that remembers what was synced, and can forget, tear, refuse and fill up.
//
//   write_at ─▶ page cache (what a reader sees) ─sync_data─▶ durable (what a power cut leaves)
//                     │
//                     └ power_cut(seed): of the sectors written since the last sync any subset arrives, in any order;
//                       a new name that was not synced with its directory may be gone, the old one back
//
// Fault model. Sectors of 512 bytes arrive whole or not at all; a sector that was not written since the last sync
// keeps its bytes. A failed sync loses what it was asked to sync, for good, as Linux may do. Reserved space holds
// whatever `reserved_bytes` says: zeros, or an older file's blocks. Sizes travel with the sync.
// Fair, because each of these is known of ext4 and SD cards; not modelled: bit rot (tests flip bits themselves) and
// cards that lie about a sync (tests/fault/README.md).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>

#include "hal/store/file_system.hpp"

namespace phalarope::testing {

class MemoryDisk final : public hal::FileSystem {
 public:
  using Bytes = std::vector<std::byte>;
  struct Sector {
    std::uint64_t offset;
    Bytes bytes;
  };
  struct File {
    Bytes cached;
    Bytes durable;
    std::vector<Sector> unsynced;
    bool name_is_durable = false;
    std::string durable_path;  // where a power cut finds it while its name is not durable; empty: nowhere
  };
  enum class Call { open, write, preallocate, truncate, sync, remove, rename, sync_directory };

  /// Asked before every call; a value other than 0 is its errno. Counts from 0 in `calls`.
  std::function<int(Call, std::uint64_t number)> fault;
  /// Largest piece one write_at takes.
  std::size_t write_bytes_max = SIZE_MAX;
  /// Sum of all files; beyond it ENOSPC.
  std::uint64_t capacity_bytes = UINT64_MAX;
  /// What reserved space holds before it is written.
  Bytes reserved_bytes;
  std::uint64_t calls = 0;
  std::map<std::string, std::shared_ptr<File>> files;

  Bytes& bytes_of(const std::string& path) { return files.at(path)->cached; }

  /// The disk as it is found after the power came back.
  MemoryDisk power_cut(std::mt19937_64& random) const;

  int open_for_writing(const std::string& path, std::unique_ptr<hal::WritableFile>& file) override;
  int read_all(const std::string& path, std::vector<std::byte>& bytes) override;
  int list(const std::string& directory, std::vector<std::string>& names) override;
  int file_size(const std::string& path, std::uint64_t& size_bytes) override;
  bool has_one_name(const std::string&) override { return true; }
  int remove(const std::string& path) override;
  int rename(const std::string& from, const std::string& to) override;
  int make_directory(const std::string& path) override;
  int sync_directory(const std::string& path) override;

 private:
  friend class MemoryFile;
  int ask(Call call) { return fault ? fault(call, calls++) : (++calls, 0); }
  std::uint64_t used_bytes() const;
  std::map<std::string, bool> directories_;
  std::map<std::string, std::shared_ptr<File>> taken_over_;  // by a rename that is not durable yet
};

}  // namespace phalarope::testing
