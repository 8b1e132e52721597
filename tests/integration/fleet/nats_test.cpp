// The durable export against a real nats-server with JetStream: outage, restart, lost and late acknowledgements, a leaf
// that is cut off, credentials and TLS. Each turn is in the stream once, whatever happened to the line.
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "hal/fleet/nats_sink.hpp"
#include "tests/integration/fleet/bad_line.hpp"
#include "tests/integration/fleet/nats_server.hpp"

namespace phalarope::testing {
namespace {

using std::chrono::milliseconds;
constexpr const char* stream = "EVIDENCE";

fleet::ExportSettings settings_for(const std::string& host_port, std::int64_t timeout_ms = 2000,
                                   const char* scheme = "nats://") {
  const auto settings = fleet::read_export_settings({.url = scheme + host_port + "/" + stream,
                                                     .timeout_ms = std::to_string(timeout_ms),
                                                     .tenant = "acme",
                                                     .board = "kitchen"});
  EXPECT_TRUE(settings);
  return settings.value_or(fleet::ExportSettings{});
}

class NatsExport : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!NatsServer::installed()) GTEST_SKIP() << "nats-server is not installed";
  }
  std::string store() const { return disk_.path() + "/jetstream"; }
  /// Of the stream's messages: every turn once, each under an id of its own. Answers how many turns.
  static std::size_t turns_in(StreamReader& reader) {
    std::multiset<std::string> turns;
    std::set<std::string> ids;
    const std::uint64_t messages = reader.messages(stream);
    for (std::uint64_t sequence = 1; sequence <= messages; ++sequence) {
      const StreamReader::Message message = reader.at(stream, sequence);
      EXPECT_TRUE(ids.insert(message.id).second) << message.id << " is there twice";
      const auto json = nlohmann::json::parse(message.body, nullptr, false);
      if (json["kind"] == "baseline") turns.insert(json["turn_id"].get<std::string>());
    }
    EXPECT_EQ(turns.size(), std::set<std::string>(turns.begin(), turns.end()).size()) << "a turn is there twice";
    return turns.size();
  }

  BoardDisk disk_;
};

// contract: evidence 8
TEST_F(NatsExport, ATurnIsAMessageOfTheStreamUnderTheBoardsSubject) {
  NatsServer server(disk_.path(), store());
  hal::NatsSink sink(settings_for(server.host_port()), "");
  ExportingBoard board(disk_, sink);
  board.run_turns(3);
  ASSERT_TRUE(eventually([&] { return board.exporter->stats().exported == 3; })) << board.exporter->state().last_error;
  board.stop();
  StreamReader reader(server);
  EXPECT_EQ(turns_in(reader), 3U);
  const StreamReader::Message first = reader.at(stream, 1);
  EXPECT_EQ(first.subject, "phalarope.acme.kitchen.evidence.baseline");
  EXPECT_TRUE(first.id.starts_with("cafe-"));
  EXPECT_EQ(nlohmann::json::parse(first.body)["turn_id"], "turn-1");
}

// contract: evidence 6 row 2
TEST_F(NatsExport, AServerThatWasKilledAndCameBackHasEveryTurnOnce) {
  NatsServer server(disk_.path(), store());
  hal::NatsSink sink(settings_for(server.host_port(), 500), "");
  ExportingBoard board(disk_, sink);
  board.run_turns(3);
  ASSERT_TRUE(eventually([&] { return board.exporter->stats().exported == 3; }));
  server.kill();
  board.run_turns(5);
  ASSERT_TRUE(eventually([&] { return board.exporter->stats().failures == 5; }));
  EXPECT_EQ(board.exporter->state().last_error, "no NATS server answers there, or it closed the connection");
  server.start();
  ASSERT_TRUE(eventually([&] { return board.is_level(); }));
  board.run_turns(2);
  ASSERT_TRUE(eventually([&] { return board.exporter->stats().exported == 5; }));
  board.stop();
  StreamReader reader(server);
  EXPECT_EQ(turns_in(reader), 10U);
  expect_every_record_accounted_for(board.exporter->stats(), 10);
  EXPECT_EQ(board.exporter->state().catch_up.caught_up, 5U);
}

TEST_F(NatsExport, ABoardThatStopsInAnOutageBringsItsTurnsAfterItsNextStart) {
  NatsServer server(disk_.path(), store());
  server.kill();
  {
    hal::NatsSink sink(settings_for(server.host_port(), 200), "");
    ExportingBoard board(disk_, sink);
    board.run_turns(4);
    board.stop();
    EXPECT_EQ(board.exporter->stats().failures, 4U);
  }
  server.start();
  hal::NatsSink sink(settings_for(server.host_port()), "");
  ExportingBoard board(disk_, sink);
  ASSERT_TRUE(eventually([&] { return board.is_level(); }));
  board.stop();
  StreamReader reader(server);
  EXPECT_EQ(turns_in(reader), 4U);
}

