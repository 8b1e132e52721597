#include "core/replay/conversation_log.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace phalarope::replay {
namespace {

std::optional<std::int64_t> between(std::optional<std::int64_t> from, std::optional<std::int64_t> to) {
  if (!from || !to || *to < *from) return std::nullopt;
  return *to - *from;
}

/// Clocks of two threads may be told out of order: a span never ends before it began.
void end_span(TimeSpan& span, std::int64_t at_ns) {
  span.end_ns = std::max(span.start_ns, at_ns);
  span.open = false;
}

bool is_decision(EventKind kind) {
  return is_contract_signal(kind) || kind == EventKind::interruption_held ||
         kind == EventKind::interruption_confirmed || kind == EventKind::interruption_dismissed ||
         kind == EventKind::device_lost || kind == EventKind::device_restored || kind == EventKind::node_failed ||
         kind == EventKind::user_turn_requested || kind == EventKind::user_cancel_requested ||
         kind == EventKind::shutdown_requested;
}
bool is_lane_mark(EventKind kind) {
  return kind == EventKind::watermark || kind == EventKind::flow_xoff || kind == EventKind::flow_xon ||
         kind == EventKind::drop_notice || kind == EventKind::shed;
}
bool ends_a_proposal(EventKind kind) {
  return kind == EventKind::reject || kind == EventKind::defer || kind == EventKind::stale_epoch_reject ||
         kind == EventKind::deauthorized_drain;
}

}  // namespace

std::string_view name_of(SpanKind kind) {
  switch (kind) {
    case SpanKind::listening:
      return "listening";
    case SpanKind::thinking:
      return "thinking";
    case SpanKind::speaking:
      return "speaking";
    case SpanKind::held:
      return "held";
  }
  return "";
}
std::string_view name_of(InterruptionVerdict verdict) {
  switch (verdict) {
    case InterruptionVerdict::open:
      return "open";
    case InterruptionVerdict::confirmed:
      return "confirmed";
    case InterruptionVerdict::dismissed:
      return "dismissed";
  }
  return "";
}

std::optional<std::int64_t> Interruption::suspicion_to_duck_ns() const { return between(held_ns, ducked_ns); }
std::optional<std::int64_t> Interruption::confirm_to_fence_ns() const {
  return verdict == InterruptionVerdict::confirmed ? between(verdict_ns, fenced_ns) : std::nullopt;
}
std::optional<std::int64_t> Interruption::fence_to_silence_samples() const {
  if (!fence_device_sample || !last_audible_sample || *last_audible_sample < 0) return std::nullopt;
  // The last audible sample may lie before the fence: then the silence was there already.
  return std::max<std::int64_t>(0, *last_audible_sample + 1 - *fence_device_sample);
}
std::optional<std::int64_t> Interruption::onset_to_silence_ns(std::int64_t sample_rate_hz) const {
  const auto tail = fence_to_silence_samples();
  if (!tail || sample_rate_hz <= 0) return std::nullopt;
  const auto until_fence = between(onset_ns, fenced_ns);
  if (!until_fence) return std::nullopt;
  return *until_fence + *tail * ns_per_second / sample_rate_hz;
}

std::size_t TurnLog::words_heard() const {
  return static_cast<std::size_t>(std::ranges::count(words, WordState::heard, &SpokenWord::state));
}
std::optional<std::int64_t> TurnLog::response_ns() const { return between(speech_ended_ns, first_sample_ns); }
std::int64_t TurnLog::start_ns() const {
  std::int64_t start = opened_ns.value_or(proposed_ns.value_or(0));
  for (const TimeSpan& span : spans) start = std::min(start, span.start_ns);
  return start;
}
std::int64_t TurnLog::end_ns() const {
  std::int64_t end = closed_ns.value_or(terminal_ns.value_or(start_ns()));
  for (const TimeSpan& span : spans) end = std::max(end, span.end_ns);
  return end;
}

