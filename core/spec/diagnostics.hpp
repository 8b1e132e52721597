// Diagnostic: one thing wrong in a file that a person wrote, in the words of that person.
//
//   pipeline.yaml:12:9: nodes[2].modality: unknown value "sst". Use one of: stt, llm, tts; did you mean "stt"?
//   └ file ┘ line col   └ field path ┘     └ what ┘             └ what to do ┘
//
// Readers collect all of them and go on; nothing is decided at the first. Contract: design.md "What the user holds
// in hand"; style.md 7; control-plane.md DOC-3.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phalarope::spec {

struct Diagnostic {
  std::string file;
  int line = 0;    // from 1; 0: the file as a whole
  int column = 0;  // from 1; 0: the line as a whole
  std::string field;
  std::string what;
  std::string what_to_do;
};

using Diagnostics = std::vector<Diagnostic>;

/// `file:line:column: field: what. what_to_do`, leaving out what is not known.
std::string to_string(const Diagnostic& diagnostic);
/// One line each.
std::string to_string(const Diagnostics& diagnostics);

/// The candidate that a slip of the finger most likely meant; empty when none is near.
std::string_view nearest_name(std::string_view wrong, std::span<const std::string_view> candidates);

/// `a, b, c` with a did-you-mean when one is near.
std::string one_of(std::string_view wrong, std::span<const std::string_view> candidates);

}  // namespace phalarope::spec
