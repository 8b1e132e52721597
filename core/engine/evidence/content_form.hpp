// The forms in which content is kept when it may not be kept as it is.
//
//   "Call +49 170 Anna"  ── mask ──▶  "xxxx +00 000 xxxx"          structure stays, nothing that was said does
//                        ── hash ──▶  "sha256=<64 hex> bytes=17"   the same content can be known again, never read
//
// mask: letters become `x`, digits `0`; spaces and punctuation stay; a character outside ASCII becomes one `x`.
// Pure, no allocation; engine thread. Contract: evidence.md 1.10.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/engine/base/fixed_string.hpp"
#include "core/engine/base/sha256.hpp"

namespace phalarope {

/// Longer texts are hashed where they should be masked: the hash is the stricter form.
constexpr std::size_t masked_text_bytes_max = 4096;
using HashForm = FixedString<96>;  // "sha256=" + 64 + " bytes=" + 20

/// `sha256=<hex> bytes=<n>`.
HashForm hash_form(std::span<const std::byte> content) noexcept;
/// Masks `text` into `masked`, which is as long at least; the length used.
std::size_t mask_text(std::string_view text, std::span<char> masked) noexcept;

}  // namespace phalarope
