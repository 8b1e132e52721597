#include "core/telemetry/sampling.hpp"

#include <array>
#include <charconv>

namespace phalarope::telemetry {
namespace {

/// FNV-1a, 64 bit (Fowler, Noll, Vo).
class ItemHash {
 public:
  void add(std::string_view item) noexcept {
    for (const char byte : item) take(static_cast<unsigned char>(byte));
    take(0);
  }
  void add(std::int64_t number) noexcept {
    std::array<char, 20> digits{};  // -9223372036854775808
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    add(std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
  }
  void add(const Attributes& attributes) noexcept {
    for (const auto& [key, value] : attributes) {
      add(key);
      add(value);
    }
  }
  std::uint64_t value() const noexcept { return state_; }

 private:
  void take(unsigned char byte) noexcept { state_ = (state_ ^ byte) * 0x100000001b3ULL; }
  std::uint64_t state_ = 0xcbf29ce484222325ULL;
};

struct BodyItems {
  ItemHash& hash;
  void operator()(const MetricBody& metric) const {
    hash.add(metric.name);
    hash.add(metric.unit);
    hash.add(metric.attributes);
  }
  void operator()(const SpanBody& span) const {
    hash.add(span.name);
    hash.add(span.kind);
    hash.add(span.start_ms);
    hash.add(span.end_ms);
    hash.add(span.trace_id);
    hash.add(span.span_id);
    hash.add(span.parent_span_id);
    hash.add(span.attributes);
  }
  void operator()(const LogBody& log) const {
    hash.add(log.name);
    hash.add(log.severity);
    hash.add(log.message);
    hash.add(log.attributes);
  }
};

}  // namespace

std::uint64_t sampling_hash(const TelemetryEvent& event) {
  ItemHash hash;
  const Correlation& about = event.correlation;
  hash.add(about.session_id);
  hash.add(about.turn_id);
  hash.add(about.event_id);
  hash.add(about.pipeline_version);
  hash.add(about.node_id);
  hash.add(about.edge_id);
  hash.add(about.authority_epoch);
  hash.add(about.lane);
  hash.add(about.emitted_by);
  hash.add(about.runtime_timestamp_ms);
  hash.add(about.wall_clock_timestamp_ms);
  hash.add(kind_of(event));
  std::visit(BodyItems{hash}, event.body);
  return hash.value();
}

}  // namespace phalarope::telemetry
