// The offline voice. See flite_synthesiser.hpp.
//
// flite analyses a sentence (10-100 ms, no callback), then streams its wave in chunks of about 15 ms of sound. The
// callback is where credit is spent and where a cancel is seen: it answers CST_AUDIO_STREAM_STOP and flite returns.
#include "hal/speech/flite_synthesiser.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wold-style-cast"
#include <flite/flite.h>
#pragma GCC diagnostic pop

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#include "core/engine/base/enforce.hpp"
#include "core/engine/base/fixed_string.hpp"
#include "core/engine/base/fixed_vector.hpp"
#include "hal/host/delivery.hpp"
#include "hal/speech/detail/library_call.hpp"
#include "hal/speech/sentence_splitter.hpp"

extern "C" {
cst_voice* register_cmu_us_slt(const char* voice_directory);
cst_voice* register_cmu_us_kal16(const char* voice_directory);
}

namespace phalarope::hal {
namespace {

constexpr detail::LibraryName library{"synthesiser: flite", "reinstall libflite1"};
constexpr std::size_t word_bytes_max = 63;
constexpr unsigned noise_seed = 1;
/// One grant is never worth more than ten hours of speech, so that the sum cannot overflow.
constexpr std::int64_t credit_frames_max = 1'800'000;
constexpr auto buffer_samples_max = static_cast<std::size_t>(answer_buffer_samples_max);
constexpr auto frame_samples = static_cast<std::size_t>(synthesis_frame_samples);
static_assert(answer_buffer_samples_max % synthesis_frame_samples == 0, "padding to a frame never passes the bound");

constexpr std::array<std::string_view, apology_count> apologies = {"I am sorry, something went wrong.",
                                                                   "I am sorry, that took too long.",
                                                                   "I am sorry, that does not work right now."};

struct WordMark {
  std::int64_t first_sample = 0;  // on the answer's axis
  std::int64_t index = 0;
  FixedString<word_bytes_max> text;
};

struct SentenceMark {
  std::int64_t index = 0;
  std::int64_t end_sample = 0;
};

/// Voices are registered once for the process and live as long as it does.
cst_voice* voice_of(FliteVoice which) {
  static std::mutex registering;
  const std::lock_guard lock(registering);
  flite_init();
  switch (which) {
    case FliteVoice::slt:
      return register_cmu_us_slt(nullptr);
    case FliteVoice::kal16:
      return register_cmu_us_kal16(nullptr);
  }
  return nullptr;
}

struct FreeUtterance {
  void operator()(cst_utterance* utterance) const noexcept { delete_utterance(utterance); }
};

/// Start of each token that is spoken, in samples of the sentence: the end of the phone before its first phone.
std::vector<std::int64_t> token_starts(const cst_utterance* utterance) {
  std::vector<std::int64_t> starts;
  cst_relation* tokens = utt_relation(const_cast<cst_utterance*>(utterance), "Token");
  for (const cst_item* token = relation_head(tokens); token != nullptr; token = item_next(token)) {
    const cst_item* word = item_daughter(token);
    if (word == nullptr) continue;
    const cst_item* syllable = item_daughter(item_as(word, "SylStructure"));
    const cst_item* phone = syllable == nullptr ? nullptr : item_as(item_daughter(syllable), "Segment");
    const cst_item* before = phone == nullptr ? nullptr : item_prev(phone);
    const double end_seconds = before == nullptr ? 0.0 : static_cast<double>(item_feat_float(before, "end"));
    starts.push_back(static_cast<std::int64_t>(end_seconds * static_cast<double>(synthesis_sample_rate_hz)));
  }
  return starts;
}

}  // namespace

std::string_view apology_text(Apology which) noexcept {
  return apologies[std::min(static_cast<std::size_t>(which), apologies.size() - 1)];
}

struct SynthesiserNode::State {
  explicit State(SynthesiserConfig with) : config(with) {}

  bool stopped() const {
    return context->cancelled() || (ticket != 0 && cancelled_ticket.load(std::memory_order_relaxed) == ticket);
  }
  void begin(const Event& now, NodeContext& with);
  void forget_answer();
  void speak(std::string_view sentence, std::int64_t sentence_index);
  void mark_words(const cst_utterance* utterance);
  void mark_words_by_share(std::int64_t sentence_samples);
  std::size_t append(std::span<const std::int16_t> samples);
  void end_sentence(std::int64_t sentence_index);
  void drain(bool sentence_is_whole);
  bool send_frame();
  bool send_word(const WordMark& word);
  bool send_done(const SentenceMark& sentence);
  static int take_chunk(const cst_wave* wave, int start, int size, int last, cst_audio_streaming_info* info);

  SynthesiserConfig config;
  cst_voice* voice = nullptr;
  std::atomic<std::uint64_t> cancelled_ticket{0};
  std::uint64_t truncated = 0;

