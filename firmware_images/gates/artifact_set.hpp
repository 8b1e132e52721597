// The pipeline set and its links: a bundle names seven documents, and all of them speak of one pipeline version.
//
// Reads the files below one folder. Contract: evidence.md 5.1, 5.2, 5.3 (links 1-4).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace phalarope::gates {

/// What does not hang together; empty for a sound set. `rollout` is the deploy rollout, below `root`.
std::vector<std::string> judge_artifact_set(const std::filesystem::path& root, const std::filesystem::path& rollout);

}  // namespace phalarope::gates
