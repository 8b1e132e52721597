// The hash material of a plan: the exact JSON text whose SHA-256 is `plan_hash`, written into fixed memory.
//
//   {"TurnID":"…", ┆ "PipelineVersion":…,"GraphDefinitionRef":…,"ExecutionProfile":…,"AuthorityEpoch": ┆ 7 ┆
//   ,"Snapshot…}
//     per turn     ┆                 head: once per pipeline                                           ┆   ┆ tail: once
//
// Invariants. (1) No white space, members in the order of 4.3, map entries sorted by key bytes, absent optionals
// left out. (2) Text that would not fit sets `overflowed()` and writes nothing further: never a shortened hash text.
// Pure but for the writer; any thread. Contract: runtime.md 4.3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/engine/plan/turn_plan.hpp"

namespace phalarope {

// A control character takes six bytes when escaped; the head holds two names and one reference.
constexpr std::size_t escape_bytes_max = 6;
constexpr std::size_t hash_head_bytes_max = escape_bytes_max * (2 * name_bytes_max + plan_reference_bytes_max) + 128;
/// A simple/v1 plan takes about 1.4 KiB, a full edge about 0.6 KiB; a pipeline that needs more is refused.
constexpr std::size_t hash_tail_bytes_max = 32 * 1024;
constexpr std::size_t hash_turn_bytes_max = escape_bytes_max * turn_id_bytes_max + 64;
constexpr std::size_t hash_text_bytes_max = hash_turn_bytes_max + hash_head_bytes_max + hash_tail_bytes_max;

/// Appends JSON to a buffer that somebody else owns.
class HashTextWriter {
 public:
  explicit HashTextWriter(std::span<char> buffer) noexcept : buffer_(buffer) {}

  void raw(std::string_view text) noexcept;
  /// A JSON string in quotes, escaped as 4.3 says.
  void string(std::string_view text) noexcept;
  void integer(std::int64_t value) noexcept;

  bool overflowed() const noexcept { return overflowed_; }
  std::string_view text() const noexcept { return {buffer_.data(), used_bytes_}; }

 private:
  void escaped(unsigned char byte) noexcept;

  std::span<char> buffer_;
  std::size_t used_bytes_ = 0;
  bool overflowed_ = false;
};

/// From `,"PipelineVersion"` to `"AuthorityEpoch":`.
void write_hash_head(const ResolvedTurnPlan& plan, HashTextWriter& out) noexcept;
/// From `,"SnapshotProvenance"` to the closing brace.
void write_hash_tail(const ResolvedTurnPlan& plan, HashTextWriter& out) noexcept;

}  // namespace phalarope
