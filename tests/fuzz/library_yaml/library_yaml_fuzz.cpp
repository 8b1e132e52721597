// Any bytes as a file of a chain library: read or refused, the same twice; validate and both selectors take them.
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/engine/base/enforce.hpp"
#include "core/library/selector.hpp"
#include "core/library/validate.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace phalarope::library;
  const std::string text(reinterpret_cast<const char*>(data), size);
  LibraryFiles library;
  library.has_methods = library.has_chains = true;
  for (const char* name :
       {"methods/M-PRE-001.yaml", "chains/C-AA-001.yaml", "meta/taxonomy.yaml", "meta/version.yaml",
        "meta/knob_registry.yaml", "templates/ErrorLog.csv", "templates/session_log_template.yaml"}) {
    library.files[name] = text;
  }
  for (const Contract contract : {Contract::one, Contract::two}) {
    const Validation normal = validate(library, contract, false);
    const Validation strict = validate(library, contract, true);
    PHAL_ENFORCE(strict.errors.size() == normal.errors.size() + normal.warnings.size(),
                 "strict promotes warnings only");
    PHAL_ENFORCE(strict.notes.size() == normal.notes.size(), "a note is never promoted");
  }
  const auto catalogue = SelectorCatalogue::read(library);
  if (!catalogue) return 0;
  SelectorInput input;
  input.stage = "first_exposure";
  (void)catalogue->select(Policy::scored_v1, input);
  const auto routed = catalogue->select(Policy::router_v2, input);
  PHAL_ENFORCE(routed.has_value() || catalogue->is_empty(Policy::router_v2), "the router never fails on its input");
  return 0;
}
