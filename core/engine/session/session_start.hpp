// SessionStart: what a session is started with beside its pipeline. It is recorded (RecordType::session), so that a
// replay starts the same session. Fixed layout, only integers and bytes; padding is zero.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "core/engine/base/strong.hpp"

namespace phalarope {

/// Strings of a session that outlive its turns; each is interned at first_symbol + its number before the start.
enum class SessionSymbol : std::uint32_t {
  session_id,
  pipeline_version,
  execution_profile,
  merge_rule_id,
  merge_rule_version,
  routing_view,
  admission_policy,
  abi_compatibility,
  version_resolution,
  policy_resolution,
  provider_health,
  stt_provider,
  llm_provider,
  tts_provider
};
constexpr std::uint32_t session_symbol_count = 14;
constexpr std::size_t session_id_bytes_max = 31;

/// Whose work goes first when there is more than the board can do: background gives way, interactive does not notice.
enum class SessionPriority : std::uint8_t { interactive = 0, background = 1 };

struct SessionStart {
  std::uint64_t seed = 0;
  std::uint16_t session_slot = 0;
  std::uint8_t pipeline = 0;  // which of the engine's pipelines it runs, by their order
  SessionPriority priority = SessionPriority::interactive;
  std::uint32_t first_symbol = 1;
  std::uint32_t session_id_bytes = 0;
  std::uint32_t turns_before = 0;  // of this session in the same recording: numbers and tickets go on behind them
  char session_id[session_id_bytes_max + 1] = {};

  std::string_view session_id_text() const noexcept { return {session_id, session_id_bytes}; }
  /// False (and unchanged) when the id is longer than session_id_bytes_max.
  [[nodiscard]] bool set_session_id(std::string_view text) noexcept {
    if (text.size() > session_id_bytes_max) return false;
    std::memset(session_id, 0, sizeof session_id);
    std::memcpy(session_id, text.data(), text.size());
    session_id_bytes = static_cast<std::uint32_t>(text.size());
    return true;
  }
  constexpr SymbolId symbol(SessionSymbol which) const noexcept {
    return SymbolId{first_symbol + static_cast<std::uint32_t>(which)};
  }
};
static_assert(sizeof(SessionStart) == 56 && std::is_trivially_copyable_v<SessionStart>);

}  // namespace phalarope
