#include "hal/external/node_harness.hpp"

#include <chrono>
#include <thread>

#include "hal/host/clock.hpp"

namespace phalarope::hal {

/// Payload 1 is the command's; the results' follow.
class NodeHarness::Context final : public NodeContext {
 public:
  Context(const std::atomic<std::uint64_t>& cancelled_through, std::uint64_t ticket, std::string_view payload)
      : cancelled_through_(cancelled_through), ticket_(ticket), payloads_{std::string(payload)} {}

  bool emit(const Event& result) override {
    const auto bytes = payload(result.payload);
    results.push_back({result, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}});
    if (payloads_.size() > 1) payloads_.resize(1);  // it was this result's
    return true;
  }
  std::optional<PayloadHandle> put_payload(std::span<const std::byte> bytes) override {
    payloads_.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return PayloadHandle{.generation = 1,
                         .length_bytes = static_cast<std::uint32_t>(bytes.size()),
                         .slot = static_cast<std::uint16_t>(payloads_.size() - 1),
                         .pool = text_pool};
  }
  std::span<const std::byte> payload(const PayloadHandle& handle) const override {
    if (!handle.present() || handle.slot >= payloads_.size()) return {};
    return std::as_bytes(std::span(payloads_[handle.slot]));
  }
  bool cancelled() const override { return ticket_ <= cancelled_through_.load(); }

  std::vector<HarnessResult> results;

 private:
  static constexpr std::uint16_t text_pool = 3;
  const std::atomic<std::uint64_t>& cancelled_through_;
  std::uint64_t ticket_;
  std::vector<std::string> payloads_;
};

std::optional<std::string> NodeHarness::begin() {
  if (const auto failure = node_.init()) return std::string(*failure);
  node_.start();
  return std::nullopt;
}

bool NodeHarness::ready(Duration wait) {
  const Instant deadline = monotonic_now() + wait;
  while (node_.facts().process.pid < 0) {
    if (monotonic_now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

std::vector<HarnessResult> NodeHarness::send(EventKind kind, std::string_view payload, std::int64_t argument_a) {
  Event command{};
  command.kind = kind;
  command.ticket = ticket_.load();
  command.turn_number = static_cast<std::uint32_t>(command.ticket);
  command.provider_invocation = 1;
  command.node = 0;
  command.argument_a = argument_a;
  Context context(cancelled_through_, command.ticket, payload);
  if (!payload.empty()) {
    command.payload = {
        .generation = 1, .length_bytes = static_cast<std::uint32_t>(payload.size()), .slot = 0, .pool = 1};
  }
  node_.handle(command, context);
  return std::move(context.results);
}

void NodeHarness::cancel() noexcept {
  cancelled_through_.store(ticket_.load());
  node_.cancel(Ticket{ticket_.load()});
}

std::optional<ExternalFault> fault_of(const Event& result) noexcept {
  const std::int64_t index = result.argument_a - external_fault_code_first;
  const bool known = index > 0 && index < static_cast<std::int64_t>(external_fault_count);
  if (result.kind != EventKind::node_failed || !known) return std::nullopt;
  return static_cast<ExternalFault>(index);
}

}  // namespace phalarope::hal
