// TutorDialogue: the dialogue node of `talk --tutor`: what was understood goes to the tutor's session, its sentences go
// to the synthesiser.
//
//   dialogue_ask(text, class) ─▶ TutorSession::hear ─▶ dialogue_sentence* ─▶ dialogue_done
//
// A stop phrase, a back-channel word and silence are about control: no sentence, and the session stays where it is. The
// session sees the words only, no time: the same words from a recording give the same sentences. Thread: one worker;
// cancel() any. Contract: chain-library.md 15; runtime.md 11.1.
#pragma once

#include <atomic>
#include <memory>

#include "core/engine/graph/node.hpp"
#include "core/library/tutor_session.hpp"
#include "hal/speech/intents.hpp"

namespace phalarope::program {

/// How a recognised utterance comes to the session; nothing when it is not for it.
std::optional<library::Heard> heard_by_tutor(UtteranceClass what, std::string_view text);

class TutorDialogue final : public Node {
 public:
  explicit TutorDialogue(std::shared_ptr<library::TutorSession> session) : session_(std::move(session)) {}

  std::optional<std::string_view> init() override { return std::nullopt; }
  void handle(const Event& command, NodeContext& context) override;
  void cancel(Ticket ticket) noexcept override;

 private:
  std::shared_ptr<library::TutorSession> session_;
  std::atomic<std::uint64_t> cancelled_ticket_{0};
};

/// The grammar of everything a learner may say. One sentence when a phrase cannot be taken.
std::expected<hal::Intents, std::string> tutor_intents(const library::TutorSession& session);

}  // namespace phalarope::program