const TurnLog* ConversationLog::find_turn(std::uint32_t number) const {
  const auto found = std::ranges::find(turns, number, &TurnLog::number);
  return found == turns.end() ? nullptr : &*found;
}
std::optional<std::int64_t> ConversationLog::time_of_sample(std::int64_t media_sample, std::size_t run) const {
  const auto anchor = std::ranges::find(anchors, run, &TimeAnchor::run);
  if (anchor == anchors.end() || sample_rate_hz <= 0) return std::nullopt;
  return anchor->mono_ns + (media_sample - anchor->media_sample) * ns_per_second / sample_rate_hz;
}

// ---- finding the turn -----------------------------------------------------------------------------------------

TurnLog& ConversationLogBuilder::new_turn(std::uint32_t number) {
  TurnLog turn;
  turn.number = number;
  log_.turns.push_back(std::move(turn));
  return log_.turns.back();
}

TurnLog& ConversationLogBuilder::turn_numbered(std::uint32_t number) {
  // The newest: a run that knew nothing of the one before it counts its turns from 1 again.
  const auto found = std::ranges::find(log_.turns.rbegin(), log_.turns.rend(), number, &TurnLog::number);
  return found != log_.turns.rend() ? *found : new_turn(number);
}

TurnLog* ConversationLogBuilder::turn_of(const Event& event) {
  for (auto turn = log_.turns.rbegin(); turn != log_.turns.rend(); ++turn) {
    if (event.turn_number != 0 ? turn->number == event.turn_number
                               : event.ticket != 0 && turn->ticket == event.ticket) {
      return &*turn;
    }
  }
  return nullptr;
}

void ConversationLogBuilder::open_span(TurnLog& turn, SpanKind kind, std::int64_t at_ns) {
  for (const TimeSpan& span : turn.spans) {
    if (span.kind == kind && span.open) return;
  }
  turn.spans.push_back({kind, at_ns, at_ns, true});
}
void ConversationLogBuilder::close_span(TurnLog& turn, SpanKind kind, std::int64_t at_ns) {
  for (TimeSpan& span : turn.spans) {
    if (span.kind == kind && span.open) end_span(span, at_ns);
  }
}

// ---- folding --------------------------------------------------------------------------------------------------

void ConversationLogBuilder::take(const Record& record) {
  if (shared_axis_ == nullptr) {
    own_axis_.take(record);
    if (next_sequence_ && record.header.sequence > *next_sequence_) {
      log_.records_lost += record.header.sequence - *next_sequence_;
    }
    next_sequence_ = record.header.sequence + 1;
  }
  log_.names.take(record);
  switch (record.header.type) {
    case RecordType::event: {
      if (record.body.size() != event_bytes) return;
      Event event{};
      std::memcpy(&event, record.body.data(), event_bytes);
      return take_event(event);
    }
    case RecordType::text:
      return take_text({reinterpret_cast<const char*>(record.body.data()), record.body.size()});
    case RecordType::audio: {
      AudioRecordHeader header;
      if (record.body.size() < sizeof header) return;
      std::memcpy(&header, record.body.data(), sizeof header);
      if (header.sample_rate_hz > 0) log_.sample_rate_hz = header.sample_rate_hz;
      return;
    }
    case RecordType::pipeline:
      if (name_pipeline_) name_pipeline_(record.body, log_.names);
      return;
    case RecordType::none:
    case RecordType::symbol:
    case RecordType::baseline:
    case RecordType::session:
    case RecordType::checkpoint:
    case RecordType::loss:
      return;
  }
}

// Whatever the run before left open ends with it.
void ConversationLogBuilder::begin_run() {
  log_.runs = axis().runs();
  for (TurnLog& turn : log_.turns) {
    for (TimeSpan& span : turn.spans) {
      if (span.open) end_span(span, log_.end_ns);
    }
  }
  for (TimeSpan& span : log_.voice) {
    if (span.open) end_span(span, log_.end_ns);
  }
  utterance_.reset();
  speech_ended_ns_.reset();
  forget_utterance();
}

