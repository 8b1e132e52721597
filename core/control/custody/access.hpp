// Who may read a replay, and with what left out.
//
//   request well formed ─▶ policy names a tenant ─▶ tenants equal ─▶ role ─▶ purpose ─▶ fidelity ─▶ redaction ─▶
//   allowed
//        └── the first that fails denies, by its own reason ──┘
//
// An allowed reader is told what is left out of each class he asked for: the replay surface's action, whatever richer
// data is stored. Pure. Contract: evidence.md 1A.1.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/control/custody/redaction.hpp"

namespace phalarope::control {

struct AccessRequest {
  std::string tenant_id;
  std::string principal_id;
  std::string role;
  std::string purpose;
  std::string requested_scope;
  std::string requested_fidelity;              // L0, L1, L2
  std::vector<std::string> requested_classes;  // may be empty: metadata
};

struct AccessPolicy {
  std::string tenant_id;
  std::vector<std::string> allowed_roles = {"oncall", "operator", "compliance"};
  std::vector<std::string> allowed_purposes = {"debug", "incident", "eval", "compliance"};
  std::vector<std::string> allowed_fidelities = {"L0"};
};

struct RedactionMarker {
  PayloadClass payload_class = PayloadClass::metadata;
  wire::RedactionAction action = wire::RedactionAction::none;
  std::string reason;
  bool operator==(const RedactionMarker&) const = default;
};
constexpr std::string_view marker_reason = "default_or03_policy";

struct AccessDecision {
  bool allowed = false;
  std::string deny_reason{};  // set when, and only when, it is not allowed
  std::vector<RedactionMarker> redaction_markers{};
};

AccessDecision decide_access(const AccessRequest& request, const AccessPolicy& policy);

/// What is wrong with a request or a decision as such; nothing when it is well formed.
std::optional<std::string> problem_of(const AccessRequest& request);
std::optional<std::string> problem_of(const AccessDecision& decision);

}  // namespace phalarope::control
