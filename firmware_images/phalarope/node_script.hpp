// What `phalarope node test` does with a node: a list of steps, each a turn of its own with what is expected of it.
//
//   spec: node-test/v1
//   steps:
//     - {ask: "what time is it", expect: ["It is late."], within_ms: 200}      a dialogue
//     - {ask: "tell me all", cancel_after_ms: 50}                              must come back within its grace
//     - {say: "It is late."}                                                   a synthesiser: frames, words, done
//     - {hear: clip.wav, expect: ["go forward ten meters"]}                    a recogniser; beside this file
//     - {ask: "crash", expect_fault: external_process_ended}
//
// All steps of a script are of one type, which is the node's. Reads files; any thread. Contract: decisions.md D12.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/plan/graph_definition.hpp"

namespace phalarope::program {

struct NodeTestStep {
  NodeType type = NodeType::none;
  std::string said;  // the question, the sentence, or the path of the sound
  std::optional<std::vector<std::string>> expect;
  std::string expect_fault;  // the id of a fault; empty: it must go well
  std::int64_t cancel_after_ms = 0;
  std::int64_t within_ms = 0;  // 0: not judged
};

std::expected<std::vector<NodeTestStep>, std::string> parse_node_script(std::string_view text, const std::string& file);
std::expected<std::vector<NodeTestStep>, std::string> load_node_script(const std::string& path);

/// The one type that all steps have, or a sentence.
std::expected<NodeType, std::string> type_of(const std::vector<NodeTestStep>& steps);

}  // namespace phalarope::program
