#include "hal/store/block_builder.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#include "core/engine/session/session_start.hpp"
#include "evidence_generated.h"

namespace phalarope::hal {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

/// Tables, vtables, length words and alignment of one record beside its bytes.
constexpr std::size_t record_overhead_bytes = 64 + seal_bytes;
constexpr std::size_t block_overhead_bytes = 256;
/// Bodies are read in place as events, words or FlatBuffers; all want at most this.
constexpr std::size_t payload_alignment_bytes = 16;

const std::uint8_t* octets(std::span<const std::byte> bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

Offset<wire::Payload> create_payload(FlatBufferBuilder& builder, std::span<const std::byte> bytes) {
  builder.ForceVectorAlignment(bytes.size(), 1, payload_alignment_bytes);
  return wire::CreatePayload(builder, builder.CreateVector(octets(bytes), bytes.size()));
}

Offset<wire::Symbol> create_symbol(FlatBufferBuilder& builder, std::span<const std::byte> body) {
  std::uint32_t id = 0;
  if (body.size() >= sizeof id) std::memcpy(&id, body.data(), sizeof id);
  const auto text = body.subspan(std::min(body.size(), sizeof id));
  return wire::CreateSymbol(builder, id, builder.CreateString(reinterpret_cast<const char*>(text.data()), text.size()));
}

void copy_to_block(const FlatBufferBuilder& builder, std::vector<std::byte>& block, BlockHeader& header) {
  header.body_bytes = builder.GetSize();
  block.resize(block_file_bytes(builder.GetSize()));
  std::memcpy(block.data() + block_header_bytes, builder.GetBufferPointer(), builder.GetSize());
}

}  // namespace

void CarriedRecords::learn(const RingRecord& record) {
  // After a rewind the same records come again.
  if (record.header.sequence < next_sequence_) return;
  next_sequence_ = record.header.sequence + 1;
  switch (record.header.type) {
    case RecordType::symbol: {
      std::uint32_t id = 0;
      if (record.body.size() < sizeof id) return;
      std::memcpy(&id, record.body.data(), sizeof id);
      const auto text = record.body.subspan(sizeof id);
      symbols_[id].assign(reinterpret_cast<const char*>(text.data()), text.size());
      return;
    }
    case RecordType::pipeline:
      // A run begins with all its pipelines; its sessions follow.
      if (!stored_.empty() && stored_.back().type == RecordType::session) stored_.clear();
      stored_.push_back({record.header.type, {record.body.begin(), record.body.end()}});
      return;
    case RecordType::session:
      return learn_session(record.body);
    case RecordType::none:
    case RecordType::event:
    case RecordType::text:
    case RecordType::audio:
    case RecordType::baseline:
    case RecordType::checkpoint:
    case RecordType::loss:
      return;
  }
}

// The last session of each seat: what came before on it has ended.
void CarriedRecords::learn_session(std::span<const std::byte> body) {
  const auto seat_of = [](std::span<const std::byte> session) {
    SessionStart start;
    if (session.size() == sizeof start) std::memcpy(&start, session.data(), sizeof start);
    return start.session_slot;
  };
  std::erase_if(stored_, [&](const Stored& known) {
    return known.type == RecordType::session && seat_of(known.body) == seat_of(body);
  });
  stored_.push_back({RecordType::session, {body.begin(), body.end()}});
}

std::string_view CarriedRecords::text_of(SymbolId id) const {
  const std::string_view built_in = well_known_text(id);
  if (!built_in.empty()) return built_in;
  const auto found = symbols_.find(id.value);
  return found == symbols_.end() ? std::string_view{} : std::string_view(found->second);
}

void SegmentTally::add(RecordType type, std::span<const std::byte> body) {
  ++records;
  ++written[static_cast<std::size_t>(type)];
  LossRecord loss;
  if (type != RecordType::loss || body.size() != sizeof loss) return;
  std::memcpy(&loss, body.data(), sizeof loss);
  for (std::size_t i = 0; i < record_type_count; ++i) lost[i] += loss.lost[i];
}

struct BlockBuilder::Scratch {
  FlatBufferBuilder builder{256 * 1024};
  std::vector<wire::RecordEntry> order;
  std::vector<Offset<wire::Symbol>> symbols;
  std::vector<Offset<wire::Payload>> payloads;
  std::vector<std::byte> packet;
  std::vector<std::byte> audio;
  std::vector<std::byte> sealed;
  std::size_t events = 0;
};

BlockBuilder::BlockBuilder(const CarriedRecords& symbols, AudioEncoder* encoder)
    : symbols_(symbols), encoder_(encoder), scratch_(std::make_unique<Scratch>()) {}
BlockBuilder::~BlockBuilder() = default;

void BlockBuilder::clear() {
  records_.clear();
  baselines_.clear();
  estimate_bytes_ = 0;
}

void BlockBuilder::add(const RingRecord& record) {
  if (records_.empty()) estimate_bytes_ = block_overhead_bytes;
  records_.push_back(record);
  // A baseline grows by the texts of its symbols; twice its ring form was always enough, and the block may grow anyway.
  const std::size_t growth = record.header.type == RecordType::baseline ? 2 : 1;
  estimate_bytes_ += growth * record.body.size() +
                     (record.header.type == RecordType::event ? sizeof(wire::RecordEntry) : record_overhead_bytes);
}

/// Text and audio, sealed where there are keys; everything else as it is.
void BlockBuilder::put_content(const RingRecord& record, std::span<const std::byte> body, const ContentKeys* keys) {
  auto& s = *scratch_;
  const auto content = sealed_content_of(record.header.type);
  if (keys == nullptr || !content) {
    s.payloads.push_back(create_payload(s.builder, body));
    return;
  }
  keys->seal(record.header.type, record.header.sequence, body, s.sealed);
  const auto bytes = s.builder.CreateVector(octets(s.sealed), s.sealed.size());
  const auto key = static_cast<std::uint8_t>(static_cast<unsigned>(*content) + 1);
  s.payloads.push_back(wire::CreatePayload(s.builder, bytes, key));
}

void BlockBuilder::put_payload(const RingRecord& record, const ContentKeys* keys) {
  auto& s = *scratch_;
  if (record.header.type == RecordType::baseline) {
    TurnEvidence evidence;
    if (read_turn_evidence(record.body, evidence)) {
      baselines_.push_back({record.header.sequence, baseline_table(evidence, symbols_, unknown_symbols_)});
      s.payloads.push_back(create_payload(s.builder, baselines_.back().table));
      return;
    }
  }
  AudioRecordHeader audio;
  if (record.header.type == RecordType::audio && encoder_ != nullptr && record.body.size() >= sizeof audio) {
    std::memcpy(&audio, record.body.data(), sizeof audio);
    s.packet.clear();
    if (audio.codec == AudioCodec::s16le && encoder_->encode(audio, record.body.subspan(sizeof audio), s.packet)) {
      s.audio.resize(sizeof audio + s.packet.size());
      std::memcpy(s.audio.data(), &audio, sizeof audio);
      std::memcpy(s.audio.data() + sizeof audio, s.packet.data(), s.packet.size());
      return put_content(record, s.audio, keys);
    }
  }
  put_content(record, record.body, keys);
}

void BlockBuilder::build(std::vector<std::byte>& block, BlockHeader& header, const ContentKeys* keys) {
  auto& s = *scratch_;
  s.builder.Clear();
  s.order.clear();
  s.symbols.clear();
  s.payloads.clear();
  baselines_.clear();
  s.events = 0;
  const std::uint64_t first_sequence = records_.empty() ? header.first_sequence : records_.front().header.sequence;
  for (const RingRecord& record : records_) {
    s.order.emplace_back(static_cast<std::uint32_t>(record.header.sequence - first_sequence),
                         static_cast<std::uint8_t>(record.header.type), static_cast<std::uint8_t>(record.header.level),
                         std::uint16_t{0});
    if (record.header.type == RecordType::event && record.body.size() == event_bytes) {
      ++s.events;
    } else if (record.header.type == RecordType::symbol) {
      s.symbols.push_back(create_symbol(s.builder, record.body));
    } else {
      put_payload(record, keys);
    }
  }
  wire::Event* event = nullptr;
  const auto events = s.builder.CreateUninitializedVectorOfStructs(s.events, &event);
  for (const RingRecord& record : records_) {
    if (record.header.type != RecordType::event) continue;
    std::memcpy(static_cast<void*>(event++), record.body.data(), event_bytes);
  }
  const auto order = s.builder.CreateVectorOfStructs(s.order);
  const auto symbols = s.builder.CreateVector(s.symbols);
  const auto payloads = s.builder.CreateVector(s.payloads);
  s.builder.FinishSizePrefixed(wire::CreateEvidenceBlock(s.builder, order, events, symbols, payloads));
  header.kind = BlockKind::records;
  header.first_sequence = first_sequence;
  header.record_count = static_cast<std::uint32_t>(records_.size());
  copy_to_block(s.builder, block, header);
}

void build_carried_block(const CarriedRecords& carried, std::uint64_t next_sequence, std::vector<std::byte>& block,
                         BlockHeader& header) {
  FlatBufferBuilder builder;
  std::vector<wire::RecordEntry> order;
  std::vector<Offset<wire::Symbol>> symbols;
  std::vector<Offset<wire::Payload>> payloads;
  const auto enter = [&order](RecordType type) {
    order.emplace_back(static_cast<std::uint32_t>(order.size()), static_cast<std::uint8_t>(type), std::uint8_t{0},
                       std::uint16_t{0});
  };
  for (const CarriedRecords::Stored& stored : carried.stored()) {
    enter(stored.type);
    payloads.push_back(create_payload(builder, stored.body));
  }
  for (const auto& [id, text] : carried.symbols()) {
    enter(RecordType::symbol);
    symbols.push_back(wire::CreateSymbol(builder, id, builder.CreateString(text)));
  }
  const auto order_vector = builder.CreateVectorOfStructs(order);
  const auto symbol_vector = builder.CreateVector(symbols);
  const auto payload_vector = builder.CreateVector(payloads);
  builder.FinishSizePrefixed(wire::CreateEvidenceBlock(builder, order_vector, 0, symbol_vector, payload_vector));
  header.kind = BlockKind::carried;
  header.first_sequence = next_sequence;
  header.record_count = static_cast<std::uint32_t>(order.size());
  copy_to_block(builder, block, header);
}

void build_checkpoint_block(const CheckpointFacts& facts, const SegmentTally& tally, std::vector<std::byte>& block,
                            BlockHeader& header) {
  FlatBufferBuilder builder;
  std::vector<wire::RecordCount> counts;
  for (std::size_t type = 0; type < record_type_count; ++type) {
    if (tally.written[type] == 0 && tally.lost[type] == 0) continue;
    counts.emplace_back(static_cast<std::uint16_t>(type), std::uint16_t{0}, 0U, tally.written[type], tally.lost[type]);
  }
  const auto count_vector = builder.CreateVectorOfStructs(counts);
  const auto chain = builder.CreateVector(octets(facts.chain), facts.chain.size());
  Offset<flatbuffers::Vector<std::uint8_t>> signature;
  Offset<flatbuffers::Vector<std::uint8_t>> signing_key;
  if (facts.signing_key) {
    const Signature room{};
    signature = builder.CreateVector(octets(room), room.size());
    signing_key = builder.CreateVector(octets(*facts.signing_key), facts.signing_key->size());
  }
  wire::CheckpointBuilder checkpoint(builder);
  checkpoint.add_segment_number(facts.segment_number);
  checkpoint.add_blocks(facts.blocks);
  // Its own size is known beforehand: counts are few, so it is one page.
  checkpoint.add_file_bytes(facts.file_bytes + segment_page_bytes);
  checkpoint.add_first_sequence(facts.first_sequence);
  checkpoint.add_next_sequence(facts.next_sequence);
  checkpoint.add_records(tally.records);
  checkpoint.add_counts(count_vector);
  checkpoint.add_chain(chain);
  checkpoint.add_recording_closed(facts.recording_closed);
  checkpoint.add_recovered(facts.recovered);
  checkpoint.add_dropped_tail_bytes(facts.dropped_tail_bytes);
  checkpoint.add_signature(signature);
  checkpoint.add_signing_key(signing_key);
  const auto table = checkpoint.Finish();
  builder.FinishSizePrefixed(wire::CreateEvidenceBlock(builder, 0, 0, 0, 0, table));
  header.kind = BlockKind::checkpoint;
  header.first_sequence = facts.next_sequence;
  header.record_count = 0;
  copy_to_block(builder, block, header);
  PHAL_ENFORCE(block.size() == segment_page_bytes, "a checkpoint fits into one page");
}

}  // namespace phalarope::hal