void ConversationLogBuilder::take_event(Event event) {
  if (axis().runs() != log_.runs) begin_run();
  event.mono_ns += axis().shift_ns();
  if (log_.events == 0) log_.start_ns = event.mono_ns;
  ++log_.events;
  log_.end_ns = std::max(log_.end_ns, event.mono_ns);
  const bool media_time = event.has(EventFlag::has_media_time) && !event.has(EventFlag::media_time_is_pts);
  const bool of_microphone = event.kind == EventKind::audio_frame || event.kind == EventKind::speech_started;
  const std::size_t run = log_.runs - 1;
  const bool anchored = !log_.anchors.empty() && log_.anchors.back().run == run;
  if (!anchored && media_time && of_microphone) log_.anchors.push_back({event.mono_ns, event.media_sample, run});
  text_home_ = TextHome::nowhere;
  text_is_decision_ = false;
  take_turn_signal(event);
  take_speech(event);
  take_interruption(event);
  take_playback(event);
  take_result(event);
  mark(event);
}

void ConversationLogBuilder::take_turn_signal(const Event& event) {
  if (event.turn_number == 0) return;
  if (event.kind == EventKind::turn_open_proposed) {
    const TurnLog* last = turn_of(event);
    auto& turn = last != nullptr && last->closed_ns ? new_turn(event.turn_number) : turn_numbered(event.turn_number);
    if (!turn.proposed_ns) turn.proposed_ns = event.mono_ns;
  } else if (event.kind == EventKind::turn_open) {
    auto& turn = turn_numbered(event.turn_number);
    turn.ticket = event.ticket;
    turn.opened_ns = event.mono_ns;
    turn.terminal = EventKind::none;
    // What was said before the turn was open, was said to it.
    if (utterance_) {
      turn.spans.push_back(*utterance_);
      utterance_.reset();
      if (speech_ended_ns_) open_span(turn, SpanKind::thinking, *speech_ended_ns_);
    }
    turn.speech_ended_ns = speech_ended_ns_;
    if (!utterance_words_.empty()) turn.user_words = std::exchange(utterance_words_, {});
    if (utterance_class_) turn.utterance_class = std::exchange(utterance_class_, std::nullopt);
    if (utterance_confidence_) turn.confidence_permille = std::exchange(utterance_confidence_, std::nullopt);
  } else if (event.kind == EventKind::commit || event.kind == EventKind::abort) {
    auto& turn = turn_numbered(event.turn_number);
    turn.terminal = event.kind;
    turn.reason = event.reason;
    turn.terminal_ns = event.mono_ns;
  } else if (event.kind == EventKind::close) {
    auto& turn = turn_numbered(event.turn_number);
    turn.closed_ns = event.mono_ns;
    close_span(turn, SpanKind::listening, event.mono_ns);
    close_span(turn, SpanKind::thinking, event.mono_ns);
    close_span(turn, SpanKind::held, event.mono_ns);
  } else if (ends_a_proposal(event.kind)) {
    if (auto* turn = turn_of(event); turn != nullptr && !turn->opened_ns) {
      turn->terminal = event.kind;
      turn->reason = event.reason;
      turn->terminal_ns = event.mono_ns;
    }
  }
}

void ConversationLogBuilder::take_speech(const Event& event) {
  if (event.kind == EventKind::speech_started) {
    log_.voice.push_back({SpanKind::listening, event.mono_ns, event.mono_ns, true});
    utterance_ = log_.voice.back();
    speech_ended_ns_.reset();
  } else if (event.kind == EventKind::speech_ended) {
    speech_ended_ns_ = event.mono_ns;
    if (!log_.voice.empty() && log_.voice.back().open) {
      end_span(log_.voice.back(), event.mono_ns);
    }
    if (utterance_ && utterance_->open) {
      end_span(*utterance_, event.mono_ns);
    }
    for (TurnLog& turn : log_.turns) {
      const bool listens = std::ranges::any_of(
          turn.spans, [](const TimeSpan& span) { return span.open && span.kind == SpanKind::listening; });
      if (!listens) continue;
      close_span(turn, SpanKind::listening, event.mono_ns);
      turn.speech_ended_ns = event.mono_ns;
      open_span(turn, SpanKind::thinking, event.mono_ns);
    }
  }
}