// contract: evidence 8
TEST_F(NatsExport, AnAcknowledgementThatIsLostMakesNoSecondMessage) {
  NatsServer server(disk_.path(), store());
  BadLine line(server.port());
  hal::NatsSink sink(settings_for(line.host_port(), 300), "");
  ExportingBoard board(disk_, sink);
  board.run_turns(1);
  ASSERT_TRUE(eventually([&] { return board.exporter->stats().exported == 1; }));
  line.swallow_answers(true);
  board.run_turns(3);
  ASSERT_TRUE(eventually([&] { return board.exporter->stats().failures == 3; }));
  line.swallow_answers(false);
  ASSERT_TRUE(eventually([&] { return board.is_level(); }));
  board.stop();
  StreamReader reader(server);
  EXPECT_EQ(turns_in(reader), 4U);
  EXPECT_GE(board.exporter->state().catch_up.duplicates, 1U) << "the stream had what the board believed unsent";
}

TEST_F(NatsExport, ASlowAcknowledgementHoldsUpTheWorkerAndNobodyElse) {
  NatsServer server(disk_.path(), store());
  BadLine line(server.port());
  hal::ExporterConfig config = exporter_config();
  config.settings.queue_capacity = 4;
  hal::NatsSink sink(settings_for(line.host_port(), 250), "");
  ExportingBoard board(disk_, sink, config);
  board.run_turns(1);
  ASSERT_TRUE(eventually([&] { return board.exporter->stats().exported == 1; }));
  line.answers_late(milliseconds(400));
  for (std::uint64_t turn = 2; turn <= 12; ++turn) {
    const fleet::DurableRecord invalid;
    board.run_turns(1);
    const auto begun = steady_clock::now();
    board.exporter->enqueue(invalid, {});
    EXPECT_LT(steady_clock::now() - begun, milliseconds(50));
  }
  ASSERT_TRUE(eventually([&] { return board.exporter->stats().retries > 0; }));
  line.answers_late(milliseconds(0));
  ASSERT_TRUE(eventually([&] { return board.is_level(); }));
  board.stop();
  StreamReader reader(server);
  EXPECT_EQ(turns_in(reader), 12U);
  expect_every_record_accounted_for(board.exporter->stats(), 12 + 11);
}

