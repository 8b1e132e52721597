// The gateway's steps. See abi_gateway.hpp.
#include "core/spec/abi_gateway.hpp"

#include <utility>

#include "core/spec/json_edit.hpp"

namespace phalarope::spec {

namespace {

constexpr std::string_view clamped_members[] = {"runtime_sequence", "runtime_timestamp_ms", "wall_clock_timestamp_ms",
                                                "timestamp_ms"};

void clamp(JsonValue& document, std::string_view name) {
  if (is_negative(document.find(name))) set_member(document, json_integer(std::string(name), 0));
}

bool is_absent(const JsonValue& document, std::string_view name) { return document.find(name) == nullptr; }

/// A version of another major; whether it is one at all is the rules' to say.
bool is_foreign_version(std::string_view version) {
  constexpr std::string_view accepted_major = "v1.";
  const std::size_t end_of_major = version.find_first_not_of("0123456789", 1);
  const bool has_major = version.starts_with('v') && end_of_major != std::string_view::npos && end_of_major > 1;
  return has_major && version[end_of_major] == '.' && !version.starts_with(accepted_major);
}

std::optional<Violation> compared(std::string_view name, std::int64_t& before, const JsonValue& document) {
  const std::int64_t now = document.find(name)->integer;
  if (now < before) {
    return Violation{.rule = "R 1.9: " + std::string(name) + " decreases within the batch, from " +
                             std::to_string(before) + " to " + std::to_string(now),
                     .path = std::string(name)};
  }
  before = now;
  return std::nullopt;
}

}  // namespace

void normalise(AbiElement& element) {
  JsonValue& document = element.document;
  if (!document.is(JsonValue::Kind::object)) return;
  const JsonValue* const version = document.find("schema_version");
  if (version == nullptr || (version->is(JsonValue::Kind::text) && version->text.empty())) {
    set_member(document, json_text("schema_version", std::string(schema_version_written)));
  }
  const JsonValue* const transport = document.find("transport_sequence");
  if (transport == nullptr || transport->is(JsonValue::Kind::null)) {
    set_member(document, json_integer("transport_sequence", 0));
  }
  if (element.is_record() && is_absent(document, "authority_epoch")) {
    set_member(document, json_integer("authority_epoch", 0));
  }
  clamp(document, "authority_epoch");
  for (const std::string_view name : clamped_members) clamp(document, name);
  if (!element.is_record() && is_absent(document, "scope")) {
    const bool in_turn = member_text(document, "event_scope") == "turn";
    set_member(document, json_text("scope", in_turn ? "turn" : "session"));
  }
}

std::optional<Violation> judge_live(const AbiElement& element) {
  if (!element.is_known()) {
    return Violation{.rule = "R 1.9: only event_record and control_signal pass the gateway", .path = "kind"};
  }
  if (is_foreign_version(member_text(element.document, "schema_version"))) {
    return Violation{.rule = "R 1.11: the live gateway accepts major version 1 only", .path = "schema_version"};
  }
  return judge(element.document, *find_artifact_rule(element.kind));
}

std::optional<Violation> SequenceOrder::follow(const JsonValue& document) {
  if (auto decrease = compared("runtime_sequence", runtime_sequence_, document)) return decrease;
  return compared("transport_sequence", transport_sequence_, document);
}

std::expected<std::vector<AbiElement>, AbiFault> pass_gateway(std::vector<AbiElement> batch) {
  SequenceOrder order;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    normalise(batch[i]);
    auto violation = judge_live(batch[i]);
    if (!violation) violation = order.follow(batch[i].document);
    if (violation) return std::unexpected(AbiFault{.index = i, .violation = *std::move(violation)});
  }
  return batch;
}

}  // namespace phalarope::spec
