// Ingress: what comes from a transport is classified, then passes the gateway; what does not is refused aloud.
//
//   batch ─┬─ unknown kind ──▶ unknown_event_action: reject │ drop │ pass_through ──▶ one audit entry each
//          ├─ event_record ──▶ classify (1.10 rules 1-5) ──┐
//          └─ control_signal ──────────────────────────────┴─▶ gateway (1.9) ──▶ accepted
//                          any failure ──▶ schema_validation_error + session-scoped `reject` from RK-25, nothing
//                          accepted
//
// Invariants. (1) A batch is accepted whole or not at all; indices are those of the batch as it came. (2) No failure
// and no use of unknown_event_action is silent. (3) What is passed through was not judged and never reaches the engine;
// it is kept apart from what was accepted. Pure; any thread; allocates. Contract: runtime.md 1.10, 1.11, 12.3;
// decisions.md D5 (PCMA beside PCMU).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/spec/abi_gateway.hpp"

namespace phalarope::spec {

enum class UnknownEventAction : std::uint8_t { reject, drop, pass_through };
constexpr std::array<std::string_view, 3> unknown_event_action_names = {"reject", "drop", "pass_through"};
std::optional<UnknownEventAction> find_unknown_event_action(std::string_view name);

/// What a session configures as its payload class when nobody says otherwise (1.10 rule 3).
constexpr std::string_view session_payload_class = "audio_raw";

struct IngressSettings {
  std::string default_payload_class{};  // empty: none configured, so text_raw
  std::string source_codec{};           // of DataLane; empty: none named
  UnknownEventAction unknown_event_action = UnknownEventAction::reject;
};

/// What the engine says of the moment a batch came in; the `reject` signal and the audit entries carry it.
struct IngressMoment {
  std::string session_id;
  std::string pipeline_version;
  std::string event_id;  // for the reject signal
  std::int64_t runtime_sequence = 0;
  std::int64_t runtime_timestamp_ms = 0;
  std::int64_t wall_clock_timestamp_ms = 0;
  std::int64_t authority_epoch = 0;
};

struct Ingress {
  std::vector<AbiElement> accepted;
  std::vector<AbiElement> passed_through;
  std::vector<JsonValue> lineage;          // of duplicates and evicted keys (ingress_session.hpp)
  std::vector<JsonValue> audit;            // one per use of unknown_event_action
  std::optional<AbiFault> fault;           // then nothing was accepted or passed through
  std::optional<JsonValue> error;          // {error_class, index, path, rule}
  std::optional<JsonValue> reject_signal;  // `reject`, or `stale_epoch_reject`
};

/// Rules 1-5 of 1.10 on one record.
std::optional<Violation> classify(JsonValue& record, const IngressSettings& settings);

Ingress take_in(std::vector<AbiElement> batch, const IngressSettings& settings, const IngressMoment& moment);

/// Which refusal it is (12.3), and the signal that says it aloud.
enum class IngressErrorClass : std::uint8_t { schema, epoch };
/// Nothing of the batch is accepted; error and signal are filled.
void refuse_batch(Ingress& ingress, IngressErrorClass error_class, AbiFault fault, const IngressMoment& moment);

}  // namespace phalarope::spec
