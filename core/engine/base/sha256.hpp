// SHA-256 (FIPS 180-4) as the contract uses it: plan hash, seed, ids. libsodium does the work; this header keeps
// its types out of the house. No allocation, no state outside the call; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace phalarope {

using Sha256Digest = std::array<std::uint8_t, 32>;
/// 64 lower-case hex digits.
using Sha256Hex = std::array<char, 64>;

Sha256Digest sha256(std::span<const std::byte> bytes) noexcept;
Sha256Digest sha256(std::string_view text) noexcept;
Sha256Hex to_hex(const Sha256Digest& digest) noexcept;

}  // namespace phalarope
