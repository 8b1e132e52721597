// The checks of the external boundary that need no process: is the request whole, does it stay within the limits,
// what is added to the answer. In the contract's order; the first that fails decides.
//
//   request ──▶ validate ──▶ limits ──▶ (call, under a time-out) ──▶ labels of the answer
//
// A value <= 0 in the limits takes its default; a request of 0 asks for nothing in particular. Pure; any thread.
// Contract: runtime.md 11.2.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "core/engine/base/result.hpp"
#include "core/engine/base/strong.hpp"
#include "core/engine/graph/execution_pool.hpp"

namespace phalarope::hal {

constexpr Duration external_timeout_default = milliseconds(500);
constexpr std::int64_t external_cpu_units_default = 1;
constexpr std::int64_t external_memory_mib_default = 256;

struct ExternalLimits {
  Duration timeout{};
  std::int64_t cpu_units_max = 0;
  std::int64_t memory_mib_max = 0;
};
constexpr ExternalLimits with_defaults(ExternalLimits limits) noexcept {
  if (limits.timeout <= Duration{}) limits.timeout = external_timeout_default;
  if (limits.cpu_units_max <= 0) limits.cpu_units_max = external_cpu_units_default;
  if (limits.memory_mib_max <= 0) limits.memory_mib_max = external_memory_mib_default;
  return limits;
}

struct ExternalRequest {
  std::string_view session;
  std::string_view node;
  std::string_view invocation;
  std::int64_t epoch = 0;
  std::int64_t cpu_units = 0;
  std::int64_t memory_mib = 0;
};

enum class BoundaryRefusal : std::uint8_t {
  session_blank,
  node_blank,
  invocation_blank,
  epoch_negative,
  resources_negative,
  external_resource_limit,
  reason_blank
};
constexpr std::string_view describe(BoundaryRefusal refusal) noexcept {
  switch (refusal) {
    case BoundaryRefusal::session_blank:
      return "an external call needs a session id";
    case BoundaryRefusal::node_blank:
      return "an external call needs a node id";
    case BoundaryRefusal::invocation_blank:
      return "an external call needs an invocation id";
    case BoundaryRefusal::epoch_negative:
      return "an authority epoch is not negative";
    case BoundaryRefusal::resources_negative:
      return "processor units and memory are not negative";
    case BoundaryRefusal::external_resource_limit:
      return "external_resource_limit: the node asks for more processor units or memory than the board allows";
    case BoundaryRefusal::reason_blank:
      return "a cancel needs a reason";
  }
  return "";
}

constexpr Result<void, BoundaryRefusal> check_request(const ExternalRequest& request,
                                                      const ExternalLimits& limits) noexcept {
  const ExternalLimits bound = with_defaults(limits);
  if (trimmed(request.session).empty()) return refuse(BoundaryRefusal::session_blank);
  if (trimmed(request.node).empty()) return refuse(BoundaryRefusal::node_blank);
  if (trimmed(request.invocation).empty()) return refuse(BoundaryRefusal::invocation_blank);
  if (request.epoch < 0) return refuse(BoundaryRefusal::epoch_negative);
  if (request.cpu_units < 0 || request.memory_mib < 0) return refuse(BoundaryRefusal::resources_negative);
  if (request.cpu_units > bound.cpu_units_max || request.memory_mib > bound.memory_mib_max) {
    return refuse(BoundaryRefusal::external_resource_limit);
  }
  return {};
}

constexpr Result<void, BoundaryRefusal> check_cancel(std::string_view invocation, std::string_view reason) noexcept {
  if (trimmed(invocation).empty()) return refuse(BoundaryRefusal::invocation_blank);
  if (trimmed(reason).empty()) return refuse(BoundaryRefusal::reason_blank);
  return {};
}

/// A blank invocation id of the answer means the request's.
constexpr std::string_view answered_invocation(std::string_view answered, const ExternalRequest& request) noexcept {
  return trimmed(answered).empty() ? request.invocation : answered;
}

/// What telemetry of an external call is labelled with.
using BoundaryLabels = std::array<std::pair<std::string_view, std::string>, 4>;
inline BoundaryLabels boundary_labels(const ExternalRequest& request) {
  return {{{"boundary", "external_node"},
           {"node_id", std::string(request.node)},
           {"cpu_units", std::to_string(request.cpu_units)},
           {"memory_mb", std::to_string(request.memory_mib)}}};
}

}  // namespace phalarope::hal
