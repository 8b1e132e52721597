// PocketsphinxDecoder: one decoder of the C library with one search, owned and brought back to its first state.
//
// Results must not depend on what was heard before, or a run could not be repeated bit for bit: start() sets the
// running cepstral mean back to the model's own, clears the noise tracker and the ring of cepstra, so that each
// utterance begins alike. Thread: one at a time. The library's logging is off for the whole process.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct ps_decoder_s;
struct cmd_ln_s;

namespace phalarope::hal::detail {

/// A text that C code can open as a file: lives in memory, named /proc/self/fd/n.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view text);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  bool ready() const noexcept { return descriptor_ >= 0; }
  const std::string& path() const noexcept { return path_; }

 private:
  int descriptor_ = -1;
  std::string path_;
};

enum class SearchKind : std::uint8_t { grammar, phones, keyphrases };

struct DecoderSetting {
  SearchKind kind = SearchKind::grammar;
  std::string model_directory;
  std::string dictionary_path;
  std::string source;  // grammar: JSGF text; phones: path of the phone language model; keyphrases: path of the list
};

/// The best path so far: words without fillers, and its score over the frames looked at.
struct Hypothesis {
  std::string text;
  std::int64_t score = 0;
  std::int64_t frames = 0;
};

/// One word of the best path, in frames of 10 ms.
struct HeardWord {
  std::string text;
  std::int64_t first_frame = 0;
  std::int64_t last_frame = 0;
};

class PocketsphinxDecoder {
 public:
  /// Nothing when the library refuses the setting (a missing file, a word without pronunciation).
  static std::optional<PocketsphinxDecoder> open(const DecoderSetting& setting);

  bool start();
  void feed(std::span<const std::int16_t> samples);
  void finish();
  bool open_utterance() const noexcept { return in_utterance_; }
  Hypothesis hypothesis() const;
  /// The first real word of the best path.
  std::optional<HeardWord> first_word() const;

 private:
  struct Free {
    void operator()(ps_decoder_s* decoder) const noexcept;
  };
  PocketsphinxDecoder() = default;

  std::unique_ptr<ps_decoder_s, Free> decoder_;
  std::vector<float> cepstral_mean_;
  bool in_utterance_ = false;
};

/// The part of a pronunciation dictionary that `words` need, as text; `missing` gets the words it lacks.
std::optional<std::string> dictionary_subset(const std::string& dictionary_path, std::span<const std::string> words,
                                             std::vector<std::string>& missing);

}  // namespace phalarope::hal::detail
