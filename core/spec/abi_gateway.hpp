// The ABI gateway: what every batch of events passes before it is stored or leaves.
//
//   element ──▶ normalise ──▶ major version 1? ──▶ its kind's rules ──▶ not before the one in front? ──▶ next element
//      └────────────────────── the first failure ends the batch, with its index ──────────────────────┘
//
// Invariants. (1) A batch passes whole or not at all. (2) What passed, passes again unchanged. (3) Normalising fills
// and clamps only what the table of 1.9 names; it never makes a wrong value right. Pure; any thread; allocates. Not
// here: who sent it (abi_ingress.hpp), ids seen before (idempotency, 10.4). Contract: runtime.md 1.9, 1.11 (versions).
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/spec/artifact_rules.hpp"

namespace phalarope::spec {

constexpr std::string_view schema_version_written = "v1.0";
/// Error class of every refusal by the gateway and at ingress (12.3).
constexpr std::string_view schema_validation_error = "schema_validation_error";

struct AbiElement {
  std::string kind;  // event_record or control_signal
  JsonValue document;

  bool is_record() const { return kind == "event_record"; }
  bool is_known() const { return is_record() || kind == "control_signal"; }
};

/// Which element broke which rule.
struct AbiFault {
  std::size_t index = 0;
  Violation violation;
};

/// The table of 1.9.
void normalise(AbiElement& element);

/// Judges as a live gateway does: major version 1 only, then the rules of the kind.
std::optional<Violation> judge_live(const AbiElement& element);

/// The sequences of the element before; neither may decrease within a batch.
class SequenceOrder {
 public:
  std::optional<Violation> follow(const JsonValue& document);

 private:
  std::int64_t runtime_sequence_ = 0;
  std::int64_t transport_sequence_ = 0;
};

/// The batch normalised, or what its first failing element broke.
std::expected<std::vector<AbiElement>, AbiFault> pass_gateway(std::vector<AbiElement> batch);

}  // namespace phalarope::spec
