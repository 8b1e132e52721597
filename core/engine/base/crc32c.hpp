// CRC-32C (Castagnoli, reflected polynomial 0x82f63b78; RFC 3720 B.4), by the processor's own instruction where
// it has one (SSE4.2, ARMv8 CRC), else by table. It detects damage; it does not protect against an author
// (the signed checkpoint does). Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace phalarope {

/// Extends `crc` (0 to begin with) over `bytes`; crc32c(ab) == crc32c_extend(crc32c(a), b).
std::uint32_t crc32c_extend(std::uint32_t crc, std::span<const std::byte> bytes) noexcept;

inline std::uint32_t crc32c(std::span<const std::byte> bytes) noexcept { return crc32c_extend(0, bytes); }

namespace detail {
/// The portable form, kept reachable so that a test can hold the fast form against it.
std::uint32_t crc32c_extend_by_table(std::uint32_t crc, std::span<const std::byte> bytes) noexcept;
}  // namespace detail

}  // namespace phalarope
