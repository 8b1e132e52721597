// The conversation log: a recording folded into what people ask about it: who spoke when, what was understood, what
// was answered and how much of it was heard, and how long everything took.
//
//   events ──fold──▶ turns ── utterance ── listening ▒▒▒▒░ thinking ████████ speaking
//                      ├── words, sentences, words heard        ▓▓ held (confirmed or dismissed)
//                      └── latencies between named events
//
// Invariants. (1) Nothing is guessed: a time that the recording does not hold is absent, not zero. (2) Every span's
// end is at or after its start; a span still open at the end of the recording ends there and says so. (3) The log
// depends on the order of the records only. (4) A folder's runs stand one behind the other: each run's clock starts
// where it likes, so a later run is drawn `run_gap` behind the end of the one before it (wall times stay as they were).
// One thread. Contract: decisions.md D4, D17 (three clocks), D22 (heard words); runtime.md 2.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/engine/base/event.hpp"
#include "core/replay/record_source.hpp"
#include "core/replay/recording_names.hpp"
#include "core/replay/run_axis.hpp"

namespace phalarope::replay {

enum class SpanKind : std::uint8_t { listening, thinking, speaking, held };
std::string_view name_of(SpanKind kind);

/// A stretch of monotonic time.
struct TimeSpan {
  SpanKind kind = SpanKind::listening;
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;
  bool open = false;  // its end is only the end of the recording
};

enum class WordState : std::uint8_t { unheard, cut, heard };
struct SpokenWord {
  std::string text;
  std::int64_t first_sample = 0;  // on the answer's axis
  WordState state = WordState::unheard;
};

struct AnswerSentence {
  std::int64_t index = 0;
  std::string text;
  std::int64_t given_ns = 0;
};

enum class InterruptionVerdict : std::uint8_t { open, confirmed, dismissed };
std::string_view name_of(InterruptionVerdict verdict);

/// One doubt and how it was settled.
struct Interruption {
  std::int64_t held_ns = 0;
  Reason held_reason = Reason::none;
  std::optional<std::int64_t> onset_ns;  // the user's speech that raised it
  std::optional<std::int64_t> ducked_ns;
  InterruptionVerdict verdict = InterruptionVerdict::open;
  Reason verdict_reason = Reason::none;
  std::optional<std::int64_t> verdict_ns;
  std::optional<std::int64_t> fenced_ns;
  std::optional<std::int64_t> samples_heard;        // of the answer
  std::optional<std::int64_t> fence_device_sample;  // where the device stood when the fence was applied
  std::optional<std::int64_t> last_audible_sample;  // of the device

  std::optional<std::int64_t> suspicion_to_duck_ns() const;
  std::optional<std::int64_t> confirm_to_fence_ns() const;
  /// Clock 2, in samples of the device.
  std::optional<std::int64_t> fence_to_silence_samples() const;
  /// Clock 3: onset of the user's speech to the last audible sample.
  std::optional<std::int64_t> onset_to_silence_ns(std::int64_t sample_rate_hz) const;
};

struct TurnLog {
  std::uint32_t number = 0;
  std::uint64_t ticket = 0;
  std::optional<std::int64_t> proposed_ns;
  std::optional<std::int64_t> opened_ns;
  std::optional<std::int64_t> terminal_ns;
  std::optional<std::int64_t> closed_ns;
  EventKind terminal = EventKind::none;  // commit, abort, or what a proposal came to instead
  Reason reason = Reason::none;
  std::string user_words;
  std::optional<UtteranceClass> utterance_class;
  std::optional<std::int64_t> confidence_permille;
  std::optional<std::int64_t> speech_ended_ns;
  std::optional<std::int64_t> first_sample_ns;  // playback_started
  std::vector<AnswerSentence> sentences;
  std::vector<SpokenWord> words;
  std::optional<std::int64_t> samples_heard;
  std::optional<std::int64_t> answer_samples;  // as far as it was synthesised
  bool answer_completed = false;
  std::vector<TimeSpan> spans;
  std::vector<Interruption> interruptions;

