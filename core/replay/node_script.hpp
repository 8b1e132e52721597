// NodeScript: what one node of a recorded session was told and what it answered, so that it can answer again.
//
//   recorded   start(1) audio audio finalise            ask("go")                heard(17, 20)
//                        └partial    └final "go"          └sentence sentence done
//   now        the same command in the same place ─▶ the same answer, as long after it as then
//              another one ─▶ off the script, until a command that stands for itself is found in it again:
//                             a start of the same utterance, a question in the same words
//
// Two commands are the same when kind, arguments, place on the sample axis and words are; not their numbers and times.
// Invariants. (1) Answers come in their recorded order. (2) What was never asked is never answered. One thread.
// Contract: evidence.md 2.2 (playback feeds recorded provider outputs and assumes no provider determinism).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/replay/tape.hpp"

namespace phalarope::replay {

struct ScriptedAnswer {
  std::size_t item = 0;  // in the tape
  std::int64_t delay_ns = 0;
};

struct ScriptedCommand {
  std::size_t item = 0;
  std::string_view words;  // of its payload; empty: none, or not recorded
  std::vector<ScriptedAnswer> answers;
};

class NodeScript {
 public:
  void add(ScriptedCommand command) { commands_.push_back(std::move(command)); }
  std::vector<ScriptedCommand>& commands() { return commands_; }

  /// The scripted command that `command` is, or null: then nobody knows what the node would have said.
  const ScriptedCommand* follow(const Event& command, std::string_view words, const Tape& tape);
  /// Everything up to here has happened already.
  void skip_to(std::size_t position) { at_ = position; }
  bool on_script() const { return on_script_; }

 private:
  std::optional<std::size_t> found_again(const Event& command, std::string_view words, const Tape& tape) const;

  std::vector<ScriptedCommand> commands_;
  std::size_t at_ = 0;
  bool on_script_ = true;
};

/// Whether a command goes to a node, its cancel included.
bool is_for_a_node(const Event& output);

}  // namespace phalarope::replay
