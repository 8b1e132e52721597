#include "core/replay/event_fields.hpp"

#include <cstring>

namespace phalarope::replay {
namespace {

std::string named(std::string_view name, std::int64_t number) {
  return name.empty() ? std::to_string(number) + " (?)" : std::string(name);
}

std::string flags_text(std::int64_t flags) {
  if (flags == 0) return "none";
  std::string text;
  for (int bit = 0; bit < 8; ++bit) {
    if ((flags >> bit & 1) == 0) continue;
    const char* name = wire::EnumNameEventFlag(static_cast<EventFlag>(1 << bit));
    if (!text.empty()) text += '|';
    text += name[0] == '\0' ? "bit" + std::to_string(bit) : name;
  }
  return text;
}

}  // namespace

std::string_view kind_text(EventKind kind) { return wire::EnumNameEventKind(kind); }
std::string_view reason_text(Reason reason) { return name_of(reason); }
std::string_view scope_text(Scope scope) { return wire::EnumNameScope(scope); }
std::string_view emitter_role(Emitter emitter) { return wire::EnumNameEmitter(emitter); }
std::string_view payload_class_text(PayloadClass payload_class) { return wire::EnumNamePayloadClass(payload_class); }
std::string_view lane_text(Lane lane) {
  switch (lane) {
    case Lane::control:
      return "ControlLane";
    case Lane::data:
      return "DataLane";
    case Lane::telemetry:
      return "TelemetryLane";
  }
  return "";
}

std::int64_t field_number(const Event& event, const EventField& field) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, reinterpret_cast<const std::byte*>(&event) + field.offset, field.size);
  return static_cast<std::int64_t>(bits);
}

std::string field_text(const Event& event, const EventField& field) {
  const std::int64_t number = field_number(event, field);
  switch (field.form) {
    case FieldForm::unsigned_number:
      return std::to_string(static_cast<std::uint64_t>(number));
    case FieldForm::signed_number:
      return std::to_string(number);
    case FieldForm::kind:
      return named(kind_text(static_cast<EventKind>(number)), number);
    case FieldForm::reason:
      return number == 0 ? "none" : named(reason_text(static_cast<Reason>(number)), number);
    case FieldForm::lane:
      return named(lane_text(static_cast<Lane>(number)), number);
    case FieldForm::scope:
      return named(scope_text(static_cast<Scope>(number)), number);
    case FieldForm::emitter:
      return named(emitter_role(static_cast<Emitter>(number)), number);
    case FieldForm::payload_class:
      return named(payload_class_text(static_cast<PayloadClass>(number)), number);
    case FieldForm::flags:
      return flags_text(number);
    case FieldForm::index:
      return number == 255 ? "none" : std::to_string(number);
  }
  return std::to_string(number);
}

}  // namespace phalarope::replay
