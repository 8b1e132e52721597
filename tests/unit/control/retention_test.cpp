// What is kept, what expires, what a deletion leaves: the rules of evidence.md 1A.3.
#include "core/control/custody/retention.hpp"

#include <gtest/gtest.h>

namespace phalarope::control {
namespace {

ArtifactRecord artifact(std::string id, PayloadClass payload_class, std::int64_t at_ms, std::string tenant = "home") {
  return {.artifact_id = std::move(id),
          .tenant_id = std::move(tenant),
          .session_id = "session-1",
          .turn_id = "turn-1",
          .payload_class = payload_class,
          .recorded_at_ms = at_ms};
}

// contract: evidence.md 1A.3 "defaults"
TEST(Retention, TheDefaultsAreThirtySevenAndOneDay) {
  const RetentionPolicy policy = default_policy("home");
  EXPECT_EQ(problem_of(policy), std::nullopt);
  EXPECT_EQ(window_ms(policy, PayloadClass::audio_raw), 2'592'000'000);
  EXPECT_EQ(window_ms(policy, PayloadClass::metadata), 2'592'000'000);
  EXPECT_EQ(window_ms(policy, PayloadClass::PII), 604'800'000);
  EXPECT_EQ(window_ms(policy, PayloadClass::PHI), 86'400'000);
}

// contract: evidence.md 1A.3 "validity"
TEST(Retention, EveryBrokenRuleIsNamed) {
  const auto problem = [](auto&& bend) {
    RetentionPolicy policy = default_policy("home");
    bend(policy);
    return problem_of(policy).value_or("none");
  };
  const auto pii = static_cast<std::size_t>(PayloadClass::PII);
  const auto phi = static_cast<std::size_t>(PayloadClass::PHI);
  EXPECT_EQ(problem([](auto& p) { p.tenant_id = " "; }), "tenant_id is required");
  EXPECT_EQ(problem([](auto& p) { p.default_retention_ms = 0; }), "default_retention_ms must be at least 1");
  EXPECT_EQ(problem([](auto& p) { p.pii_retention_limit_ms = -1; }), "pii_retention_limit_ms must be at least 1");
  EXPECT_EQ(problem([](auto& p) { p.phi_retention_limit_ms = 0; }), "phi_retention_limit_ms must be at least 1");
  EXPECT_EQ(problem([](auto& p) { p.max_retention_by_class_ms = {}; }), "max_retention_by_class_ms is required");
  EXPECT_EQ(problem([&](auto& p) { p.max_retention_by_class_ms[pii].reset(); }),
            "max_retention_by_class_ms.PII is required");
  EXPECT_EQ(problem([&](auto& p) { p.max_retention_by_class_ms[phi].reset(); }),
            "max_retention_by_class_ms.PHI is required");
  EXPECT_EQ(problem([&](auto& p) { *p.max_retention_by_class_ms[pii] += 1; }),
            "max_retention_by_class_ms.PII exceeds pii_retention_limit_ms");
  EXPECT_EQ(problem([&](auto& p) { *p.max_retention_by_class_ms[phi] += 1; }),
            "max_retention_by_class_ms.PHI exceeds phi_retention_limit_ms");
  EXPECT_EQ(problem([](auto& p) { p.max_retention_by_class_ms[0] = 0; }),
            "max_retention_by_class_ms.metadata must be at least 1");
}

// contract: evidence.md 1A.3
TEST(Retention, AClassWithoutAWindowTakesTheDefault) {
  RetentionPolicy policy = default_policy("home");
  policy.max_retention_by_class_ms[static_cast<std::size_t>(PayloadClass::audio_raw)].reset();
  policy.default_retention_ms = 5;
  EXPECT_EQ(window_ms(policy, PayloadClass::audio_raw), 5);
}

// contract: evidence.md 1A.3 "sweep"
TEST(Retention, ExpiryIsStrictlyOlderAndNeverFromTheFuture) {
  const RetentionPolicy policy = default_policy("home");
  const std::int64_t now = 10 * day_ms;
  EXPECT_FALSE(is_expired(policy, PayloadClass::PHI, now - day_ms, now));
  EXPECT_TRUE(is_expired(policy, PayloadClass::PHI, now - day_ms - 1, now));
  EXPECT_FALSE(is_expired(policy, PayloadClass::PHI, now + 1, now));
  EXPECT_FALSE(is_expired(policy, PayloadClass::PHI, INT64_MAX, 0));
  EXPECT_FALSE(is_expired(policy, PayloadClass::PHI, 0, 0));
}

// contract: evidence.md 1A.3 "sweep"
TEST(Retention, ASweepLooksAtItsTenantAndAtActiveRecordsOnly) {
  const std::int64_t now = 60 * day_ms;
  std::vector<ArtifactRecord> records = {
      artifact("old-text", PayloadClass::text_raw, 0),
      artifact("old-pii", PayloadClass::PII, 0),
      artifact("new-text", PayloadClass::text_raw, now - day_ms),
      artifact("other", PayloadClass::PII, 0, "away"),
      artifact("locked", PayloadClass::PII, 0),
  };
  records.back().state = ArtifactState::cryptographically_inaccessible;
  const SweepResult result = sweep(default_policy("home"), now, records);
  EXPECT_EQ(result.evaluated, 4U);
  EXPECT_EQ(result.expired, 2U);
  EXPECT_EQ(result.deleted, 2U);
  EXPECT_EQ(result.deleted_by_class[static_cast<std::size_t>(PayloadClass::PII)], 1U);
  EXPECT_EQ(result.deleted_by_class[static_cast<std::size_t>(PayloadClass::text_raw)], 1U);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].artifact_id, "new-text");
  EXPECT_EQ(records[1].artifact_id, "other");
  EXPECT_EQ(records[2].artifact_id, "locked") << "evaluated, but stays";
}

// contract: evidence.md 1A.3 "delete"
TEST(Retention, ADeletionNamesExactlyOneOfSessionAndTurn) {
  const DeletionRequest good{.scope = {"home", "session-1", ""}, .requested_by = "owner"};
  EXPECT_EQ(problem_of(good), std::nullopt);
  for (const DeletionScope& scope : {DeletionScope{"home", "", ""}, DeletionScope{"home", "session-1", "turn-1"},
                                     DeletionScope{"", "session-1", ""}}) {
    DeletionRequest bad = good;
    bad.scope = scope;
    EXPECT_TRUE(problem_of(bad));
  }
  DeletionRequest nobody = good;
  nobody.requested_by.clear();
  EXPECT_EQ(problem_of(nobody), "requested_by is required");
}

// contract: evidence.md 1A.3 "delete and reads"
TEST(Retention, AnInaccessibleRecordStaysAndEveryReadOfItFails) {
  std::vector<ArtifactRecord> records = {artifact("a", PayloadClass::text_raw, 0),
                                         artifact("b", PayloadClass::text_raw, 0, "away")};
  DeletionRequest request{
      .scope = {"home", "", "turn-1"}, .mode = DeletionMode::crypto_inaccessible, .requested_by = "owner"};
  DeletionResult result = apply_deletion(request, records);
  EXPECT_EQ(result.matched, 1U);
  EXPECT_EQ(result.made_inaccessible, 1U);
  EXPECT_EQ(result.deleted, 0U);
  EXPECT_EQ(read(records, "home", "a").error(), ReadRefusal::cryptographically_inaccessible);
  EXPECT_EQ(read(records, "home", "b").error(), ReadRefusal::not_found) << "another tenant's";
  EXPECT_TRUE(read(records, "away", "b"));
  result = apply_deletion(request, records);
  EXPECT_EQ(result.matched, 1U);
  EXPECT_EQ(result.made_inaccessible, 0U) << "only what changes newly is counted";
  request.mode = DeletionMode::hard_delete;
  result = apply_deletion(request, records);
  EXPECT_EQ(result.deleted, 1U);
  EXPECT_EQ(read(records, "home", "a").error(), ReadRefusal::not_found);
}

}  // namespace
}  // namespace phalarope::control
