// A synthesiser that speaks with espeak-ng, as a node of its own: the engine is copyleft (GPL), so it is neither linked
// nor loaded anywhere; this program runs the installed `espeak-ng` and reads its sound from a pipe (decisions.md D11).
//
//   sentence ─▶ espeak-ng --stdout ─▶ WAV 22050 Hz ─▶ 16 kHz ─▶ answer ─▶ frames of 320 samples, against credit
//
//   espeak_node [PROGRAM [VOICE]]      /usr/bin/espeak-ng and en-us when left out
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>
#include <numeric>
#include <string>
#include <vector>

#include "../phalarope_node.hpp"

extern char** environ;

namespace {

using phalarope::sdk::Command;

constexpr std::size_t answer_samples_max = 30 * PHAL_SAMPLE_RATE_HZ;
constexpr std::size_t wave_header_bytes = 44;
constexpr std::size_t wave_rate_offset = 24;
constexpr std::int64_t credit_frames_max = 1'800'000;
constexpr int look_ms = 20;
constexpr const char* apologies[] = {"I am sorry, something went wrong.", "I am sorry, that took too long.",
                                     "I am sorry, that does not work right now."};

/// Windowed-sinc resampling by a ratio of small numbers; one table row for each phase.
std::vector<std::int16_t> resample(const std::vector<std::int16_t>& in, int from_hz) {
  constexpr int half_taps = 16;
  constexpr int taps = 2 * half_taps;
  constexpr double pass = 0.92;  // of the lower Nyquist frequency
  const int divisor = std::gcd(from_hz, static_cast<int>(PHAL_SAMPLE_RATE_HZ));
  const int phases = PHAL_SAMPLE_RATE_HZ / divisor;
  const int step = from_hz / divisor;
  const double cutoff = pass * std::min(1.0, static_cast<double>(PHAL_SAMPLE_RATE_HZ) / from_hz);
  std::vector<double> table(static_cast<std::size_t>(phases * taps));
  for (int phase = 0; phase < phases; ++phase) {
    for (int tap = 0; tap < taps; ++tap) {
      const double x = tap + 1 - half_taps - static_cast<double>(phase) / phases;
      const double sinc = x == 0.0 ? 1.0 : std::sin(M_PI * cutoff * x) / (M_PI * cutoff * x);
      const double window = 0.5 + 0.5 * std::cos(2.0 * M_PI * x / taps);
      table[static_cast<std::size_t>(phase * taps + tap)] = cutoff * sinc * window;
    }
  }
  const auto count = static_cast<std::int64_t>(in.size());
  std::vector<std::int16_t> out(static_cast<std::size_t>(count * phases / step));
  for (std::size_t n = 0; n < out.size(); ++n) {
    const std::int64_t position = static_cast<std::int64_t>(n) * step;
    const std::int64_t first = position / phases - half_taps + 1;
    const double* const row = &table[static_cast<std::size_t>(position % phases) * taps];
    double sum = 0.0;
    for (int tap = 0; tap < taps; ++tap) {
      const std::int64_t at = first + tap;
      if (at >= 0 && at < count) sum += row[tap] * in[static_cast<std::size_t>(at)];
    }
    out[n] = static_cast<std::int16_t>(std::clamp(std::lround(sum), -32768L, 32767L));
  }
  return out;
}

class EspeakNode final : public phalarope::sdk::Node {
 public:
  EspeakNode(std::string program, std::string voice) : program_(std::move(program)), voice_(std::move(voice)) {}

  int init() override {
    if (access(program_.c_str(), X_OK) == 0) return 0;
    std::fprintf(stderr, "espeak_node: %s is not installed; apt-get install espeak-ng\n", program_.c_str());
    return 1;
  }
  int handle(Command command) override {
    if (command.ticket() != ticket_) {
      forget();
      ticket_ = command.ticket();
    }
    int status = 0;
    if (command.kind() == PHAL_COMMAND_NODE_CREDIT) {
      credit_ = std::min(credit_ + std::max<std::int64_t>(command.a(), 0), credit_frames_max);
    } else if (command.kind() == PHAL_COMMAND_SYNTHESISE) {
      status = speak(command, std::string(command.text()), command.a());
    } else if (command.kind() == PHAL_COMMAND_APOLOGY) {
      status = speak(command, apologies[std::clamp<std::int64_t>(command.a(), 0, 2)], 0);
    }
    drain(command);
    return status;
  }
  void cancel(std::uint64_t ticket) override {
    if (ticket_ <= ticket) forget();
  }

 private:
  struct Word {
    std::int64_t first_sample;
    std::int64_t index;
    std::string text;
  };
  struct Sentence {
    std::int64_t index;
    std::int64_t end_sample;
  };

  void forget() {
    samples_.clear();
    words_.clear();
    sentences_.clear();
    credit_ = sent_ = end_ = words_marked_ = 0;
  }

