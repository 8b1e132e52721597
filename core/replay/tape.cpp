#include "core/replay/tape.hpp"

#include <algorithm>
#include <cstring>

#include "core/engine/evidence/well_known_symbols.hpp"
#include "core/replay/gap_watch.hpp"

namespace phalarope::replay {
namespace {

std::vector<std::byte> copy_of(std::span<const std::byte> bytes) { return {bytes.begin(), bytes.end()}; }

class TapeBuilder {
 public:
  void take(const Record& record) {
    switch (record.header.type) {
      case RecordType::pipeline:
        if (tapes_.empty() || beyond_pipelines_) tapes_.emplace_back();
        beyond_pipelines_ = false;
        tape().pipelines.push_back(copy_of(record.body));
        return;
      case RecordType::session:
        return take_session(record.body);
      case RecordType::event:
        return take_event(record.body);
      case RecordType::text:
        return take_text(record.body);
      case RecordType::symbol:
        return take_symbol(record.body);
      case RecordType::audio:
        return take_audio(record.body);
      case RecordType::none:
      case RecordType::baseline:
      case RecordType::checkpoint:
      case RecordType::loss:
        return;
    }
  }
  std::vector<Tape> finish() { return std::move(tapes_); }
  bool begins_at_its_beginning() const { return begins_; }

 private:
  Tape& tape() { return tapes_.back(); }

  void take_session(std::span<const std::byte> body) {
    if (tapes_.empty()) return;
    beyond_pipelines_ = true;
    if (tape().items.empty()) {
      tape().first_sessions.push_back(copy_of(body));
      return;
    }
    tape().items.push_back({.kind = TapeItem::Kind::seat, .extra = static_cast<std::uint32_t>(tape().seats.size())});
    tape().seats.push_back(copy_of(body));
  }

  void take_event(std::span<const std::byte> body) {
    if (tapes_.empty() || body.size() != event_bytes) {
      begins_ = begins_ && !tapes_.empty();
      return;
    }
    beyond_pipelines_ = true;
    TapeItem item;
    std::memcpy(&item.event, body.data(), event_bytes);
    item.kind = item.event.has(EventFlag::output) ? TapeItem::Kind::output : TapeItem::Kind::input;
    tape().items.push_back(item);
  }

  void take_text(std::span<const std::byte> body) {
    if (tapes_.empty() || tape().items.empty()) return;
    tape().items.back().text = static_cast<std::uint32_t>(tape().texts.size());
    tape().texts.emplace_back(reinterpret_cast<const char*>(body.data()), body.size());
  }

  void take_symbol(std::span<const std::byte> body) {
    std::uint32_t id = 0;
    if (tapes_.empty() || body.size() < sizeof id) return;
    std::memcpy(&id, body.data(), sizeof id);
    tape().symbols.emplace_back(
        id, std::string(reinterpret_cast<const char*>(body.data()) + sizeof id, body.size() - sizeof id));
  }

  void take_audio(std::span<const std::byte> body) {
    TapeSound sound;
    if (tapes_.empty() || body.size() < sizeof sound.header) return;
    std::memcpy(&sound.header, body.data(), sizeof sound.header);
    sound.item = tape().items.empty() ? 0 : tape().items.size() - 1;
    sound.body = copy_of(body.subspan(sizeof sound.header));
    tape().sound.push_back(std::move(sound));
  }

  std::vector<Tape> tapes_;
  bool beyond_pipelines_ = false;
  bool begins_ = true;
};

}  // namespace

std::size_t Tape::step_of(std::size_t item) const {
  while (item > 0 && items[item].kind == TapeItem::Kind::output) --item;
  return item;
}

std::optional<std::size_t> Tape::find_output(std::uint16_t slot, std::uint64_t runtime_sequence) const {
  const auto found = std::ranges::find_if(items, [&](const TapeItem& item) {
    return item.kind == TapeItem::Kind::output && item.event.runtime_sequence == runtime_sequence &&
           item.event.session_slot == slot;
  });
  if (found == items.end()) return std::nullopt;
  return static_cast<std::size_t>(found - items.begin());
}

std::uint32_t Tape::first_free_symbol() const {
  std::uint32_t highest = 0;
  for (const auto& [id, text] : symbols) {
    if (id < first_tenant_symbol) highest = std::max(highest, id);
  }
  return highest + 1;
}

std::expected<std::vector<Tape>, std::string> read_tapes(RecordSource& recording) {
  TapeBuilder builder;
  GapWatch watch;
  std::vector<RecordGap> gaps;
  while (const auto record = recording.next()) {
    watch.take(*record, gaps);
    builder.take(*record);
  }
  if (!recording.damage().empty()) {
    const Damage& first = recording.damage().front();
    return std::unexpected("the recording is damaged (" + first.position.file + " block " +
                           std::to_string(first.position.block) + ": " + first.what +
                           "); what is missing cannot be lived through again, see phalarope evidence verify");
  }
  const auto lost = std::ranges::find_if(gaps, [](const RecordGap& gap) { return gap.may_hold_events; });
  if (lost != gaps.end()) {
    return std::unexpected("the recording lost " + std::to_string(lost->count) + " records from number " +
                           std::to_string(lost->first_missing) + " on; what is missing cannot be lived through again");
  }
  std::vector<Tape> tapes = builder.finish();
  if (tapes.empty() || !builder.begins_at_its_beginning()) {
    return std::unexpected("the recording does not begin at its beginning; give the whole folder");
  }
  return tapes;
}

}  // namespace phalarope::replay
