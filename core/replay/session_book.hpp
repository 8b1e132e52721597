// SessionBook: which pipelines and sessions a run of a recording was made with, and who sits where.
//
//   pipeline pipeline   session(slot 0, pipeline 0) session(slot 1, pipeline 1)   events ...  session(slot 0)  events
//   ... └───── a run's pipelines, by their order ────┘ └ sit from the start ────────┘             └ seated later ┘
//
// A run begins with its pipelines; a pipeline record behind a session or an event belongs to the next run. A session
// record behind events is a seat taken later, where it stands in the order.
//
// Invariants. (1) A record that cannot be one (its size, its pipeline) is left out and said so. (2) What is asked of an
// unknown seat is nothing, not the neighbour's. One thread. Contract: runtime.md 2.3, I8; core/engine/engine.hpp.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "core/engine/session/session_start.hpp"
#include "core/replay/record_source.hpp"
#include "core/replay/recording_names.hpp"

namespace phalarope::replay {

/// The constants of a session record; nothing when the body is not one.
std::optional<SessionStart> session_start_of(std::span<const std::byte> body);

class SessionBook {
 public:
  explicit SessionBook(PipelineNamer name_pipeline = {}) : name_pipeline_(std::move(name_pipeline)) {}

  /// Takes any record; answers whether a run begins with it.
  bool take(const Record& record);

  /// Raw bytes in recorded order, as the engine is started with them.
  const std::vector<std::vector<std::byte>>& pipelines() const { return pipelines_; }
  const std::vector<std::vector<std::byte>>& first_sessions() const { return first_sessions_; }
  bool events_seen() const { return stage_ == Stage::events; }

  /// Who sits there now.
  const SessionStart* session_at(std::uint16_t slot) const;
  /// The bytes of the pipeline that the seat's session runs; empty when unknown.
  std::span<const std::byte> pipeline_at(std::uint16_t slot) const;
  /// Node and edge ids of the pipeline that the seat's session runs.
  const RecordingNames& names_at(std::uint16_t slot) const;
  std::size_t seats() const { return seats_.size(); }

 private:
  enum class Stage : std::uint8_t { pipelines, sessions, events };
  std::size_t pipeline_index(std::uint16_t slot) const;

  PipelineNamer name_pipeline_;
  Stage stage_ = Stage::pipelines;
  std::vector<std::vector<std::byte>> pipelines_;
  std::vector<RecordingNames> names_;  // of each pipeline
  std::vector<std::vector<std::byte>> first_sessions_;
  std::map<std::uint16_t, SessionStart> seats_;
  RecordingNames nobody_;
};

}  // namespace phalarope::replay
