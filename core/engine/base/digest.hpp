// RunningDigest: a 64-bit fingerprint of everything a run said, in order; two equal runs have equal digests.
//
// FNV-1a over 64-bit words with a final mix (Fowler, Noll, Vo; finaliser of MurmurHash3 by Appleby). It compares
// runs on different processors and compilers (decisions.md D23); it is not a cryptographic hash.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "core/engine/base/event.hpp"

namespace phalarope {

class RunningDigest {
 public:
  constexpr void add(std::uint64_t word) noexcept { state_ = (state_ ^ word) * 0x100000001b3ULL; }
  void add(const Event& event) noexcept {
    std::uint64_t words[event_bytes / sizeof(std::uint64_t)];
    std::memcpy(words, &event, sizeof words);
    for (const std::uint64_t word : words) add(word);
  }
  constexpr std::uint64_t value() const noexcept {
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 33)) * 0xff51afd7ed558ccdULL;
    mixed = (mixed ^ (mixed >> 33)) * 0xc4ceb9fe1a85ec53ULL;
    return mixed ^ (mixed >> 33);
  }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325ULL;
};
static_assert(std::endian::native == std::endian::little, "events are little-endian on the wire and in memory");

}  // namespace phalarope
