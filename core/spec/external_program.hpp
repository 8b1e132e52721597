// A node that runs as a program of its own: what a pipeline/v2 file says about it at `external:`.
//
//   - id: synthesiser
//     type: synthesiser
//     external:
//       command: [espeak_node, /usr/bin/espeak-ng, en-us]     a bare name: a node that was installed with Phalarope;
//       timeouts: {progress_ms: 500}                          with a slash: relative to the file that says it
//       limits: {memory_mib: 256, cpu_units: 1}
//       restarts: {in_a_row_max: 8}
//
// The compiled pipeline, its hash and its recording know nothing of it: neither arbitration nor replay may depend on
// where a node ran. Whoever builds the nodes (hal) takes it from here. Bounds are the contract's or named below.
// Allocates; not for the engine thread. Contract: runtime.md 11.2; decisions.md D11, D15, D18.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/engine/plan/graph_definition.hpp"
#include "core/spec/field_reader.hpp"

namespace phalarope::spec {

constexpr std::int64_t cancel_grace_ms_max = 75;  // decisions.md D18: a shorter grace is a choice, a longer one is not
constexpr std::size_t command_words_max = 64;
constexpr std::size_t environment_entries_max = 64;

struct ExternalProgram {
  Name node;
  NodeType type = NodeType::none;
  std::vector<std::string> command;
  std::vector<std::string> environment;  // NAME=value
  std::int64_t progress_ms = 500;        // without a result
  std::int64_t call_max_ms = 10'000;     // one command, whatever it says meanwhile
  std::int64_t cancel_grace_ms = cancel_grace_ms_max;
  std::int64_t hook_ms = 250;
  std::int64_t start_ms = 5'000;  // until the program says hello: loading it is not a hook
  std::int64_t memory_mib = 256;
  std::int64_t cpu_units = 1;
  std::int64_t cpu_seconds = 0;  // of its whole life; 0: not limited
  std::int64_t files = 64;
  std::int64_t processes = 32;
  std::int64_t restarts_in_a_row_max = 8;
  std::int64_t restart_regain_ms = 10'000;
};

/// Reads the node's `external:`, when there is one.
void read_external(MapReader& node_map, const NodeDefinition& node, std::vector<ExternalProgram>& programs);

/// One line for each setting, `synthesiser.limits.memory_mib = 256`, in the order of the struct.
std::vector<std::pair<std::string, std::string>> list_settings(const ExternalProgram& program);

}  // namespace phalarope::spec
