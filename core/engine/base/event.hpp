// The event: 128 bytes that are stepped, sent through rings and recorded as they are.
//
//      0        8        16       24       32       40       48       56
//      | order  | mono   | wall   | media  | ticket | epoch  | a      | b      |   cache line 1
//     64       72       80            92       96       112      120      128
//      | range start/end | payload 12 | turn | u32 x 4 | u16 x 4 | u8 x 8 |        cache line 2
//
// This is the engine's own view (public members) of `struct Event` in schemas/event.fbs; the static_asserts below
// and tests/unit/engine/base/event_test.cpp hold both to the same bytes. Every byte is meaningful or zero, because
// bytes are hashed and compared: always start from `Event{}`.
//
// Owned by whoever holds the copy. Contract: runtime.md 1.2; decisions.md D13, D16.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "core/engine/base/strong.hpp"
#include "event_generated.h"

namespace phalarope {

using wire::Emitter;
using wire::EventFlag;
using wire::EventKind;
using wire::Lane;
using wire::PayloadClass;
using wire::Reason;
using wire::Scope;
using wire::UtteranceClass;

/// Names a payload in a slab pool (memory/slab_pool.hpp). pool 0 means "no payload".
struct PayloadHandle {
  std::uint32_t generation = 0;
  std::uint32_t length_bytes = 0;
  std::uint16_t slot = 0;
  std::uint16_t pool = 0;
  constexpr bool operator==(const PayloadHandle&) const noexcept = default;
  constexpr bool present() const noexcept { return pool != 0; }
};

struct Event {
  std::uint64_t runtime_sequence = 0;
  std::int64_t mono_ns = 0;
  std::int64_t wall_ns = 0;
  std::int64_t media_sample = 0;
  std::uint64_t ticket = 0;
  std::uint64_t authority_epoch = 0;
  std::int64_t argument_a = 0;
  std::int64_t argument_b = 0;
  std::int64_t range_start = 0;
  std::int64_t range_end = 0;
  PayloadHandle payload{};
  std::uint32_t turn_number = 0;
  std::uint32_t transport_sequence = 0;
  std::uint32_t causal_parent = 0;
  std::uint32_t provider_invocation = 0;
  std::uint32_t sync_or_merge_group = 0;
  EventKind kind = EventKind::none;
  Reason reason = Reason::none;
  std::uint16_t session_slot = 0;
  std::uint16_t schema_minor = 0;
  std::uint8_t node = no_node.value;
  std::uint8_t edge = no_edge.value;
  Lane lane = Lane::control;
  Lane target_lane = Lane::control;
  Scope scope = Scope::none;
  Emitter emitter = Emitter::none;
  PayloadClass payload_class = PayloadClass::metadata;
  std::uint8_t flags = 0;

  constexpr bool operator==(const Event&) const noexcept = default;

  constexpr bool has(EventFlag flag) const noexcept { return (flags & static_cast<std::uint8_t>(flag)) != 0; }
  constexpr void set(EventFlag flag) noexcept {
    flags = static_cast<std::uint8_t>(flags | static_cast<std::uint8_t>(flag));
  }
  constexpr Instant at() const noexcept { return Instant{mono_ns}; }
};

constexpr std::size_t event_bytes = 128;
static_assert(sizeof(Event) == event_bytes && sizeof(Event) % 64 == 0);
static_assert(sizeof(wire::Event) == sizeof(Event) && alignof(wire::Event) == alignof(Event));
static_assert(std::is_trivially_copyable_v<Event> && std::has_unique_object_representations_v<Event>);
static_assert(offsetof(Event, payload) == 80 && offsetof(Event, turn_number) == 92);
static_assert(offsetof(Event, kind) == 112 && offsetof(Event, session_slot) == 116);
static_assert(offsetof(Event, node) == 120 && offsetof(Event, flags) == 127);

/// Kinds from 768 on are commands: deeds the engine asks of the world.
constexpr std::uint16_t first_command_kind = 768;
constexpr std::uint16_t first_extension_kind = 512;
constexpr std::uint16_t last_signal_kind = 43;
constexpr bool is_command(EventKind kind) noexcept { return static_cast<std::uint16_t>(kind) >= first_command_kind; }
constexpr bool is_contract_signal(EventKind kind) noexcept {
  return kind != EventKind::none && static_cast<std::uint16_t>(kind) <= last_signal_kind;
}

/// The contract's text of a kind or reason: the schema's member name.
inline const char* name_of(EventKind kind) noexcept { return wire::EnumNameEventKind(kind); }
inline const char* name_of(Reason reason) noexcept {
  return reason == Reason::none ? "" : wire::EnumNameReason(reason);
}

}  // namespace phalarope
