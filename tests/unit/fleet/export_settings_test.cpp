// Where evidence goes: addresses, defaults, and that no secret is ever shown.
#include "core/fleet/export_settings.hpp"

#include <gtest/gtest.h>

namespace phalarope::fleet {
namespace {

ExportSettings read(const ExportTexts& texts) {
  const auto settings = read_export_settings(texts);
  EXPECT_TRUE(settings) << (settings ? "" : settings.error().front().sentence);
  return settings.value_or(ExportSettings{});
}

// contract: evidence 1.8
TEST(ExportSettings, UnsetAndBelowOneTakeTheDefault) {
  for (const char* const text : {"", "0", "-7", " "}) {
    const ExportSettings settings =
        read({.queue_capacity = text, .timeout_ms = text, .retry_delay_ms = text, .max_attempts = text});
    EXPECT_EQ(settings.queue_capacity, 256);
    EXPECT_EQ(settings.timeout_ms, 200);
    EXPECT_EQ(settings.retry_delay_ms, 25);
    EXPECT_EQ(settings.max_attempts, 3);
    EXPECT_EQ(settings.target.kind, SinkKind::none);
  }
  EXPECT_EQ(read({.queue_capacity = "8"}).queue_capacity, 8);
}

TEST(ExportSettings, ATextThatIsNoNumberOrBeyondReasonIsRefusedByName) {
  const auto settings = read_export_settings({.queue_capacity = "many", .timeout_ms = "60001", .max_attempts = "3x"});
  ASSERT_FALSE(settings);
  ASSERT_EQ(settings.error().size(), 3U);
  EXPECT_EQ(settings.error()[0].field, "export.queue_capacity");
  EXPECT_EQ(settings.error()[1].field, "export.timeout_ms");
  EXPECT_EQ(settings.error()[2].field, "export.max_attempts");
}

TEST(ExportSettings, ANatsAddressNamesServerAndStream) {
  const ExportTarget plain = read({.url = "nats://hub/EVIDENCE"}).target;
  EXPECT_EQ(plain.kind, SinkKind::nats);
  EXPECT_EQ(plain.server, "nats://hub:4222");
  EXPECT_EQ(plain.stream, "EVIDENCE");
  EXPECT_FALSE(plain.encrypted);
  const ExportTarget secret = read({.url = "tls://ann:pa:ss@[::1]:4333/S1"}).target;
  EXPECT_TRUE(secret.encrypted);
  EXPECT_EQ(secret.server, "nats://[::1]:4333");
  EXPECT_EQ(secret.user, "ann");
  EXPECT_EQ(secret.password, "pa:ss");
}

TEST(ExportSettings, AnHttpAddressKeepsItsPathAndQuery) {
  const ExportTarget target = read({.url = "https://u:p@hub.example:8443/in/evidence?key=1"}).target;
  EXPECT_EQ(target.kind, SinkKind::http);
  EXPECT_TRUE(target.encrypted);
  EXPECT_EQ(target.server, "https://hub.example:8443/in/evidence?key=1");
  EXPECT_EQ(target.user, "u");
  EXPECT_EQ(target.password, "p");
  EXPECT_EQ(read({.url = "http://hub"}).target.server, "http://hub/");
}

TEST(ExportSettings, AddressesThatCannotBeUsedAreRefusedWithoutTheirSecrets) {
  for (const char* const url : {"hub:4222/S", "nats://hub:4222", "nats://hub:4222/", "nats://hub/a.b", "nats:///S",
                                "nats://hub:0/S", "nats://hub:65536/S", "nats://hub:x/S", "ftp://secret:word@hub/S",
                                "nats://a b/S", "nats://hub/S?x=word", "http://", "https://secret:word@",
                                "nats://secret:word@hub:4222", "http://h\x01/", "nats://[::1:4222/S", "nats://a,b/S"}) {
    const auto settings = read_export_settings({.url = url});
    ASSERT_FALSE(settings) << url;
    EXPECT_EQ(settings.error().front().field, "export.url");
    EXPECT_EQ(settings.error().front().sentence.find("secret"), std::string::npos) << url;
    EXPECT_EQ(settings.error().front().sentence.find("word"), std::string::npos) << url;
  }
}

TEST(ExportSettings, WhatIsShownHoldsNeitherUserNorQuery) {
  EXPECT_EQ(shown("nats://ann:secret@hub:4222/S"), "nats://hub:4222/S");
  EXPECT_EQ(shown("https://t0ken@hub/in?key=secret#x"), "https://hub/in");
  EXPECT_EQ(shown("nats:/secret@hub://x"), "(an address that cannot be read)");
  EXPECT_EQ(shown("secret"), "(an address that cannot be read)");
  EXPECT_EQ(shown(""), "");
}

TEST(ExportSettings, WhatDoesNotGoTogetherIsRefused) {
  EXPECT_FALSE(read_export_settings({.url = "https://h/", .certificate_file = "c"}));
  EXPECT_FALSE(read_export_settings({.url = "https://h/", .credentials_file = "c"}));
  EXPECT_FALSE(read_export_settings({.url = "https://h/", .domain = "d"}));
  EXPECT_FALSE(read_export_settings({.url = "nats://u:p@h/S", .token_file = "t"}));
  EXPECT_FALSE(read_export_settings({.board = "two words"}));
  EXPECT_FALSE(read_export_settings({.board = "a.b"}));
}

// contract: evidence 8
TEST(ExportSettings, TheSubjectNamesTenantBoardAndKind) {
  const ExportSettings settings = read({.tenant = "acme.eu", .machine = "board 7.local"});
  EXPECT_EQ(evidence_subject(settings, "baseline"), "phalarope.acme_eu.board_7_local.evidence.baseline");
  EXPECT_EQ(read({.board = "kitchen", .machine = "m"}).board, "kitchen");
}

}  // namespace
}  // namespace phalarope::fleet
