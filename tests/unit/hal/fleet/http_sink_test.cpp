// The HTTP sink against a real socket: what goes out, what counts as arrival, and that a secret stays one.
#include "hal/fleet/http_sink.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/hal/fleet/exporting_board.hpp"
#include "tests/unit/hal/fleet/http_endpoint.hpp"

namespace phalarope::testing {
namespace {

using std::chrono::milliseconds;

const hal::EvidenceMessage some_message{.kind = "baseline", .id = "cafe-7-0123", .body = R"({"kind":"baseline"})"};

fleet::ExportSettings settings_for(const std::string& url, std::int64_t timeout_ms = 5000) {
  const auto settings = fleet::read_export_settings({.url = url, .timeout_ms = std::to_string(timeout_ms)});
  EXPECT_TRUE(settings);
  return settings.value_or(fleet::ExportSettings{});
}

TEST(HttpSink, PostsTheRecordWithItsIdItsKindAndTheToken) {
  HttpEndpoint endpoint;
  hal::HttpSink sut(settings_for("http://" + endpoint.host_port() + "/in?board=7"), "t0ken");
  const hal::SendAnswer answer = sut.send(some_message);
  EXPECT_TRUE(answer.arrived) << answer.problem;
  ASSERT_EQ(endpoint.requests().size(), 1U);
  const std::string request = endpoint.requests().front();
  EXPECT_TRUE(request.starts_with("POST /in?board=7 HTTP/1.1\r\n")) << request;
  EXPECT_NE(request.find("\r\nIdempotency-Key: cafe-7-0123\r\n"), std::string::npos) << request;
  EXPECT_NE(request.find("\r\nX-Phalarope-Record-Kind: baseline\r\n"), std::string::npos);
  EXPECT_NE(request.find("\r\nAuthorization: Bearer t0ken\r\n"), std::string::npos);
  EXPECT_NE(request.find("\r\nContent-Type: application/json\r\n"), std::string::npos);
  EXPECT_TRUE(request.ends_with("\r\n\r\n{\"kind\":\"baseline\"}"));
}

TEST(HttpSink, AUserInTheAddressBecomesBasicAuthentication) {
  HttpEndpoint endpoint;
  hal::HttpSink sut(settings_for("http://ann:secret@" + endpoint.host_port() + "/"), "");
  EXPECT_TRUE(sut.send(some_message).arrived);
  EXPECT_NE(endpoint.requests().front().find("Authorization: Basic YW5uOnNlY3JldA=="), std::string::npos);
  EXPECT_EQ(endpoint.requests().front().find("ann:secret"), std::string::npos);
}

TEST(HttpSink, TwoHundredsArriveAConflictIsADuplicateAndTheRestIsAProblem) {
  HttpEndpoint endpoint;
  hal::HttpSink sut(settings_for("http://ann:secret@" + endpoint.host_port() + "/in"), "");
  for (const int status : {200, 201, 202, 204, 299}) {
    endpoint.answer_with(status);
    EXPECT_TRUE(sut.send(some_message).arrived) << status;
  }
  endpoint.answer_with(409);
  EXPECT_TRUE(sut.send(some_message).duplicate);
  for (const int status : {301, 400, 401, 404, 429, 500, 503}) {
    endpoint.answer_with(status);
    const hal::SendAnswer answer = sut.send(some_message);
    EXPECT_FALSE(answer.arrived) << status;
    EXPECT_EQ(answer.problem, "the endpoint answered HTTP " + std::to_string(status));
  }
  endpoint.answer_with(0);
  const hal::SendAnswer silent = sut.send(some_message);
  EXPECT_FALSE(silent.arrived);
  EXPECT_EQ(silent.problem.find("secret"), std::string::npos);
}

TEST(HttpSink, ATryTakesNoLongerThanItsTimeout) {
  HttpEndpoint endpoint;
  endpoint.take_time(milliseconds(1500));
  hal::HttpSink sut(settings_for("http://" + endpoint.host_port(), 200), "");
  const auto begun = steady_clock::now();
  const hal::SendAnswer answer = sut.send(some_message);
  EXPECT_LT(steady_clock::now() - begun, milliseconds(1200));
  EXPECT_EQ(answer.problem, "the endpoint did not answer within export.timeout_ms");
}

TEST(HttpSink, NobodyThereAndGivenUpAreProblems) {
  hal::HttpSink sut(settings_for("http://127.0.0.1:1/"), "");
  EXPECT_FALSE(sut.send(some_message).arrived);
  sut.give_up();
  EXPECT_EQ(sut.send(some_message).problem, "given up");
}

TEST(HttpSink, AnEndpointThatWasDownGetsEveryTurnOnce) {
  HttpEndpoint endpoint;
  endpoint.answer_with(503);
  hal::HttpSink sink(settings_for("http://" + endpoint.host_port() + "/in"), "");
  BoardDisk disk;
  ExportingBoard board(disk, sink);
  board.run_turns(5);
  ASSERT_TRUE(eventually([&] { return board.exporter->stats().failures == 5; }));
  EXPECT_EQ(board.exporter->state().last_error, "the endpoint answered HTTP 503");
  endpoint.answer_with(200);
  ASSERT_TRUE(eventually([&] { return board.is_level(); }));
  EXPECT_EQ(board.exporter->state().catch_up.caught_up, 5U);
  board.stop();
}

TEST(MakeSink, FilesThatCannotBeReadAreNamedWithACure) {
  BoardDisk disk;
  const auto refused = [](fleet::ExportSettings settings) {
    const auto sink = hal::make_sink(settings);
    return sink ? std::string("(none)") : sink.error();
  };
  fleet::ExportSettings settings = settings_for("https://hub/in");
  settings.token_file = disk.path() + "/none";
  EXPECT_NE(refused(settings).find("/none` cannot be read (No such file or directory)"), std::string::npos);
  std::ofstream(disk.path() + "/token") << "two words\n";
  settings.token_file = disk.path() + "/token";
  EXPECT_NE(refused(settings).find("more than a token"), std::string::npos);
  EXPECT_EQ(refused(settings).find("two words"), std::string::npos);
  std::ofstream(disk.path() + "/token") << "\nabc\n";
  EXPECT_NE(refused(settings).find("empty first line"), std::string::npos);
  std::ofstream(disk.path() + "/token") << " abc \nsecond line\n";
  EXPECT_EQ(refused(settings), "(none)");
  settings.ca_file = "/nowhere/ca.pem";
  EXPECT_NE(refused(settings).find("`/nowhere/ca.pem` cannot be read"), std::string::npos);
}

}  // namespace
}  // namespace phalarope::testing
