// Where the program finds what it was shipped with: pipelines, intents, board profiles.
//
//   $PHALAROPE_SHARE                      an operator's choice
//   <program>/../share/phalarope          installed
//   <program>/../lib/phalarope/nodes      installed nodes (programs of their own); ../nodes in a build tree
//   a parent of <program> that holds firmware_images/conf and boards      built from source
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phalarope::program {

/// Full path of a shipped file, e.g. "conf/pipeline.yaml" or "boards/host.yaml"; nothing when it is nowhere.
std::optional<std::string> find_resource(std::string_view name);
/// Where find_resource looked, for the error message.
std::vector<std::string> resource_places();

/// Full path of a node's program that was installed under this name; nothing when there is none.
std::optional<std::string> find_node_program(std::string_view name);

/// Human speech of the package pocketsphinx-testdata; nothing when it is not installed.
std::optional<std::string> find_speech_clip(std::string_view name);

}  // namespace phalarope::program
