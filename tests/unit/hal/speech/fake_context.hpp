// FakeContext: a NodeContext that keeps everything a node emits, in order, in this thread.
//
// Fault model: the ingress can be full for the next n emits, and the ticket can be cancelled at the n-th emit, because
// those are the two things a real pool does to a node in the middle of its work. Payloads never run out.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/graph/node.hpp"

namespace phalarope::hal::test {

struct Emitted {
  Event event;
  std::string payload;
};

class FakeContext final : public NodeContext {
 public:
  bool emit(const Event& result) override {
    if (refuse_next > 0) {
      --refuse_next;
      return false;
    }
    emitted.push_back({result, result.payload.present() ? store_[result.payload.slot] : std::string{}});
    if (cancel_after_emits >= 0 && static_cast<std::int64_t>(emitted.size()) >= cancel_after_emits) is_cancelled = true;
    return true;
  }
  std::optional<PayloadHandle> put_payload(std::span<const std::byte> bytes) override {
    store_.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return PayloadHandle{1, static_cast<std::uint32_t>(bytes.size()), static_cast<std::uint16_t>(store_.size() - 1), 1};
  }
  std::span<const std::byte> payload(const PayloadHandle& handle) const override {
    if (!handle.present() || handle.slot >= store_.size()) return {};
    return std::as_bytes(std::span(store_[handle.slot]));
  }
  std::optional<StateOfSession> session_state() override { return StateOfSession(state_, 1); }
  bool cancelled() const override { return is_cancelled; }

  /// A command with `text` as its payload.
  Event command(EventKind kind, std::string_view text = {}, std::int64_t argument_a = 0, std::uint64_t ticket = 1) {
    Event event{};
    event.kind = kind;
    event.ticket = ticket;
    event.argument_a = argument_a;
    event.provider_invocation = 1;
    if (!text.empty()) event.payload = *put_text(text);
    return event;
  }
  std::vector<Emitted> of(EventKind kind) const {
    std::vector<Emitted> some;
    for (const Emitted& one : emitted) {
      if (one.event.kind == kind) some.push_back(one);
    }
    return some;
  }
  std::vector<std::string> texts(EventKind kind) const {
    std::vector<std::string> some;
    for (const Emitted& one : of(kind)) some.push_back(one.payload);
    return some;
  }
  /// Forgets what was emitted and frees the payloads.
  void clear() {
    emitted.clear();
    store_.clear();
  }

  std::vector<Emitted> emitted;
  std::atomic<bool> is_cancelled{false};
  int refuse_next = 0;
  std::int64_t cancel_after_emits = -1;

 private:
  Authority authority_;
  StateStore state_{SymbolId{1}, authority_};
  std::vector<std::string> store_;
};

}  // namespace phalarope::hal::test
