// DialogueNode: the offline dialogue. What was recognised is looked up in the intents, answered sentence by sentence.
//
//   dialogue_ask(text, class) ─▶ match ─▶ action (local program or HTTP call) ─▶ dialogue_sentence* ─▶ dialogue_done
//                                          └ tool_started ... tool_ended
//   heard(words) ─▶ remembered: "what did you say?" is answered with what was heard and what was not
//
//   class          answer
//   words          the intent's, or not_understood when no intent matches
//   rejected       not_understood
//   stop_phrase    none (0 sentences: the turn was about control)
//   back_channel   none
//   empty          none
//
// Invariants. (1) One dialogue_done per ask that was not cancelled, after its sentences, never more than
// answer_sentences_limit of them. (2) A program runs without a shell, only if it is on the allow-list, and never
// longer than its timeout; the same holds for HTTP hosts. (3) A cancelled ask emits nothing more and its program is
// killed. (4) Equal context and equal text give equal answers; the wall clock is asked only by {time} and {date}.
// Thread: one worker; cancel() any. Contract: decisions.md D4, D12, D22; runtime.md 11.1.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/graph/node.hpp"
#include "hal/host/clock.hpp"
#include "hal/speech/intents.hpp"

namespace phalarope::hal {

constexpr std::size_t answer_sentences_limit = 32;

struct DialogueConfig {
  /// Absolute paths of the programs that actions may run. Anything else is refused by init().
  std::vector<std::string> allowed_programs{};
  /// Hosts that actions may call, e.g. "localhost:8123". Empty: no HTTP at all.
  std::vector<std::string> allowed_hosts{};
  /// Sentences longer than this are handed over clause by clause, so that the voice starts early.
  std::size_t first_clause_words_max = 12;
  /// For {time} and {date}; local time zone of the process. Null: the host's clock.
  const Clock* clock = nullptr;
};

class DialogueNode final : public Node {
 public:
  /// `intents` is copied.
  DialogueNode(DialogueConfig config, const Intents& intents);
  ~DialogueNode() override;

  std::optional<std::string_view> init() override;
  void handle(const Event& command, NodeContext& context) override;
  void cancel(Ticket ticket) noexcept override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace phalarope::hal
