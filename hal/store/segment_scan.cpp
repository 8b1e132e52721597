#include "hal/store/segment_scan.hpp"

#include <algorithm>
#include <utility>

namespace phalarope::hal {
namespace {

/// A damaged file must not make the verifier walk for ever.
constexpr std::size_t verifier_depth_max = 16;
constexpr std::size_t verifier_tables_max = 4'000'000;

/// Members of each vector agree with the record list, sequences grow, and every payload is there.
bool agrees_with_header(const wire::EvidenceBlock& body, const BlockHeader& header) {
  if (header.kind == BlockKind::checkpoint) return body.checkpoint() != nullptr && header.record_count == 0;
  const std::size_t records = body.order() == nullptr ? 0 : body.order()->size();
  if (records != header.record_count || records == 0) return false;
  std::size_t events = 0, symbols = 0, payloads = 0;
  std::int64_t last_offset = -1;
  for (const wire::RecordEntry* const entry : *body.order()) {
    if (entry->sequence_offset() <= last_offset || entry->type() == 0 || entry->type() >= record_type_count)
      return false;
    last_offset = entry->sequence_offset();
    const auto type = static_cast<RecordType>(entry->type());
    if (type == RecordType::event) {
      ++events;
    } else if (type == RecordType::symbol) {
      ++symbols;
    } else {
      ++payloads;
    }
  }
  if (body.order()->Get(0)->sequence_offset() != 0) return false;
  if (events != (body.events() == nullptr ? 0 : body.events()->size())) return false;
  if (symbols != (body.symbols() == nullptr ? 0 : body.symbols()->size())) return false;
  if (payloads != (body.payloads() == nullptr ? 0 : body.payloads()->size())) return false;
  for (std::size_t i = 0; i < payloads; ++i) {
    if (body.payloads()->Get(static_cast<flatbuffers::uoffset_t>(i))->bytes() == nullptr) return false;
  }
  return true;
}

}  // namespace

/// Where the walk stands: what must come next.
struct SegmentScan::Walk {
  std::uint64_t expected_block = 0;
  std::uint64_t expected_offset = segment_header_bytes;
  ChainHash chain{};
  bool chain_known = false;  // false after a wound: what came before cannot vouch for what follows
};

SegmentScan::SegmentScan(FileSystem& files, const std::string& path) {
  error_ = files.read_all(path, bytes_);
  if (error_ != 0) return;
  if (!establish_salt()) return;
  find_candidates();
  find_order();
  walk_candidates();
}

bool SegmentScan::holds_chain(const ChainHash& chain) const {
  if (chain == header_chain_ || chain == last_chain_) return true;
  return std::any_of(blocks_.begin(), blocks_.end(), [&](const SoundBlock& block) { return block.hash == chain; });
}

std::span<const std::byte> SegmentScan::checkpoint_bytes() const {
  if (!checkpoint_block_) return {};
  return std::span(bytes_).subspan(checkpoint_block_->offset_bytes, checkpoint_block_->file_bytes);
}

bool SegmentScan::ends_abruptly() const {
  if (closed()) return false;
  if (sound_end_bytes_ >= bytes_.size() || bytes_.size() % segment_page_bytes != 0) return true;
  BlockHeader header;
  return read_block_header(std::span(bytes_).subspan(sound_end_bytes_), salt_, header) == Wound::cut_short;
}

void SegmentScan::add_wound(std::uint64_t block, std::uint64_t offset, std::uint64_t bytes, std::string what) {
  wounds_.push_back({block, offset, bytes, std::move(what), blocks_.size()});
}

/// From the header; if that is damaged, from the first block that is sound under the salt it carries itself.
bool SegmentScan::establish_salt() {
  SegmentHeader header;
  const Wound wound = read_segment_header(bytes_, header);
  if (wound == Wound::none) {
    header_ = header;
    salt_ = header.salt;
    last_chain_ = header_chain_ = chain_of(std::span(bytes_).first(segment_header_bytes));
    return true;
  }
  add_wound(0, 0, std::min<std::uint64_t>(bytes_.size(), segment_header_bytes),
            std::string("segment header: ") + describe(wound));
  for (std::size_t offset = segment_header_bytes; offset < bytes_.size(); offset += segment_page_bytes) {
    if (const auto salt = salt_of_sound_block(std::span(bytes_).subspan(offset))) {
      salt_ = *salt;
      return true;
    }
  }
  if (bytes_.size() > segment_header_bytes) {
    add_wound(0, segment_header_bytes, bytes_not_zero(segment_header_bytes), "no sound block in the whole file");
  }
  sound_end_bytes_ = 0;
  dropped_tail_bytes_ = bytes_not_zero(0);
  return false;
}

void SegmentScan::find_candidates() {
  std::size_t offset = segment_header_bytes;
  while (offset < bytes_.size()) {
    const auto rest = std::span<const std::byte>(bytes_).subspan(offset);
    Candidate candidate;
    candidate.offset_bytes = offset;
    if (read_block_header(rest, salt_, candidate.header) == Wound::none) {
      candidate.file_bytes = block_file_bytes(candidate.header.body_bytes);
      if (check_block_body(rest.first(candidate.file_bytes)) == Wound::none) {
        candidates_.push_back(candidate);
        offset += candidate.file_bytes;
        continue;
      }
    }
    offset += segment_page_bytes;
  }
}

/// A misdirected write leaves sound blocks in wrong places. In their right places are the most that can be had in
/// growing order of their numbers: the longest increasing subsequence (by piles, as in patience sorting).
void SegmentScan::find_order() {
  constexpr std::size_t none = SIZE_MAX;
  std::vector<std::size_t> pile_tops;
  std::vector<std::size_t> before(candidates_.size(), none);
  const auto number_of = [this](std::size_t index) { return candidates_[index].header.block_number; };
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    const auto pile = std::lower_bound(pile_tops.begin(), pile_tops.end(), number_of(i),
                                       [&](std::size_t top, std::uint64_t number) { return number_of(top) < number; });
    if (pile != pile_tops.begin()) before[i] = *(pile - 1);
    if (pile == pile_tops.end()) {
      pile_tops.push_back(i);
    } else {
      *pile = i;
    }
  }
  for (std::size_t i = pile_tops.empty() ? none : pile_tops.back(); i != none; i = before[i])
    candidates_[i].in_order = true;
}

