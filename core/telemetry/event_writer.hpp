// EventWriter: the narrow end through which everything the house measures becomes a telemetry event.
//
//   (what, where, value) ──resolve correlation──▶ TelemetryEvent ──▶ sink
//                                   └ refused: counted, nothing is sent (evidence.md 3.1: skip the sample)
//
// Also here: trace and span ids, made from what they name, so that the same turn has the same ids wherever and however
// often its evidence is read. One thread. Contract: evidence.md 3.1, 3.3.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/engine/base/function_ref.hpp"
#include "core/telemetry/catalogue.hpp"
#include "core/telemetry/correlation.hpp"

namespace phalarope::telemetry {

using TelemetrySink = FunctionRef<void(const TelemetryEvent&)>;

/// 32 hex digits: one trace a turn. Session and turn decide it.
std::string trace_id_of(std::string_view session_id, std::string_view turn_id);
/// 16 hex digits, from everything that tells this span from others of its trace.
std::string span_id_of(std::initializer_list<std::string_view> parts);

class EventWriter {
 public:
  explicit EventWriter(TelemetrySink sink) noexcept : sink_(sink) {}

  void metric(const Correlation& about, MetricId id, double value, Attributes labels, Attributes view_labels = {});
  /// Kind is the name, the trace id the turn's.
  void span(const Correlation& about, SpanBody span);
  void log(const Correlation& about, LogBody log);
  std::uint64_t skipped() const noexcept { return skipped_; }

 private:
  template <typename Body>
  void send(const Correlation& about, Body body);

  TelemetrySink sink_;
  std::uint64_t skipped_ = 0;
};

}  // namespace phalarope::telemetry
