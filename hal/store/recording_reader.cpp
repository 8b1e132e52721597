#include "hal/store/recording_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/engine/evidence/content_form.hpp"
#include "hal/store/checkpoint_signature.hpp"
#include "hal/store/scan_ahead.hpp"
#include "hal/store/segment_scan.hpp"

namespace phalarope::hal {
namespace {

enum Member : std::size_t { event_member, symbol_member, payload_member };

std::string file_name_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

RecordingTail tail_of(const SegmentScan& last) {
  if (last.closed()) return last.checkpoint()->recording_closed() ? RecordingTail::closed : RecordingTail::continues;
  return last.ends_abruptly() ? RecordingTail::cut : RecordingTail::open;
}

std::string range_text(std::uint64_t first, std::uint64_t last) {
  return first == last ? std::to_string(first) : std::to_string(first) + " to " + std::to_string(last);
}

}  // namespace

const char* name_of(RecordingTail tail) noexcept {
  switch (tail) {
    case RecordingTail::none:
      return "none";
    case RecordingTail::closed:
      return "closed";
    case RecordingTail::continues:
      return "continues";
    case RecordingTail::open:
      return "open";
    case RecordingTail::cut:
      return "cut";
  }
  return "?";
}

RecordingReader::RecordingReader(FileSystem& files, const std::string& path, ReaderOptions options)
    : files_(files), options_(std::move(options)) {
  find_segments(path);
  std::vector<std::string> paths;
  for (const std::string& name : segment_names_) paths.push_back(directory_ + "/" + name);
  scans_ = std::make_unique<ScanAhead>(files_, std::move(paths), options_.threads);
}

void RecordingReader::find_segments(const std::string& path) {
  const int error = files_.list(path, segment_names_);
  if (error == 0) {
    directory_ = path;
    std::erase_if(segment_names_, [](const std::string& name) { return !segment_number_of(name); });
    // By number, not by name: beyond 999999 names grow.
    std::sort(segment_names_.begin(), segment_names_.end(), [](const std::string& left, const std::string& right) {
      return *segment_number_of(left) < *segment_number_of(right);
    });
    return;
  }
  if (error != ENOTDIR && error != ENOENT) {
    segment_name_ = file_name_of(path);
    add_damage(0, 0, std::string("the folder cannot be listed: ") + std::strerror(error), 0);
    return;
  }
  directory_ = directory_of(path);
  segment_names_ = {file_name_of(path)};
}

RecordingReader::~RecordingReader() = default;

void RecordingReader::add_damage(std::uint64_t block, std::uint64_t offset, std::string what, std::uint64_t bytes) {
  damage_.push_back({{segment_name_, block, offset}, std::move(what), bytes});
  gap_explained_ = true;
}

bool RecordingReader::open_next_segment() {
  if (segments_opened_ == segment_names_.size()) return false;
  const std::unique_ptr<SegmentScan> before = std::move(scan_);
  segment_name_ = segment_names_[segments_opened_++];
  scan_ = scans_->next();
  content_keys_.reset();
  content_keys_read_ = false;
  wounds_told_ = block_index_ = record_index_ = 0;
  successor_reads_alone_ = before == nullptr || before->blocks().empty();
  if (scan_->error() != 0) {
    add_damage(0, 0, std::string("cannot be read: ") + std::strerror(scan_->error()), 0);
    scan_.reset();
    return true;
  }
  ++totals_.segments;
  totals_.bytes += scan_->file_bytes();
  judge_succession(before.get());
  if (scan_ == nullptr) return true;
  judge_signature_of_segment();
  if (!scan_->closed()) ++totals_.open_segments;
  totals_.dropped_tail_bytes += scan_->dropped_tail_bytes();
  totals_.closed = scan_->closed() && scan_->checkpoint()->recording_closed();
  if (totals_.first_segment == 0) totals_.first_segment = last_segment_number_;
  totals_.last_segment = last_segment_number_;
  totals_.tail = tail_of(*scan_);
  last_chain_ = scan_->last_chain();
  if (scan_->header()) next_sequence_ = std::max(next_sequence_, scan_->header()->first_sequence);
  return true;
}

/// Whether its checkpoint is signed, and by whom. What it says is worth nothing to somebody who holds no key.
void RecordingReader::judge_signature_of_segment() {
  if (!scan_->closed()) return;
  const wire::Checkpoint& checkpoint = *scan_->checkpoint();
  if (checkpoint.signature() != nullptr && checkpoint.signature()->size() != 0) ++totals_.signed_segments;
  KeyId id;
  if (checkpoint.signing_key() != nullptr && checkpoint.signing_key()->size() == id.size()) {
    std::memcpy(id.data(), checkpoint.signing_key()->data(), id.size());
    auto& known = totals_.signing_keys;
    if (std::find(known.begin(), known.end(), id) == known.end()) known.push_back(id);
  }
  if (options_.public_keys.empty()) return;
  SignatureState best = SignatureState::of_another_key;
  for (const PublicKey& key : options_.public_keys) {
    const SignatureState state = judge_signature(key, scan_->checkpoint_bytes(), checkpoint);
    if (state != SignatureState::of_another_key) best = state;
    if (state == SignatureState::holds) break;
  }
  if (best == SignatureState::holds) {
    ++totals_.proven_segments;
    return;
  }
  const SoundBlock& block = *scan_->checkpoint_block();
  add_damage(block.header.block_number, block.offset_bytes, describe(best), 0);
}

/// Whether this file belongs to the recording and continues the one before it.
void RecordingReader::judge_succession(const SegmentScan* before) {
  const auto& header = scan_->header();
  const std::uint64_t named = segment_number_of(segment_name_).value_or(last_segment_number_ + 1);
  const std::uint64_t number = header ? header->segment_number : named;
  if (number != named) {
    add_damage(0, 0, "the file's name is not that of its segment number " + std::to_string(number), 0);
  }
  if (header && recording_id_ && *recording_id_ != header->recording_id) {
    add_damage(0, 0, "belongs to another recording; not read", scan_->file_bytes());
    scan_.reset();
    return;
  }
  if (header) recording_id_ = header->recording_id;
  const bool first = segments_opened_ == 1;
  if (!first && number > last_segment_number_ + 1) {
    add_damage(0, 0, "segments " + range_text(last_segment_number_ + 1, number - 1) + " are missing before it", 0);
    successor_reads_alone_ = true;
  } else if (before != nullptr && before->closed() && header && header->previous_chain != before->last_chain()) {
    // Of a segment without a checkpoint it is already said that it ends unproven.
    add_damage(0, 0, "does not continue the segment before it", 0);
  }
  last_segment_number_ = number;
}

/// Says what was wrong before the block that is read next, so that damage and records come in file order.
void RecordingReader::tell_wounds_up_to(std::size_t block_index) {
  const auto& wounds = scan_->wounds();
  for (; wounds_told_ < wounds.size() && wounds[wounds_told_].next_block <= block_index; ++wounds_told_) {
    const SegmentWound& wound = wounds[wounds_told_];
    add_damage(wound.block, wound.offset_bytes, wound.what, wound.bytes);
  }
}

bool RecordingReader::enter_next_block() {
  for (;;) {
    if (scan_ != nullptr) {
      tell_wounds_up_to(block_index_);
      if (block_index_ < scan_->blocks().size()) break;
    }
    if (!open_next_segment()) return false;
  }
  ++block_index_;
  ++totals_.blocks;
  record_index_ = 0;
  member_index_ = {};
  return true;
}

replay::Record RecordingReader::record_at(std::size_t index) {
  const SoundBlock& block = scan_->blocks()[block_index_ - 1];
  const wire::RecordEntry& entry = *block.body->order()->Get(static_cast<flatbuffers::uoffset_t>(index));
  replay::Record record;
  record.header.type = static_cast<RecordType>(entry.type());
  record.header.level = entry.level();
  record.header.sequence = block.header.first_sequence + entry.sequence_offset();
  sealed_by_ = 0;
  record.position = {segment_name_, block.header.block_number, block.offset_bytes};
  if (record.header.type == RecordType::event) {
    const wire::Event* const event = block.body->events()->Get(member_index_[event_member]++);
    record.body = std::as_bytes(std::span(event, 1));
  } else if (record.header.type == RecordType::symbol) {
    const wire::Symbol* const symbol = block.body->symbols()->Get(member_index_[symbol_member]++);
    const std::uint32_t id = symbol->id();
    symbol_body_.resize(sizeof id + symbol->text()->size());
    std::memcpy(symbol_body_.data(), &id, sizeof id);
    std::memcpy(symbol_body_.data() + sizeof id, symbol->text()->data(), symbol->text()->size());
    record.body = symbol_body_;
  } else {
    const wire::Payload* const payload = block.body->payloads()->Get(member_index_[payload_member]++);
    const auto* const bytes = payload->bytes();
    sealed_by_ = payload->key();
    record.body = std::as_bytes(std::span(bytes->data(), bytes->size()));
  }
  record.header.body_bytes = static_cast<std::uint32_t>(record.body.size());
  return record;
}

/// Repeated records are skipped, gaps are named. Carried records stand outside the sequence.
bool RecordingReader::is_wanted(const replay::Record& record) {
  const SoundBlock& block = scan_->blocks()[block_index_ - 1];
  if (block.header.kind == BlockKind::carried) return successor_reads_alone_;
  const std::uint64_t sequence = record.header.sequence;
  if (expected_sequence_ && sequence < *expected_sequence_) {
    ++totals_.repeated_records;
    return false;
  }
  LossRecord loss;
  const bool tells_loss = record.header.type == RecordType::loss && record.body.size() == sizeof loss;
  if (tells_loss) {
    std::memcpy(&loss, record.body.data(), sizeof loss);
    for (std::size_t i = 0; i < record_type_count; ++i) totals_.lost[i] += loss.lost[i];
  }
  if (expected_sequence_ && sequence > *expected_sequence_ && !gap_explained_) {
    const bool told = tells_loss && loss.first_sequence == *expected_sequence_ && loss.last_sequence + 1 == sequence;
    if (!told) {
      add_damage(block.header.block_number, block.offset_bytes,
                 "records " + range_text(*expected_sequence_, sequence - 1) + " are missing", 0);
    }
  }
  expected_sequence_ = sequence + 1;
  next_sequence_ = std::max(next_sequence_, sequence + 1);
  gap_explained_ = false;
  return true;
}

const ContentKeys* RecordingReader::content_keys() {
  if (content_keys_read_) return content_keys_.get();
  content_keys_read_ = true;
  const SegmentSalt& salt = scan_->blocks()[block_index_ - 1].header.salt;
  const std::uint64_t number = segment_number_of(segment_name_).value_or(last_segment_number_);
  content_keys_ = ContentKeys::read(files_, directory_, number, salt, options_.board_keys.get());
  return content_keys_.get();
}

bool RecordingReader::unseal(replay::Record& record) {
  const ContentKeys* const keys = content_keys();
  const auto content = sealed_content_of(record.header.type);
  const bool live = keys != nullptr && content && keys->state(*content) == KeyState::live;
  if (live && options_.board_keys == nullptr) {
    ++totals_.locked_records;
    return false;
  }
  if (!live || !keys->open(record.header.type, record.header.sequence, record.body, opened_)) {
    ++totals_.inaccessible_records;
    return false;
  }
  record.body = opened_;
  record.header.body_bytes = static_cast<std::uint32_t>(record.body.size());
  return true;
}

/// It keeps its place, so that nobody takes it for lost; there is nothing in it.
void RecordingReader::withhold(replay::Record& record) {
  record.body = {};
  record.header.body_bytes = 0;
}

void RecordingReader::mask(replay::Record& record) {
  masked_text_.resize(record.body.size());
  const std::string_view text(reinterpret_cast<const char*>(record.body.data()), record.body.size());
  masked_text_.resize(mask_text(text, masked_text_));
  record.body = std::as_bytes(std::span(masked_text_));
  record.header.body_bytes = static_cast<std::uint32_t>(record.body.size());
}

std::optional<replay::Record> RecordingReader::next() {
  for (;;) {
    const bool in_block =
        scan_ != nullptr && block_index_ > 0 && record_index_ < scan_->blocks()[block_index_ - 1].header.record_count;
    if (!in_block) {
      if (!enter_next_block()) return std::nullopt;
      continue;
    }
    replay::Record record = record_at(record_index_++);
    if (!is_wanted(record)) continue;
    if (sealed_by_ != 0 && !unseal(record)) withhold(record);
    if (options_.redacted && record.header.type == RecordType::audio) withhold(record);
    if (options_.redacted && record.header.type == RecordType::text) mask(record);
    ++totals_.records;
    ++totals_.by_type[static_cast<std::size_t>(record.header.type)];
    return record;
  }
}

RecordingPoint RecordingReader::point() const {
  return {.recording_id = recording_id_.value_or(RecordingId{}),
          .next_segment_number = last_segment_number_ + 1,
          .next_sequence = next_sequence_,
          .chain = last_chain_};
}

}  // namespace phalarope::hal
