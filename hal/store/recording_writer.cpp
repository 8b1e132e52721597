#include "hal/store/recording_writer.hpp"

#include <sodium.h>

#include <cerrno>
#include <utility>

#include "core/engine/base/enforce.hpp"
#include "hal/store/checkpoint_signature.hpp"

namespace phalarope::hal {
namespace {

SegmentSalt libsodium_id(void*) {
  SegmentSalt id;
  randombytes_buf(id.data(), id.size());
  return id;
}

}  // namespace

RecordingWriter::RecordingWriter(FileSystem& files, Config config, const RecordingPoint& point)
    : files_(files),
      config_(std::move(config)),
      recording_id_(point.recording_id),
      segment_number_(point.next_segment_number - 1),
      next_sequence_(point.next_sequence),
      chain_(point.chain) {
  // Before sodium_init, libsodium's generator is neither fast nor safe for threads.
  PHAL_ENFORCE(sodium_init() >= 0, "libsodium finds no source of randomness");
  if (config_.random_id == nullptr) config_.random_id = libsodium_id;
  if (recording_id_ == RecordingId{}) recording_id_ = config_.random_id(config_.random_context);
}

std::string RecordingWriter::path_of(std::uint64_t segment_number) const {
  return config_.directory + "/" + segment_file_name(segment_number);
}

/// The older file's name must be gone for good before its header is: else a power cut could leave a new header under
/// the old name.
int RecordingWriter::take_over(const std::string& given_up, const std::string& new_path) {
  if (const int error = files_.rename(given_up, new_path); error != 0) return error;
  const int error = files_.sync_directory(config_.directory);
  // Nobody knows under which name it would be found: the next try begins with a file of its own.
  if (error != 0) static_cast<void>(files_.remove(new_path));
  return error;
}

int RecordingWriter::open_segment(std::int64_t wall_ns, const std::string& given_up) {
  PHAL_ENFORCE(!is_open(), "one segment is open at a time");
  if (const int error = files_.make_directory(config_.directory); error != 0) return error;
  std::unique_ptr<WritableFile> file;
  const std::string path = path_of(segment_number_ + 1);
  const std::string new_path = path + ".new";
  if (!given_up.empty()) {
    if (const int error = take_over(given_up, new_path); error != 0) return error;
  }
  if (const int error = files_.open_for_writing(new_path, file); error != 0) return error;
  file_ = std::move(file);
  ++segment_number_;
  chain_before_ = durable_chain_ = chain_;
  block_count_ = durable_blocks_ = file_bytes_ = durable_file_bytes_ = 0;
  salt_ = config_.random_id(config_.random_context);
  // Before any block: what is sealed under a key that a power cut forgot would be lost.
  if (config_.encrypt && config_.keys != nullptr) {
    if (const int error =
            ContentKeys::make(files_, config_.directory, segment_number_, salt_, *config_.keys, content_keys_);
        error != 0)
      return error;
  }
  // A file system without fallocate is no reason to record nothing.
  const int reserved = file_->preallocate(config_.segment_bytes);
  if (reserved == ENOSPC || reserved == EIO) return reserved;
  std::vector<std::byte> page(segment_header_bytes);
  write_segment_header({.salt = salt_,
                        .recording_id = recording_id_,
                        .segment_number = segment_number_,
                        .first_sequence = next_sequence_,
                        .previous_chain = chain_,
                        .opened_wall_ns = wall_ns},
                       std::span<std::byte, segment_header_bytes>(page));
  if (const int error = write_whole(*file_, 0, page); error != 0) return error;
  // The name comes after the durable header, or else reserved space could show an older file's header under it.
  if (const int error = file_->sync_data(); error != 0) return error;
  if (const int error = files_.rename(new_path, path); error != 0) return error;
  file_bytes_ = page.size();
  chain_ = chain_of(page);
  return files_.sync_directory(config_.directory);
}

bool RecordingWriter::has_room_for(std::size_t body_bytes) const {
  return file_bytes_ + block_file_bytes(body_bytes) + segment_page_bytes <= config_.segment_bytes;
}

void RecordingWriter::seal(BlockHeader header, std::vector<std::byte>& block) const {
  PHAL_ENFORCE(is_open(), "a block needs an open segment");
  header.salt = salt_;
  header.block_number = block_count_;
  header.durable_blocks = durable_blocks_;
  header.chain = chain_;
  seal_block(header, block);
  if (header.kind == BlockKind::checkpoint && signer() != nullptr) sign_checkpoint(*signer(), block);
}

void RecordingWriter::count_block(const ChainHash& chain, std::size_t block_bytes) {
  chain_ = chain;
  file_bytes_ += block_bytes;
  ++block_count_;
}

int RecordingWriter::append_block(const BlockHeader& header, std::vector<std::byte>& block) {
  seal(header, block);
  if (const int error = write_whole(*file_, file_bytes_, block); error != 0) return error;
  // The disk writes while this thread hashes.
  file_->start_writeback(file_bytes_, block.size());
  count_block(chain_of(block), block.size());
  return 0;
}

RecordingWriter::AppendErrors RecordingWriter::append_durably(const BlockHeader& header,
                                                              std::vector<std::byte>& block) {
  AppendErrors errors;
  if (!config_.hash_thread || block.size() < hash_beside_bytes_min) {
    errors.write = append_block(header, block);
    if (errors.write == 0) errors.sync = sync();
    return errors;
  }
  seal(header, block);
  const ChainHash chain = hasher_.hash_beside(block, [&] {
    errors.write = write_whole(*file_, file_bytes_, block);
    if (errors.write == 0) errors.sync = file_->sync_data();
  });
  if (errors.write != 0) return errors;
  count_block(chain, block.size());
  if (errors.sync == 0) note_synced();
  return errors;
}

int RecordingWriter::sync() {
  PHAL_ENFORCE(is_open(), "there is nothing to sync");
  if (const int error = file_->sync_data(); error != 0) return error;
  note_synced();
  return 0;
}

void RecordingWriter::note_synced() {
  durable_blocks_ = block_count_;
  durable_file_bytes_ = file_bytes_;
  durable_chain_ = chain_;
}

int RecordingWriter::cut_to_used_size() {
  PHAL_ENFORCE(is_open(), "there is nothing to cut");
  if (const int error = file_->truncate(file_bytes_); error != 0) return error;
  // The size before the checkpoint: a checkpoint that arrives first would close over bytes that are not its own.
  return file_->sync_data();
}

void RecordingWriter::finish_segment() {
  file_.reset();
  content_keys_.reset();
}

void RecordingWriter::abandon_segment() {
  if (!is_open()) return;
  // Best effort, on a disk that has just refused: a reader does not need it.
  if (durable_blocks_ > 0) static_cast<void>(file_->truncate(durable_file_bytes_));
  file_.reset();
  content_keys_.reset();
  if (durable_blocks_ > 0) {
    chain_ = durable_chain_;
    return;
  }
  // It never held anything that was promised: its number is free again, whether or not its name can be taken away.
  const std::uint64_t number = segment_number_--;
  chain_ = chain_before_;
  static_cast<void>(remove_segment(files_, config_.directory, segment_file_name(number)));
}

}  // namespace phalarope::hal
