// TutorSession: a tutor from "hello" to "goodbye": asks for the topic, chooses the chain by what is known of earlier
// sessions, and runs it.
//
//   hello ─▶ "Which topic?" ─▶ a topic's name ─▶ input from the error log ─▶ selector ─▶ TutorRun
//
//   earlier sessions, rows of the log     stage             question mode
//   none                                  first_exposure    the topic's
//   some, none missed                     consolidation     the topic's
//   some, misses                          review            that of the items missed most; they are asked first
//
// No selector error stops a session: without a chain the shortest way there is, recall after its targets, is run.
// Pure; one thread. Contract: chain-library.md 14 ("Create"), 15 ("When").
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/library/tutor_run.hpp"

namespace phalarope::library {

struct TutorMaterial {
  std::shared_ptr<const Catalogue> catalogue;
  SelectorCatalogue selector;
  std::vector<TopicPack> topics;
};

/// What the board remembers, and what was asked for.
struct TutorMemory {
  std::vector<ErrorRow> error_log;
  std::map<std::string, int> earlier_sessions;  // by topic id
  std::int64_t minutes = 20;
  std::string energy = "medium";
  Policy policy = Policy::scored_v1;
};

SelectorInput input_for(const TopicPack& topic, const TutorMemory& memory);

class TutorSession {
 public:
  TutorSession(TutorMaterial material, TutorMemory memory);

  TutorReply hear(const Heard& heard);
  /// Nothing until a topic was chosen.
  const std::optional<TutorRun>& run() const noexcept { return run_; }

  /// Everything the learner may say, for a recogniser that must know it: lower case, each once, sorted.
  std::vector<std::string> phrases() const;
  /// Of words that the topics say themselves how to speak.
  std::map<std::string, std::string> pronunciations() const;

 private:
  TutorReply start(const TopicPack& topic);
  std::string which_topic() const;

  TutorMaterial material_;
  TutorMemory memory_;
  std::optional<TutorRun> run_;
};

}  // namespace phalarope::library
