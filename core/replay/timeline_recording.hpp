// TimelineRecording: all that a picture shows of one recording, read in one pass: the conversation of each session,
// and every event as columns, on one axis of time.
//
//   records ──┬─▶ RunAxis ──────────────────┐ one axis for all
//             ├─▶ session a: ConversationLog ┤
//             ├─▶ session b: ConversationLog ┤
//             └─▶ EventColumns, texts ───────┘ row n is the n-th event of the recording
//
// A session is told apart by its seat (session_slot) and by its id where a seat is taken again; a recording that never
// says either is one session. Invariants. (1) Rows stand in recorded order. (2) A text belongs to the row before it.
// (3) Gaps in the record numbers are counted once, for the whole recording. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/replay/conversation_log.hpp"
#include "core/replay/event_columns.hpp"
#include "core/replay/session_book.hpp"

namespace phalarope::replay {

struct RowText {
  std::size_t row = 0;
  std::string text;
};

struct TimelineRecording {
  std::vector<ConversationLog> sessions;  // in the order of their first record; at least one
  RecordingNames names;                   // symbols of the whole recording
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;
  std::size_t rows = 0;
  std::string columns;  // EventColumns::text()
  std::vector<RowText> texts;
  std::vector<std::size_t> trace_rows;  // rows of the events that become trace entries (recording_artifact.hpp)
  std::vector<Damage> damage;
  std::uint64_t records_lost = 0;

  /// Monotonic time of a run's media sample, by the first session that heard the microphone in that run.
  std::optional<std::int64_t> time_of_sample(std::int64_t media_sample, std::size_t run) const;
};

class TimelineRecordingBuilder {
 public:
  explicit TimelineRecordingBuilder(const PipelineNamer& name_pipeline = {});
  TimelineRecordingBuilder(const TimelineRecordingBuilder&) = delete;  // the sessions' logs point to its axis
  TimelineRecordingBuilder& operator=(const TimelineRecordingBuilder&) = delete;
  void take(const Record& record);
  TimelineRecording finish(const std::vector<Damage>& damage);

 private:
  struct Session {
    std::string id;
    bool named = false;  // a session record told its id
    std::uint16_t slot = 0;
    std::vector<std::string> nodes{};  // as they were named when it last began
    std::vector<std::string> edges{};
    ConversationLogBuilder log;
  };
  void take_event(const Record& record);
  void take_session(const Record& record);
  std::size_t session_in(std::uint16_t slot);
  std::size_t new_session(std::uint16_t slot);
  void name_nodes(Session& session);

  RunAxis axis_;
  ConversationLogBuilder common_;  // what every session begins with: symbols and the pipeline's names
  SessionBook book_;               // which pipeline, so which nodes, a session runs
  std::vector<Session> sessions_;
  std::map<std::uint16_t, std::size_t> session_of_slot_;
  std::optional<std::size_t> last_session_;  // of the event before: its text follows
  std::optional<std::uint64_t> next_sequence_;
  EventColumns columns_;
  TimelineRecording recording_;
};

TimelineRecording read_timeline(RecordSource& recording, const PipelineNamer& name_pipeline = {});

}  // namespace phalarope::replay
