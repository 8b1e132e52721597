// The event as a table of named fields: what a difference is named by, and what a page shows of an event.
//
// Invariant: the rows cover all 128 bytes in order, without a gap or an overlap (checked at compile time), so that no
// byte can differ without a name. Pure; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/engine/base/event.hpp"

namespace phalarope::replay {

enum class FieldForm : std::uint8_t {
  unsigned_number,
  signed_number,
  kind,
  reason,
  lane,
  scope,
  emitter,
  payload_class,
  flags,
  index  // index: 255 is none
};

struct EventField {
  std::string_view name;
  std::size_t offset;
  std::size_t size;
  FieldForm form;
};

// clang-format off
constexpr std::array<EventField, 31> event_fields{{
    {"runtime_sequence",    offsetof(Event, runtime_sequence),    8, FieldForm::unsigned_number},
    {"mono_ns",             offsetof(Event, mono_ns),             8, FieldForm::signed_number},
    {"wall_ns",             offsetof(Event, wall_ns),             8, FieldForm::signed_number},
    {"media_sample",        offsetof(Event, media_sample),        8, FieldForm::signed_number},
    {"ticket",              offsetof(Event, ticket),              8, FieldForm::unsigned_number},
    {"authority_epoch",     offsetof(Event, authority_epoch),     8, FieldForm::unsigned_number},
    {"argument_a",          offsetof(Event, argument_a),          8, FieldForm::signed_number},
    {"argument_b",          offsetof(Event, argument_b),          8, FieldForm::signed_number},
    {"range_start",         offsetof(Event, range_start),         8, FieldForm::signed_number},
    {"range_end",           offsetof(Event, range_end),           8, FieldForm::signed_number},
    {"payload.generation",  offsetof(Event, payload),             4, FieldForm::unsigned_number},
    {"payload.length_bytes", offsetof(Event, payload) + 4,        4, FieldForm::unsigned_number},
    {"payload.slot",        offsetof(Event, payload) + 8,         2, FieldForm::unsigned_number},
    {"payload.pool",        offsetof(Event, payload) + 10,        2, FieldForm::unsigned_number},
    {"turn_number",         offsetof(Event, turn_number),         4, FieldForm::unsigned_number},
    {"transport_sequence",  offsetof(Event, transport_sequence),  4, FieldForm::unsigned_number},
    {"causal_parent",       offsetof(Event, causal_parent),       4, FieldForm::unsigned_number},
    {"provider_invocation", offsetof(Event, provider_invocation), 4, FieldForm::unsigned_number},
    {"sync_or_merge_group", offsetof(Event, sync_or_merge_group), 4, FieldForm::unsigned_number},
    {"kind",                offsetof(Event, kind),                2, FieldForm::kind},
    {"reason",              offsetof(Event, reason),              2, FieldForm::reason},
    {"session_slot",        offsetof(Event, session_slot),        2, FieldForm::unsigned_number},
    {"schema_minor",        offsetof(Event, schema_minor),        2, FieldForm::unsigned_number},
    {"node",                offsetof(Event, node),                1, FieldForm::index},
    {"edge",                offsetof(Event, edge),                1, FieldForm::index},
    {"lane",                offsetof(Event, lane),                1, FieldForm::lane},
    {"target_lane",         offsetof(Event, target_lane),         1, FieldForm::lane},
    {"scope",               offsetof(Event, scope),               1, FieldForm::scope},
    {"emitter",             offsetof(Event, emitter),             1, FieldForm::emitter},
    {"payload_class",       offsetof(Event, payload_class),       1, FieldForm::payload_class},
    {"flags",               offsetof(Event, flags),               1, FieldForm::flags},
}};
// clang-format on
consteval bool every_byte_has_a_name() {
  std::size_t next = 0;
  for (const EventField& field : event_fields) {
    if (field.offset != next) return false;
    next = field.offset + field.size;
  }
  return next == event_bytes;
}
static_assert(every_byte_has_a_name());
static_assert(offsetof(PayloadHandle, length_bytes) == 4 && offsetof(PayloadHandle, slot) == 8 &&
              offsetof(PayloadHandle, pool) == 10);

/// The field's bytes as a number, sign-extended for signed forms.
std::int64_t field_number(const Event& event, const EventField& field);
/// The field as people read it: numbers, or the schema's names; "17 (?)" for a number without a name.
std::string field_text(const Event& event, const EventField& field);

/// "speech_started", "" for a number that is no member.
std::string_view kind_text(EventKind kind);
std::string_view reason_text(Reason reason);
std::string_view lane_text(Lane lane);  // ControlLane, DataLane, TelemetryLane
std::string_view scope_text(Scope scope);
std::string_view emitter_role(Emitter emitter);  // the role: turn_arbiter
std::string_view payload_class_text(PayloadClass payload_class);

}  // namespace phalarope::replay
