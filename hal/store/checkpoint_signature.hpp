// The signature of a checkpoint: what is signed, and how it is put into a block that is already sealed.
//
//   message = "phalarope checkpoint 1" (22 bytes) + BLAKE2b-256 of the whole checkpoint block, in which the 64 bytes
//             of the signature and the two CRCs (bytes 136 to 143) are zero
//
// The block holds the chain, so one signature speaks for every byte of the segment before it, and for what the
// checkpoint says itself: that no segment follows, that a crash cut the tail. Both CRCs are left out because they
// cover the signature. Ed25519; the key's id stands beside the signature. Pure; any thread.
// Contract: evidence.md 8; schemas/checkpoint.fbs; segment_format.hpp.
#pragma once

#include <cstdint>
#include <span>

#include "evidence_generated.h"
#include "hal/store/board_keys.hpp"
#include "hal/store/segment_format.hpp"

namespace phalarope::hal {

/// What a checkpoint's signature is worth to somebody who holds a public key.
enum class SignatureState : std::uint8_t { unsigned_checkpoint, holds, of_another_key, forged };
/// One sentence.
const char* describe(SignatureState state) noexcept;

/// Signs the checkpoint in a sealed block whose body has room for it; the block is sealed again.
void sign_checkpoint(const BoardKeys& keys, std::span<std::byte> block) noexcept;
/// `checkpoint` lies in `block`, whose soundness is known.
SignatureState judge_signature(const PublicKey& key, std::span<const std::byte> block,
                               const wire::Checkpoint& checkpoint);

}  // namespace phalarope::hal
