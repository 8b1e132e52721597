// The audit of replay access: no answer without a line, whose file it stands in, and what happens when none can write.
#include "hal/store/replay_audit.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace phalarope::hal {
namespace {

namespace fs = std::filesystem;

control::AccessRequest good_request() {
  return {.tenant_id = "home",
          .principal_id = "anna",
          .role = "operator",
          .purpose = "debug",
          .requested_scope = "session/1",
          .requested_fidelity = "L0",
          .requested_classes = {"PII"}};
}

class RememberingSink final : public ReplayAuditSink {
 public:
  std::string append(const std::string&, const std::string& line) override {
    lines.push_back(line);
    return failure;
  }
  std::vector<std::string> lines;
  std::string failure;
};

Environment variables(std::map<std::string, std::string> values) {
  return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(std::string(name));
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

// contract: evidence.md 1A.1 "service wrapper"
TEST(ReplayAudit, AllowedAndDeniedAreWrittenBeforeTheyAreAnswered) {
  RememberingSink sink;
  const auto allowed = ask_for_access(good_request(), {.tenant_id = "home"}, 5, &sink);
  EXPECT_TRUE(allowed.decision.allowed);
  EXPECT_TRUE(allowed.error.empty());
  const auto denied = ask_for_access(good_request(), {.tenant_id = "away"}, 6, &sink);
  EXPECT_EQ(denied.decision.deny_reason, "cross_tenant_denied");
  ASSERT_EQ(sink.lines.size(), 2U);
  EXPECT_EQ(
      sink.lines[0],
      R"({"timestamp_ms":5,"request":{"tenant_id":"home","principal_id":"anna","role":"operator","purpose":"debug",)"
      R"("requested_scope":"session/1","requested_fidelity":"L0","requested_classes":["PII"]},)"
      R"("decision":{"allowed":true,"redaction_markers":[{"payload_class":"PII","action":"tokenize",)"
      R"("reason":"default_or03_policy"}]}})");
  EXPECT_NE(sink.lines[1].find(R"("decision":{"allowed":false,"deny_reason":"cross_tenant_denied"})"),
            std::string::npos);
}

// contract: evidence.md 1A.1 "service wrapper"
TEST(ReplayAudit, WithoutALineThereIsNoAccess) {
  RememberingSink sink;
  auto answer = ask_for_access(good_request(), {.tenant_id = "home"}, 5, nullptr);
  EXPECT_EQ(answer.decision.deny_reason, "audit_sink_unavailable");
  EXPECT_FALSE(answer.error.empty());
  auto malformed = good_request();
  malformed.role.clear();
  answer = ask_for_access(malformed, {.tenant_id = "home"}, 5, &sink);
  EXPECT_EQ(answer.decision.deny_reason, "audit_event_invalid");
  answer = ask_for_access(good_request(), {.tenant_id = "home"}, -1, &sink);
  EXPECT_EQ(answer.decision.deny_reason, "audit_event_invalid");
  EXPECT_TRUE(sink.lines.empty());
  sink.failure = "the disk is full";
  answer = ask_for_access(good_request(), {.tenant_id = "home"}, 5, &sink);
  EXPECT_FALSE(answer.decision.allowed);
  EXPECT_EQ(answer.decision.deny_reason, "audit_sink_write_failed");
  EXPECT_EQ(answer.error, "the disk is full");
}

// contract: evidence.md 1A.2 "file name"
TEST(ReplayAudit, ATenantsFileIsItsOwn) {
  const auto name = [](const std::string& tenant) { return audit_file_name(tenant).value_or("refused"); };
  EXPECT_EQ(name("home-1_a"), "home-1_a.replay-audit.jsonl");
  EXPECT_EQ(name("Küche"), "Küche.replay-audit.jsonl") << "a letter of any script";
  EXPECT_EQ(name("a/b").substr(0, 4), "a_b-");
  EXPECT_EQ(name("a/b").size(), std::string("a_b-12345678.replay-audit.jsonl").size());
  EXPECT_NE(name("a/b"), name("a:b")) << "two tenants never share a file";
  EXPECT_EQ(name("/a/").substr(0, 2), "a-") << "outer underscores go";
  EXPECT_EQ(name("a b"), "a_b-c8687a08.replay-audit.jsonl");
  EXPECT_EQ(name(" "), "refused");
  EXPECT_EQ(name("///"), "refused");
  EXPECT_EQ(name(""), "refused");
}

class ReplayAuditFile : public ::testing::Test {
 protected:
  void SetUp() override { fs::remove_all(root_); }
  void TearDown() override { fs::remove_all(root_); }
  const std::string root_ = ::testing::TempDir() + "phalarope-replay-audit/deep/er";
};

// contract: evidence.md 1A.2 "file backend"
TEST_F(ReplayAuditFile, LinesAreAppendedAndTheFileIsTheOwners) {
  for (int i = 0; i < 2; ++i) {
    auto sink = file_audit_sink(root_);
    ASSERT_TRUE(sink);
    EXPECT_EQ((*sink)->append("home", "{" + std::to_string(i) + "}"), "");
  }
  const std::string path = root_ + "/home.replay-audit.jsonl";
  std::ifstream file(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "{0}\n{1}\n");
  using fs::perms;
  EXPECT_EQ(fs::status(path).permissions(), perms::owner_read | perms::owner_write);
  EXPECT_FALSE(file_audit_sink(" "));
}

// contract: evidence.md 1A.2 "environment"
TEST_F(ReplayAuditFile, NobodyAtTheUrlAndTheFileTakesIt) {
  const auto sink = resolve_audit_sink(variables({{"PHALAROPE_REPLAY_AUDIT_HTTP_URL", "http://127.0.0.1:1/audit"},
                                                  {"PHALAROPE_REPLAY_AUDIT_HTTP_RETRY_BACKOFF_MS", "1"},
                                                  {"PHALAROPE_REPLAY_AUDIT_JSONL_FALLBACK_ROOT", root_}}),
                                       "/nonexistent");
  ASSERT_TRUE(sink);
  EXPECT_EQ((*sink)->append("home", "{}"), "");
  EXPECT_TRUE(fs::exists(root_ + "/home.replay-audit.jsonl"));
}

// contract: evidence.md 1A.2 "environment"
TEST_F(ReplayAuditFile, BothFailAndSoDoesTheAudit) {
  const auto sink = resolve_audit_sink(variables({{"PHALAROPE_REPLAY_AUDIT_HTTP_URL", "http://127.0.0.1:1/audit"},
                                                  {"PHALAROPE_REPLAY_AUDIT_HTTP_RETRY_BACKOFF_MS", "1"}}),
                                       "/proc/none");
  ASSERT_TRUE(sink);
  EXPECT_NE((*sink)->append("home", "{}"), "");
}

// contract: evidence.md 1A.2 "environment"
TEST(ReplayAudit, ABadVariableIsAnErrorOfTheStart) {
  const auto problem = [](std::map<std::string, std::string> values) {
    const auto sink = resolve_audit_sink(variables(std::move(values)), "/tmp");
    return sink ? std::string("none") : sink.error().variable;
  };
  const std::string prefix = "PHALAROPE_REPLAY_AUDIT_";
  EXPECT_EQ(problem({}), "none");
  for (const char* number :
       {"HTTP_TIMEOUT_MS", "HTTP_RETRY_MAX_ATTEMPTS", "HTTP_RETRY_BACKOFF_MS", "HTTP_RETRY_MAX_BACKOFF_MS"}) {
    for (const char* value : {"0", "-1", "x", "1.5"}) {
      EXPECT_EQ(problem({{prefix + "HTTP_URL", "http://a"}, {prefix + number, value}}), prefix + number);
    }
  }
  for (const char* url : {"ftp://a", "http://", "https:///path", "a.example", "http://:80"}) {
    EXPECT_EQ(problem({{prefix + "HTTP_URL", url}}), prefix + "HTTP_URL") << url;
  }
  EXPECT_EQ(problem({{prefix + "HTTP_URLS", "http://a, nowhere"}, {prefix + "HTTP_URL", "http://b"}}),
            prefix + "HTTP_URLS");
}

// contract: evidence.md 1A.2 "HTTP backend"
TEST(HttpEndpointsTest, TheWaitsDoubleUpToTheirCap) {
  std::vector<std::int64_t> waits;
  HttpEndpoints endpoints{.urls = {"http://127.0.0.1:1/a", "http://127.0.0.1:1/b"},
                          .attempts_max = 6,
                          .backoff_ms_max = 500,
                          .wait = [&](std::int64_t wait_ms) { waits.push_back(wait_ms); }};
  const auto answer = ask_endpoints(endpoints, {}, [](int status) { return status == 200; });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().endpoint, "http://127.0.0.1:1/a") << "the first endpoint's error";
  EXPECT_EQ(waits, (std::vector<std::int64_t>{100, 200, 400, 500, 500, 100, 200, 400, 500, 500}));
}

}  // namespace
}  // namespace phalarope::hal
