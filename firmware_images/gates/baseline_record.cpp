#include "firmware_images/gates/baseline_record.hpp"

#include <algorithm>
#include <iterator>

#include "core/engine/plan/white_space.hpp"
#include "core/spec/artifact_validator.hpp"
#include "firmware_images/gates/baseline_json.hpp"

namespace phalarope::gates {
namespace {

/// The wire enums begin with "nothing said", which is no name.
bool names_one(const char* const* wire_names, std::string_view name) {
  for (const char* const* at = wire_names + 1; *at != nullptr; ++at) {
    if (name == *at) return true;
  }
  return false;
}

bool is_payload_class(const std::string& name) {
  const char* const* const names = wire::EnumNamesPayloadClass();
  return std::any_of(names, names + payload_class_count, [&](const char* one) { return name == one; });
}

bool tags_are_sound(const BaselineRecord& record) {
  return !record.payload_tags.empty() && std::ranges::all_of(record.payload_tags, is_payload_class);
}

bool redaction_is_sound(const BaselineRecord& record) {
  std::vector<std::string_view> decided;
  for (const RedactionDecision& one : record.redaction_decisions) {
    if (!is_payload_class(one.payload_class) || !names_one(wire::EnumNamesRedactionAction(), one.action)) return false;
    if (std::ranges::find(decided, one.payload_class) != decided.end()) return false;
    decided.push_back(one.payload_class);
  }
  const auto is_covered = [&](const std::string& tag) { return std::ranges::find(decided, tag) != decided.end(); };
  return !decided.empty() && std::ranges::all_of(record.payload_tags, is_covered);
}

bool is_sound_decision(const replay::Decision& decision) {
  return spec::validate_artifact("decision_outcome", decision_json(decision)).valid;
}

bool is_sound_invocation(const InvocationOutcome& one) {
  return !one.provider_invocation_id.empty() && !one.provider_id.empty() &&
         names_one(wire::EnumNamesEvidenceModality(), one.modality) &&
         names_one(wire::EnumNamesOutcomeClass(), one.outcome_class) &&
         names_one(wire::EnumNamesRetryDecision(), one.retry_decision) && one.attempt_count >= 1 &&
         one.final_attempt_latency_ms >= 0 && one.total_invocation_latency_ms >= one.final_attempt_latency_ms;
}

bool markers_are_sound(const BaselineRecord& record) {
  std::vector<std::string> markers = record.ordering_markers;
  if (markers.empty() || std::ranges::any_of(markers, [](const std::string& one) { return is_blank(one); }))
    return false;
  std::ranges::sort(markers);
  return std::ranges::adjacent_find(markers) == markers.end();
}

struct FieldCheck {
  EvidenceField field;
  bool (*is_present)(const BaselineRecord&);
};

// evidence.md 1.1, "Completeness check": in this order, stopping at the first failure.
constexpr FieldCheck field_checks[] = {
    {EvidenceField::identity,
     [](const BaselineRecord& r) {
       return !r.session_id.empty() && !r.turn_id.empty() && !r.pipeline_version.empty() && !r.event_id.empty();
     }},
    {EvidenceField::envelope_snapshot, [](const BaselineRecord& r) { return !r.envelope_snapshot.empty(); }},
    {EvidenceField::payload_tags, tags_are_sound},
    {EvidenceField::redaction_decisions, redaction_is_sound},
    {EvidenceField::plan_hash, [](const BaselineRecord& r) { return !r.plan_hash.empty(); }},
    {EvidenceField::snapshot_provenance,
     [](const BaselineRecord& r) { return std::ranges::none_of(r.snapshot_provenance, &std::string::empty); }},
    {EvidenceField::decision_outcomes,
     [](const BaselineRecord& r) {
       return !r.decision_outcomes.empty() && std::ranges::all_of(r.decision_outcomes, is_sound_decision);
     }},
    {EvidenceField::invocation_outcomes,
     [](const BaselineRecord& r) { return std::ranges::all_of(r.invocation_outcomes, is_sound_invocation); }},
    {EvidenceField::ordering_markers, markers_are_sound},
    {EvidenceField::merge_rule,
     [](const BaselineRecord& r) { return !r.merge_rule_id.empty() && !r.merge_rule_version.empty(); }},
    {EvidenceField::authority_epoch, [](const BaselineRecord& r) { return r.authority_epoch >= 0; }},
    {EvidenceField::terminal_outcome,
     [](const BaselineRecord& r) { return r.terminal_outcome == "commit" || r.terminal_outcome == "abort"; }},
    {EvidenceField::close_emitted, [](const BaselineRecord& r) { return r.close_emitted; }},
    {EvidenceField::terminal_reason,
     [](const BaselineRecord& r) { return r.terminal_outcome != "abort" || !r.terminal_reason.empty(); }},
    {EvidenceField::turn_terminal_at,
     [](const BaselineRecord& r) {
       return !r.accepted() || (r.turn_terminal_at_ms && *r.turn_terminal_at_ms >= *r.turn_open_at_ms);
     }},
    {EvidenceField::cancel_markers,
     [](const BaselineRecord& r) {
       return !r.cancel_accepted_at_ms || (r.cancel_fence_applied_at_ms && r.cancel_sent_at_ms);
     }},
};
static_assert(std::size(field_checks) == evidence_field_count - 1, "every field but `none` has its check");

}  // namespace

EvidenceField first_missing_field(const BaselineRecord& record) {
  for (const FieldCheck& check : field_checks) {
    if (!check.is_present(record)) return check.field;
  }
  return EvidenceField::none;
}

double Completeness::ratio() const {
  if (total_accepted_turns == 0) return 0;
  return static_cast<double>(complete_accepted_turns) / static_cast<double>(total_accepted_turns);
}

Completeness completeness_of(const std::vector<BaselineRecord>& records) {
  Completeness found;
  for (const BaselineRecord& record : records) {
    if (!record.accepted()) continue;
    ++found.total_accepted_turns;
    if (first_missing_field(record) == EvidenceField::none) {
      ++found.complete_accepted_turns;
    } else {
      found.incomplete_accepted_turn_ids.push_back(record.turn_id);
    }
  }
  std::ranges::sort(found.incomplete_accepted_turn_ids);
  return found;
}

}  // namespace phalarope::gates
