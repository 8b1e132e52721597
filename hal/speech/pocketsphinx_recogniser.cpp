// The offline recogniser over three pocketsphinx decoders. See pocketsphinx_recogniser.hpp.
//
// How the constants were measured: 25 home commands by slt, kal16, awb, rms and espeak-ng (125 clips) against 172 clips
// that are no command (30 sentences by the same five voices, 22 human clips). score = (grammar - phones) per frame:
//   in grammar   2 % lie below -25, 5 % below -23        out of grammar   2 % lie above -25, 1 % above -23
#include "hal/speech/pocketsphinx_recogniser.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "hal/host/delivery.hpp"
#include "hal/speech/detail/library_call.hpp"
#include "hal/speech/detail/pocketsphinx_decoder.hpp"
#include "hal/speech/detail/voicing_meter.hpp"
#include "hal/speech/intents_grammar.hpp"
#include "hal/speech/intents_matcher.hpp"

namespace phalarope::hal {
namespace {

using detail::PocketsphinxDecoder;

constexpr detail::LibraryName library{"recogniser: pocketsphinx", "reinstall pocketsphinx-en-us"};
constexpr const char* package_model_directory = "/usr/share/pocketsphinx/model/en-us";
/// Below this score per frame (in 1/100) the final is `rejected`.
constexpr std::int64_t accept_score_centi_min = -2700;
/// Below this a partial is not believed yet.
constexpr std::int64_t partial_score_centi_min = -2700;
/// The scores per frame that are shown as confidence 0 and 1000.
constexpr std::int64_t confidence_zero_centi = -4500;
constexpr std::int64_t confidence_full_centi = -500;
/// The decoders are looked at once per this much audio: 80 ms; a word counts when two looks in a row show it.
constexpr std::int64_t look_interval_samples = 1280;
/// A word shorter than this (120 ms) is a click.
constexpr std::int64_t partial_word_frames_min = 12;
/// A lone word must be this long (400 ms) to count as words.
constexpr std::int64_t partial_lone_word_frames_min = 40;
/// How far the start of the word may move between two looks: 50 ms.
constexpr std::int64_t partial_start_drift_frames_max = 5;
/// With no word, less than this (400 ms) of audible frames counts as nothing said.
constexpr std::int64_t empty_frames_max = 40;
/// Fewer voiced frames (40 ms) than this: a noise, whatever the decoders make of it. Measured: noise bursts and coughs
/// 0, the shortest synthetic "stop" 6.
constexpr std::int64_t voiced_frames_min = 4;
/// Spotter thresholds: a phrase of several words is harder to hit by chance. Measured: 15 of 15 synthetic stop phrases,
/// 3 false hits in 60 sentences of other speech (190 s).
constexpr const char* spot_threshold_one_word = "1e-6";
constexpr const char* spot_threshold_more_words = "1e-20";

std::string model_directory(const RecogniserConfig& config) {
  if (!config.model_directory.empty()) return config.model_directory;
  const char* environment = std::getenv("PHALAROPE_MODELS");
  return environment != nullptr && *environment != '\0' ? environment : package_model_directory;
}

std::string keyphrase_list(const std::vector<std::string>& phrases) {
  std::string list;
  for (const std::string& phrase : phrases) {
    const bool one_word = phrase.find(' ') == std::string::npos;
    list.append(phrase).append(" /").append(one_word ? spot_threshold_one_word : spot_threshold_more_words);
    list.append("/\n");
  }
  return list;
}

/// Dictionary lines of the intents' own pronunciations: the only one of a missing word, one more of a known word.
std::string own_pronunciations(const Intents& intents, const std::vector<std::string>& missing) {
  std::string lines;
  for (const auto& [word, phones] : intents.pronunciations) {
    const bool only = std::ranges::find(missing, word) != missing.end();
    lines.append(word).append(only ? " " : "(99) ").append(phones).push_back('\n');
  }
  return lines;
}

/// Whether a text that may still go on is enough to believe that a command is being said. A single short word is not:
/// the beginning of "okay" sounds like "two", and back-channel words must not cancel an answer.
bool is_telling(const std::vector<std::string>& words, std::int64_t word_frames) {
  constexpr std::array<std::string_view, 7> faint = {"the", "in", "a", "to", "for", "is", "it"};
  const auto telling =
      std::ranges::count_if(words, [&](const auto& word) { return std::ranges::find(faint, word) == faint.end(); });
  return telling >= 2 || (telling == 1 && word_frames >= partial_lone_word_frames_min);
}

UtteranceClass utterance_class(SpokenClass spoken) {
  switch (spoken) {
    case SpokenClass::empty:
      return UtteranceClass::empty;
    case SpokenClass::words:
      return UtteranceClass::words;
    case SpokenClass::back_channel:
      return UtteranceClass::back_channel;
    case SpokenClass::stop_phrase:
      return UtteranceClass::stop_phrase;
  }
  return UtteranceClass::undecided;
}

std::int64_t confidence_permille(std::int64_t score_centi) {
  const std::int64_t above = score_centi - confidence_zero_centi;
  return std::clamp<std::int64_t>(above * 1000 / (confidence_full_centi - confidence_zero_centi), 0, 1000);
}

}  // namespace

struct RecogniserNode::State {
  State(RecogniserConfig with, const Intents& from) : config(std::move(with)), intents(from) {}