  std::size_t words_heard() const;
  std::optional<std::int64_t> response_ns() const;  // end of speech -> first sample
  std::int64_t start_ns() const;
  std::int64_t end_ns() const;
};

/// An event worth showing by itself, with the text that came with it.
struct LogEvent {
  Event event;
  std::string text;
};
struct LogXrun {
  std::int64_t at_ns = 0;
  Reason reason = Reason::none;
  std::int64_t first_sample = 0;
  std::int64_t last_sample = 0;
};
/// Where an audio track of the recording begins on the axis of time.
struct TimeAnchor {
  std::int64_t mono_ns = 0;
  std::int64_t media_sample = 0;
  std::size_t run = 0;  // counted from 0
};

struct ConversationLog {
  RecordingNames names;
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;
  std::int64_t sample_rate_hz = 16000;
  std::uint64_t events = 0;
  std::vector<TurnLog> turns;
  std::vector<TimeSpan> voice;       // voice activity of the microphone
  std::vector<LogEvent> decisions;   // control signals and internal control events, in recorded order
  std::vector<LogEvent> lane_marks;  // watermark, flow_xoff, flow_xon, drop_notice, shed
  std::vector<LogXrun> xruns;
  std::vector<Damage> damage;
  std::uint64_t records_lost = 0;
  std::vector<TimeAnchor> anchors;  // at most one a run
  std::size_t runs = 1;

  const TurnLog* find_turn(std::uint32_t number) const;
  /// Monotonic time of a run's media sample; nothing when the run holds no anchor.
  std::optional<std::int64_t> time_of_sample(std::int64_t media_sample, std::size_t run = 0) const;
};

/// Folds record by record; finish() closes what is open. Use one builder per recording; where a recording holds several
/// sessions, one for each: they get their own session's records only, share an axis that somebody else feeds, and leave
/// gaps in the record numbers to that somebody.
class ConversationLogBuilder {
 public:
  explicit ConversationLogBuilder(PipelineNamer name_pipeline = {}, const RunAxis* shared = nullptr)
      : name_pipeline_(std::move(name_pipeline)), shared_axis_(shared) {}
  void take(const Record& record);
  ConversationLog finish(const std::vector<Damage>& damage);

 private:
  void take_event(Event event);
  void begin_run();
  const RunAxis& axis() const { return shared_axis_ == nullptr ? own_axis_ : *shared_axis_; }
  void take_text(std::string_view text);
  void take_turn_signal(const Event& event);
  void take_speech(const Event& event);
  void take_interruption(const Event& event);
  void take_playback(const Event& event);
  void take_result(const Event& event);
  void mark(const Event& event);
  void mark_words_heard(TurnLog& turn);
  TurnLog* turn_of(const Event& event);
  TurnLog* turn_without_words();
  void forget_utterance();
  TurnLog& new_turn(std::uint32_t number);
  TurnLog& turn_numbered(std::uint32_t number);
  void open_span(TurnLog& turn, SpanKind kind, std::int64_t at_ns);
  void close_span(TurnLog& turn, SpanKind kind, std::int64_t at_ns);

  PipelineNamer name_pipeline_;
  const RunAxis* shared_axis_;
  RunAxis own_axis_;
  ConversationLog log_;
  std::optional<std::uint64_t> next_sequence_;
  // What the user said before a turn existed to own it.
  std::optional<TimeSpan> utterance_;
  std::string utterance_words_;
  std::optional<UtteranceClass> utterance_class_;
  std::optional<std::int64_t> utterance_confidence_;
  std::optional<std::int64_t> speech_ended_ns_;
  // Where the text record that may follow the last event belongs.
  enum class TextHome : std::uint8_t { nowhere, utterance, sentence, word };
  TextHome text_home_ = TextHome::nowhere;
  std::uint32_t text_turn_ = 0;
  bool text_is_decision_ = false;
};

/// Reads a recording to its end.
ConversationLog read_conversation(RecordSource& recording, const PipelineNamer& name_pipeline = {});

}  // namespace phalarope::replay
