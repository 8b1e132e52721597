// RFC 3339 times in UTC, as the contract's documents carry them: "2026-01-31T23:59:59Z", with a fraction or not.
//
// Pure; C++20 calendar arithmetic, so no time zone and no locale plays in. Contract: evidence.md 0 (`*_utc`).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace phalarope::gates {

/// Milliseconds since 1970; nothing when the text is no RFC 3339 time. An offset other than Z is counted in.
std::optional<std::int64_t> utc_ms_from(std::string_view text);
/// With milliseconds only when they are not zero.
std::string utc_text(std::int64_t utc_ms);
std::int64_t utc_now_ms();

}  // namespace phalarope::gates
