#include "core/control/custody/redaction.hpp"

#include <algorithm>
#include <array>

#include "core/engine/base/enforce.hpp"

namespace phalarope::control {
namespace {

using enum wire::RedactionAction;

struct ClassRow {
  PayloadClass payload_class;
  std::string_view name;
  wire::RedactionAction telemetry;
  wire::RedactionAction replay;
};
constexpr std::array<ClassRow, payload_class_count> classes = {{
    // class                        name               OR-01  OR-03
    {PayloadClass::metadata, "metadata", allow, allow},
    {PayloadClass::audio_raw, "audio_raw", drop, drop},
    {PayloadClass::text_raw, "text_raw", mask, mask},
    {PayloadClass::derived_summary, "derived_summary", allow, allow},
    {PayloadClass::PII, "PII", drop, tokenize},
    {PayloadClass::PHI, "PHI", drop, tokenize},
}};
static_assert(
    [] {
      for (std::size_t i = 0; i < classes.size(); ++i) {
        if (static_cast<std::size_t>(classes[i].payload_class) != i) return false;
      }
      return true;
    }(),
    "rows stand in the order of PayloadClass");

const ClassRow& row_of(PayloadClass payload_class) noexcept {
  const auto index = static_cast<std::size_t>(payload_class);
  PHAL_ENFORCE(index < classes.size(), "a payload class is one of six");
  return classes[index];
}

std::optional<RecordingLevel> level_named(std::string_view name) noexcept {
  if (name == "L0") return RecordingLevel::L0;
  if (name == "L1") return RecordingLevel::L1;
  if (name == "L2") return RecordingLevel::L2;
  return std::nullopt;
}

}  // namespace

std::optional<Surface> surface_named(std::string_view name) noexcept {
  if (name == "OR-01") return Surface::telemetry;
  if (name == "OR-02") return Surface::evidence;
  if (name == "OR-03") return Surface::replay;
  return std::nullopt;
}

std::optional<PayloadClass> payload_class_named(std::string_view name) noexcept {
  const auto* const row =
      std::find_if(classes.begin(), classes.end(), [&](const auto& one) { return one.name == name; });
  return row == classes.end() ? std::nullopt : std::optional(row->payload_class);
}

std::string_view name_of(PayloadClass payload_class) noexcept { return row_of(payload_class).name; }

std::string_view name_of(wire::RedactionAction action) noexcept { return wire::EnumNameRedactionAction(action); }

wire::RedactionAction action_for(Surface surface, RecordingLevel level, PayloadClass payload_class) noexcept {
  switch (surface) {
    case Surface::telemetry:
      return row_of(payload_class).telemetry;
    case Surface::evidence:
      return redaction_action(payload_class, level);
    case Surface::replay:
      return row_of(payload_class).replay;
  }
  return drop;
}

const char* describe(RedactionError error) noexcept {
  switch (error) {
    case RedactionError::no_tags:
      return "at least one payload tag is required";
    case RedactionError::unknown_surface:
      return "the surface is none of OR-01, OR-02, OR-03";
    case RedactionError::unknown_level:
      return "the recording level is none of L0, L1, L2";
    case RedactionError::unknown_class:
      return "a payload class is none of PII, PHI, audio_raw, text_raw, derived_summary, metadata";
  }
  return "?";
}

Result<std::vector<RedactionDecision>, RedactionError> decide_redaction(std::string_view surface,
                                                                        std::string_view level,
                                                                        std::span<const std::string> tags) {
  if (tags.empty()) return refuse(RedactionError::no_tags);
  const auto on = surface_named(surface);
  if (!on) return refuse(RedactionError::unknown_surface);
  const auto at = level_named(level);
  if (!at) return refuse(RedactionError::unknown_level);
  std::vector<RedactionDecision> decisions;
  for (const std::string& tag : tags) {
    const auto payload_class = payload_class_named(tag);
    if (!payload_class) return refuse(RedactionError::unknown_class);
    const RedactionDecision decision{*payload_class, action_for(*on, *at, *payload_class)};
    if (std::find(decisions.begin(), decisions.end(), decision) == decisions.end()) decisions.push_back(decision);
  }
  return decisions;
}

}  // namespace phalarope::control