  /// Starts the program with its sound in a pipe; the pipe's reading end, or -1.
  int start_program(const std::string& sentence, pid_t& child) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    const char* const arguments[] = {program_.c_str(), "-v",   voice_.c_str(), "--stdout", "--",
                                     sentence.c_str(), nullptr};
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
    const int error =
        posix_spawn(&child, program_.c_str(), &files, nullptr, const_cast<char* const*>(arguments), environ);
    posix_spawn_file_actions_destroy(&files);
    close(ends[1]);
    if (error == 0) return ends[0];
    close(ends[0]);
    return -1;
  }

  /// The program's whole output; empty when it failed or the command was cancelled.
  std::string run_program(const Command& command, const std::string& sentence) {
    pid_t child = -1;
    const int pipe = start_program(sentence, child);
    if (pipe < 0) return {};
    std::string wave;
    for (;;) {
      pollfd readable{pipe, POLLIN, 0};
      if (command.cancelled() || wave.size() > answer_samples_max * 4) break;
      if (poll(&readable, 1, look_ms) <= 0) continue;
      char bytes[16384];
      const ssize_t count = read(pipe, bytes, sizeof bytes);
      if (count <= 0) break;
      wave.append(bytes, static_cast<std::size_t>(count));
    }
    close(pipe);
    if (command.cancelled()) kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    return status == 0 ? wave : std::string{};
  }

  int speak(const Command& command, const std::string& sentence, std::int64_t index) {
    const std::string wave = run_program(command, sentence);
    if (command.cancelled()) return 0;
    std::uint32_t rate_hz = 0;
    if (wave.size() <= wave_header_bytes || wave.compare(0, 4, "RIFF") != 0) return 1;
    std::memcpy(&rate_hz, wave.data() + wave_rate_offset, sizeof rate_hz);
    if (rate_hz < 8000 || rate_hz > 48000) return 2;
    std::vector<std::int16_t> sound((wave.size() - wave_header_bytes) / sizeof(std::int16_t));
    std::memcpy(sound.data(), wave.data() + wave_header_bytes, sound.size() * sizeof(std::int16_t));
    std::vector<std::int16_t> fitting = resample(sound, static_cast<int>(rate_hz));
    fitting.resize(std::min(fitting.size(), answer_samples_max - std::min(answer_samples_max, samples_.size())));
    mark_words(sentence, static_cast<std::int64_t>(fitting.size()));
    samples_.insert(samples_.end(), fitting.begin(), fitting.end());
    while (samples_.size() % PHAL_FRAME_SAMPLES != 0) samples_.push_back(0);
    end_ = sent_ + static_cast<std::int64_t>(samples_.size());
    sentences_.push_back({index, end_});
    return 0;
  }

  /// espeak-ng tells no word times on this way: each word gets its share of the sentence by characters (D22).
  void mark_words(const std::string& sentence, std::int64_t sentence_samples) {
    const auto bytes_all = static_cast<std::int64_t>(sentence.size()) + 1;
    for (std::size_t at = 0; at < sentence.size();) {
      const std::size_t first = sentence.find_first_not_of(' ', at);
      if (first == std::string::npos) return;
      const std::size_t last = std::min(sentence.find(' ', first), sentence.size());
      words_.push_back({end_ + sentence_samples * static_cast<std::int64_t>(first) / bytes_all, words_marked_++,
                        sentence.substr(first, last - first)});
      at = last;
    }
  }

  void drain(const Command& command) {
    for (;;) {
      if (!sentences_.empty() && sentences_.front().end_sample <= sent_) {
        command.emit(PHAL_SYNTHESIS_DONE, sentences_.front().index, sentences_.front().end_sample);
        sentences_.pop_front();
        continue;
      }
      if (samples_.size() < PHAL_FRAME_SAMPLES || credit_ < 1) return;
      while (!words_.empty() && words_.front().first_sample < sent_ + PHAL_FRAME_SAMPLES) {
        command.emit_text(PHAL_SYNTHESIS_WORD, words_.front().first_sample, words_.front().index, words_.front().text);
        words_.pop_front();
      }
      std::int16_t frame[PHAL_FRAME_SAMPLES];
      std::copy_n(samples_.begin(), static_cast<std::size_t>(PHAL_FRAME_SAMPLES), frame);
      if (!command.emit_frame(sent_, frame)) return;
      samples_.erase(samples_.begin(), samples_.begin() + PHAL_FRAME_SAMPLES);
      sent_ += PHAL_FRAME_SAMPLES;
      --credit_;
    }
  }

  std::string program_;
  std::string voice_;
  std::uint64_t ticket_ = 0;
  std::int64_t credit_ = 0;
  std::int64_t sent_ = 0;
  std::int64_t end_ = 0;  // of all that was synthesised, on the answer's axis
  std::int64_t words_marked_ = 0;
  std::deque<std::int16_t> samples_;
  std::deque<Word> words_;
  std::deque<Sentence> sentences_;
};

}  // namespace

int main(int argc, char** argv) {
  EspeakNode node(argc > 1 ? argv[1] : "/usr/bin/espeak-ng", argc > 2 ? argv[2] : "en-us");
  return phalarope::sdk::run(node);
}
