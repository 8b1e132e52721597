// RecogniserNode: the offline recogniser, behind the Node port.
//
//                        ┌─ grammar decoder ──── which words, of those the dialogue knows
//   10 ms of speech ─────┼─ phone decoder ────── what any speech would have scored: grammar - phones = trust
//                        └─ stop-word spotter ── only while the board speaks: one word, no waiting
//
//   recognise_start(n) ─▶ audio* ─▶ recognition_partial*  ─▶ finalise ─▶ recognition_final      (or abandon: nothing)
//
// A grammar alone hears a command in every cough. The phone decoder, free to take any phones in any order, scores
// the same frames without the grammar; the less the grammar loses against it per frame, the more it is to be believed.
//
// Invariants. (1) One recognition_final per finalised utterance, none per abandoned one; results of one utterance
// depend on its samples only (every decoder is brought back to the same state before it). (2) recognition_partial
// comes only with a real word that was the same for two looks and that the phone decoder believes: it confirms an
// interruption, so noise must not raise it. (3) At most utterance_samples_max are listened to.
// Thread: one worker; cancel() any. An utterance is the user's, not a turn's: a cancelled ticket does not stop it,
// recognise_abandon does. Contract: decisions.md D4, D18; runtime.md 11.1.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/engine/graph/node.hpp"
#include "hal/speech/intents.hpp"

namespace phalarope::hal {

constexpr std::int64_t recogniser_sample_rate_hz = 16000;
/// Longest utterance that is listened to: 20 s. What comes after is counted and not heard.
constexpr std::int64_t utterance_samples_max = 20 * recogniser_sample_rate_hz;

/// When the stop-word spotter runs; it costs about as much as the grammar decoder.
enum class StopSpotting : std::uint8_t { never, while_speaking, always };
/// command_recognise_start.argument_a: the board speaks while this utterance begins.
constexpr std::int64_t recognise_while_speaking = 1;

struct RecogniserConfig {
  /// Folder with en-us/, cmudict-en-us.dict and en-us-phone.lm.bin. Empty: $PHALAROPE_MODELS, else the package's.
  std::string model_directory{};
  StopSpotting stop_spotting = StopSpotting::while_speaking;
};

class RecogniserNode final : public Node {
 public:
  /// `intents` gives grammar and word lists, and is read by init() only.
  RecogniserNode(RecogniserConfig config, const Intents& intents);
  ~RecogniserNode() override;

  std::optional<std::string_view> init() override;
  void handle(const Event& command, NodeContext& context) override;
  void cancel(Ticket ticket) noexcept override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace phalarope::hal