TEST_F(NatsExport, AServerThatFreezesNeitherHoldsATurnNorTheStop) {
  NatsServer server(disk_.path(), store());
  hal::ExporterConfig config = exporter_config();
  config.close_wait = phalarope::milliseconds(300);
  hal::NatsSink sink(settings_for(server.host_port(), 200), "");
  ExportingBoard board(disk_, sink, config);
  board.run_turns(1);
  ASSERT_TRUE(eventually([&] { return board.exporter->stats().exported == 1; }));
  server.freeze();
  for (std::uint32_t turn = 2; turn <= 6; ++turn) {
    const auto begun = steady_clock::now();
    board.recording.append_turn(turn);
    EXPECT_LT(steady_clock::now() - begun, milliseconds(50));
    while (board.recording.flush() > 0) continue;
  }
  const auto closing = steady_clock::now();
  board.stop();
  EXPECT_LT(steady_clock::now() - closing, milliseconds(10'000));
  server.thaw();
  expect_every_record_accounted_for(board.exporter->stats(), 6);
}

// design.md "beyond one machine": boards are leaf nodes that work on when cut off. The hour is shortened.
TEST_F(NatsExport, ALeafThatWasCutOffForAnHourCatchesUpFromTheBoard) {
  const std::uint16_t leaf_port = free_port();
  // Not advertised: a leaf that learns the hub's own address goes around the line.
  NatsServer hub(disk_.path(), store(),
                 "leafnodes { no_advertise: true, listen: \"127.0.0.1:" + std::to_string(leaf_port) + "\" }");
  BadLine line(leaf_port);
  NatsServer leaf(disk_.path(), "",
                  "leafnodes { reconnect: 1, remotes: [{ url: \"nats-leaf://" + line.host_port() + "\" }] }");
  hal::ExporterConfig config = exporter_config();
  config.settings.queue_capacity = 8;
  config.catch_up_wait = phalarope::milliseconds(100);
  fleet::ExportSettings through_leaf = settings_for(leaf.host_port(), 500);
  through_leaf.domain = "hub";
  hal::NatsSink sink(through_leaf, "");
  ExportingBoard board(disk_, sink, config, 256 * 1024);
  board.run_turns(2);
  ASSERT_TRUE(eventually([&] { return board.is_level() && board.exporter->stats().enqueued == 2; }))
      << board.exporter->state().last_error;
  line.cut(true);
  for (int minute = 0; minute < 60; ++minute) {  // a turn a minute, a minute in ten milliseconds
    board.run_turns(1);
    std::this_thread::sleep_for(milliseconds(10));
  }
  const auto given_up = [&] {
    const fleet::ExportStats stats = board.exporter->stats();
    return stats.queue_depth == 0 && stats.dropped + stats.failures > 50;
  };
  // On a busy machine a try may take its whole timeout, twice when it has to connect.
  ASSERT_TRUE(eventually(given_up, std::chrono::seconds(120)))
      << "three tries each, then it is left to the store; it was " << to_json(board.exporter->state());
  line.cut(false);
  ASSERT_TRUE(eventually([&] { return board.is_level(); }, std::chrono::seconds(120)))
      << board.exporter->state().last_error;
  board.stop();
  StreamReader reader(hub);
  EXPECT_EQ(turns_in(reader), 62U);
  EXPECT_EQ(board.exporter->state().unacknowledged, 0U);
  EXPECT_EQ(board.exporter->state().catch_up.evicted, 0U);
  expect_every_record_accounted_for(board.exporter->stats(), 62);
}

const hal::EvidenceMessage some_message{.kind = "baseline", .id = "id-1", .body = "{}"};

TEST_F(NatsExport, OnlyTheRightUserOrTokenIsLetIn) {
  NatsServer by_user(disk_.path(), store(), "authorization { user: ann, password: \"pa-55\" }");
  const auto with = [&](const std::string& user) { return settings_for(user + "@" + by_user.host_port()); };
  hal::NatsSink right(with("ann:pa-55"), "");
  const hal::SendAnswer taken = right.send(some_message);
  EXPECT_TRUE(taken.arrived) << taken.problem;
  hal::NatsSink wrong(with("ann:wr0ng"), "");
  const hal::SendAnswer refused = wrong.send(some_message);
  EXPECT_FALSE(refused.arrived);
  EXPECT_EQ(refused.problem, "the NATS server refuses these credentials");
  NatsServer by_token(disk_.path(), disk_.path() + "/other", "authorization { token: \"t0ken\" }");
  hal::NatsSink token(settings_for(by_token.host_port()), "t0ken");
  EXPECT_TRUE(token.send(some_message).arrived);
  hal::NatsSink no_token(settings_for(by_token.host_port()), "");
  EXPECT_EQ(no_token.send(some_message).problem, "the NATS server refuses these credentials");
}

TEST_F(NatsExport, AnEncryptedLineIsTrustedOnlyWithItsAuthority) {
  const std::string folder = disk_.path();
  const std::string make = "cd " + folder +
                           " && openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2"
                           " -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 >/dev/null 2>&1";
  if (std::system(make.c_str()) != 0) GTEST_SKIP() << "openssl is not installed";
  NatsServer server(folder, store(),
                    "tls { cert_file: \"" + folder + "/cert.pem\", key_file: \"" + folder + "/key.pem\" }");
  fleet::ExportSettings trusting = settings_for(server.host_port(), 5000, "tls://");
  trusting.ca_file = folder + "/cert.pem";
  hal::NatsSink trusted(trusting, "");
  const hal::SendAnswer taken = trusted.send(some_message);
  EXPECT_TRUE(taken.arrived) << taken.problem;
  hal::NatsSink stranger(settings_for(server.host_port(), 5000, "tls://"), "");
  const hal::SendAnswer refused = stranger.send(some_message);
  EXPECT_FALSE(refused.arrived);
  EXPECT_TRUE(refused.problem.starts_with("TLS failed")) << refused.problem;
  hal::NatsSink plain(settings_for(server.host_port(), 5000), "");
  EXPECT_FALSE(plain.send(some_message).arrived);
}

TEST_F(NatsExport, AServerWithoutJetStreamIsNoPlaceForEvidence) {
  NatsServer server(disk_.path(), "");
  hal::NatsSink sink(settings_for(server.host_port(), 500), "");
  const hal::SendAnswer answer = sink.send(some_message);
  EXPECT_FALSE(answer.arrived);
  EXPECT_FALSE(answer.problem.empty());
}

}  // namespace
}  // namespace phalarope::testing
