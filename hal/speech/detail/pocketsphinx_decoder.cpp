// The only place that knows pocketsphinx. See pocketsphinx_decoder.hpp.
#include "hal/speech/detail/pocketsphinx_decoder.hpp"

#include <sys/mman.h>
#include <unistd.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wold-style-cast"
#include <pocketsphinx.h>
#include <sphinxbase/cmn.h>
#include <sphinxbase/err.h>
#pragma GCC diagnostic pop

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

namespace phalarope::hal::detail {
namespace {

constexpr const char* search_name = "search";

cmd_ln_t* make_config(const DecoderSetting& setting) {
  const std::string hmm = setting.model_directory + "/en-us";
  cmd_ln_t* config = cmd_ln_init(nullptr, ps_args(), 1, "-hmm", hmm.c_str(), "-dict", setting.dictionary_path.c_str(),
                                 "-cmn", "live", nullptr);
  if (config == nullptr) return nullptr;
  // The grammar's few active states would otherwise be scored against each other instead of against all sounds: with
  // every senone computed, its score says how well the speech fits (AUC 0.998 against 0.87, at 0.03 s per s of audio).
  if (setting.kind == SearchKind::grammar) cmd_ln_set_boolean_r(config, "-compallsen", 1);
  if (setting.kind == SearchKind::phones) {
    cmd_ln_set_str_r(config, "-allphone", setting.source.c_str());
    cmd_ln_set_boolean_r(config, "-allphone_ci", 1);  // without it 3.4 s per s of audio
  }
  return config;
}

std::vector<float> initial_mean(cmd_ln_t* config) {
  std::vector<float> mean;
  const char* text = cmd_ln_str_r(config, "-cmninit");
  std::stringstream values(text == nullptr ? "" : text);
  for (std::string value; std::getline(values, value, ',');) mean.push_back(std::strtof(value.c_str(), nullptr));
  return mean;
}

bool is_filler(const char* word) { return word[0] == '<' || word[0] == '[' || word[0] == '('; }

}  // namespace

MemoryFile::MemoryFile(std::string_view text) : descriptor_(memfd_create("phalarope-speech", MFD_CLOEXEC)) {
  if (descriptor_ < 0) return;
  while (!text.empty()) {
    const ssize_t written = write(descriptor_, text.data(), text.size());
    if (written <= 0) {
      close(descriptor_);
      descriptor_ = -1;
      return;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  path_ = "/proc/self/fd/" + std::to_string(descriptor_);
}

MemoryFile::~MemoryFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

void PocketsphinxDecoder::Free::operator()(ps_decoder_s* decoder) const noexcept { ps_free(decoder); }

std::optional<PocketsphinxDecoder> PocketsphinxDecoder::open(const DecoderSetting& setting) {
  err_set_logfp(nullptr);
  cmd_ln_t* config = make_config(setting);
  if (config == nullptr) return std::nullopt;
  PocketsphinxDecoder opened;
  opened.decoder_.reset(ps_init(config));
  opened.cepstral_mean_ = initial_mean(config);
  cmd_ln_free_r(config);  // the decoder keeps its own reference
  ps_decoder_t* decoder = opened.decoder_.get();
  if (decoder == nullptr) return std::nullopt;
  int status = 0;
  if (setting.kind == SearchKind::grammar) status = ps_set_jsgf_string(decoder, search_name, setting.source.c_str());
  if (setting.kind == SearchKind::keyphrases) status = ps_set_kws(decoder, search_name, setting.source.c_str());
  if (setting.kind != SearchKind::phones && status == 0) status = ps_set_search(decoder, search_name);
  if (status != 0) return std::nullopt;
  return opened;
}

bool PocketsphinxDecoder::start() {
  if (in_utterance_) finish();
  ps_decoder_t* decoder = decoder_.get();
  ps_start_stream(decoder);
  // The differences over time at an utterance's first frames reach into a ring of the last one's cepstra.
  feat_t* features = ps_get_feat(decoder);
  features->bufpos = 0;
  features->curpos = 0;
  std::fill_n(features->cepbuf[0], std::size_t{LIVEBUFBLOCKSIZE} * static_cast<std::size_t>(features->cepsize), 0.0F);
  cmn_t* running = features->cmn_struct;
  if (running != nullptr && cepstral_mean_.size() == static_cast<std::size_t>(running->veclen)) {
    cmn_live_set(running, cepstral_mean_.data());
  }
  in_utterance_ = ps_start_utt(decoder) == 0;
  return in_utterance_;
}

void PocketsphinxDecoder::feed(std::span<const std::int16_t> samples) {
  if (in_utterance_) ps_process_raw(decoder_.get(), samples.data(), samples.size(), 0, 0);
}

void PocketsphinxDecoder::finish() {
  if (in_utterance_) ps_end_utt(decoder_.get());
  in_utterance_ = false;
}

Hypothesis PocketsphinxDecoder::hypothesis() const {
  Hypothesis best;
  std::int32_t score = 0;
  const char* text = ps_get_hyp(decoder_.get(), &score);
  best.text = text == nullptr ? "" : text;
  best.score = score;
  best.frames = ps_get_n_frames(decoder_.get());
  return best;
}

std::optional<HeardWord> PocketsphinxDecoder::first_word() const {
  std::optional<HeardWord> found;
  for (ps_seg_t* segment = ps_seg_iter(decoder_.get()); segment != nullptr; segment = ps_seg_next(segment)) {
    const char* word = ps_seg_word(segment);
    if (word == nullptr || is_filler(word)) continue;
    int first = 0;
    int last = 0;
    ps_seg_frames(segment, &first, &last);
    found = HeardWord{word, first, last};
    ps_seg_free(segment);
    break;
  }
  return found;
}

std::optional<std::string> dictionary_subset(const std::string& dictionary_path, std::span<const std::string> words,
                                             std::vector<std::string>& missing) {
  std::set<std::string_view> wanted(words.begin(), words.end());
  std::set<std::string, std::less<>> found;
  std::string subset;
  std::ifstream dictionary(dictionary_path);
  for (std::string line; std::getline(dictionary, line);) {
    const std::string_view entry = std::string_view(line).substr(0, line.find(' '));
    const std::string_view word = entry.substr(0, entry.find('('));  // "a(2)" is another way to say "a"
    if (!wanted.contains(word)) continue;
    found.emplace(word);
    subset.append(line).push_back('\n');
  }
  if (!dictionary.is_open() || dictionary.bad()) return std::nullopt;
  for (const std::string& word : words) {
    if (!found.contains(word)) missing.push_back(word);
  }
  return subset;
}

}  // namespace phalarope::hal::detail
