// NatsSink: each record is one message of a JetStream stream, and has arrived when the stream says that it keeps it.
//
//   send() ─ connected? ─ no: connect, look for the stream, make it if there is none ─┐
//                      └ yes ──────────────────────────────────────────────────────────┴▶ publish, wait for the ack
//                                                   closed by the other side: forgotten, the next send connects again
//
// Subject `phalarope.<tenant>.<board>.evidence.<kind>`, `Nats-Msg-Id` the message's id: within a stream's duplicates
// window (a day in a stream made here) a record sent again is kept once. A stream that somebody made before is taken as
// it is. There is no buffer behind publish(): what a dead connection has not acknowledged was not sent.
//
// libnats is loaded when the first connection is made (shared_library.hpp). Worker thread only, but for give_up().
// Contract: evidence.md 8 ("Fleet evidence"); design.md "Default, and beyond one machine".
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "hal/fleet/evidence_sink.hpp"

namespace phalarope::hal {

/// How long a stream made here knows the ids of its messages: longer than most outages.
constexpr std::int64_t stream_duplicates_hours = 24;

class NatsSink final : public EvidenceSink {
 public:
  NatsSink(const fleet::ExportSettings& settings, std::string token);
  ~NatsSink() override;
  SendAnswer send(const EvidenceMessage& message) override;
  void give_up() noexcept override { given_up_.store(true, std::memory_order_relaxed); }

 private:
  struct Session;

  /// One sentence when there is no connection in the end.
  std::string connect();

  fleet::ExportSettings settings_;
  std::string token_;
  std::unique_ptr<Session> session_;
  std::atomic<bool> given_up_{false};
};

}  // namespace phalarope::hal
