// HttpSink: each record is one POST. What is there already is no harm: the id goes along as `Idempotency-Key`.
//
// Any status from 200 to 299 is arrival, and so is 409: the other side has it. Contract: evidence.md 1.8.
#pragma once

#include <atomic>
#include <string>

#include "hal/fleet/evidence_sink.hpp"

namespace phalarope::hal {

class HttpSink final : public EvidenceSink {
 public:
  HttpSink(const fleet::ExportSettings& settings, std::string token);
  SendAnswer send(const EvidenceMessage& message) override;
  void give_up() noexcept override { given_up_.store(true, std::memory_order_relaxed); }

 private:
  fleet::ExportSettings settings_;
  std::string token_;
  std::atomic<bool> given_up_{false};
};

}  // namespace phalarope::hal
