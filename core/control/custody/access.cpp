#include "core/control/custody/access.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace phalarope::control {
namespace {

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

bool holds(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

/// The replay surface asks for no level; L0 stands for all.
std::optional<std::vector<RedactionMarker>> markers_for(const std::vector<std::string>& classes) {
  const std::vector<std::string> asked = classes.empty() ? std::vector<std::string>{"metadata"} : classes;
  const auto decisions = decide_redaction("OR-03", "L0", asked);
  if (!decisions) return std::nullopt;
  std::vector<RedactionMarker> markers;
  for (const RedactionDecision& decision : *decisions)
    markers.push_back({decision.payload_class, decision.action, std::string(marker_reason)});
  return markers;
}

}  // namespace

AccessDecision decide_access(const AccessRequest& request, const AccessPolicy& policy) {
  const auto denied = [](std::string_view reason) {
    return AccessDecision{.allowed = false, .deny_reason = std::string(reason), .redaction_markers = {}};
  };
  if (problem_of(request)) return denied("invalid_request_attributes");
  if (is_blank(policy.tenant_id)) return denied("policy_tenant_scope_missing");
  if (request.tenant_id != policy.tenant_id) return denied("cross_tenant_denied");
  if (!holds(policy.allowed_roles, request.role)) return denied("role_not_authorized");
  if (!holds(policy.allowed_purposes, request.purpose)) return denied("purpose_not_authorized");
  if (!holds(policy.allowed_fidelities, request.requested_fidelity)) return denied("requested_fidelity_not_authorized");
  auto markers = markers_for(request.requested_classes);
  if (!markers) return denied("invalid_requested_classes");
  return {.allowed = true, .deny_reason = {}, .redaction_markers = std::move(*markers)};
}

std::optional<std::string> problem_of(const AccessRequest& request) {
  const std::array required = {std::pair{"tenant_id", &request.tenant_id},
                               std::pair{"principal_id", &request.principal_id}, std::pair{"role", &request.role},
                               std::pair{"purpose", &request.purpose},
                               std::pair{"requested_scope", &request.requested_scope}};
  for (const auto& [name, value] : required) {
    if (is_blank(*value)) return std::string(name) + " is required";
  }
  const std::string& fidelity = request.requested_fidelity;
  if (fidelity != "L0" && fidelity != "L1" && fidelity != "L2") return "requested_fidelity is none of L0, L1, L2";
  for (const std::string& one : request.requested_classes) {
    if (!payload_class_named(one)) return "requested_classes: `" + one + "` is no payload class";
  }
  return std::nullopt;
}

std::optional<std::string> problem_of(const AccessDecision& decision) {
  if (decision.allowed != decision.deny_reason.empty()) return "deny_reason is given if and only if access is denied";
  for (const RedactionMarker& marker : decision.redaction_markers) {
    if (marker.action == wire::RedactionAction::none) return "redaction_markers: an action is missing";
    if (is_blank(marker.reason)) return "redaction_markers: a reason is missing";
  }
  return std::nullopt;
}

}  // namespace phalarope::control
