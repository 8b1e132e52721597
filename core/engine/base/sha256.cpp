#include "core/engine/base/sha256.hpp"

#include <sodium/crypto_hash_sha256.h>

namespace phalarope {

Sha256Digest sha256(std::span<const std::byte> bytes) noexcept {
  Sha256Digest digest;
  static_assert(crypto_hash_sha256_BYTES == sizeof(Sha256Digest));
  // The one-shot form cannot fail; its int is libsodium's uniform signature.
  static_cast<void>(
      crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
  return digest;
}

Sha256Digest sha256(std::string_view text) noexcept { return sha256(std::as_bytes(std::span(text))); }

Sha256Hex to_hex(const Sha256Digest& digest) noexcept {
  constexpr std::string_view digits = "0123456789abcdef";
  Sha256Hex hex;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    hex[2 * i] = digits[digest[i] >> 4];
    hex[2 * i + 1] = digits[digest[i] & 0xfU];
  }
  return hex;
}

}  // namespace phalarope