  // The answer at work. Samples [sent, axis_end) of its axis are in the buffer, from `first` on.
  std::uint64_t ticket = 0;
  std::int64_t credit_frames = 0;
  std::int64_t sent = 0;
  std::int64_t axis_end = 0;
  std::int64_t words_marked = 0;
  std::size_t first = 0;
  std::vector<std::int16_t> buffer;
  FixedVector<WordMark, answer_words_max> words;
  FixedVector<SentenceMark, answer_sentences_max> sentences;

  // The sentence at work, and whose command pays for it.
  NodeContext* context = nullptr;
  Event command{};
  cst_utterance* utterance = nullptr;
  std::vector<std::string_view> sentence_words;
  std::int64_t sentence_first = 0;
  std::size_t streamed = 0;
  bool words_known = false;
  bool cut = false;
};

SynthesiserNode::SynthesiserNode(SynthesiserConfig config) : state_(std::make_unique<State>(config)) {}
SynthesiserNode::~SynthesiserNode() = default;

std::optional<std::string_view> SynthesiserNode::init() {
  const detail::LibraryCall inside(library);
  state_->voice = voice_of(state_->config.voice);
  if (state_->voice == nullptr) return "the voice cannot be loaded: reinstall libflite1.";
  state_->buffer.assign(buffer_samples_max, 0);
  return std::nullopt;
}

std::uint64_t SynthesiserNode::truncated_count() const noexcept { return state_->truncated; }

// The engine thread's store is seen by the worker before its next emit; the ticket is the
// whole message, so relaxed order is enough.
void SynthesiserNode::cancel(Ticket ticket) noexcept {
  state_->cancelled_ticket.store(ticket.value, std::memory_order_relaxed);
}

void SynthesiserNode::handle(const Event& command, NodeContext& context) {
  const detail::LibraryCall inside(library);
  State& state = *state_;
  const bool speaks = command.kind == EventKind::command_synthesise || command.kind == EventKind::command_apology;
  if (state.voice == nullptr || (!speaks && command.kind != EventKind::command_node_credit)) return;
  state.begin(command, context);
  if (state.stopped()) {
    state.forget_answer();
  } else if (command.kind == EventKind::command_node_credit) {
    state.credit_frames += std::clamp<std::int64_t>(command.argument_a, 0, credit_frames_max);
    state.drain(true);
  } else if (command.kind == EventKind::command_synthesise) {
    state.speak(context.text(command.payload), command.argument_a);
  } else {
    const auto which = static_cast<std::size_t>(std::max<std::int64_t>(command.argument_a, 0));
    state.speak(apologies[std::min(which, apologies.size() - 1)], 0);
  }
  state.context = nullptr;
}

/// A command of another ticket begins another answer.
void SynthesiserNode::State::begin(const Event& now, NodeContext& with) {
  context = &with;
  command = now;
  if (now.ticket == ticket) return;
  forget_answer();
  ticket = now.ticket;
  credit_frames = 0;
  sent = 0;
  axis_end = 0;
  words_marked = 0;
}

void SynthesiserNode::State::forget_answer() {
  first = 0;
  axis_end = sent;
  words.clear();
  sentences.clear();
}

void SynthesiserNode::State::speak(std::string_view sentence, std::int64_t sentence_index) {
  const std::string text(sentence.substr(0, sentence_bytes_max));
  sentence_words = spoken_words(text);
  sentence_first = axis_end;
  streamed = 0;
  words_known = false;
  cut = false;
  if (!sentence_words.empty()) {
    const std::unique_ptr<cst_utterance, FreeUtterance> owned(new_utterance());
    utterance = owned.get();
    utt_set_input_text(utterance, text.c_str());
    utt_init(utterance, voice);
    cst_audio_streaming_info* info = new_audio_streaming_info();  // owned by the utterance's features from here on
    info->asc = &State::take_chunk;
    info->userdata = this;
    feat_set(utterance->features, "streaming_info", audio_streaming_info_val(info));
    const float stretch = 1000.0F / static_cast<float>(std::clamp<std::int64_t>(config.speed_permille, 300, 3000));
    feat_set_float(utterance->features, "duration_stretch", stretch);
    // The vocoder draws its noise from rand(): seeded, equal sentences give equal samples and a run can be repeated.
    std::srand(noise_seed);
    const bool whole = utt_synth(utterance) != nullptr && !cut && !stopped();
    const cst_wave* wave = whole ? utt_wave(utterance) : nullptr;
    // A voice that does not stream, or that keeps its tail, has the rest in its wave.
    if (wave != nullptr && static_cast<std::size_t>(wave->num_samples) > streamed) {
      take_chunk(wave, static_cast<int>(streamed), wave->num_samples - static_cast<int>(streamed), 1, info);
    }
    utterance = nullptr;
  }
  if (stopped()) return forget_answer();
  if (!words_known) mark_words_by_share(axis_end - sentence_first);
  if (cut) ++truncated;
  end_sentence(sentence_index);
  drain(true);
}

int SynthesiserNode::State::take_chunk(const cst_wave* wave, int start, int size, int, cst_audio_streaming_info* info) {
  auto& self = *static_cast<State*>(info->userdata);
  if (self.stopped()) return CST_AUDIO_STREAM_STOP;
  if (!self.words_known) self.mark_words(self.utterance);
  const std::span<const std::int16_t> chunk(wave->samples + start, static_cast<std::size_t>(std::max(size, 0)));
  self.cut = self.append(chunk) < chunk.size();
  self.streamed += chunk.size();
  self.drain(false);
  return self.cut || self.stopped() ? CST_AUDIO_STREAM_STOP : CST_AUDIO_STREAM_CONT;
}

/// Marks the sentence's words where flite's phone durations put them (D22).
void SynthesiserNode::State::mark_words(const cst_utterance* spoken) {
  const std::vector<std::int64_t> starts = token_starts(spoken);
  if (starts.size() != sentence_words.size()) return;  // the voice reads it in other words: share, at the end
  words_known = true;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    WordMark mark{sentence_first + starts[i], words_marked++, {}};
    const bool fits = mark.text.assign(sentence_words[i].substr(0, word_bytes_max));
    PHAL_ENFORCE(fits, "a word was cut to its bound");
    if (!words.push_back(mark)) return;
  }
}

