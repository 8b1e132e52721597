// Replay access: seven checks in their order, and what an allowed reader is told is left out.
#include "core/control/custody/access.hpp"

#include <gtest/gtest.h>

namespace phalarope::control {
namespace {

AccessRequest good_request() {
  return {.tenant_id = "home",
          .principal_id = "anna",
          .role = "operator",
          .purpose = "debug",
          .requested_scope = "session/1",
          .requested_fidelity = "L0",
          .requested_classes = {}};
}

AccessPolicy home_policy() { return {.tenant_id = "home"}; }

// contract: evidence.md 1A.1 "checks"
TEST(Access, ByDefaultThreeRolesFourPurposesAndL0) {
  for (const char* role : {"oncall", "operator", "compliance"}) {
    for (const char* purpose : {"debug", "incident", "eval", "compliance"}) {
      AccessRequest request = good_request();
      request.role = role;
      request.purpose = purpose;
      EXPECT_TRUE(decide_access(request, home_policy()).allowed) << role << " " << purpose;
    }
  }
}

// contract: evidence.md 1A.1 "checks"
TEST(Access, TheFirstCheckThatFailsDenies) {
  // Each row breaks one check more than the row below, so that the order shows.
  struct Row {
    const char* reason;
    void (*bend)(AccessRequest&, AccessPolicy&);
  };
  const Row rows[] = {
      {"invalid_request_attributes", [](AccessRequest& request, AccessPolicy&) { request.principal_id = " "; }},
      {"policy_tenant_scope_missing", [](AccessRequest&, AccessPolicy& policy) { policy.tenant_id = ""; }},
      {"cross_tenant_denied", [](AccessRequest& request, AccessPolicy&) { request.tenant_id = "away"; }},
      {"role_not_authorized", [](AccessRequest& request, AccessPolicy&) { request.role = "guest"; }},
      {"purpose_not_authorized", [](AccessRequest& request, AccessPolicy&) { request.purpose = "curiosity"; }},
      {"requested_fidelity_not_authorized",
       [](AccessRequest& request, AccessPolicy&) { request.requested_fidelity = "L1"; }},
  };
  for (std::size_t first = 0; first < std::size(rows); ++first) {
    AccessRequest request = good_request();
    AccessPolicy policy = home_policy();
    for (std::size_t i = first; i < std::size(rows); ++i) rows[i].bend(request, policy);
    const AccessDecision decision = decide_access(request, policy);
    EXPECT_FALSE(decision.allowed);
    EXPECT_EQ(decision.deny_reason, rows[first].reason);
    EXPECT_TRUE(decision.redaction_markers.empty());
    EXPECT_EQ(problem_of(decision), std::nullopt);
  }
}

// contract: evidence.md 1A.1 "request"
TEST(Access, ARequestIsWellFormedOnlyWithAllItsAttributes) {
  EXPECT_EQ(problem_of(good_request()), std::nullopt);
  for (std::string AccessRequest::* const member :
       {&AccessRequest::tenant_id, &AccessRequest::principal_id, &AccessRequest::role, &AccessRequest::purpose,
        &AccessRequest::requested_scope, &AccessRequest::requested_fidelity}) {
    AccessRequest request = good_request();
    request.*member = "";
    EXPECT_TRUE(problem_of(request));
  }
  AccessRequest request = good_request();
  request.requested_classes = {"PII", "secrets"};
  EXPECT_TRUE(problem_of(request));
}

// contract: evidence.md 1A.1 "redaction markers"
TEST(Access, AReaderIsToldWhatIsLeftOut) {
  using enum wire::RedactionAction;
  const std::string reason = "default_or03_policy";
  EXPECT_EQ(decide_access(good_request(), home_policy()).redaction_markers,
            (std::vector<RedactionMarker>{{PayloadClass::metadata, allow, reason}}));
  AccessRequest request = good_request();
  request.requested_classes = {"text_raw", "PII", "text_raw", "audio_raw"};
  EXPECT_EQ(decide_access(request, home_policy()).redaction_markers,
            (std::vector<RedactionMarker>{{PayloadClass::text_raw, mask, reason},
                                          {PayloadClass::PII, tokenize, reason},
                                          {PayloadClass::audio_raw, drop, reason}}));
}

// contract: evidence.md 1A.1 "decision shape"
TEST(Access, ADecisionHasAReasonIfAndOnlyIfItDenies) {
  EXPECT_TRUE(problem_of(AccessDecision{.allowed = false}));
  EXPECT_TRUE(problem_of(AccessDecision{.allowed = true, .deny_reason = "x"}));
  EXPECT_TRUE(problem_of(AccessDecision{.allowed = true, .redaction_markers = {{PayloadClass::PII, {}, "r"}}}));
  EXPECT_TRUE(problem_of(
      AccessDecision{.allowed = true, .redaction_markers = {{PayloadClass::PII, wire::RedactionAction::mask, " "}}}));
}

}  // namespace
}  // namespace phalarope::control
