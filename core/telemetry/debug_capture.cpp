#include "core/telemetry/debug_capture.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/engine/session/session_start.hpp"
#include "core/telemetry/units.hpp"

namespace phalarope::telemetry {

DebugCapture::DebugCapture(CaptureOrder order) : order_(std::move(order)), writer_(names_, replay::Extensions::with) {
  order_.seconds = std::clamp<std::int64_t>(order_.seconds, 1, capture_seconds_max);
  order_.bytes = std::min(order_.bytes, capture_bytes_max);
}

std::optional<std::string> DebugCapture::take(const replay::Record& record) {
  if (ended_ != CaptureEnd::not_yet) return std::nullopt;
  if (record.header.type == RecordType::symbol) names_.take(record);
  if (record.header.type == RecordType::session) {
    SessionStart start;
    if (record.body.size() < sizeof start) return std::nullopt;
    std::memcpy(&start, record.body.data(), sizeof start);
    if (start.session_id_bytes > session_id_bytes_max) return std::nullopt;
    const bool watched = start.session_id_text() == order_.session_id;
    watched_[start.session_slot] = watched;
    if (watched) names_.take(record);
  }
  if (record.header.type != RecordType::event || record.body.size() != event_bytes) return std::nullopt;
  Event event{};
  std::memcpy(&event, record.body.data(), event_bytes);
  return take_event(event);
}

std::optional<std::string> DebugCapture::take_event(const Event& event) {
  if (!begun_ns_) begun_ns_ = event.mono_ns;
  if (span_ns(*begun_ns_, event.mono_ns) >= order_.seconds * ns_per_second) {
    ended_ = CaptureEnd::time_is_up;
    return std::nullopt;
  }
  const auto session = watched_.find(event.session_slot);
  if (session == watched_.end() || !session->second) return std::nullopt;
  const auto written = writer_.write(event);
  if (!written || !*written) return std::nullopt;  // a signal that breaks its own rules has no JSON form
  std::string line = **written + "\n";
  if (bytes_used_ + line.size() > order_.bytes) {
    ended_ = CaptureEnd::bytes_are_used;
    return std::nullopt;
  }
  bytes_used_ += line.size();
  ++lines_;
  return line;
}

}  // namespace phalarope::telemetry
