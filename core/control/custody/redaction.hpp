// What is done to a payload of each class on each surface, and the decisions that say so.
//
//                     OR-01   OR-02 L0  L1     L2     OR-03
//   audio_raw         drop    drop     mask   hash   drop
//   text_raw          mask    hash     mask   mask   mask
//   PII               drop    hash     hash   hash   tokenize
//   PHI               drop    drop     hash   hash   tokenize
//   derived_summary   allow   allow    allow  allow  allow
//   metadata          allow   allow    allow  allow  allow
//
// OR-01 is telemetry, OR-02 evidence on disk, OR-03 what a reader of a replay sees; only OR-02 asks for the level. The
// OR-02 columns are the engine's (evidence_fill.hpp): it applies them while it records. Pure. Contract:
// evidence.md 1.10.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/base/event.hpp"
#include "core/engine/base/result.hpp"
#include "core/engine/evidence/evidence_fill.hpp"

namespace phalarope::control {

enum class Surface : std::uint8_t { telemetry, evidence, replay };  // OR-01, OR-02, OR-03
std::optional<Surface> surface_named(std::string_view name) noexcept;
/// Exactly the contract's spelling: `PII`, `audio_raw`, ...
std::optional<PayloadClass> payload_class_named(std::string_view name) noexcept;
std::string_view name_of(PayloadClass payload_class) noexcept;
std::string_view name_of(wire::RedactionAction action) noexcept;

wire::RedactionAction action_for(Surface surface, RecordingLevel level, PayloadClass payload_class) noexcept;

struct RedactionDecision {
  PayloadClass payload_class = PayloadClass::metadata;
  wire::RedactionAction action = wire::RedactionAction::none;
  bool operator==(const RedactionDecision&) const = default;
};

enum class RedactionError : std::uint8_t { no_tags, unknown_surface, unknown_level, unknown_class };
/// One sentence.
const char* describe(RedactionError error) noexcept;

/// One decision for each distinct tag, in the order in which they first stand.
Result<std::vector<RedactionDecision>, RedactionError> decide_redaction(std::string_view surface,
                                                                        std::string_view level,
                                                                        std::span<const std::string> tags);

}  // namespace phalarope::control
