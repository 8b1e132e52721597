// Who answers in a fork: for each node of the pipeline the record, the recorded node really, or the one it was given.
// Contract: core/replay/fork.hpp; hal/host/fork_world.hpp.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/plan/compiled_pipeline.hpp"
#include "core/replay/fork.hpp"
#include "hal/host/fork_world.hpp"

namespace phalarope::program {

struct ForkNodeRequest {
  const CompiledPipeline& recorded;
  const CompiledPipeline& forked;
  std::vector<std::string> external;  // nodes of the new pipeline that are programs of their own
  std::vector<std::string> providers;
  std::vector<std::string> intents;
  std::vector<std::string> recorded_intents;
};

struct ForkNodeChoice {
  hal::ForkNodes recorded;
  hal::ForkNodes forked;
  std::vector<replay::NodeAnswers> answers;  // by node index
  std::vector<std::string> changes;          // in words
};

/// Who the pipeline's plan binds to a modality; "none" when nobody.
std::string provider_of(const CompiledPipeline& pipeline, std::string_view modality);

std::expected<ForkNodeChoice, std::string> choose_fork_nodes(const ForkNodeRequest& request);

}  // namespace phalarope::program
