// FileSystem: all that the store asks of a disk, as a port; tests put a disk behind it that lies, tears and fills up.
//
// Every call answers an errno value (0: success); none throws, none retries except EINTR. One thread at a time per
// object. PosixFileSystem is the real one. Contract: tests/fault/README.md (what may fail, and what then holds).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace phalarope::hal {

/// A file open for writing.
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  /// Writes at `offset`; `written` may be less than asked for even on success (a short write).
  virtual int write_at(std::uint64_t offset, std::span<const std::byte> bytes, std::size_t& written) = 0;
  /// Reserves blocks up to `size_bytes`, so that later writes need no new ones.
  virtual int preallocate(std::uint64_t size_bytes) = 0;
  virtual int truncate(std::uint64_t size_bytes) = 0;
  /// Asks the system to begin writing the range; a hint.
  virtual void start_writeback(std::uint64_t offset, std::uint64_t bytes) = 0;
  /// After success, everything written before survives a power cut.
  virtual int sync_data() = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  /// Opens or creates without truncating: what lay there before still lies there.
  virtual int open_for_writing(const std::string& path, std::unique_ptr<WritableFile>& file) = 0;
  virtual int read_all(const std::string& path, std::vector<std::byte>& bytes) = 0;
  /// Names of plain files, sorted.
  virtual int list(const std::string& directory, std::vector<std::string>& names) = 0;
  virtual int file_size(const std::string& path, std::uint64_t& size_bytes) = 0;
  /// False when a hard link shares the file's bytes, or when nobody knows.
  virtual bool has_one_name(const std::string& path) = 0;
  virtual int remove(const std::string& path) = 0;
  virtual int rename(const std::string& from, const std::string& to) = 0;
  virtual int make_directory(const std::string& path) = 0;  // with parents; an existing one is success
  /// After success, names created, renamed or removed in it survive a power cut.
  virtual int sync_directory(const std::string& path) = 0;
};

/// Puts `bytes` into `directory`/`name`, whole or not at all: written as `<name>.new`, synced, named, directory synced.
int replace_file(FileSystem& files, const std::string& directory, const std::string& name,
                 std::span<const std::byte> bytes);
/// Writes all of it, however short the writes are.
int write_whole(WritableFile& file, std::uint64_t offset, std::span<const std::byte> bytes);

class PosixFileSystem final : public FileSystem {
 public:
  int open_for_writing(const std::string& path, std::unique_ptr<WritableFile>& file) override;
  int read_all(const std::string& path, std::vector<std::byte>& bytes) override;
  int list(const std::string& directory, std::vector<std::string>& names) override;
  int file_size(const std::string& path, std::uint64_t& size_bytes) override;
  bool has_one_name(const std::string& path) override;
  int remove(const std::string& path) override;
  int rename(const std::string& from, const std::string& to) override;
  int make_directory(const std::string& path) override;
  int sync_directory(const std::string& path) override;
};

}  // namespace phalarope::hal
