// Offered by supported. See wire_form.hpp.
#include "core/spec/wire_form.hpp"

#include <algorithm>
#include <optional>

namespace phalarope::spec {

namespace {

constexpr std::span<const std::string_view> both_encodings = encoding_names;
constexpr std::span<const std::string_view> json_only = both_encodings.first(1);
constexpr std::span<const std::string_view> both_compressions = compression_names;
constexpr std::span<const std::string_view> uncompressed = both_compressions.first(1);

// Only a WebSocket crosses networks that are slow enough for compression to pay; within the board, in a call's
// signalling and inside WebRTC's own channel it would cost more than it saves.
constexpr std::array supported_forms = {
    SupportedForms{"local", both_encodings, uncompressed},
    SupportedForms{"websocket", both_encodings, both_compressions},
    SupportedForms{"telephony", json_only, uncompressed},
    SupportedForms{"livekit", both_encodings, uncompressed},
};

std::string listed(std::span<const std::string_view> names) {
  std::string list;
  for (const std::string_view name : names) list += (list.empty() ? "" : ", ") + std::string(name);
  return list;
}

/// The position among `names` of the first offer that is supported; the first name when nothing is offered.
std::optional<std::size_t> first_match(std::span<const std::string_view> names,
                                       std::span<const std::string_view> supported,
                                       std::span<const std::string_view> offered) {
  if (offered.empty()) return 0;
  for (const std::string_view offer : offered) {
    if (std::find(supported.begin(), supported.end(), offer) == supported.end()) continue;
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), offer) - names.begin());
  }
  return std::nullopt;
}

FormRefusal refusal(std::string_view member, const SupportedForms& by, std::span<const std::string_view> supported,
                    std::span<const std::string_view> offered) {
  return {.member = member,
          .sentence = std::string(by.transport) + " supports no " + std::string(member) + " of: " + listed(offered) +
                      "; offer one of: " + listed(supported)};
}

}  // namespace

const SupportedForms* find_supported_forms(std::string_view transport) {
  const auto at = std::find_if(supported_forms.begin(), supported_forms.end(),
                               [transport](const SupportedForms& forms) { return forms.transport == transport; });
  return at == supported_forms.end() ? nullptr : &*at;
}

std::expected<WireForm, FormRefusal> negotiate(const SupportedForms& supported, const OfferedForms& offered) {
  const auto encoding = first_match(encoding_names, supported.encodings, offered.encodings);
  if (!encoding) return std::unexpected(refusal("encoding", supported, supported.encodings, offered.encodings));
  const auto compression = first_match(compression_names, supported.compressions, offered.compressions);
  if (!compression) {
    return std::unexpected(refusal("compression", supported, supported.compressions, offered.compressions));
  }
  return WireForm{.encoding = static_cast<Encoding>(*encoding), .compression = static_cast<Compression>(*compression)};
}

}  // namespace phalarope::spec
