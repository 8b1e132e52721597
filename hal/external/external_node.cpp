#include "hal/external/external_node.hpp"

#include <poll.h>

#include <algorithm>

#include "hal/host/clock.hpp"
#include "hal/host/delivery.hpp"

namespace phalarope::hal {
namespace {

/// How long a cancel may wait to be seen, and so to be told to the node.
constexpr Duration cancel_look = milliseconds(2);
/// A process that ends closes its socket a moment before it can be reaped.
constexpr int end_wait_ms = 20;

KeeperSettings keeper_settings(const ExternalNodeSettings& settings) {
  return {.name = settings.name,
          .child = settings.child,
          .restarts = settings.restarts,
          .start_wait = settings.start_wait,
          .hook_timeout = settings.hook_timeout,
          .cpu_units = std::max<std::int64_t>(settings.cpu_units, 1)};
}

/// What every call of the node asks for.
ExternalRequest request_of(const ExternalNodeSettings& settings) {
  return {.session = "board",
          .node = settings.name,
          .invocation = "init",
          .epoch = 0,
          .cpu_units = settings.cpu_units,
          .memory_mib = settings.child.memory_mib};
}

ExternalFault how_it_closed(const ChildProcess& process) noexcept {
  pollfd ended{.fd = process.pid_fd(), .events = POLLIN, .revents = 0};
  return ::poll(&ended, 1, end_wait_ms) > 0 ? ExternalFault::process_ended : ExternalFault::channel_closed;
}

}  // namespace

BoundaryLabels boundary_labels(const ExternalNodeSettings& settings) { return boundary_labels(request_of(settings)); }

ExternalNode::ExternalNode(ExternalNodeSettings settings)
    : settings_(std::move(settings)), keeper_(keeper_settings(settings_)), check_(settings_.type) {
  settings_.limits = with_defaults(settings_.limits);
}

ExternalNode::~ExternalNode() = default;

std::optional<std::string_view> ExternalNode::init() {
  if (const auto checked = check_request(request_of(settings_), settings_.limits); !checked) {
    failure_ = describe(checked.error());
    return failure_;
  }
  if (auto begun = keeper_.begin(); !begun) {
    failure_ = std::move(begun.error());
    keeper_.stop();
    return failure_;
  }
  return std::nullopt;
}

void ExternalNode::cancel(Ticket ticket) noexcept {
  std::uint64_t before = cancelled_through_.load(std::memory_order_relaxed);
  while (before < ticket.value && !cancelled_through_.compare_exchange_weak(before, ticket.value)) {
  }
}

void ExternalNode::handle(const Event& command, NodeContext& context) {
  const Work work = work_of(command);
  if (failed_ == work && work != Work{}) {
    calls_left_out_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  calls_.fetch_add(1, std::memory_order_relaxed);
  std::shared_ptr<NodeInstance> instance;
  const ExternalFault fault = call(command, context, instance);
  if (fault == ExternalFault::none) {
    keeper_.note_success();
    return;
  }
  if (instance && describe(fault).remedy == Remedy::replace) {
    keeper_.give_up(instance, fault);
  } else {
    keeper_.note(fault);
  }
  fail(command, context, fault);
}

ExternalFault ExternalNode::call(const Event& command, NodeContext& context, std::shared_ptr<NodeInstance>& instance) {
  auto ready = keeper_.take_ready(settings_.limits.timeout, [&context] { return context.cancelled(); });
  if (!ready) return context.cancelled() ? ExternalFault::none : ready.error();
  const Work work = work_of(command);
  const bool replaced = known_.lock() != *ready;
  known_ = *ready;
  if (replaced) check_.forget();
  const bool lost = replaced && work_ == work && work != Work{};
  work_ = work;
  if (lost) return ExternalFault::turn_lost;
  instance = std::move(*ready);
  return converse(*instance, command, context);
}

ExternalFault ExternalNode::converse(NodeInstance& instance, const Event& command, NodeContext& context) {
  Channel& channel = instance.channel;
  const std::uint64_t told = cancelled_through_.load(std::memory_order_relaxed);
  if (told != 0) channel.tell_cancelled(Ticket{told});
  check_.begin(command);
  const auto payload = context.payload(command.payload);
  const std::uint64_t number = channel.send(
      phal_record_handle, command, payload.first(std::min<std::size_t>(payload.size(), PHAL_PAYLOAD_BYTES_MAX)));
  const Instant begun = monotonic_now();
  Instant progress = begun;
  std::optional<Instant> cancelled_at;
  for (bool open = true;;) {
    const Instant now = monotonic_now();
    if (!cancelled_at && context.cancelled()) {
      cancelled_at = now;
      channel.tell_cancelled(Ticket{command.ticket});
    }
    if (cancelled_at && now - *cancelled_at >= settings_.cancel_grace) return ExternalFault::cancel_ignored;
    if (!cancelled_at && now - progress >= settings_.limits.timeout) return ExternalFault::execution_timeout;
    if (now - begun >= settings_.call_max) return ExternalFault::execution_timeout;
    switch (channel.take(record_)) {
      case Taken::broken:
        return channel.fault();
      case Taken::nothing:
        if (!open) return how_it_closed(*instance.process);
        open = channel.wait(cancel_look);
        continue;
      case Taken::record:
        break;
    }
    if (record_.command != number) return ExternalFault::command_mismatch;
    if (record_.type == phal_record_handled) {
      return record_.status == 0 || cancelled_at ? ExternalFault::none : ExternalFault::node_error;
    }
    if (record_.type != phal_record_result) return ExternalFault::record_unknown;
    const ExternalFault fault = take_result(context, cancelled_at.has_value());
    if (fault != ExternalFault::none) return fault;
    progress = monotonic_now();
  }
}

/// Hands the result in record_ on, or drops it behind a cancel.
ExternalFault ExternalNode::take_result(NodeContext& context, bool cancelled) {
  if (cancelled) {
    late_results_.fetch_add(1, std::memory_order_relaxed);
    return ExternalFault::none;
  }
  const auto result = check_.accept(record_);
  if (!result) return result.error();
  if (deliver(context, *result, record_.payload()) || context.cancelled()) return ExternalFault::none;
  return ExternalFault::not_delivered;
}

void ExternalNode::fail(const Event& command, NodeContext& context, ExternalFault fault) {
  calls_failed_.fetch_add(1, std::memory_order_relaxed);
  check_.forget();
  failed_ = work_of(command);
  if (context.cancelled() || describe(fault).outcome == OutcomeClass::cancelled) return;
  Event failure = result_of(command, EventKind::node_failed);
  failure.payload_class = PayloadClass::metadata;
  failure.argument_a = code_of(fault);
  failure.reason = Reason::node_timeout_or_failure;
  static_cast<void>(deliver(context, failure, {}));
}

ExternalNodeFacts ExternalNode::facts() const {
  return {.process = keeper_.facts(),
          .calls = calls_.load(std::memory_order_relaxed),
          .calls_failed = calls_failed_.load(std::memory_order_relaxed),
          .calls_left_out = calls_left_out_.load(std::memory_order_relaxed),
          .late_results = late_results_.load(std::memory_order_relaxed)};
}

}  // namespace phalarope::hal
