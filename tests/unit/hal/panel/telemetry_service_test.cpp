// Telemetry from the flusher's tap to a collector and a Prometheus page, over real sockets of this machine.
#include "hal/panel/telemetry_service.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "core/engine/session/session_start.hpp"
#include "hal/host/http_client.hpp"
#include "tests/unit/hal/panel/collector_stand_in.hpp"
#include "tests/unit/telemetry/prometheus_reader.hpp"

namespace phalarope::hal {
namespace {

using std::chrono::steady_clock;

constexpr auto never_cancelled = [] { return false; };

HttpAnswer get(std::uint16_t port, const std::string& path, const std::string& method = "GET") {
  HttpCall call;
  call.method = method;
  call.url = "http://127.0.0.1:" + std::to_string(port) + path;
  call.timeout_ms = 5000;
  call.answer_bytes_max = 1024 * 1024;
  return call_http(call, never_cancelled);
}

/// What the flusher sees of a short run: a session, a turn with its evidence as it lies in the ring.
class SmallRun {
 public:
  explicit SmallRun(RecordTap& tap) : tap_(tap) {}

  void tell_turn() {
    SessionStart start;
    static_cast<void>(start.set_session_id("kitchen"));
    put(RecordType::session, std::as_bytes(std::span(&start, 1)));
    symbol(start.symbol(SessionSymbol::session_id), "kitchen");
    symbol(start.symbol(SessionSymbol::pipeline_version), "home/v3");
    symbol(start.symbol(SessionSymbol::llm_provider), "cloud-llm");
    event(EventKind::turn_open, true);
    event(EventKind::command_dialogue_ask, true);
    TurnEvidence evidence;
    evidence.session_id = start.symbol(SessionSymbol::session_id);
    evidence.pipeline_version = start.symbol(SessionSymbol::pipeline_version);
    static_cast<void>(evidence.turn_id.assign("turn-000001"));
    static_cast<void>(evidence.event_id.assign("evt-9"));
    evidence.turn_number = 1;
    evidence.turn_open_proposed_at_ns = 1'000'000'000;
    evidence.turn_open_at_ns = 1'001'000'000;
    evidence.turn_terminal_at_ns = 1'500'000'000;
    evidence.terminal_outcome = wire::TerminalOutcome::commit;
    EvidenceInvocation call;
    static_cast<void>(call.provider_invocation_id.assign("pvi/kitchen/turn-000001/evt-2/llm"));
    call.provider_id = start.symbol(SessionSymbol::llm_provider);
    call.modality = wire::EvidenceModality::llm;
    call.outcome_class = wire::OutcomeClass::success;
    call.retry_decision = wire::RetryDecision::none;
    call.attempt_count = 1;
    call.final_attempt_latency_ns = call.total_invocation_latency_ns = 120'000'000;
    static_cast<void>(evidence.add_invocation(call));
    std::vector<std::byte> body(evidence.recorded_head().begin(), evidence.recorded_head().end());
    body.insert(body.end(), evidence.recorded_invocations().begin(), evidence.recorded_invocations().end());
    put(RecordType::baseline, body);
    event(EventKind::commit, true);
    event(EventKind::close, true);
  }

 private:
  void put(RecordType type, std::span<const std::byte> body) {
    tap_.on_record({.header = {.body_bytes = static_cast<std::uint32_t>(body.size()),
                               .type = type,
                               .level = 0,
                               .sequence = sequence_++},
                    .body = body});
  }
  void symbol(SymbolId id, std::string_view text) {
    std::vector<std::byte> body(sizeof id.value + text.size());
    std::memcpy(body.data(), &id.value, sizeof id.value);
    std::memcpy(body.data() + sizeof id.value, text.data(), text.size());
    put(RecordType::symbol, body);
  }
  void event(EventKind kind, bool output) {
    Event event{};
    event.kind = kind;
    event.runtime_sequence = ++events_;
    event.mono_ns = 1'001'000'000;
    event.wall_ns = 1'760'000'001'001'000'000;
    event.turn_number = 1;
    if (output) event.set(EventFlag::output);
    put(RecordType::event, std::as_bytes(std::span(&event, 1)));
  }

