// EventIdentities: the ids of an event that somebody outside reads, counted per session and turn.
//
//   event id          evt/<session>/<turn or "session">/000001     blanks and slashes of the parts become '_'
//   correlation id    corr/<session>/<turn or "session">
//   idempotency key   SHA-256 of <session>/<turn or "session">/<event id>, the ids trimmed but not otherwise changed
//
// A given event id replaces only the event id; the counter goes on. One thread. Contract: runtime.md 10.3.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace phalarope::replay {

struct EventIdentity {
  std::string event_id;
  std::string correlation_id;
  std::string idempotency_key;
};

enum class IdentityRefusal : std::uint8_t { session_id_required };

class EventIdentities {
 public:
  /// An empty turn id: the event is the session's.
  std::expected<EventIdentity, IdentityRefusal> next(std::string_view session_id, std::string_view turn_id,
                                                     std::string_view given_event_id = {});
  /// The event id alone, without the price of a hash. A blank session is written as "unknown".
  std::string next_event_id(std::string_view session_id, std::string_view turn_id);

 private:
  std::map<std::pair<std::string, std::string>, std::uint64_t> given_;
};

}  // namespace phalarope::replay