Wound SegmentScan::judge(const Candidate& candidate, const Walk& walk, SoundBlock& block) const {
  const std::uint64_t number = candidate.header.block_number;
  if (!candidate.in_order) return Wound::wrong_block_number;
  if (walk.chain_known && number == walk.expected_block && candidate.header.chain != walk.chain) {
    return Wound::broken_chain;
  }
  const auto whole = std::span<const std::byte>(bytes_).subspan(candidate.offset_bytes, candidate.file_bytes);
  const auto* const body = reinterpret_cast<const std::uint8_t*>(whole.data() + block_header_bytes);
  flatbuffers::Verifier verifier(body, candidate.header.body_bytes, verifier_depth_max, verifier_tables_max);
  if (!wire::VerifySizePrefixedEvidenceBlockBuffer(verifier)) return Wound::malformed_body;
  block.body = wire::GetSizePrefixedEvidenceBlock(body);
  if (!agrees_with_header(*block.body, candidate.header)) return Wound::malformed_body;
  block.header = candidate.header;
  block.offset_bytes = candidate.offset_bytes;
  block.file_bytes = candidate.file_bytes;
  block.hash = chain_of(whole);
  return Wound::none;
}

/// A later block knows that this one was synced; or the checkpoint closed over it.
bool SegmentScan::hole_was_durable(std::size_t from_candidate, std::uint64_t block_number) const {
  return std::any_of(candidates_.begin() + static_cast<std::ptrdiff_t>(from_candidate), candidates_.end(),
                     [block_number](const Candidate& later) {
                       return later.header.durable_blocks > block_number ||
                              (later.header.kind == BlockKind::checkpoint && later.header.block_number >= block_number);
                     });
}

