// In which form artifacts travel over one connection: agreed once, before the first event.
//
//   peer offers, best first ──▶ first that this transport supports ──▶ WireForm
//                                 └─ none ──▶ refusal with what is supported, so that the peer can offer again
//
// An offer that says nothing of encodings means JSON, of compressions none: the oldest peer is understood. Names nobody
// knows are passed over. Both forms carry the same documents (artifact_codec.hpp); nodes never see which one it was.
// Pure; any thread. Contract: control-plane.md 23.8 (kinds of transport); decisions.md D12.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace phalarope::spec {

enum class Encoding : std::uint8_t { json, flatbuffers };
enum class Compression : std::uint8_t { none, zlib };
constexpr std::array<std::string_view, 2> encoding_names = {"json", "flatbuffers"};
constexpr std::array<std::string_view, 2> compression_names = {"none", "zlib"};

struct WireForm {
  Encoding encoding = Encoding::json;
  Compression compression = Compression::none;

  bool operator==(const WireForm&) const = default;
};

/// What a transport can do, by name.
struct SupportedForms {
  std::string_view transport;
  std::span<const std::string_view> encodings;
  std::span<const std::string_view> compressions;
};
/// Null for a transport that is none of control-plane.md 23.8.
const SupportedForms* find_supported_forms(std::string_view transport);

/// What a peer can do, best first.
struct OfferedForms {
  std::span<const std::string_view> encodings;
  std::span<const std::string_view> compressions;
};

/// Which half of the offer found no match, and one sentence with what is supported.
struct FormRefusal {
  std::string_view member;  // encoding or compression
  std::string sentence;
};

std::expected<WireForm, FormRefusal> negotiate(const SupportedForms& supported, const OfferedForms& offered);

}  // namespace phalarope::spec