void ConversationLogBuilder::take_interruption(const Event& event) {
  TurnLog* turn = turn_of(event);
  if (turn == nullptr) return;
  if (event.kind == EventKind::interruption_held) {
    Interruption interruption;
    interruption.held_ns = event.mono_ns;
    interruption.held_reason = event.reason;
    if (!log_.voice.empty()) interruption.onset_ns = log_.voice.back().start_ns;
    turn->interruptions.push_back(interruption);
    open_span(*turn, SpanKind::held, event.mono_ns);
    return;
  }
  // A confirmation needs no hold before it (a stop phrase, a button): then it is its own beginning.
  if (event.kind == EventKind::interruption_confirmed &&
      (turn->interruptions.empty() || turn->interruptions.back().verdict != InterruptionVerdict::open)) {
    turn->interruptions.push_back({});
    turn->interruptions.back().held_ns = event.mono_ns;
    turn->interruptions.back().held_reason = event.reason;
    if (!log_.voice.empty()) turn->interruptions.back().onset_ns = log_.voice.back().start_ns;
  }
  if (turn->interruptions.empty()) return;
  Interruption& last = turn->interruptions.back();
  if (event.kind == EventKind::duck_applied) {
    if (!last.ducked_ns) last.ducked_ns = event.mono_ns;
  } else if (event.kind == EventKind::interruption_confirmed || event.kind == EventKind::interruption_dismissed) {
    // What was dismissed was said to nobody; a turn that ended by itself leaves the words to the next.
    const bool to_nobody = event.kind == EventKind::interruption_dismissed && event.reason != Reason::turn_ended;
    if (to_nobody) forget_utterance();
    const bool confirmed = event.kind == EventKind::interruption_confirmed;
    last.verdict = confirmed ? InterruptionVerdict::confirmed : InterruptionVerdict::dismissed;
    last.verdict_reason = event.reason;
    last.verdict_ns = event.mono_ns;
    close_span(*turn, SpanKind::held, event.mono_ns);
    if (!confirmed) utterance_.reset();  // a cough belongs to no turn
  } else if (event.kind == EventKind::fence_applied) {
    last.fenced_ns = event.mono_ns;
    last.samples_heard = event.argument_a;
    last.last_audible_sample = event.argument_b;
    if (event.has(EventFlag::has_media_time)) last.fence_device_sample = event.media_sample;
  }
}

void ConversationLogBuilder::take_playback(const Event& event) {
  TurnLog* turn = turn_of(event);
  if (turn == nullptr) return;
  if (event.kind == EventKind::playback_started) {
    if (turn->first_sample_ns) return;  // told by the device, then again by the engine
    turn->first_sample_ns = event.mono_ns;
    close_span(*turn, SpanKind::thinking, event.mono_ns);
    open_span(*turn, SpanKind::speaking, event.mono_ns);
  } else if (event.kind == EventKind::playback_completed) {
    close_span(*turn, SpanKind::speaking, event.mono_ns);
    turn->answer_completed = true;
    if (turn->answer_samples) turn->samples_heard = turn->answer_samples;
    mark_words_heard(*turn);
  } else if (event.kind == EventKind::fence_applied) {
    std::int64_t silence_ns = event.mono_ns;
    if (event.has(EventFlag::has_media_time) && event.argument_b >= event.media_sample && log_.sample_rate_hz > 0) {
      silence_ns += (event.argument_b + 1 - event.media_sample) * ns_per_second / log_.sample_rate_hz;
    }
    close_span(*turn, SpanKind::speaking, silence_ns);
    turn->samples_heard = event.argument_a;
    mark_words_heard(*turn);
  }
}

// Words that came under no turn belong to the open turn that still waits for its own, else to the turn that is to come.
TurnLog* ConversationLogBuilder::turn_without_words() {
  if (log_.turns.empty()) return nullptr;
  TurnLog& last = log_.turns.back();
  return last.opened_ns && !last.closed_ns && !last.utterance_class ? &last : nullptr;
}

void ConversationLogBuilder::forget_utterance() {
  utterance_words_.clear();
  utterance_class_.reset();
  utterance_confidence_.reset();
}

