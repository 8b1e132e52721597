#include "hal/store/checkpoint_signature.hpp"

#include <sodium.h>

#include <cstring>
#include <string_view>
#include <vector>

#include "core/engine/base/enforce.hpp"

namespace phalarope::hal {
namespace {

constexpr std::string_view domain = "phalarope checkpoint 1";
using Message = std::array<std::byte, domain.size() + std::tuple_size_v<ChainHash>>;

/// Where the signature stands in the block, or in a copy of it.
std::span<std::byte> signature_in(std::span<std::byte> block, const wire::Checkpoint& checkpoint,
                                  const std::byte* block_of_checkpoint) {
  const auto* const bytes = reinterpret_cast<const std::byte*>(checkpoint.signature()->data());
  return block.subspan(static_cast<std::size_t>(bytes - block_of_checkpoint), checkpoint.signature()->size());
}

/// Leaves signature and CRCs of `block` zero.
Message message_of(std::span<std::byte> block, std::span<std::byte> signature) {
  std::memset(signature.data(), 0, signature.size());
  clear_checksums(block);
  const ChainHash hash = chain_of(block);
  Message message;
  std::memcpy(message.data(), domain.data(), domain.size());
  std::memcpy(message.data() + domain.size(), hash.data(), hash.size());
  return message;
}

}  // namespace

const char* describe(SignatureState state) noexcept {
  switch (state) {
    case SignatureState::unsigned_checkpoint:
      return "the segment's checkpoint is not signed";
    case SignatureState::holds:
      return "signed";
    case SignatureState::of_another_key:
      return "the segment's checkpoint is signed by another key";
    case SignatureState::forged:
      return "the signature is not of this checkpoint: it or the segment was changed after signing";
  }
  return "?";
}

void sign_checkpoint(const BoardKeys& keys, std::span<std::byte> block) noexcept {
  const auto* const checkpoint = wire::GetSizePrefixedEvidenceBlock(block.data() + block_header_bytes)->checkpoint();
  PHAL_ENFORCE(checkpoint != nullptr && checkpoint->signature() != nullptr, "what is signed is a checkpoint");
  const std::span<std::byte> room = signature_in(block, *checkpoint, block.data());
  PHAL_ENFORCE(room.size() == sizeof(Signature), "a checkpoint is built with room for its signature");
  const Signature signature = keys.sign(message_of(block, room));
  std::memcpy(room.data(), signature.data(), signature.size());
  set_checksums(block);
}

SignatureState judge_signature(const PublicKey& key, std::span<const std::byte> block,
                               const wire::Checkpoint& checkpoint) {
  const auto* const signature = checkpoint.signature();
  if (signature == nullptr || signature->size() == 0) return SignatureState::unsigned_checkpoint;
  const auto* const signer = checkpoint.signing_key();
  const KeyId id = key_id_of(key);
  const bool other =
      signer != nullptr && signer->size() == id.size() && std::memcmp(signer->data(), id.data(), id.size()) != 0;
  if (other) return SignatureState::of_another_key;
  std::vector<std::byte> copy(block.begin(), block.end());
  const Message message = message_of(copy, signature_in(copy, checkpoint, block.data()));
  const auto bytes = std::as_bytes(std::span(signature->data(), signature->size()));
  return signature_holds(key, message, bytes) ? SignatureState::holds : SignatureState::forged;
}

}  // namespace phalarope::hal