/// Without times: each word gets its share of the sentence by characters.
void SynthesiserNode::State::mark_words_by_share(std::int64_t sentence_samples) {
  std::int64_t bytes_all = 1;
  for (const std::string_view word : sentence_words) bytes_all += static_cast<std::int64_t>(word.size()) + 1;
  std::int64_t bytes_before = 0;
  for (const std::string_view word : sentence_words) {
    WordMark mark{sentence_first + sentence_samples * bytes_before / bytes_all, words_marked++, {}};
    mark.first_sample = std::max(mark.first_sample, sent);
    const bool fits = mark.text.assign(word.substr(0, word_bytes_max));
    PHAL_ENFORCE(fits, "a word was cut to its bound");
    if (!words.push_back(mark)) return;
    bytes_before += static_cast<std::int64_t>(word.size()) + 1;
  }
}

/// Takes what fits; the answer is how much.
std::size_t SynthesiserNode::State::append(std::span<const std::int16_t> samples) {
  const auto held = static_cast<std::size_t>(axis_end - sent);
  const std::size_t count = std::min(samples.size(), buffer_samples_max - held);
  if (first + held + count > buffer_samples_max) {
    std::memmove(buffer.data(), buffer.data() + first, held * sizeof(std::int16_t));
    first = 0;
  }
  std::copy_n(samples.begin(), count, buffer.begin() + static_cast<std::ptrdiff_t>(first + held));
  axis_end += static_cast<std::int64_t>(count);
  return count;
}

/// Pads to a whole frame with silence and notes where the sentence ends.
void SynthesiserNode::State::end_sentence(std::int64_t sentence_index) {
  const std::array<std::int16_t, frame_samples> silence{};
  const auto over = static_cast<std::size_t>(axis_end % synthesis_frame_samples);
  if (over != 0) append(std::span(silence).first(frame_samples - over));
  PHAL_ENFORCE(axis_end % synthesis_frame_samples == 0, "sentences end on a frame");
  if (!sentences.push_back({sentence_index, axis_end})) ++truncated;
}

/// Sends what credit and buffer allow, in the order of the axis.
void SynthesiserNode::State::drain(bool sentence_is_whole) {
  for (;;) {
    if (stopped()) return;
    if (!sentences.empty() && sentences[0].end_sample <= sent) {
      if (!send_done(sentences[0])) return;
      sentences.erase_at(0);
      continue;
    }
    if (axis_end - sent < synthesis_frame_samples || credit_frames < 1) return;
    if (!sentence_is_whole && !words_known && sent + synthesis_frame_samples > sentence_first) return;
    while (!words.empty() && words[0].first_sample < sent + synthesis_frame_samples) {
      if (!send_word(words[0])) return;
      words.erase_at(0);
    }
    if (!send_frame()) return;
  }
}

bool SynthesiserNode::State::send_frame() {
  Event frame = result_of(command, EventKind::synthesis_frame);
  frame.payload_class = PayloadClass::audio_raw;
  frame.argument_a = sent;
  frame.argument_b = synthesis_frame_samples;
  frame.media_sample = sent;
  if (!deliver(*context, frame, std::as_bytes(std::span(buffer).subspan(first, frame_samples)))) return false;
  sent += synthesis_frame_samples;
  --credit_frames;
  first = sent == axis_end ? 0 : first + frame_samples;
  return true;
}

bool SynthesiserNode::State::send_word(const WordMark& word) {
  Event result = result_of(command, EventKind::synthesis_word);
  result.argument_a = word.first_sample;
  result.argument_b = word.index;
  return deliver_text(*context, result, word.text.view());
}

bool SynthesiserNode::State::send_done(const SentenceMark& sentence) {
  Event result = result_of(command, EventKind::synthesis_done);
  result.payload_class = PayloadClass::metadata;
  result.argument_a = sentence.index;
  result.argument_b = sentence.end_sample;
  return deliver(*context, result, {});
}

}  // namespace phalarope::hal
