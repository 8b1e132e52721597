#include "tests/fault/evidence/memory_disk.hpp"

#include <algorithm>
#include <cerrno>

namespace phalarope::testing {
namespace {

constexpr std::uint64_t sector_bytes = 512;

void put(MemoryDisk::Bytes& into, std::uint64_t offset, std::span<const std::byte> bytes) {
  if (into.size() < offset + bytes.size()) into.resize(offset + bytes.size());
  std::copy(bytes.begin(), bytes.end(), into.begin() + static_cast<std::ptrdiff_t>(offset));
}

}  // namespace

class MemoryFile final : public hal::WritableFile {
 public:
  MemoryFile(MemoryDisk& disk, std::shared_ptr<MemoryDisk::File> file) : disk_(disk), file_(std::move(file)) {}

  int write_at(std::uint64_t offset, std::span<const std::byte> bytes, std::size_t& written) override {
    written = 0;
    if (const int error = disk_.ask(MemoryDisk::Call::write); error != 0) return error;
    MemoryDisk::File& file = *file_;
    bytes = bytes.first(std::min(bytes.size(), disk_.write_bytes_max));
    const std::uint64_t end = offset + bytes.size();
    if (end > file.cached.size() && disk_.used_bytes() + end - file.cached.size() > disk_.capacity_bytes) return ENOSPC;
    put(file.cached, offset, bytes);
    for (std::uint64_t at = offset; at < end;) {
      const std::uint64_t sector_end = std::min(end, (at / sector_bytes + 1) * sector_bytes);
      const auto piece = bytes.subspan(at - offset, sector_end - at);
      file.unsynced.push_back({at, {piece.begin(), piece.end()}});
      at = sector_end;
    }
    written = bytes.size();
    return 0;
  }
  int preallocate(std::uint64_t size_bytes) override {
    if (const int error = disk_.ask(MemoryDisk::Call::preallocate); error != 0) return error;
    MemoryDisk::File& file = *file_;
    if (file.cached.size() >= size_bytes) return 0;
    if (disk_.used_bytes() + size_bytes - file.cached.size() > disk_.capacity_bytes) return ENOSPC;
    for (std::uint64_t at = file.cached.size(); at < size_bytes; ++at) {
      file.cached.push_back(at < disk_.reserved_bytes.size() ? disk_.reserved_bytes[at] : std::byte{0});
    }
    return 0;
  }
  int truncate(std::uint64_t size_bytes) override {
    if (const int error = disk_.ask(MemoryDisk::Call::truncate); error != 0) return error;
    file_->cached.resize(size_bytes);
    return 0;
  }
  void start_writeback(std::uint64_t, std::uint64_t) override {}
  int sync_data() override {
    MemoryDisk::File& file = *file_;
    const int error = disk_.ask(MemoryDisk::Call::sync);
    file.unsynced.clear();
    if (error != 0) return error;  // what was not durable is forgotten: it may never reach the disk
    file.durable = file.cached;
    return 0;
  }

 private:
  MemoryDisk& disk_;
  std::shared_ptr<MemoryDisk::File> file_;  // an open file keeps its bytes whatever its name becomes
};

MemoryDisk MemoryDisk::power_cut(std::mt19937_64& random) const {
  MemoryDisk after;
  after.directories_ = directories_;
  for (const auto& [path, shared] : files) {
    const File& file = *shared;
    // The journal may have written the name before anybody asked for it.
    std::string found_path = path;
    if (!file.name_is_durable && random() % 2 == 0) found_path = file.durable_path;
    // A name that was taken over goes back to the file that had it, whole as it was.
    if (const auto taken = taken_over_.find(path); taken != taken_over_.end() && found_path != path) {
      after.files[path] = std::make_shared<File>(*taken->second);
      after.files[path]->cached = after.files[path]->durable;
    }
    if (found_path.empty()) continue;
    Bytes bytes = file.durable;
    // A longer size may or may not have been written; the space behind the old end then holds what was reserved.
    if (random() % 2 == 0 && bytes.size() < file.cached.size()) {
      for (std::size_t at = bytes.size(); at < file.cached.size(); ++at) {
        bytes.push_back(at < reserved_bytes.size() ? reserved_bytes[at] : std::byte{0});
      }
    }
    std::vector<Sector> sectors = file.unsynced;
    std::shuffle(sectors.begin(), sectors.end(), random);
    const std::uint64_t odds = random() % 5;  // 0: none arrive ... 4: all arrive
    for (const Sector& sector : sectors) {
      if (random() % 4 < odds && sector.offset + sector.bytes.size() <= bytes.size()) {
        put(bytes, sector.offset, sector.bytes);
      }
    }
    auto found = std::make_shared<File>();
    found->cached = found->durable = std::move(bytes);
    found->name_is_durable = true;
    found->durable_path = found_path;
    after.files[found_path] = std::move(found);
  }
  return after;
}

std::uint64_t MemoryDisk::used_bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [path, file] : files) sum += file->cached.size();
  return sum;
}

int MemoryDisk::open_for_writing(const std::string& path, std::unique_ptr<hal::WritableFile>& file) {
  if (const int error = ask(Call::open); error != 0) return error;
  auto& shared = files[path];
  if (shared == nullptr) shared = std::make_shared<File>();
  file = std::make_unique<MemoryFile>(*this, shared);
  return 0;
}

int MemoryDisk::read_all(const std::string& path, std::vector<std::byte>& bytes) {
  const auto found = files.find(path);
  if (found == files.end()) return ENOENT;
  bytes = found->second->cached;
  return 0;
}

int MemoryDisk::list(const std::string& directory, std::vector<std::string>& names) {
  names.clear();
  const std::string prefix = directory + "/";
  for (const auto& [path, file] : files) {
    if (path.starts_with(prefix) && path.find('/', prefix.size()) == std::string::npos) {
      names.push_back(path.substr(prefix.size()));
    }
  }
  return names.empty() && !directories_.contains(directory) ? ENOENT : 0;
}

int MemoryDisk::file_size(const std::string& path, std::uint64_t& size_bytes) {
  const auto found = files.find(path);
  if (found == files.end()) return ENOENT;
  size_bytes = found->second->cached.size();
  return 0;
}

int MemoryDisk::remove(const std::string& path) {
  if (const int error = ask(Call::remove); error != 0) return error;
  return files.erase(path) == 1 ? 0 : ENOENT;
}

int MemoryDisk::rename(const std::string& from, const std::string& to) {
  if (const int error = ask(Call::rename); error != 0) return error;
  const auto found = files.find(from);
  if (found == files.end()) return ENOENT;
  if (const auto there = files.find(to); there != files.end() && there->second->name_is_durable)
    taken_over_[to] = there->second;
  files[to] = found->second;
  files[to]->name_is_durable = false;
  files.erase(from);
  return 0;
}

int MemoryDisk::make_directory(const std::string& path) {
  directories_[path] = true;
  return 0;
}

int MemoryDisk::sync_directory(const std::string& path) {
  if (const int error = ask(Call::sync_directory); error != 0) return error;
  for (auto& [file_path, file] : files) {
    if (!file_path.starts_with(path + "/")) continue;
    file->name_is_durable = true;
    file->durable_path = file_path;
  }
  std::erase_if(taken_over_, [&](const auto& taken) { return taken.first.starts_with(path + "/"); });
  return 0;
}

}  // namespace phalarope::testing
