#include "hal/fleet/state_file.hpp"

#include <cerrno>
#include <memory>
#include <span>
#include <vector>

namespace phalarope::hal {
namespace {

std::string path_in(const std::string& directory) { return directory + "/" + std::string(fleet::export_state_file); }

int write_whole(WritableFile& file, std::span<const std::byte> bytes) {
  if (const int error = file.truncate(0); error != 0) return error;
  for (std::uint64_t offset = 0; offset < bytes.size();) {
    std::size_t written = 0;
    if (const int error = file.write_at(offset, bytes.subspan(offset), written); error != 0) return error;
    if (written == 0) return EIO;
    offset += written;
  }
  return file.sync_data();
}

}  // namespace

std::optional<fleet::ExportState> load_export_state(FileSystem& files, const std::string& directory) {
  std::vector<std::byte> bytes;
  if (files.read_all(path_in(directory), bytes) != 0) return std::nullopt;
  return fleet::read_export_state({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

int save_export_state(FileSystem& files, const std::string& directory, const fleet::ExportState& state) {
  const std::string text = to_json(state);
  const std::string path = path_in(directory);
  {
    std::unique_ptr<WritableFile> file;
    if (const int error = files.open_for_writing(path + ".new", file); error != 0) return error;
    if (const int error = write_whole(*file, std::as_bytes(std::span(text))); error != 0) return error;
  }
  if (const int error = files.rename(path + ".new", path); error != 0) return error;
  return files.sync_directory(directory);
}

}  // namespace phalarope::hal
