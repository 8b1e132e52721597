#include "hal/store/file_system.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace phalarope::hal {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

int open_without_interruption(const char* path, int flags, mode_t mode) {
  int fd;
  do {
    fd = ::open(path, flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

class PosixFile final : public WritableFile {
 public:
  explicit PosixFile(int fd) : fd_(fd) {}

  int write_at(std::uint64_t offset, std::span<const std::byte> bytes, std::size_t& written) override {
    ssize_t count;
    do {
      count = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    } while (count < 0 && errno == EINTR);
    written = count < 0 ? 0 : static_cast<std::size_t>(count);
    return count < 0 ? errno : 0;
  }
  int preallocate(std::uint64_t size_bytes) override {
    int error;
    do {
      error = ::posix_fallocate(fd_.get(), 0, static_cast<off_t>(size_bytes));
    } while (error == EINTR);
    return error;
  }
  int truncate(std::uint64_t size_bytes) override {
    int result;
    do {
      result = ::ftruncate(fd_.get(), static_cast<off_t>(size_bytes));
    } while (result < 0 && errno == EINTR);
    return result < 0 ? errno : 0;
  }
  void start_writeback(std::uint64_t offset, std::uint64_t bytes) override {
#if defined(__linux__)
    // A hint: an error shows again, and is looked at, in sync_data.
    static_cast<void>(
        ::sync_file_range(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(bytes), SYNC_FILE_RANGE_WRITE));
#endif
  }
  int sync_data() override {
    int result;
    do {
      result = ::fdatasync(fd_.get());
    } while (result < 0 && errno == EINTR);
    return result < 0 ? errno : 0;
  }

 private:
  FileDescriptor fd_;
};

}  // namespace

int write_whole(WritableFile& file, std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    std::size_t written = 0;
    if (const int error = file.write_at(offset, bytes, written); error != 0) return error;
    if (written == 0) return EIO;  // neither progress nor a reason
    offset += written;
    bytes = bytes.subspan(written);
  }
  return 0;
}

int replace_file(FileSystem& files, const std::string& directory, const std::string& name,
                 std::span<const std::byte> bytes) {
  const std::string path = directory + "/" + name;
  const std::string new_path = path + ".new";
  {
    std::unique_ptr<WritableFile> file;
    if (const int error = files.open_for_writing(new_path, file); error != 0) return error;
    // What a crash left of an earlier try may be longer.
    if (const int error = file->truncate(0); error != 0) return error;
    if (const int error = write_whole(*file, 0, bytes); error != 0) return error;
    if (const int error = file->sync_data(); error != 0) return error;
  }
  if (const int error = files.rename(new_path, path); error != 0) return error;
  return files.sync_directory(directory);
}

int PosixFileSystem::open_for_writing(const std::string& path, std::unique_ptr<WritableFile>& file) {
  const int fd = open_without_interruption(path.c_str(), O_WRONLY | O_CREAT, 0600);
  if (fd < 0) return errno;
  file = std::make_unique<PosixFile>(fd);
  return 0;
}

int PosixFileSystem::read_all(const std::string& path, std::vector<std::byte>& bytes) {
  bytes.clear();
  const FileDescriptor fd(open_without_interruption(path.c_str(), O_RDONLY, 0));
  if (fd.get() < 0) return errno;
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return errno;
  if (!S_ISREG(status.st_mode)) return EISDIR;
  bytes.resize(static_cast<std::size_t>(status.st_size));
  std::size_t read_bytes = 0;
  while (read_bytes < bytes.size()) {
    const ssize_t count =
        ::pread(fd.get(), bytes.data() + read_bytes, bytes.size() - read_bytes, static_cast<off_t>(read_bytes));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (count == 0) break;  // somebody cut it meanwhile
    read_bytes += static_cast<std::size_t>(count);
  }
  bytes.resize(read_bytes);
  return 0;
}

int PosixFileSystem::list(const std::string& directory, std::vector<std::string>& names) {
  names.clear();
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(directory.c_str()), ::closedir);
  if (!stream) return errno;
  errno = 0;
  while (const dirent* const entry = ::readdir(stream.get())) {
    struct stat status{};
    const std::string path = directory + "/" + entry->d_name;
    const int answer = ::stat(path.c_str(), &status);
    // A name that was removed meanwhile is none; one that cannot be looked at must not be taken for that.
    if (answer != 0 && errno != ENOENT) return errno;
    if (answer == 0 && S_ISREG(status.st_mode)) names.emplace_back(entry->d_name);
    errno = 0;
  }
  if (errno != 0) return errno;
  std::sort(names.begin(), names.end());
  return 0;
}

int PosixFileSystem::file_size(const std::string& path, std::uint64_t& size_bytes) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return errno;
  size_bytes = static_cast<std::uint64_t>(status.st_size);
  return 0;
}

bool PosixFileSystem::has_one_name(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && status.st_nlink == 1;
}

int PosixFileSystem::remove(const std::string& path) { return ::unlink(path.c_str()) != 0 ? errno : 0; }

int PosixFileSystem::rename(const std::string& from, const std::string& to) {
  return std::rename(from.c_str(), to.c_str()) != 0 ? errno : 0;
}

int PosixFileSystem::make_directory(const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), 0755) != 0 && errno != EEXIST) return errno;
    if (end == std::string::npos) return 0;
  }
}

int PosixFileSystem::sync_directory(const std::string& path) {
  const FileDescriptor fd(open_without_interruption(path.c_str(), O_RDONLY | O_DIRECTORY, 0));
  if (fd.get() < 0) return errno;
  return ::fsync(fd.get()) != 0 ? errno : 0;
}

}  // namespace phalarope::hal
