// MemoryRecording: a recording that lives in memory, with the wounds a test gives it.
//
// Fault model: records may be left out (a gap in the sequence), and damage may be reported as a store would after a
// block it could not trust. Bodies are never altered silently, because a store's checks never let that through.
#pragma once

#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "core/engine/base/event.hpp"
#include "core/replay/record_source.hpp"

namespace phalarope::replay {

class MemoryRecording final : public RecordSource {
 public:
  std::optional<Record> next() override {
    if (next_ == records_.size()) return std::nullopt;
    const auto& [header, body] = records_[next_++];
    return Record{.header = header, .body = body, .position = {"memory.phr", next_ / 4, 0}};
  }
  const std::vector<Damage>& damage() const override { return damage_; }

  void add(RecordType type, std::span<const std::byte> body) {
    records_.push_back(
        {{.body_bytes = static_cast<std::uint32_t>(body.size()), .type = type, .level = 0, .sequence = sequence_++},
         {body.begin(), body.end()}});
  }
  void add(const Event& event) { add(RecordType::event, std::as_bytes(std::span(&event, 1))); }
  void add_text(std::string_view text) { add(RecordType::text, std::as_bytes(std::span(text))); }
  void add_symbol(std::uint32_t id, std::string_view text) {
    std::vector<std::byte> body(sizeof id + text.size());
    std::memcpy(body.data(), &id, sizeof id);
    std::memcpy(body.data() + sizeof id, text.data(), text.size());
    add(RecordType::symbol, body);
  }
  /// What a started engine writes first.
  void begin() {
    const std::byte word{1};
    add(RecordType::pipeline, {&word, 1});
    add(RecordType::session, {&word, 1});
  }
  /// Another recording's records behind these, numbered on.
  void append(const MemoryRecording& other) {
    for (const auto& [header, body] : other.records_) add(header.type, body);
  }
  /// The disk got everything but this record: the others are numbered as if it had never been.
  void truncate_run(std::size_t index) {
    leave_out(index);
    for (std::size_t i = index; i < records_.size(); ++i) --records_[i].first.sequence;
  }
  void leave_out(std::size_t index) { records_.erase(records_.begin() + static_cast<std::ptrdiff_t>(index)); }
  void report_damage(Damage damage) { damage_.push_back(std::move(damage)); }
  void rewind() { next_ = 0; }
  std::size_t size() const { return records_.size(); }
  /// The event of a record, to be bent by a test.
  Event event_at(std::size_t index) const {
    Event event{};
    std::memcpy(&event, records_[index].second.data(), sizeof event);
    return event;
  }
  void replace(std::size_t index, const Event& event) {
    std::memcpy(records_[index].second.data(), &event, sizeof event);
  }

 private:
  std::vector<std::pair<RecordHeader, std::vector<std::byte>>> records_;
  std::vector<Damage> damage_;
  std::size_t next_ = 0;
  std::uint64_t sequence_ = 0;
};

}  // namespace phalarope::replay