  void start(const Event& command);
  void audio(const Event& command, NodeContext& context);
  void finalise(const Event& command, NodeContext& context);
  void abandon();
  void look(const Event& command, NodeContext& context);
  void look_for_stop(const Event& command, NodeContext& context);
  void emit_partial(const Event& command, NodeContext& context, UtteranceClass what, std::string_view text);
  std::int64_t score_centi() const;

  RecogniserConfig config;
  Intents intents;
  std::string trouble;
  std::optional<PocketsphinxDecoder> grammar, phones, spotter;
  detail::VoicingMeter voicing;

  // The utterance at work; 0: none.
  std::uint32_t utterance = 0;
  bool spotting = false;
  bool stop_spotted = false;
  std::int64_t samples_fed = 0;
  std::int64_t samples_refused = 0;
  std::int64_t next_look = 0;
  std::optional<detail::HeardWord> seen;  // the first word at the last look
  std::string partial_text;               // of the last partial that was emitted
};

RecogniserNode::RecogniserNode(RecogniserConfig config, const Intents& intents)
    : state_(std::make_unique<State>(std::move(config), intents)) {}
RecogniserNode::~RecogniserNode() {
  const detail::LibraryCall inside(library);  // taking a decoder down takes memory, too
  state_.reset();
}

std::optional<std::string_view> RecogniserNode::init() {
  State& state = *state_;
  const detail::LibraryCall inside(library);
  const std::string models = model_directory(state.config);
  const std::string dictionary = models + "/cmudict-en-us.dict";
  const std::string phone_model = models + "/en-us-phone.lm.bin";
  for (const std::string& path : {models + "/en-us", dictionary, phone_model}) {
    std::error_code error;
    if (std::filesystem::exists(path, error)) continue;
    if (error) {
      state.trouble = path + " cannot be looked at (" + error.message() + "): check the disk and its permissions.";
      return state.trouble;
    }
    state.trouble = path + " is missing: install pocketsphinx-en-us, or set PHALAROPE_MODELS to where the model is.";
    return state.trouble;
  }
  std::vector<std::string> missing;
  auto words = detail::dictionary_subset(dictionary, grammar_words(state.intents), missing);
  if (!words) {
    state.trouble = dictionary + " cannot be read: check the disk, or reinstall pocketsphinx-en-us.";
    return state.trouble;
  }
  for (const std::string& word : missing) {
    if (state.intents.pronunciations.contains(word)) continue;
    state.trouble = "the recogniser does not know how '" + word + "' is said: add it to 'pronunciations'.";
    return state.trouble;
  }
  *words += own_pronunciations(state.intents, missing);
  const detail::MemoryFile dictionary_file(*words);
  const detail::MemoryFile keyphrases(keyphrase_list(state.intents.stop_phrases));
  if (dictionary_file.path().empty() || keyphrases.path().empty()) {
    state.trouble = "no memory file for the dictionary: check free memory, and that LimitFSIZE is not set.";
    return state.trouble;
  }
  using detail::SearchKind;
  state.grammar =
      PocketsphinxDecoder::open({SearchKind::grammar, models, dictionary_file.path(), jsgf_grammar(state.intents)});
  state.phones = PocketsphinxDecoder::open({SearchKind::phones, models, dictionary_file.path(), phone_model});
  if (state.config.stop_spotting != StopSpotting::never && !state.intents.stop_phrases.empty()) {
    state.spotter =
        PocketsphinxDecoder::open({SearchKind::keyphrases, models, dictionary_file.path(), keyphrases.path()});
    if (!state.spotter) state.trouble = "the stop phrases cannot be spotted: check 'stop_phrases' and the model.";
  }
  if (!state.grammar) state.trouble = "the grammar of the intents does not compile: check the phrases and the model.";
  if (!state.phones) state.trouble = "the phone model does not load: reinstall pocketsphinx-en-us.";
  if (!state.trouble.empty()) return state.trouble;
  return std::nullopt;
}

void RecogniserNode::handle(const Event& command, NodeContext& context) {
  State& state = *state_;
  const detail::LibraryCall inside(library);
  if (!state.grammar || !state.phones) return;
  const bool current = state.utterance != 0 && command.provider_invocation == state.utterance;
  if (command.kind == EventKind::command_recognise_start) return state.start(command);
  if (!current) return;  // of an utterance that was finalised or abandoned: too late to matter
  if (command.kind == EventKind::command_recognise_audio) return state.audio(command, context);
  if (command.kind == EventKind::command_recognise_finalise) return state.finalise(command, context);
  if (command.kind == EventKind::command_recognise_abandon) return state.abandon();
}

void RecogniserNode::cancel(Ticket) noexcept {}

void RecogniserNode::State::start(const Event& command) {
  abandon();
  if (!grammar->start() || !phones->start()) return;
  utterance = command.provider_invocation;
  const bool wanted =
      config.stop_spotting == StopSpotting::always ||
      (config.stop_spotting == StopSpotting::while_speaking && command.argument_a == recognise_while_speaking);
  spotting = wanted && spotter && spotter->start();
  stop_spotted = false;
  voicing.reset();
  samples_fed = 0;
  next_look = look_interval_samples;
  seen.reset();
  partial_text.clear();
}

void RecogniserNode::State::audio(const Event& command, NodeContext& context) {
  const auto bytes = context.payload(command.payload);
  std::array<std::int16_t, look_interval_samples> chunk;
  std::size_t at = 0;
  while (at + sizeof(std::int16_t) <= bytes.size()) {
    const std::size_t count = std::min(chunk.size(), (bytes.size() - at) / sizeof(std::int16_t));
    if (samples_fed + static_cast<std::int64_t>(count) > utterance_samples_max) {
      samples_refused += static_cast<std::int64_t>(count);
      return;
    }
    std::memcpy(chunk.data(), bytes.data() + at, count * sizeof(std::int16_t));
    const std::span<const std::int16_t> samples(chunk.data(), count);
    voicing.feed(samples);
    grammar->feed(samples);
    phones->feed(samples);
    if (spotting) spotter->feed(samples);
    samples_fed += static_cast<std::int64_t>(count);
    at += count * sizeof(std::int16_t);
    if (samples_fed < next_look) continue;
    next_look = samples_fed + look_interval_samples;
    if (voicing.voiced_frames() < voiced_frames_min) continue;
    look_for_stop(command, context);
    look(command, context);
  }
}

std::int64_t RecogniserNode::State::score_centi() const {
  const detail::Hypothesis words = grammar->hypothesis();
  if (words.frames == 0) return confidence_zero_centi;
  return (words.score - phones->hypothesis().score) * 100 / words.frames;
}

void RecogniserNode::State::look_for_stop(const Event& command, NodeContext& context) {
  if (!spotting || stop_spotted) return;
  const detail::Hypothesis spotted = spotter->hypothesis();
  if (spotted.text.empty()) return;
  stop_spotted = true;
  emit_partial(command, context, UtteranceClass::stop_phrase, spotted.text);
}

void RecogniserNode::State::look(const Event& command, NodeContext& context) {
  auto word = grammar->first_word();
  const bool long_enough = word && word->last_frame - word->first_frame + 1 >= partial_word_frames_min;
  const bool stable = long_enough && seen && seen->text == word->text &&
                      std::abs(seen->first_frame - word->first_frame) <= partial_start_drift_frames_max;
  seen = std::move(word);
  if (!stable || score_centi() < partial_score_centi_min) return;
  const std::string text = grammar->hypothesis().text;
  if (text == partial_text) return;
  const UtteranceClass what = utterance_class(classify(intents, text));
  const std::int64_t frames = seen->last_frame - seen->first_frame + 1;
  if (what == UtteranceClass::words && !is_telling(normalise_words(text), frames)) return;
  emit_partial(command, context, what, text);
}

void RecogniserNode::State::emit_partial(const Event& command, NodeContext& context, UtteranceClass what,
                                         std::string_view text) {
  Event partial = result_of(command, EventKind::recognition_partial);
  partial.argument_a = static_cast<std::int64_t>(what);
  partial.argument_b = confidence_permille(score_centi());
  // A partial may be lost: the next look gives another. It is never waited for.
  const auto payload = context.put_text(text);
  if (!payload) return;
  partial.payload = *payload;
  if (context.emit(partial)) partial_text = text;
}

void RecogniserNode::State::finalise(const Event& command, NodeContext& context) {
  grammar->finish();
  phones->finish();
  if (spotting) spotter->finish();
  const detail::Hypothesis words = grammar->hypothesis();
  const std::int64_t score = score_centi();
  UtteranceClass what = utterance_class(classify(intents, words.text));
  if (voicing.voiced_frames() < voiced_frames_min) {
    what = UtteranceClass::empty;
  } else if (what == UtteranceClass::empty) {
    if (words.frames > empty_frames_max) what = UtteranceClass::rejected;
  } else if (score < accept_score_centi_min) {
    what = UtteranceClass::rejected;
  }
  Event final = result_of(command, EventKind::recognition_final);
  final.argument_a = static_cast<std::int64_t>(what);
  final.argument_b = what == UtteranceClass::empty ? 0 : confidence_permille(score);
  deliver_text(context, final, what == UtteranceClass::empty ? std::string_view{} : words.text);
  utterance = 0;
}

void RecogniserNode::State::abandon() {
  grammar->finish();
  phones->finish();
  if (spotter) spotter->finish();
  utterance = 0;
  spotting = false;
}

}  // namespace phalarope::hal
