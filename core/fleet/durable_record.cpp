#include "core/fleet/durable_record.hpp"

#include <flatbuffers/flatbuffers.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/engine/base/sha256.hpp"
#include "core/engine/base/strong.hpp"
#include "core/telemetry/correlation.hpp"
#include "evidence_generated.h"

namespace phalarope::fleet {
namespace {

constexpr std::size_t id_digest_digits = 16;

std::string text_of(const flatbuffers::String* text) { return text == nullptr ? std::string() : text->str(); }

std::int64_t told_at_ms(const wire::TurnEvidence& from) {
  for (const auto& ns : {from.turn_terminal_at_ns(), from.turn_open_at_ns(), from.turn_open_proposed_at_ns()}) {
    if (ns) return *ns / ns_per_ms;
  }
  return 0;
}

}  // namespace

DurableRecord normalised(DurableRecord record) {
  for (std::string* const text :
       {&record.kind, &record.session_id, &record.turn_id, &record.event_id, &record.pipeline_version}) {
    *text = std::string(telemetry::trimmed(*text));
  }
  for (std::int64_t* const number :
       {&record.authority_epoch, &record.runtime_timestamp_ms, &record.wall_clock_timestamp_ms}) {
    *number = std::max<std::int64_t>(*number, 0);
  }
  return record;
}

bool is_valid(const DurableRecord& record) noexcept {
  return !record.kind.empty() && !record.session_id.empty() && !record.event_id.empty() &&
         !record.pipeline_version.empty() && !record.payload.empty();
}

std::optional<DurableRecord> durable_record_of(std::span<const std::byte> baseline_table) {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(baseline_table.data());
  flatbuffers::Verifier verifier(bytes, baseline_table.size());
  if (!verifier.VerifyBuffer<wire::TurnEvidence>(nullptr)) return std::nullopt;
  const wire::TurnEvidence& from = *flatbuffers::GetRoot<wire::TurnEvidence>(bytes);
  const std::int64_t told_ms = told_at_ms(from);
  return DurableRecord{.kind = std::string(baseline_kind),
                       .session_id = text_of(from.session_id()),
                       .turn_id = text_of(from.turn_id()),
                       .event_id = text_of(from.event_id()),
                       .pipeline_version = text_of(from.pipeline_version()),
                       .authority_epoch = from.authority_epoch(),
                       .runtime_timestamp_ms = told_ms,
                       .wall_clock_timestamp_ms = told_ms,
                       .payload = {}};
}

std::string record_json(const DurableRecord& record) {
  nlohmann::ordered_json json = {{"kind", record.kind},
                                 {"session_id", record.session_id},
                                 {"turn_id", record.turn_id},
                                 {"event_id", record.event_id},
                                 {"pipeline_version", record.pipeline_version},
                                 {"authority_epoch", record.authority_epoch},
                                 {"runtime_timestamp_ms", record.runtime_timestamp_ms},
                                 {"wall_clock_timestamp_ms", record.wall_clock_timestamp_ms}};
  if (record.turn_id.empty()) json.erase("turn_id");
  // Ids may come from outside: bytes that are no UTF-8 are replaced, not thrown over.
  std::string text = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  text.pop_back();
  return text + R"(,"payload":)" + record.payload + "}";
}

std::string message_id(std::string_view recording_id, std::uint64_t sequence, std::string_view payload) {
  const Sha256Hex digest = to_hex(sha256(payload));
  return std::string(recording_id) + "-" + std::to_string(sequence) + "-" +
         std::string(digest.data(), id_digest_digits);
}

}  // namespace phalarope::fleet
