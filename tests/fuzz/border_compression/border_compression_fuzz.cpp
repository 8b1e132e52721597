// Any bytes as a compressed message: refused by name, or expanded within the bound to what compresses to it again.
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/engine/base/enforce.hpp"
#include "hal/codec/border_compression.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace phalarope::hal;
  constexpr ExpansionBound bound = {};
  const auto expanded = expand(std::as_bytes(std::span(data, size)), bound);
  if (!expanded) return 0;
  PHAL_ENFORCE(expanded->size() <= bound.bytes_max, "what came out is within its bound");
  const auto again = expand(compress(*expanded), {.bytes_max = bound.bytes_max, .ratio_max = 2000});
  PHAL_ENFORCE(again == expanded, "the way there and back changes nothing");
  return 0;
}
