// FlatBuffers reads scalars in place, so a buffer must stand on their alignment; files and networks give any address.
// Pure but for the copy; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace phalarope::spec {

inline std::vector<std::uint64_t> aligned_copy(std::span<const std::byte> bytes) {
  std::vector<std::uint64_t> words((bytes.size() + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t));
  if (!bytes.empty()) std::memcpy(words.data(), bytes.data(), bytes.size());
  return words;
}

}  // namespace phalarope::spec
