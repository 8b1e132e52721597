#include "core/replay/event_identity.hpp"

#include <algorithm>
#include <cstdio>

#include "core/engine/base/sha256.hpp"
#include "core/engine/plan/white_space.hpp"

namespace phalarope::replay {
namespace {

constexpr std::string_view no_turn_text = "session";

/// Blanks and slashes would break an id into other parts.
std::string part(std::string_view id) {
  std::string text(is_blank(id) ? "unknown" : trim_white_space(id));
  std::ranges::replace_if(text, [](char c) { return c == '/' || c == ' '; }, '_');
  return text;
}

std::string turn_part(std::string_view turn_id) { return turn_id.empty() ? std::string(no_turn_text) : part(turn_id); }

}  // namespace

std::string EventIdentities::next_event_id(std::string_view session_id, std::string_view turn_id) {
  const std::string session = part(session_id);
  const std::string turn = turn_part(turn_id);
  char number[24];
  std::snprintf(number, sizeof number, "%06llu", static_cast<unsigned long long>(++given_[{session, turn}]));
  return "evt/" + session + "/" + turn + "/" + number;
}

std::expected<EventIdentity, IdentityRefusal> EventIdentities::next(std::string_view session_id,
                                                                    std::string_view turn_id,
                                                                    std::string_view given_event_id) {
  if (is_blank(session_id)) return std::unexpected(IdentityRefusal::session_id_required);
  EventIdentity identity{.event_id = next_event_id(session_id, turn_id),
                         .correlation_id = "corr/" + part(session_id) + "/" + turn_part(turn_id),
                         .idempotency_key = {}};
  if (!given_event_id.empty()) identity.event_id = given_event_id;
  std::string text(trim_white_space(session_id));
  text.append("/").append(turn_id.empty() ? no_turn_text : trim_white_space(turn_id)).append("/");
  const Sha256Hex key = to_hex(sha256(text + identity.event_id));
  identity.idempotency_key.assign(key.begin(), key.end());
  return identity;
}

}  // namespace phalarope::replay