  RecordTap& tap_;
  std::uint64_t sequence_ = 0;
  std::uint64_t events_ = 0;
};

TelemetryServiceConfig config_for(const std::string& endpoint) {
  TelemetryServiceConfig config;
  config.settings.endpoint = endpoint;
  config.settings.export_timeout_ms = 5000;
  config.settings.metrics_listen = telemetry::ListenAddress{"127.0.0.1", 0};
  config.service_version = "1.2.3";
  config.close_wait = milliseconds(30'000);  // a busy machine is not what is tested
  return config;
}

// contract: evidence 3.2, evidence 3.3
TEST(TelemetryService, SendsLinkedSpansThatACollectorTakes) {
  CollectorStandIn collector;
  ASSERT_TRUE(collector.listens());
  auto service = TelemetryService::create(config_for(collector.url()));
  ASSERT_TRUE(service) << service.error();
  SmallRun((*service)->tap()).tell_turn();
  (*service)->stop();
  for (const std::string& breach : collector.breaches()) ADD_FAILURE() << breach;
  const auto spans = collector.spans();
  ASSERT_EQ(spans.size(), 4U) << "two of the turn, one of the node, one of the provider";
  std::set<std::string> ids;
  for (const auto& span : spans) ids.insert(span["spanId"].get<std::string>());
  for (const auto& span : spans) {
    EXPECT_EQ(span["traceId"], spans[0]["traceId"]);
    const std::string parent = span["parentSpanId"];
    EXPECT_TRUE(parent.empty() || ids.contains(parent)) << span["name"];
  }
  const PipelineStats stats = (*service)->pipeline_stats();
  EXPECT_EQ(stats.exported, stats.enqueued);
  EXPECT_EQ(stats.export_failures, 0U);
}

// contract: evidence 3.3
TEST(TelemetryService, ServesAPageThatPrometheusReads) {
  auto service = TelemetryService::create(config_for(""));
  ASSERT_TRUE(service) << service.error();
  SmallRun((*service)->tap()).tell_turn();
  const std::uint16_t port = (*service)->metrics_port();
  ASSERT_NE(port, 0);
  HttpAnswer answer;
  const auto deadline = steady_clock::now() + std::chrono::seconds(10);
  do {
    answer = get(port, "/metrics");
  } while (answer.body.find("node_latency_ms") == std::string::npos && steady_clock::now() < deadline);
  EXPECT_EQ(answer.status, 200);
  const telemetry::PrometheusReader page(answer.body);
  EXPECT_EQ(page.types().at("node_latency_ms"), "histogram");
  EXPECT_EQ(page.types().at("drops_total"), "counter");
  EXPECT_EQ(get(port, "/").status, 404);
  EXPECT_EQ(get(port, "/metrics", "POST").status, 405);
}

TEST(TelemetryService, RefusesABodyThatNobodyAskedFor) {
  auto service = TelemetryService::create(config_for(""));
  ASSERT_TRUE(service);
  HttpCall call;
  call.method = "POST";
  call.url = "http://127.0.0.1:" + std::to_string((*service)->metrics_port()) + "/metrics";
  call.body = std::string(10'000, 'x');
  EXPECT_EQ(call_http(call, never_cancelled).status, 413);
}

// contract: evidence 3.2
TEST(TelemetryService, ACollectorThatIsSlowOrRefusesCostsTelemetryOnly) {
  for (const bool slow : {true, false}) {
    CollectorStandIn collector;
    if (slow) collector.take_time(std::chrono::milliseconds(500));
    collector.answer_with(slow ? 200 : 300);
    TelemetryServiceConfig config = config_for(collector.url());
    config.settings.export_timeout_ms = 50;
    if (!slow) config.settings.export_timeout_ms = 5000;
    auto service = TelemetryService::create(std::move(config));
    ASSERT_TRUE(service);
    const auto begun = steady_clock::now();
    SmallRun((*service)->tap()).tell_turn();
    EXPECT_LT(steady_clock::now() - begun, std::chrono::milliseconds(200)) << "the flusher does not notice";
    (*service)->stop();
    EXPECT_EQ((*service)->pipeline_stats().exported, 0U);
    EXPECT_EQ((*service)->pipeline_stats().export_failures, (*service)->pipeline_stats().enqueued);
    EXPECT_GT((*service)->pipeline_stats().enqueued, 5U);
  }
}

TEST(TelemetryService, ACollectorThatIsNotThereIsCounted) {
  auto service = TelemetryService::create(config_for("http://127.0.0.1:1"));
  ASSERT_TRUE(service);
  SmallRun((*service)->tap()).tell_turn();
  (*service)->stop();
  EXPECT_GT((*service)->pipeline_stats().export_failures, 5U);
}

// contract: evidence 3.2
TEST(TelemetryService, TheContractsOwnBodyCanBeChosen) {
  CollectorStandIn collector;
  TelemetryServiceConfig config = config_for(collector.url());
  config.settings.body = telemetry::CollectorBody::private_form;
  auto service = TelemetryService::create(std::move(config));
  ASSERT_TRUE(service);
  SmallRun((*service)->tap()).tell_turn();
  (*service)->stop();
  const auto taken = collector.taken();
  ASSERT_GT(taken.size(), 5U);
  for (const auto& request : taken) {
    EXPECT_EQ(request.json["service_name"], "phalarope-runtime");
    const std::string kind = request.json["event"]["kind"];
    EXPECT_EQ(request.path, kind == "metric" ? "/v1/metrics" : kind == "span" ? "/v1/traces" : "/v1/logs");
  }
}

TEST(TelemetryService, WritesLogsAsLinesAndACaptureAsAFile) {
  const auto path = std::filesystem::temp_directory_path() / ("phal-capture-" + std::to_string(::getpid()));
  std::vector<std::string> lines;
  TelemetryServiceConfig config;
  config.log_line = [&lines](const std::string& line) { lines.push_back(line); };
  config.capture = telemetry::CaptureOrder{.session_id = "kitchen"};
  config.capture_path = path.string();
  auto service = TelemetryService::create(std::move(config));
  ASSERT_TRUE(service) << service.error();
  SmallRun((*service)->tap()).tell_turn();
  (*service)->stop();
  service->reset();
  ASSERT_EQ(lines.size(), 3U) << "opened, answered, ended";
  for (const std::string& line : lines) {
    const auto json = nlohmann::json::parse(line);
    EXPECT_EQ(json["session_id"], "kitchen");
    EXPECT_EQ(json["turn_id"], "turn-000001");
    EXPECT_EQ(json["pipeline_version"], "home/v3");
    EXPECT_TRUE(json.contains("node_id"));
  }
  std::ifstream file(path);
  std::size_t captured = 0;
  for (std::string line; std::getline(file, line); ++captured) EXPECT_FALSE(nlohmann::json::parse(line).is_discarded());
  EXPECT_EQ(captured, 4U);
  std::filesystem::remove(path);
}

TEST(TelemetryService, IsNotThereWhenNothingIsWanted) {
  EXPECT_EQ(TelemetryService::create({})->get(), nullptr);
  TelemetryServiceConfig disabled = config_for("http://127.0.0.1:1");
  disabled.settings.enabled = false;
  EXPECT_EQ(TelemetryService::create(std::move(disabled))->get(), nullptr);
}

TEST(HttpServer, SaysWhatIsWrongWithAnAddress) {
  const auto name = HttpServer::start({"not-a-number", 1}, {});
  ASSERT_FALSE(name);
  EXPECT_NE(name.error().find("not-a-number"), std::string::npos);
  auto first = HttpServer::start({"127.0.0.1", 0}, {});
  ASSERT_TRUE(first) << first.error();
  const auto second = HttpServer::start({"127.0.0.1", (*first)->port()}, {});
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().find("choose another port"), std::string::npos);
}

}  // namespace
}  // namespace phalarope::hal
