// The judge of wire artifacts: one JSON document against the rules of its kind (runtime.md 1.1-1.8).
//
// Nothing is normalised first. The verdict names the first violated rule and the member's path; it is the same for
// the same text, always. Allocates; any thread. Contract: runtime.md 1.1-1.8; cli-conformance.md 2.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace phalarope::spec {

struct ArtifactVerdict {
  bool valid = false;
  std::string rule;  // empty when valid
  std::string path;
};

ArtifactVerdict validate_artifact(std::string_view kind, std::string_view json);

/// One line of `phalarope validate --jsonl`, answered as one line of JSON (cli-conformance.md 2).
std::string answer_validate_line(std::string_view line, std::size_t index);

/// The verdict as `phalarope validate KIND FILE --json` prints it (runtime.md 1.1 rule 5).
std::string to_json(std::string_view kind, const ArtifactVerdict& verdict);

}  // namespace phalarope::spec
