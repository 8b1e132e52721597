// A collector of this machine: takes OTLP/HTTP in JSON, judges its shape as strictly as it can, keeps what it was
// given.
//
// Fault model: it may answer any status, and may take its time before it does.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "hal/panel/http_server.hpp"
#include "tests/unit/telemetry/otlp_shape.hpp"

namespace phalarope::hal {

class CollectorStandIn {
 public:
  CollectorStandIn() {
    auto started =
        HttpServer::start({"127.0.0.1", 0}, [this](const HttpAsk& ask) { return take(ask); }, body_bytes_max);
    if (started) server_ = std::move(*started);
  }
  bool listens() const { return server_ != nullptr; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }
  void answer_with(int status) { status_ = status; }
  void take_time(std::chrono::milliseconds time) { wait_ms_ = time.count(); }

  struct Taken {
    std::string path;
    nlohmann::json json;
    std::string body;
  };
  std::vector<Taken> taken() const {
    const std::lock_guard lock(mutex_);
    return taken_;
  }
  std::vector<std::string> breaches() const {
    const std::lock_guard lock(mutex_);
    return breaches_;
  }
  /// Every span of every request.
  std::vector<nlohmann::json> spans() const {
    std::vector<nlohmann::json> all;
    for (const Taken& request : taken()) {
      if (request.path != "/v1/traces") continue;
      for (const auto& span : request.json["resourceSpans"][0]["scopeSpans"][0]["spans"]) all.push_back(span);
    }
    return all;
  }

 private:
  static constexpr std::size_t body_bytes_max = 4 * 1024 * 1024;

  HttpReply take(const HttpAsk& ask) {
    std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms_.load()));
    const std::lock_guard lock(mutex_);
    for (auto& breach : telemetry::OtlpShape::breaches(ask.path, ask.body)) breaches_.push_back(std::move(breach));
    if (ask.method != "POST") breaches_.push_back("the method is POST");
    taken_.push_back({ask.path, nlohmann::json::parse(ask.body, nullptr, false), ask.body});
    return {.status = status_.load(), .content_type = "application/json", .body = "{}"};
  }

  mutable std::mutex mutex_;
  std::vector<Taken> taken_;
  std::vector<std::string> breaches_;
  std::atomic<int> status_{200};
  std::atomic<long> wait_ms_{0};
  std::unique_ptr<HttpServer> server_;
};

}  // namespace phalarope::hal
