// Compression at a network's border: zlib around bytes that are otherwise sent as they are.
//
//   bytes ──compress──▶ zlib stream ──expand, bounded before it begins──▶ the same bytes
//
// A stream of 100 kB can be made to expand to 100 MB. So what may come out is bounded by a size and, beyond what a
// small message is always allowed, by a ratio; memory is taken for what came out so far, never for what a stream
// claims. Invariants. (1) expand(compress(x)) is x for every x within the bounds. (2) Any bytes may be given to expand:
// cut, damaged, continued or swollen streams are refused by name. (3) Nodes never see whether bytes were compressed.
// Allocates; transports' threads, never the engine's. Contract: control-plane.md 23.8; spec/wire_form.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>
#include <vector>

namespace phalarope::hal {

struct ExpansionBound {
  std::size_t bytes_max = 1024UL * 1024UL;
  /// Batches of JSON shrink to a tenth or a twentieth; zlib's own limit is about a thousandth.
  std::size_t ratio_max = 100;
  /// Up to here the ratio is not asked: thirty bytes of zlib may be a short, dull, honest message.
  std::size_t unasked_bytes = 64UL * 1024UL;
};

enum class ExpansionFailure : std::uint8_t { damaged, too_large, trailing_bytes };

/// One sentence for people.
std::string_view describe(ExpansionFailure failure) noexcept;

std::vector<std::byte> compress(std::span<const std::byte> bytes);
std::expected<std::vector<std::byte>, ExpansionFailure> expand(std::span<const std::byte> stream,
                                                               const ExpansionBound& bound);

}  // namespace phalarope::hal
