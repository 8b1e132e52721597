#include "core/replay/session_book.hpp"

#include <cstring>

namespace phalarope::replay {

std::optional<SessionStart> session_start_of(std::span<const std::byte> body) {
  SessionStart start;
  if (body.size() != sizeof start) return std::nullopt;
  std::memcpy(&start, body.data(), sizeof start);
  // A length that does not fit is damage that passed the store's checks, or another version.
  if (start.session_id_bytes > session_id_bytes_max) return std::nullopt;
  return start;
}

bool SessionBook::take(const Record& record) {
  switch (record.header.type) {
    case RecordType::pipeline: {
      const bool begins = stage_ != Stage::pipelines || pipelines_.empty();
      if (begins) {
        pipelines_.clear();
        names_.clear();
        first_sessions_.clear();
        seats_.clear();
      }
      stage_ = Stage::pipelines;
      pipelines_.emplace_back(record.body.begin(), record.body.end());
      names_.emplace_back();
      if (name_pipeline_) name_pipeline_(record.body, names_.back());
      return begins;
    }
    case RecordType::session:
      if (stage_ != Stage::events) {
        stage_ = Stage::sessions;
        first_sessions_.emplace_back(record.body.begin(), record.body.end());
      }
      if (const auto start = session_start_of(record.body)) seats_[start->session_slot] = *start;
      return false;
    case RecordType::event:
      stage_ = Stage::events;
      return false;
    case RecordType::none:
    case RecordType::symbol:
    case RecordType::text:
    case RecordType::audio:
    case RecordType::baseline:
    case RecordType::checkpoint:
    case RecordType::loss:
      return false;
  }
  return false;
}

const SessionStart* SessionBook::session_at(std::uint16_t slot) const {
  const auto found = seats_.find(slot);
  return found == seats_.end() ? nullptr : &found->second;
}

std::size_t SessionBook::pipeline_index(std::uint16_t slot) const {
  const SessionStart* session = session_at(slot);
  return session == nullptr ? 0 : session->pipeline;
}

std::span<const std::byte> SessionBook::pipeline_at(std::uint16_t slot) const {
  const std::size_t index = pipeline_index(slot);
  return index < pipelines_.size() ? std::span<const std::byte>(pipelines_[index]) : std::span<const std::byte>{};
}

const RecordingNames& SessionBook::names_at(std::uint16_t slot) const {
  const std::size_t index = pipeline_index(slot);
  return index < names_.size() ? names_[index] : nobody_;
}

}  // namespace phalarope::replay
