// EvidenceSink: the other side of the durable export. One call is one try.
//
//   HttpSink      POST to one address, `Idempotency-Key` is the message's id
//   NatsSink      JetStream, `Nats-Msg-Id` is the message's id
//   DiscardSink   nothing is configured: everything counts as arrived
//
// send() is called by the exporter's one worker and may wait, at most about the try's timeout. A problem is one
// sentence without address, user or token. Contract: evidence.md 1.8, 8.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/engine/base/result.hpp"
#include "core/fleet/export_settings.hpp"

namespace phalarope::hal {

struct EvidenceMessage {
  std::string_view kind;
  std::string_view id;
  std::string_view body;
};

struct SendAnswer {
  bool arrived = false;
  bool duplicate = false;  // it had arrived before, says the other side
  std::string problem;     // when it did not arrive
};

class EvidenceSink {
 public:
  virtual ~EvidenceSink() = default;
  virtual SendAnswer send(const EvidenceMessage& message) = 0;
  /// From any thread: what is under way and what comes after is given up.
  virtual void give_up() noexcept {}
};

class DiscardSink final : public EvidenceSink {
 public:
  SendAnswer send(const EvidenceMessage&) override { return {.arrived = true, .duplicate = false, .problem = {}}; }
};

/// What the settings name. One sentence that says what is wrong and what to do, where a file it needs cannot be read.
Result<std::unique_ptr<EvidenceSink>, std::string> make_sink(const fleet::ExportSettings& settings);

/// The first line of a file with a token; never shown to anybody.
Result<std::string, std::string> read_token(const std::string& path);

}  // namespace phalarope::hal