void ConversationLogBuilder::take_result(const Event& event) {
  if (event.kind == EventKind::recognition_final) {
    TurnLog* turn = event.turn_number != 0 ? turn_of(event) : turn_without_words();
    const auto said = static_cast<UtteranceClass>(event.argument_a);
    text_home_ = TextHome::utterance;
    text_turn_ = turn == nullptr ? 0 : turn->number;
    (turn == nullptr ? utterance_class_ : turn->utterance_class) = said;
    (turn == nullptr ? utterance_confidence_ : turn->confidence_permille) = event.argument_b;
    return;
  }
  TurnLog* turn = turn_of(event);
  if (turn == nullptr) return;
  text_turn_ = turn->number;
  // Only what workers said is the answer: a command repeats its text, or names it for another purpose.
  if (event.kind == EventKind::dialogue_sentence) {
    turn->sentences.push_back({event.argument_a, {}, event.mono_ns});
    text_home_ = TextHome::sentence;
  } else if (event.kind == EventKind::synthesis_word) {
    turn->words.push_back({{}, event.argument_a, WordState::unheard});
    text_home_ = TextHome::word;
  } else if (event.kind == EventKind::synthesis_done) {
    turn->answer_samples = std::max(turn->answer_samples.value_or(0), event.argument_b);
  } else if (event.kind == EventKind::synthesis_frame) {
    turn->answer_samples = std::max(turn->answer_samples.value_or(0), event.argument_a + event.argument_b);
  }
}

void ConversationLogBuilder::take_text(std::string_view text) {
  if (text_is_decision_ && !log_.decisions.empty()) log_.decisions.back().text = text;
  TurnLog* turn = text_turn_ == 0 ? nullptr : &turn_numbered(text_turn_);
  switch (std::exchange(text_home_, TextHome::nowhere)) {
    case TextHome::nowhere:
      return;
    case TextHome::utterance:
      (turn == nullptr ? utterance_words_ : turn->user_words) = text;
      return;
    case TextHome::sentence:
      if (turn != nullptr && !turn->sentences.empty()) turn->sentences.back().text = text;
      return;
    case TextHome::word:
      if (turn != nullptr && !turn->words.empty()) turn->words.back().text = text;
      return;
  }
}

void ConversationLogBuilder::mark_words_heard(TurnLog& turn) {
  for (std::size_t i = 0; i < turn.words.size(); ++i) {
    SpokenWord& word = turn.words[i];
    const bool last = i + 1 == turn.words.size();
    const auto end = last ? turn.answer_samples : std::optional(turn.words[i + 1].first_sample);
    const bool whole = turn.answer_completed || (turn.samples_heard && end && *end <= *turn.samples_heard);
    const bool begun = turn.samples_heard && word.first_sample < *turn.samples_heard;
    word.state = whole ? WordState::heard : begun ? WordState::cut : WordState::unheard;
  }
}

void ConversationLogBuilder::mark(const Event& event) {
  if (is_decision(event.kind)) {
    log_.decisions.push_back({event, {}});
    text_is_decision_ = true;
  }
  if (is_lane_mark(event.kind)) log_.lane_marks.push_back({event, {}});
  if (event.kind == EventKind::xrun) {
    log_.xruns.push_back({event.mono_ns, event.reason, event.range_start, event.range_end});
  }
}

ConversationLog ConversationLogBuilder::finish(const std::vector<Damage>& damage) {
  for (TurnLog& turn : log_.turns) {
    for (TimeSpan& span : turn.spans) {
      if (span.open) span.end_ns = std::max(span.start_ns, log_.end_ns);
    }
  }
  for (TimeSpan& span : log_.voice) {
    if (span.open) span.end_ns = std::max(span.start_ns, log_.end_ns);
  }
  log_.damage = damage;
  return std::move(log_);
}

ConversationLog read_conversation(RecordSource& recording, const PipelineNamer& name_pipeline) {
  ConversationLogBuilder builder(name_pipeline);
  while (const auto record = recording.next()) builder.take(*record);
  return builder.finish(recording.damage());
}

}  // namespace phalarope::replay
