#include "core/engine/base/crc32c.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

namespace phalarope {
namespace {

constexpr std::uint32_t polynomial = 0x82f63b78U;

consteval std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1U) != 0 ? polynomial : 0U);
    table[byte] = value;
  }
  return table;
}
constexpr auto table = make_table();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t extend_by_instruction(std::uint32_t crc, const std::byte* at,
                                                                      std::size_t count) noexcept {
  std::uint64_t state = ~crc;
  for (; count >= 8; at += 8, count -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    state = _mm_crc32_u64(state, word);
  }
  auto narrow = static_cast<std::uint32_t>(state);
  for (; count > 0; ++at, --count) narrow = _mm_crc32_u8(narrow, std::to_integer<unsigned char>(*at));
  return ~narrow;
}
// Read once, before main: __builtin_cpu_supports is a load and a test, but the first call must follow cpu_init.
const bool has_instruction = [] {
  __builtin_cpu_init();
  return __builtin_cpu_supports("sse4.2") != 0;
}();
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
std::uint32_t extend_by_instruction(std::uint32_t crc, const std::byte* at, std::size_t count) noexcept {
  std::uint32_t state = ~crc;
  for (; count >= 8; at += 8, count -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    state = __crc32cd(state, word);
  }
  for (; count > 0; ++at, --count) state = __crc32cb(state, std::to_integer<unsigned char>(*at));
  return ~state;
}
constexpr bool has_instruction = true;
#else
std::uint32_t extend_by_instruction(std::uint32_t crc, const std::byte* at, std::size_t count) noexcept {
  return detail::crc32c_extend_by_table(crc, {at, count});
}
constexpr bool has_instruction = false;
#endif

}  // namespace

std::uint32_t detail::crc32c_extend_by_table(std::uint32_t crc, std::span<const std::byte> bytes) noexcept {
  std::uint32_t state = ~crc;
  for (const std::byte byte : bytes) {
    state = table[(state ^ std::to_integer<std::uint32_t>(byte)) & 0xffU] ^ (state >> 8);
  }
  return ~state;
}

std::uint32_t crc32c_extend(std::uint32_t crc, std::span<const std::byte> bytes) noexcept {
  return has_instruction ? extend_by_instruction(crc, bytes.data(), bytes.size())
                         : detail::crc32c_extend_by_table(crc, bytes);
}

}  // namespace phalarope
