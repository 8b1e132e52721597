// SlabError: every way in which a payload can be refused, with the sentence a person reads.
// Pure; any thread. Contract: runtime.md I10 (exhaustion has a defined outcome).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace phalarope {

enum class SlabError : std::uint8_t {
  pool_unknown,     // no pool of that number
  pool_taken,       // a pool of that number exists
  memory_short,     // the arena has no room for the pool
  shape_invalid,    // no slabs, no bytes, or more slabs than a handle can name
  slabs_exhausted,  // every slab is held
  payload_too_long,
  handle_invalid,  // slot or length beyond the pool
  handle_stale     // released already; its slot may hold another payload now
};

struct SlabErrorText {
  SlabError error;
  std::string_view id;
  std::string_view sentence;
  std::string_view who;
};

constexpr std::array slab_error_texts{
    SlabErrorText{SlabError::pool_unknown, "pool_unknown", "no slab pool has this number", "programmer"},
    SlabErrorText{SlabError::pool_taken, "pool_taken", "a slab pool of this number exists already", "programmer"},
    SlabErrorText{SlabError::memory_short, "memory_short", "the arena is too small for the slab pools",
                  "owner of the board profile"},
    SlabErrorText{SlabError::shape_invalid, "shape_invalid", "a pool needs 1 to 65535 slabs of at least one byte",
                  "owner of the board profile"},
    SlabErrorText{SlabError::slabs_exhausted, "slabs_exhausted", "all slabs of the pool are held", "nobody: try later"},
    SlabErrorText{SlabError::payload_too_long, "payload_too_long", "the payload is longer than a slab", "the producer"},
    SlabErrorText{SlabError::handle_invalid, "handle_invalid", "the handle names no slab of the pool", "the holder"},
    SlabErrorText{SlabError::handle_stale, "handle_stale", "the payload was released before", "the holder"},
};

constexpr const SlabErrorText& describe(SlabError error) noexcept {
  return slab_error_texts[static_cast<std::size_t>(error)];
}
static_assert(
    [] {
      for (std::size_t i = 0; i < slab_error_texts.size(); ++i) {
        if (static_cast<std::size_t>(slab_error_texts[i].error) != i) return false;
      }
      return slab_error_texts.size() == static_cast<std::size_t>(SlabError::handle_stale) + 1;
    }(),
    "one row for each code, in the order of the enum");

}  // namespace phalarope
