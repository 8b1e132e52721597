#include "hal/transport/border_signals.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "core/spec/json_edit.hpp"

namespace phalarope::hal {
namespace {

struct Row {
  std::string_view name;
  EventKind means;
  Emitter emitter;
};
constexpr std::array<Row, 10> rows{{
    {"connected", EventKind::connected, Emitter::connection},
    {"reconnecting", EventKind::reconnecting, Emitter::connection},
    {"disconnected", EventKind::disconnected, Emitter::connection},
    {"ended", EventKind::ended, Emitter::connection},
    {"silence", EventKind::silence, Emitter::connection},
    {"stall", EventKind::stall, Emitter::connection},
    // An intent, and the barge-in that cancels before it proposes (3.1 rule 2): the same hand on the same button.
    {"turn_open_proposed", EventKind::user_turn_requested, Emitter::session_prelude},
    {"barge_in", EventKind::user_turn_requested, Emitter::lane_router},
    {"cancel", EventKind::user_cancel_requested, Emitter::lane_router},
    {"stop", EventKind::user_cancel_requested, Emitter::lane_router},
}};

std::unexpected<spec::Violation> refuse(std::string rule, std::string path) {
  return std::unexpected(spec::Violation{.rule = std::move(rule), .path = std::move(path)});
}

Scope scope_named(std::string_view name) {
  if (name == "session") return Scope::session;
  if (name == "node") return Scope::node;
  return name == "provider_invocation" ? Scope::provider_invocation : Scope::turn;
}

/// The number at the end of pvi/<session>/<turn>/<n>, as the engine's own signals name a call.
std::optional<std::uint32_t> number_of_call(std::string_view id, const replay::RecordingNames& names) {
  if (!id.starts_with("pvi/" + names.session_id + "/")) return std::nullopt;
  const std::string_view digits = id.substr(id.rfind('/') + 1);
  std::uint32_t number = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size()) return std::nullopt;
  return number;
}

/// What a cancel is about (7.1), by the names that the engine's own signals use.
std::expected<void, spec::Violation> aim(Event& cancel, const spec::JsonValue& signal,
                                         const replay::RecordingNames& names) {
  cancel.scope = scope_named(spec::member_text(signal, "scope"));
  if (cancel.scope == Scope::node) {
    const std::string_view id = spec::member_text(signal, "node_id");
    const auto node = std::ranges::find(names.node_ids, id);
    if (node == names.node_ids.end()) return refuse("R 7.1: this pipeline has no such node", "node_id");
    cancel.node = static_cast<std::uint8_t>(node - names.node_ids.begin());
  }
  if (cancel.scope == Scope::provider_invocation) {
    const auto call = number_of_call(spec::member_text(signal, "provider_invocation_id"), names);
    if (!call) return refuse("R 7.1: no call of this session has this id", "provider_invocation_id");
    cancel.provider_invocation = *call;
  }
  return {};
}

}  // namespace

std::expected<Event, spec::Violation> event_asked_for(const spec::JsonValue& signal,
                                                      const replay::RecordingNames& names) {
  const std::string_view name = spec::member_text(signal, "signal");
  const auto row = std::ranges::find(rows, name, &Row::name);
  if (row == rows.end()) return refuse("`" + std::string(name) + "` is said by the engine, not to it", "signal");
  Event event{};
  event.kind = row->means;
  event.emitter = row->emitter;
  event.scope = Scope::session;
  if (event.kind != EventKind::user_cancel_requested) return event;
  const std::string_view turn = spec::member_text(signal, "turn_id");
  if (!turn.empty()) {
    const auto number = replay::RecordingNames::turn_number(turn);
    if (!number) return refuse("R 2.1: turn_unknown: this session has no turn of this name", "turn_id");
    event.turn_number = *number;
  }
  if (auto aimed = aim(event, signal, names); !aimed) return std::unexpected(std::move(aimed.error()));
  return event;
}

}  // namespace phalarope::hal
