// Strong types for numbers that must not be mixed up: ids, times, sample counts, sizes.
//
// Each is one integer with a name. Nothing converts implicitly; arithmetic exists only where it has a meaning
// (Instant - Instant = Duration, frames + frames = frames), so a sample count can never be added to a time.
// Media, monotonic and wall time are three types (decisions.md D13: nanoseconds and sample counts inside,
// milliseconds only in the contract's JSON).
#pragma once

#include <compare>
#include <cstdint>

namespace phalarope {

/// An identifier: comparable, never calculated with.
template <typename Tag, typename Rep>
struct Id {
  using rep = Rep;
  Rep value{};
  constexpr auto operator<=>(const Id&) const noexcept = default;
};

/// A quantity with a unit: may be added to, subtracted from and compared with its own kind.
template <typename Tag, typename Rep>
struct Quantity {
  using rep = Rep;
  Rep value{};
  constexpr auto operator<=>(const Quantity&) const noexcept = default;
  constexpr Quantity& operator+=(Quantity other) noexcept {
    value = static_cast<Rep>(value + other.value);
    return *this;
  }
  constexpr Quantity& operator-=(Quantity other) noexcept {
    value = static_cast<Rep>(value - other.value);
    return *this;
  }
  friend constexpr Quantity operator+(Quantity left, Quantity right) noexcept { return left += right; }
  friend constexpr Quantity operator-(Quantity left, Quantity right) noexcept { return left -= right; }
};

/// A point on one axis of time; points are subtracted, spans are added.
template <typename Tag, typename Span>
struct Point {
  using rep = typename Span::rep;
  rep value{};
  constexpr auto operator<=>(const Point&) const noexcept = default;
  friend constexpr Span operator-(Point later, Point earlier) noexcept { return Span{later.value - earlier.value}; }
  friend constexpr Point operator+(Point point, Span span) noexcept { return Point{point.value + span.value}; }
  friend constexpr Point operator-(Point point, Span span) noexcept { return Point{point.value - span.value}; }
};

/// Nanoseconds between two instants of one clock.
using Duration = Quantity<struct DurationTag, std::int64_t>;
/// The engine's clock: nanoseconds since an arbitrary start; never goes back. Only hal/host reads it.
using Instant = Point<struct MonotonicTag, Duration>;
/// UTC nanoseconds since 1970; for correlation only, never for a decision.
using WallTime = Point<struct WallTag, Duration>;
/// A count of frames (one sample per channel).
using Frames = Quantity<struct FramesTag, std::int64_t>;
/// A position on a session's sample axis; the canonical media time of audio.
using MediaTime = Point<struct MediaTag, Frames>;
/// A size in bytes.
using Bytes = Quantity<struct BytesTag, std::uint64_t>;

constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr std::int64_t ns_per_second = 1'000'000'000;

constexpr Duration milliseconds(std::int64_t ms) noexcept { return Duration{ms * ns_per_ms}; }
constexpr std::int64_t to_ms(Duration span) noexcept { return span.value / ns_per_ms; }

/// The fence's ticket: never used twice (fence.hpp). 0 is "no turn may be heard".
using Ticket = Id<struct TicketTag, std::uint64_t>;
/// The lease authority's fencing token (runtime.md 10.2).
using Epoch = Id<struct EpochTag, std::uint64_t>;
/// The engine's own order; the recorded order.
using RuntimeSequence = Id<struct RuntimeSequenceTag, std::uint64_t>;
/// A session's place in the engine's tables.
using SessionSlot = Id<struct SessionSlotTag, std::uint16_t>;
/// A turn of one session, counted from 1; 0 is "no turn".
using TurnNumber = Id<struct TurnNumberTag, std::uint32_t>;
/// A stretch of the user's speech, counted from 1; 0 is "none".
using UtteranceNumber = Id<struct UtteranceTag, std::uint32_t>;
/// An interned string (symbol table).
using SymbolId = Id<struct SymbolTag, std::uint32_t>;
/// A node or edge of the compiled graph; 255 is "none".
using NodeIndex = Id<struct NodeTag, std::uint8_t>;
using EdgeIndex = Id<struct EdgeTag, std::uint8_t>;
constexpr NodeIndex no_node{255};
constexpr EdgeIndex no_edge{255};

}  // namespace phalarope
