// recover(): puts the last segment in order after a crash or a power cut.
//
//   last segment has a checkpoint          what follows it, if anything, is cut
//   has sound blocks, no checkpoint        cut after the last sound block, checkpoint `recovered`, sync
//   sound header, no sound block           it never held anything synced: removed, its number is used again
//   no sound header, no sound block        kept for people under the name *.unreadable, its number is used again
//
// Cutting touches only bytes that no sync ever promised, or that the report has already named as damage.
#include <algorithm>
#include <cerrno>

#include "hal/store/block_builder.hpp"
#include "hal/store/checkpoint_signature.hpp"
#include "hal/store/recording_reader.hpp"
#include "hal/store/segment_scan.hpp"

namespace phalarope::hal {
namespace {

CheckpointFacts facts_of(const SegmentScan& scan, std::uint64_t segment_number, std::uint64_t first_sequence,
                         std::uint64_t next_sequence, const BoardKeys* keys) {
  return {.segment_number = segment_number,
          .blocks = scan.blocks().size(),
          .file_bytes = scan.sound_end_bytes(),
          .first_sequence = first_sequence,
          .next_sequence = next_sequence,
          .chain = scan.last_chain(),
          .recording_closed = false,
          .recovered = true,
          .dropped_tail_bytes = scan.dropped_tail_bytes(),
          .signing_key = signing_key_of(keys)};
}

SegmentTally tally_of(const SegmentScan& scan) {
  SegmentTally tally;
  for (const SoundBlock& block : scan.blocks()) {
    if (block.header.kind == BlockKind::carried) continue;
    flatbuffers::uoffset_t payload = 0;
    for (const wire::RecordEntry* const entry : *block.body->order()) {
      const auto type = static_cast<RecordType>(entry->type());
      std::span<const std::byte> body;
      if (type != RecordType::event && type != RecordType::symbol) {
        const auto* const bytes = block.body->payloads()->Get(payload++)->bytes();
        body = std::as_bytes(std::span(bytes->data(), bytes->size()));
      }
      tally.add(type, body);
    }
  }
  return tally;
}

int cut_file(FileSystem& files, const std::string& path, std::uint64_t size_bytes) {
  std::unique_ptr<WritableFile> file;
  if (const int error = files.open_for_writing(path, file); error != 0) return error;
  if (const int error = file->truncate(size_bytes); error != 0) return error;
  return file->sync_data();
}

/// Seals the checkpoint behind the last sound block; answers an errno value and the new chain.
int close_after_crash(FileSystem& files, const std::string& path, const SegmentScan& scan, const RecordingPoint& point,
                      const BoardKeys* keys, ChainHash& chain) {
  const SoundBlock& last = scan.blocks().back();
  std::vector<std::byte> block;
  BlockHeader header;
  const std::uint64_t first_sequence = scan.blocks().front().header.first_sequence;
  build_checkpoint_block(facts_of(scan, point.next_segment_number - 1, first_sequence, point.next_sequence, keys),
                         tally_of(scan), block, header);
  header.salt = last.header.salt;
  header.block_number = last.header.block_number + 1;
  header.durable_blocks = header.block_number;
  header.made_at_ns = last.header.made_at_ns;
  header.chain = scan.last_chain();
  seal_block(header, block);
  if (keys != nullptr) sign_checkpoint(*keys, block);

  std::unique_ptr<WritableFile> file;
  if (const int error = files.open_for_writing(path, file); error != 0) return error;
  if (const int error = file->truncate(scan.sound_end_bytes()); error != 0) return error;
  // First the size and the sound blocks, which a killed process may have left in the page cache only.
  if (const int error = file->sync_data(); error != 0) return error;
  if (const int error = write_whole(*file, scan.sound_end_bytes(), block); error != 0) return error;
  chain = chain_of(block);
  return file->sync_data();
}

}  // namespace

Recovery recover(FileSystem& files, const std::string& directory, const BoardKeys* keys) {
  Recovery recovery;
  std::vector<std::string> names;
  if (files.list(directory, names) != 0) return recovery;
  std::erase_if(names, [](const std::string& name) { return !segment_number_of(name); });
  if (names.empty()) return recovery;
  recovery.report = verify(files, directory);
  recovery.point = recovery.report.point;
  const auto last_name = *std::max_element(names.begin(), names.end(), [](const auto& left, const auto& right) {
    return *segment_number_of(left) < *segment_number_of(right);
  });
  const std::string path = directory + "/" + last_name;
  const SegmentScan last(files, path);
  recovery.error = last.error();
  if (last.error() != 0) return recovery;
  if (last.closed()) {
    if (last.file_bytes() > last.sound_end_bytes()) recovery.error = cut_file(files, path, last.sound_end_bytes());
    return recovery;
  }
  if (!last.blocks().empty()) {
    recovery.error = close_after_crash(files, path, last, recovery.point, keys, recovery.point.chain);
    recovery.segment_closed = recovery.error == 0;
    return recovery;
  }
  const bool unreadable = !last.header().has_value() && last.dropped_tail_bytes() != 0;
  recovery.error = unreadable ? files.rename(path, path + ".unreadable") : files.remove(path);
  if (recovery.error != 0) return recovery;
  recovery.error = files.sync_directory(directory);
  recovery.point = verify(files, directory).point;
  recovery.point.recording_id = recovery.report.point.recording_id;
  recovery.point.next_sequence = std::max(recovery.point.next_sequence, recovery.report.point.next_sequence);
  return recovery;
}

}  // namespace phalarope::hal
