// Modules: pieces of graph with a name and parameters, drawn once and used where a node says `module:`.
//
//   modules:                                     nodes:
//     voice/v1:                                    - {id: voice, module: voice/v1, with: {engine: flite}}
//       parameters: {engine: flite}              edges:
//       nodes: [{id: say, provider: $(engine) …}]  - {from: mind, to: voice}      to: the module's `takes`
//       takes: say                                                                  from: the module's `gives`
//   becomes    nodes: voice.say …    edges: mind ─▶ voice.say
//
// Invariants. (1) Afterwards no node names a module; every piece stands at the line it was written on. (2) A module
// that leads back to itself is refused with the path, before anything is expanded. (3) Expansion ends: at most
// `module_pieces_max` nodes, edges and uses, whatever the file says. (4) Every module is judged: an unused one is a
// complaint. Allocates; not for the engine thread. Contract: decisions.md D15; features F-019.
#pragma once

#include <cstddef>

#include "core/spec/diagnostics.hpp"
#include "core/spec/document.hpp"

namespace phalarope::spec {

// Four times what the engine's graph holds: room for nodes that are drawn away, none for a bomb.
constexpr std::size_t module_pieces_max = 192;
constexpr std::size_t module_parameters_max = 16;

/// The file with its modules expanded into `nodes` and `edges`.
Document expand_modules(Document file, Diagnostics& diagnostics);

}  // namespace phalarope::spec
