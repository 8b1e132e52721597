#include "core/replay/timeline_perfetto.hpp"

#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "core/replay/event_fields.hpp"

namespace phalarope::replay {
namespace {

using nlohmann::ordered_json;

enum class TraceTrack : std::uint8_t {
  voice,
  turns,
  listening,
  thinking,
  speaking,
  held,
  device,
  lane_control,
  lane_data,
  lane_telemetry,
  decisions,
  nodes
};
struct TrackRow {
  TraceTrack track;
  std::string_view name;
};
constexpr std::array<TrackRow, 12> track_rows{{
    {TraceTrack::voice, "voice activity"},
    {TraceTrack::turns, "turn state"},
    {TraceTrack::listening, "listening"},
    {TraceTrack::thinking, "thinking"},
    {TraceTrack::speaking, "playback"},
    {TraceTrack::held, "interruption"},
    {TraceTrack::device, "device"},
    {TraceTrack::lane_control, "ControlLane"},
    {TraceTrack::lane_data, "DataLane"},
    {TraceTrack::lane_telemetry, "TelemetryLane"},
    {TraceTrack::decisions, "decisions"},
    {TraceTrack::nodes, "nodes"},
}};

TraceTrack track_of(SpanKind kind) {
  switch (kind) {
    case SpanKind::listening:
      return TraceTrack::listening;
    case SpanKind::thinking:
      return TraceTrack::thinking;
    case SpanKind::speaking:
      return TraceTrack::speaking;
    case SpanKind::held:
      return TraceTrack::held;
  }
  return TraceTrack::turns;
}
TraceTrack track_of(Lane lane) {
  switch (lane) {
    case Lane::control:
      return TraceTrack::lane_control;
    case Lane::data:
      return TraceTrack::lane_data;
    case Lane::telemetry:
      return TraceTrack::lane_telemetry;
  }
  return TraceTrack::lane_control;
}

class Trace {
 public:
  explicit Trace(const ConversationLog& log) : log_(log) {
    meta("process_name", 0, {{"name", "phalarope " + log.names.session_id}});
    for (const TrackRow& row : track_rows) {
      meta("thread_name", number(row.track), {{"name", row.name}});
      meta("thread_sort_index", number(row.track), {{"sort_index", number(row.track)}});
    }
  }

  void span(TraceTrack track, std::string_view name, std::int64_t start_ns, std::int64_t end_ns, ordered_json args) {
    events_.push_back({{"ph", "X"},
                       {"name", name},
                       {"cat", "turn"},
                       {"ts", microseconds(start_ns)},
                       {"dur", microseconds(end_ns) - microseconds(start_ns)},
                       {"pid", 1},
                       {"tid", number(track)},
                       {"args", std::move(args)}});
  }
  void instant(TraceTrack track, std::string_view name, std::int64_t at_ns, ordered_json args) {
    events_.push_back({{"ph", "i"},
                       {"name", name},
                       {"cat", "decision"},
                       {"s", "t"},
                       {"ts", microseconds(at_ns)},
                       {"pid", 1},
                       {"tid", number(track)},
                       {"args", std::move(args)}});
  }
  std::string dump() {
    const ordered_json document{
        {"displayTimeUnit", "ms"},
        {"otherData", {{"session", log_.names.session_id}, {"pipeline", log_.names.pipeline_version}}},
        {"traceEvents", std::move(events_)}};
    return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  }

 private:
  static int number(TraceTrack track) { return static_cast<int>(track) + 1; }
  double microseconds(std::int64_t ns) const { return static_cast<double>(ns - log_.start_ns) / 1000.0; }
  void meta(std::string_view name, int thread, ordered_json args) {
    events_.push_back({{"ph", "M"}, {"name", name}, {"pid", 1}, {"tid", thread}, {"args", std::move(args)}});
  }

  const ConversationLog& log_;
  ordered_json events_ = ordered_json::array();
};

void trace_turn(Trace& trace, const TurnLog& turn) {
  const std::string name = "turn " + std::to_string(turn.number);
  trace.span(TraceTrack::turns, name, turn.start_ns(), turn.end_ns(),
             {{"ticket", turn.ticket},
              {"terminal", kind_text(turn.terminal)},
              {"reason", reason_text(turn.reason)},
              {"words", turn.user_words},
              {"words_heard", turn.words_heard()},
              {"words_of_answer", turn.words.size()}});
  for (const TimeSpan& span : turn.spans) {
    std::string label = span.kind == SpanKind::listening && !turn.user_words.empty() ? turn.user_words : name;
    if (span.kind == SpanKind::speaking && !turn.sentences.empty()) label = turn.sentences.front().text;
    trace.span(track_of(span.kind), label, span.start_ns, span.end_ns, {{"turn", turn.number}, {"open", span.open}});
  }
  // What the nodes gave, where it came.
  for (const AnswerSentence& sentence : turn.sentences) {
    trace.instant(TraceTrack::nodes, "dialogue: " + sentence.text, sentence.given_ns,
                  {{"turn", turn.number}, {"sentence", sentence.index}});
  }
}

}  // namespace

std::string timeline_perfetto(const ConversationLog& log) {
  Trace trace(log);
  for (const TimeSpan& voice : log.voice)
    trace.span(TraceTrack::voice, "speech", voice.start_ns, voice.end_ns, {{"open", voice.open}});
  for (const TurnLog& turn : log.turns) trace_turn(trace, turn);
  for (const LogXrun& xrun : log.xruns) {
    trace.instant(
        TraceTrack::device, "xrun", xrun.at_ns,
        {{"reason", reason_text(xrun.reason)}, {"first_sample", xrun.first_sample}, {"last_sample", xrun.last_sample}});
  }
  // Between flow_xoff and flow_xon a lane holds its producers back.
  std::map<Lane, std::int64_t> held_back;
  for (const LogEvent& mark : log.lane_marks) {
    const Event& event = mark.event;
    trace.instant(track_of(event.target_lane), kind_text(event.kind), event.mono_ns,
                  {{"reason", reason_text(event.reason)}});
    if (event.kind == EventKind::flow_xoff) held_back.emplace(event.target_lane, event.mono_ns);
    if (event.kind == EventKind::flow_xon && held_back.contains(event.target_lane)) {
      trace.span(track_of(event.target_lane), "held back", held_back[event.target_lane], event.mono_ns,
                 ordered_json::object());
      held_back.erase(event.target_lane);
    }
  }
  for (const LogEvent& decision : log.decisions) {
    ordered_json fields;
    for (const EventField& field : event_fields) fields[std::string(field.name)] = field_text(decision.event, field);
    trace.instant(TraceTrack::decisions, kind_text(decision.event.kind), decision.event.mono_ns, std::move(fields));
  }
  return trace.dump();
}

}  // namespace phalarope::replay
