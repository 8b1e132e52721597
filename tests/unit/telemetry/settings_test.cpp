// Settings of telemetry: what is read, and what stops the start.
#include "core/telemetry/settings.hpp"

#include <gtest/gtest.h>

namespace phalarope::telemetry {
namespace {

// contract: evidence 3.2
TEST(TelemetrySettings, HaveTheContractsDefaults) {
  const auto settings = read_settings({});
  ASSERT_TRUE(settings);
  EXPECT_TRUE(settings->enabled);
  EXPECT_EQ(settings->endpoint, "");
  EXPECT_EQ(settings->queue_capacity, 256);
  EXPECT_EQ(settings->sample_one_in, 1);
  EXPECT_EQ(settings->export_timeout_ms, 200);
  EXPECT_EQ(settings->body, CollectorBody::otlp);
  EXPECT_FALSE(settings->metrics_listen);
}

// contract: evidence 3.2
TEST(TelemetrySettings, ReadTheTwelveWordsOfTruthAndNoOthers) {
  for (const char* word : {"1", "t", "T", "TRUE", "true", "True"})
    EXPECT_TRUE(read_settings({.enabled = word})->enabled) << word;
  for (const char* word : {"0", "f", "F", "FALSE", "false", "False"})
    EXPECT_FALSE(read_settings({.enabled = word})->enabled) << word;
  for (const char* word : {"yes", "no", "on", "2", "tRUE", "-"}) EXPECT_FALSE(read_settings({.enabled = word})) << word;
}

// contract: evidence 3.2
TEST(TelemetrySettings, RefuseNumbersBelowOneAndWhatIsNoNumber) {
  for (const char* text : {"0", "-1", "1.5", "ten", "1x", "0x10", "99999999999999999999"}) {
    EXPECT_EQ(read_settings({.queue_capacity = text}).error().at(0).field, "telemetry.queue_capacity") << text;
    EXPECT_EQ(read_settings({.sample_one_in = text}).error().at(0).field, "telemetry.drop_sample_rate") << text;
    EXPECT_EQ(read_settings({.export_timeout_ms = text}).error().at(0).field, "telemetry.export_timeout_ms") << text;
  }
  EXPECT_EQ(read_settings({.queue_capacity = " 16 "})->queue_capacity, 16);
  EXPECT_EQ(read_settings({.sample_one_in = "10"})->sample_one_in, 10);
}

// contract: evidence 3.2
TEST(TelemetrySettings, WantASchemeAndAHostOfTheCollector) {
  EXPECT_EQ(read_settings({.endpoint = "http://127.0.0.1:4318/base//"})->endpoint, "http://127.0.0.1:4318/base");
  EXPECT_EQ(read_settings({.endpoint = "https://collector"})->endpoint, "https://collector");
  EXPECT_TRUE(read_settings({.endpoint = "http://[::1]:4318"}));
  for (const char* text : {"collector:4318", "http://", "http:///v1", "ftp://host", "://host", "http://:80",
                           "http://a b", "http://host/?x=1"})
    EXPECT_FALSE(read_settings({.endpoint = text})) << text;
}

TEST(TelemetrySettings, NameEveryProblemAtOnce) {
  EXPECT_EQ(read_settings({.enabled = "x", .endpoint = "x", .body = "xml", .metrics_listen = "x"}).error().size(), 4U);
}

TEST(ListenAddress, IsTheLoopbackUnlessSomebodySaysOtherwise) {
  EXPECT_EQ(read_listen_address("9464"), (ListenAddress{"127.0.0.1", 9464}));
  EXPECT_EQ(read_listen_address("localhost:0"), (ListenAddress{"127.0.0.1", 0}));
  EXPECT_EQ(read_listen_address("[::1]:80"), (ListenAddress{"::1", 80}));
  EXPECT_EQ(read_listen_address("0.0.0.0:9464"), (ListenAddress{"0.0.0.0", 9464}));
  EXPECT_TRUE(is_loopback({"127.0.0.1", 1}));
  EXPECT_TRUE(is_loopback({"::1", 1}));
  EXPECT_FALSE(is_loopback({"0.0.0.0", 1}));
  for (const char* text : {"", ":1", "a:", "a:b", "a:-1", "a:65536", "1:2:3", "[::1]", "[]:1"})
    EXPECT_FALSE(read_listen_address(text)) << text;
}

}  // namespace
}  // namespace phalarope::telemetry