void SegmentScan::walk_candidates() {
  Walk walk;
  walk.chain = header_chain_;
  walk.chain_known = header_.has_value();
  for (std::size_t i = 0; i < candidates_.size() && !closed(); ++i) {
    const Candidate& candidate = candidates_[i];
    if (candidate.offset_bytes > walk.expected_offset) {
      if (!hole_was_durable(i, walk.expected_block)) break;  // the tail of an unfinished write
      add_wound(walk.expected_block, walk.expected_offset, candidate.offset_bytes - walk.expected_offset,
                describe_hole(walk.expected_offset, candidate.offset_bytes));
    }
    SoundBlock block;
    const Wound wound = judge(candidate, walk, block);
    const bool one_is_gone = wound == Wound::none && candidate.header.block_number > walk.expected_block;
    if (one_is_gone && candidate.offset_bytes == walk.expected_offset) {
      add_wound(walk.expected_block, candidate.offset_bytes, 0, "a block is missing before this place");
    }
    walk.expected_offset = candidate.offset_bytes + candidate.file_bytes;
    if (wound != Wound::none) {
      add_wound(walk.expected_block, candidate.offset_bytes, candidate.file_bytes, describe(wound));
      // A stray block says nothing about the one that should stand here; a bad one uses up its number.
      if (wound == Wound::wrong_block_number) continue;
      walk.expected_block = candidate.header.block_number + 1;
      walk.chain_known = false;
      continue;
    }
    walk.expected_block = block.header.block_number + 1;
    walk.chain = last_chain_ = block.hash;
    walk.chain_known = true;
    sound_end_bytes_ = walk.expected_offset;
    if (block.header.kind == BlockKind::checkpoint) {
      checkpoint_ = block.body->checkpoint();
      checkpoint_block_ = block;
    } else {
      blocks_.push_back(block);
    }
  }
  judge_end(walk);
}

void SegmentScan::judge_end(const Walk& walk) {
  if (closed()) {
    if (bytes_.size() > sound_end_bytes_) {
      add_wound(walk.expected_block, sound_end_bytes_, bytes_.size() - sound_end_bytes_,
                "bytes after the segment's checkpoint");
    }
    if (checkpoint_->blocks() != blocks_.size() && wounds_.empty()) {
      add_wound(walk.expected_block, checkpoint_block_->offset_bytes, 0, "the checkpoint counts other blocks");
    }
    if (checkpoint_->file_bytes() != sound_end_bytes_) {
      add_wound(walk.expected_block, checkpoint_block_->offset_bytes, 0, "the checkpoint names another file size");
    }
    return;
  }
  dropped_tail_bytes_ = bytes_not_zero(sound_end_bytes_);
  const std::string why = dropped_tail_bytes_ == 0 ? std::string("nothing follows the last sound block")
                                                   : describe_hole(sound_end_bytes_, bytes_.size());
  add_wound(walk.expected_block, sound_end_bytes_, dropped_tail_bytes_,
            "the segment has no checkpoint (still open, or cut): " + why);
}

/// What the first block-like thing of a hole suffers from.
std::string SegmentScan::describe_hole(std::uint64_t offset, std::uint64_t end) const {
  const auto rest = std::span<const std::byte>(bytes_).subspan(offset, end - offset);
  BlockHeader header;
  Wound wound = read_block_header(rest, salt_, header);
  if (wound == Wound::none) wound = check_block_body(rest.first(block_file_bytes(header.body_bytes)));
  return describe(wound);
}

/// Length of the stretch from `offset` up to the last byte that is not zero.
std::uint64_t SegmentScan::bytes_not_zero(std::uint64_t offset) const {
  const auto begin = bytes_.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(offset, bytes_.size()));
  const auto last = std::find_if(bytes_.rbegin(), std::make_reverse_iterator(begin),
                                 [](std::byte byte) { return byte != std::byte{0}; });
  return static_cast<std::uint64_t>(last.base() - begin);
}

}  // namespace phalarope::hal
