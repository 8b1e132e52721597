#include "core/replay/timeline_recording.hpp"

#include <cstring>

#include "core/replay/recording_artifact.hpp"

namespace phalarope::replay {

std::optional<std::int64_t> TimelineRecording::time_of_sample(std::int64_t media_sample, std::size_t run) const {
  for (const ConversationLog& session : sessions) {
    if (const auto time = session.time_of_sample(media_sample, run)) return time;
  }
  return std::nullopt;
}

TimelineRecordingBuilder::TimelineRecordingBuilder(const PipelineNamer& name_pipeline)
    : common_(name_pipeline, &axis_), book_(name_pipeline) {}

std::size_t TimelineRecordingBuilder::new_session(std::uint16_t slot) {
  sessions_.push_back({.id = {}, .slot = slot, .log = common_});
  name_nodes(sessions_.back());
  return session_of_slot_[slot] = sessions_.size() - 1;
}

void TimelineRecordingBuilder::name_nodes(Session& session) {
  session.nodes = book_.names_at(session.slot).node_ids;
  session.edges = book_.names_at(session.slot).edge_ids;
}

std::size_t TimelineRecordingBuilder::session_in(std::uint16_t slot) {
  const auto known = session_of_slot_.find(slot);
  return known == session_of_slot_.end() ? new_session(slot) : known->second;
}

void TimelineRecordingBuilder::take(const Record& record) {
  axis_.take(record);
  if (next_sequence_ && record.header.sequence > *next_sequence_) {
    recording_.records_lost += record.header.sequence - *next_sequence_;
  }
  next_sequence_ = record.header.sequence + 1;
  recording_.names.take(record);
  book_.take(record);
  switch (record.header.type) {
    case RecordType::event:
      return take_event(record);
    case RecordType::session:
      return take_session(record);
    case RecordType::text:
      if (!last_session_) return;
      sessions_[*last_session_].log.take(record);
      recording_.texts.push_back(
          {columns_.rows() - 1, {reinterpret_cast<const char*>(record.body.data()), record.body.size()}});
      return;
    case RecordType::pipeline:
    case RecordType::symbol:
    case RecordType::audio:
      common_.take(record);
      for (Session& session : sessions_) session.log.take(record);
      return;
    case RecordType::none:
    case RecordType::baseline:
    case RecordType::checkpoint:
    case RecordType::loss:
      return;
  }
}

void TimelineRecordingBuilder::take_session(const Record& record) {
  const auto start = session_start_of(record.body);
  if (!start) return;
  const std::string id(start->session_id_text());
  std::size_t number = session_in(start->session_slot);
  // The same id again is the same conversation, in a later run; another one has taken the seat.
  if (sessions_[number].named && sessions_[number].id != id) number = new_session(start->session_slot);
  sessions_[number].id = id;
  sessions_[number].named = true;
  name_nodes(sessions_[number]);
  sessions_[number].log.take(record);
}

void TimelineRecordingBuilder::take_event(const Record& record) {
  if (record.body.size() != event_bytes) return;
  Event event{};
  std::memcpy(&event, record.body.data(), event_bytes);
  const std::size_t number = session_in(event.session_slot);
  sessions_[number].log.take(record);
  if (is_trace_entry(event)) recording_.trace_rows.push_back(columns_.rows());
  columns_.add(event, event.mono_ns + axis_.shift_ns() - axis_.start_ns(), number);
  last_session_ = number;
}

TimelineRecording TimelineRecordingBuilder::finish(const std::vector<Damage>& damage) {
  if (sessions_.empty()) new_session(0);
  for (Session& session : sessions_) {
    recording_.sessions.push_back(session.log.finish({}));
    recording_.sessions.back().names.node_ids = std::move(session.nodes);
    recording_.sessions.back().names.edge_ids = std::move(session.edges);
  }
  recording_.start_ns = axis_.start_ns();
  recording_.end_ns = axis_.end_ns();
  recording_.rows = columns_.rows();
  recording_.columns = columns_.text();
  recording_.damage = damage;
  return std::move(recording_);
}

TimelineRecording read_timeline(RecordSource& recording, const PipelineNamer& name_pipeline) {
  TimelineRecordingBuilder builder(name_pipeline);
  while (const auto record = recording.next()) builder.take(*record);
  return builder.finish(recording.damage());
}

}  // namespace phalarope::replay
