// Wire artifacts as FlatBuffers bytes (schemas/artifact.fbs), and back to the JSON they are of.
//
//   JSON document ──judge──▶ encode ──▶ bytes "PHAB" ──verify──▶ decode ──judge──▶ JSON document
//                              └────── both walk the rule tables: member n is field n ──────┘
//
// Invariants. (1) decode(encode(x)) is x: the same members with the same values; members come back in the order of the
// tables. (2) Any bytes may be given to decode. They are verified before they are read, texts are UTF-8, choices are
// known, keys differ, and the document is judged by its kind: what it returns is valid. (3) What is read is bounded by
// the bytes given and by artifact_values_max: offsets that point twice at one text cannot make it grow.
// Allocates; any thread; not for the engine's. Contract: runtime.md 1.1-1.8; decisions.md D12.
#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <string_view>
#include <vector>

#include "core/spec/artifact_rules.hpp"

namespace phalarope::spec {

constexpr std::size_t artifact_bytes_max = 1024UL * 1024UL;
/// Members and items of one document, at every level together; a plan with a hundred edges has about three thousand.
constexpr std::size_t artifact_values_max = 65'536;

struct DecodedArtifact {
  std::string_view kind;  // one of artifact_kinds
  JsonValue document;
};

/// Refuses a document that its kind's rules refuse, or one beyond the two bounds.
std::expected<std::vector<std::byte>, Violation> encode_artifact(std::string_view kind, const JsonValue& document);

std::expected<DecodedArtifact, Violation> decode_artifact(std::span<const std::byte> bytes);

/// Whether bytes claim to be an artifact's: the file identifier stands at its place.
bool is_artifact_bytes(std::span<const std::byte> bytes);

}  // namespace phalarope::spec
