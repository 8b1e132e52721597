// BoardKeys: the secrets of one board's evidence, in one file that nobody else may read.
//
//   <data directory>/keys/board.key   0600   phalarope board key v1 \n sign <64 hex> \n wrap <64 hex> \n
//   <data directory>/keys/board.pub   0644   <64 hex>          what another machine needs to check the signatures
//
//   sign   seed of an Ed25519 key pair: signs the checkpoint that closes a segment (checkpoint_signature.hpp)
//   wrap   wraps the keys under which a segment's content is stored
//
// Made at the first start: written under another name, synced, then named, so that a power cut leaves either no key or
// a whole one. An unreadable or foreign file is an error and never overwritten: a new key would orphan every recording.
// Whoever is not the owner may not read the file; a laxer mode is refused with its cure.
// A key is known by its id: the first 8 bytes of BLAKE2b-256 of the public key, in hex.
// Start-up only; frozen afterwards, so any thread may sign. Contract: evidence.md 8; decisions.md D9.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/engine/base/result.hpp"

namespace phalarope::hal {

using PublicKey = std::array<std::byte, 32>;
using KeyId = std::array<std::byte, 8>;
using Signature = std::array<std::byte, 64>;

KeyId key_id_of(const PublicKey& key) noexcept;
std::string hex_of(std::span<const std::byte> bytes);
/// Exactly 64 hex digits; nothing else.
std::optional<PublicKey> public_key_of(std::string_view hex) noexcept;
/// A public key as people give it: 64 hex digits, or a file whose first word that is. The error says what to do.
Result<PublicKey, std::string> read_public_key(const std::string& file_or_hex);

class BoardKeys {
 public:
  using Secret = std::array<std::byte, 32>;

  BoardKeys(const Secret& sign_seed, const Secret& wrap_key) noexcept;
  ~BoardKeys();
  BoardKeys(const BoardKeys&) = delete;
  BoardKeys& operator=(const BoardKeys&) = delete;

  const PublicKey& public_key() const noexcept { return public_key_; }
  KeyId key_id() const noexcept { return key_id_of(public_key_); }
  Signature sign(std::span<const std::byte> message) const noexcept;
  const Secret& wrap_key() const noexcept { return wrap_key_; }

 private:
  std::array<std::byte, 64> signing_key_{};
  PublicKey public_key_{};
  Secret wrap_key_{};
};

bool signature_holds(const PublicKey& key, std::span<const std::byte> message,
                     std::span<const std::byte> signature) noexcept;

using BoardKeysResult = Result<std::shared_ptr<const BoardKeys>, std::string>;

/// The text of a key file; the error says what is wrong with it.
BoardKeysResult parse_board_keys(std::string_view text);
/// The keys of `<directory>/board.key`.
BoardKeysResult read_board_keys(const std::string& directory);
/// The same, or a new key with its public half beside it.
BoardKeysResult read_or_make_board_keys(const std::string& directory);
std::string public_key_path(const std::string& directory);

}  // namespace phalarope::hal
