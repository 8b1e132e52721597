// Compiled pipelines and turn plans as FlatBuffers bytes, and back.
//
//   CompiledPipeline ──encode──▶ bytes ("PHPL") ──decode──▶ CompiledPipeline     first record of every recording
//   ResolvedTurnPlan ──encode──▶ bytes ("PHTP") ──decode──▶ ResolvedTurnPlan     one record per turn
//
// Invariants. (1) Any bytes may be given to decode: they are verified before they are read, every text and list is
// held to the engine's bounds, every enum number to its members; what breaks one is refused, never shortened.
// (2) decode(encode(x)) is x, member by member, and encode gives equal bytes for equal values.
// (3) Bytes written by an older version stay readable; fields they lack take the engine's defaults.
// Not here: whether the values make sense (prepare() and the pipeline compiler judge that). Allocates; not for the
// engine thread. Contract: schemas/plan.fbs; runtime.md 1.8; decisions.md D12.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/engine/base/result.hpp"
#include "core/engine/plan/compiled_pipeline.hpp"

namespace phalarope::spec {

enum class DecodeFailure : std::uint8_t { damaged, out_of_bounds, unknown_member };

/// One sentence for people.
std::string_view describe(DecodeFailure failure) noexcept;

std::vector<std::byte> encode(const CompiledPipeline& pipeline);
std::vector<std::byte> encode(const ResolvedTurnPlan& plan);

Result<CompiledPipeline, DecodeFailure> decode_pipeline(std::span<const std::byte> bytes);
Result<ResolvedTurnPlan, DecodeFailure> decode_turn_plan(std::span<const std::byte> bytes);

}  // namespace phalarope::spec
