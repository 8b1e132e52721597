#include "core/replay/timeline_perfetto.hpp"

#include <array>
#include <map>

#include "core/replay/event_fields.hpp"
#include "core/replay/trace_writer.hpp"

namespace phalarope::replay {
namespace {

using nlohmann::ordered_json;
using SliceId = TraceWriter::SliceId;

enum class TraceTrack : std::uint8_t {
  voice,
  turns,
  listening,
  thinking,
  speaking,
  held,
  latency,
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
constexpr std::array<TrackRow, 13> track_rows{{
    {TraceTrack::voice, "voice activity"},
    {TraceTrack::turns, "turn state"},
    {TraceTrack::listening, "listening"},
    {TraceTrack::thinking, "thinking"},
    {TraceTrack::speaking, "playback"},
    {TraceTrack::held, "interruption"},
    {TraceTrack::latency, "latency"},
    {TraceTrack::device, "device"},
    {TraceTrack::lane_control, "ControlLane"},
    {TraceTrack::lane_data, "DataLane"},
    {TraceTrack::lane_telemetry, "TelemetryLane"},
    {TraceTrack::decisions, "decisions"},
    {TraceTrack::nodes, "nodes"},
}};
int number(TraceTrack track) { return static_cast<int>(track) + 1; }

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

/// One session as one process of the trace.
class SessionTrace {
 public:
  SessionTrace(TraceWriter& writer, const ConversationLog& log, std::int64_t start_ns, int process)
      : writer_(writer), log_(log), start_ns_(start_ns), process_(process) {
    writer_.process(process_, "phalarope " + log.names.session_id);
    for (const TrackRow& row : track_rows) writer_.track(process_, number(row.track), row.name);
  }

  void write() {
    for (const TimeSpan& voice : log_.voice) {
      span(TraceTrack::voice, "speech", voice.start_ns, voice.end_ns, {{"open", voice.open}});
    }
    for (const TurnLog& turn : log_.turns) {
      write_turn(turn);
      for (const Interruption& held : turn.interruptions) write_interruption(turn, held);
    }
    for (const LogXrun& xrun : log_.xruns) {
      instant(TraceTrack::device, "xrun", xrun.at_ns,
              {{"reason", reason_text(xrun.reason)},
               {"first_sample", xrun.first_sample},
               {"last_sample", xrun.last_sample}});
    }
    write_lanes();
    for (const LogEvent& decision : log_.decisions) {
      ordered_json fields;
      for (const EventField& field : event_fields) fields[std::string(field.name)] = field_text(decision.event, field);
      instant(TraceTrack::decisions, kind_text(decision.event.kind), decision.event.mono_ns, std::move(fields));
    }
  }

 private:
  SliceId span(TraceTrack track, std::string_view name, std::int64_t start_ns, std::int64_t end_ns, ordered_json args) {
    return writer_.slice({.process = process_,
                          .track = number(track),
                          .name = std::string(name),
                          .start_ns = start_ns - start_ns_,
                          .end_ns = end_ns - start_ns_,
                          .arguments = std::move(args)});
  }
  void instant(TraceTrack track, std::string_view name, std::int64_t at_ns, ordered_json args) {
    writer_.instant(process_, number(track), name, at_ns - start_ns_, std::move(args));
  }

  void write_turn(const TurnLog& turn) {
    const std::string name = "turn " + std::to_string(turn.number);
    span(TraceTrack::turns, name, turn.start_ns(), turn.end_ns(),
         {{"ticket", turn.ticket},
          {"terminal", kind_text(turn.terminal)},
          {"reason", reason_text(turn.reason)},
          {"words", turn.user_words},
          {"words_heard", turn.words_heard()},
          {"words_of_answer", turn.words.size()}});
    std::optional<SliceId> listened, spoke;
    for (const TimeSpan& one : turn.spans) {
      std::string label = one.kind == SpanKind::listening && !turn.user_words.empty() ? turn.user_words : name;
      if (one.kind == SpanKind::speaking && !turn.sentences.empty()) label = turn.sentences.front().text;
      const SliceId slice =
          span(track_of(one.kind), label, one.start_ns, one.end_ns, {{"turn", turn.number}, {"open", one.open}});
      if (one.kind == SpanKind::listening) listened = slice;
      if (one.kind == SpanKind::speaking && !spoke) spoke = slice;
    }
    if (turn.response_ns()) {
      const SliceId latency = span(TraceTrack::latency, "end of speech to first sample", *turn.speech_ended_ns,
                                   *turn.first_sample_ns, {{"turn", turn.number}});
      if (listened && spoke) writer_.flow("answer", {*listened, latency, *spoke});
    }
    // What the nodes gave, where it came.
    for (const AnswerSentence& sentence : turn.sentences) {
      instant(TraceTrack::nodes, "dialogue: " + sentence.text, sentence.given_ns,
              {{"turn", turn.number}, {"sentence", sentence.index}});
    }
  }

  void write_interruption(const TurnLog& turn, const Interruption& held) {
    std::vector<SliceId> way;
    const auto step = [&](std::string_view name, std::int64_t start_ns, std::int64_t end_ns) {
      way.push_back(span(TraceTrack::latency, name, start_ns, end_ns,
                         {{"turn", turn.number}, {"reason", reason_text(held.verdict_reason)}}));
    };
    if (held.suspicion_to_duck_ns()) step("suspicion to duck", held.held_ns, *held.ducked_ns);
    if (held.confirm_to_fence_ns()) step("confirm to fence", *held.verdict_ns, *held.fenced_ns);
    const auto tail = held.fence_to_silence_samples();
    if (tail && held.fenced_ns && log_.sample_rate_hz > 0) {
      step("fence to last sample", *held.fenced_ns, *held.fenced_ns + *tail * ns_per_second / log_.sample_rate_hz);
    }
    writer_.flow("interruption", std::move(way));
  }

  /// Between flow_xoff and flow_xon a lane holds its producers back.
  void write_lanes() {
    std::map<Lane, std::int64_t> held_back;
    for (const LogEvent& mark : log_.lane_marks) {
      const Event& event = mark.event;
      instant(track_of(event.target_lane), kind_text(event.kind), event.mono_ns,
              {{"reason", reason_text(event.reason)}});
      if (event.kind == EventKind::flow_xoff) held_back.emplace(event.target_lane, event.mono_ns);
      if (event.kind == EventKind::flow_xon && held_back.contains(event.target_lane)) {
        span(track_of(event.target_lane), "held back", held_back[event.target_lane], event.mono_ns,
             ordered_json::object());
        held_back.erase(event.target_lane);
      }
    }
  }

  TraceWriter& writer_;
  const ConversationLog& log_;
  std::int64_t start_ns_;
  int process_;
};

}  // namespace

std::string timeline_perfetto(const TimelineRecording& recording) {
  TraceWriter writer;
  int process = 0;
  for (const ConversationLog& session : recording.sessions) {
    SessionTrace(writer, session, recording.start_ns, ++process).write();
  }
  const ConversationLog& first = recording.sessions.front();
  return writer.finish({{"session", first.names.session_id}, {"pipeline", first.names.pipeline_version}});
}

}  // namespace phalarope::replay
