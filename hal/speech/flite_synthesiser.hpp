// SynthesiserNode: flite behind the Node port; sentences in, frames and word times out, against credit.
//
//   synthesise(sentence) ─▶ flite ──chunks──▶ ┌──── answer buffer ────┐ ──▶ synthesis_frame (320 samples each)
//                                             │ samples, words, ends  │ ──▶ synthesis_word  (before its frame)
//   node_credit(frames) ────────────────────▶ └───────────────────────┘ ──▶ synthesis_done  (after the last frame)
//
// A frame of credit is one synthesis_frame (20 ms). Credit that comes before the sentence lets frames out while flite
// is still at work. Samples are numbered from the start of the answer (one ticket) and on over its sentences; each
// sentence is padded with silence to a whole frame.
//
// Invariants. (1) Frames sent never exceed credit granted to their ticket. (2) After cancel(ticket) nothing of it is
// emitted; the next ticket starts at sample 0 with empty buffers. (3) A word's start is the end of the phone before
// it, as flite's durations give it (D22), and words are counted from 0 over the whole answer.
// (4) The buffer holds at most answer_buffer_samples_max; a sentence that does not fit is cut there and counted.
// (5) Equal sentences give equal samples, while this is the process's only user of rand().
// Thread: one worker; cancel() any. Contract: decisions.md D11, D18, D22; runtime.md 7.4, 11.1.
#pragma once

#include <cstdint>
#include <memory>

#include "core/engine/graph/node.hpp"

namespace phalarope::hal {

constexpr std::int64_t synthesis_sample_rate_hz = 16000;
constexpr std::int64_t synthesis_frame_samples = 320;  // 20 ms
/// Synthesised and not yet sent: 30 s.
constexpr std::int64_t answer_buffer_samples_max = 30 * synthesis_sample_rate_hz;
constexpr std::size_t answer_words_max = 512;
constexpr std::size_t answer_sentences_max = 64;
constexpr std::size_t sentence_bytes_max = 1024;

enum class FliteVoice : std::uint8_t { slt, kal16 };

/// command_apology.argument_a: which built-in sentence is spoken.
enum class Apology : std::uint8_t { something_went_wrong, no_answer_in_time, not_available };
constexpr std::size_t apology_count = 3;
std::string_view apology_text(Apology which) noexcept;

struct SynthesiserConfig {
  FliteVoice voice = FliteVoice::slt;
  /// Speed of speech in 1/1000 of the voice's own; 900 is slower, 1100 faster.
  std::int64_t speed_permille = 1000;
};

class SynthesiserNode final : public Node {
 public:
  explicit SynthesiserNode(SynthesiserConfig config = {});
  ~SynthesiserNode() override;

  std::optional<std::string_view> init() override;
  void handle(const Event& command, NodeContext& context) override;
  void cancel(Ticket ticket) noexcept override;

  /// Sentences that were longer than the buffer and were cut; worker thread.
  std::uint64_t truncated_count() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace phalarope::hal
