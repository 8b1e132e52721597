// A fork for people and tools: what was the same, the first decision that was not, and both futures turn by turn.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "firmware_images/phalarope/fork_run.hpp"

namespace phalarope::program {

std::string fork_text(const ForkReport& report);
nlohmann::ordered_json fork_json(const ForkReport& report);

}  // namespace phalarope::program
