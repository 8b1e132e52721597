#include "hal/external/channel.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <ctime>

#include "core/engine/base/enforce.hpp"

namespace phalarope::hal {
namespace {
/// A node may fill its socket; more than this is not read at one look.
constexpr int messages_of_a_look_max = 64;
}  // namespace

std::uint64_t Channel::send(phal_record_type type, const Event& command, std::span<const std::byte> payload) noexcept {
  PHAL_ENFORCE(payload.size() <= PHAL_PAYLOAD_BYTES_MAX, "a payload was cut to its slot before it came here");
  phal_slot& slot = region_.commands[commands_sent_ % PHAL_COMMAND_SLOTS];
  ++commands_sent_;
  slot.command = commands_sent_;
  slot.type = type;
  slot.status = 0;
  slot.payload_bytes = static_cast<std::uint32_t>(payload.size());
  std::memcpy(&slot.event, &command, sizeof slot.event);
  if (!payload.empty()) std::memcpy(slot.payload, payload.data(), payload.size());
  // Sequentially consistent, like the node's look after it has said that it sleeps: one of the two sees the other.
  std::atomic_ref(slot.number).store(commands_sent_);
  wake_node();
  return commands_sent_;
}

void Channel::tell_cancelled(Ticket through) noexcept {
  if (through.value <= cancelled_told_) return;
  cancelled_told_ = through.value;
  std::atomic_ref(region_.cancelled_through).store(through.value);
  wake_node();
}

void Channel::wake_node() noexcept {
  if (std::atomic_ref(region_.node_sleeps).exchange(0) == 0) return;
  const char look = 1;
  const auto sent = ::send(socket_, &look, sizeof look, MSG_DONTWAIT | MSG_NOSIGNAL);
  static_cast<void>(sent);  // a full socket: it is being woken already; a closed one is found by wait()
}

bool Channel::wait(Duration span) noexcept {
  std::atomic_ref(region_.host_sleeps).exchange(1);
  bool open = true;
  if (!results_.ready()) {
    pollfd look{.fd = socket_, .events = POLLIN, .revents = 0};
    const timespec timeout{.tv_sec = span.value / ns_per_second, .tv_nsec = span.value % ns_per_second};
    if (::ppoll(&look, 1, &timeout, nullptr) > 0) open = drain_socket();
  }
  std::atomic_ref(region_.host_sleeps).store(0);
  return open;
}

bool Channel::drain_socket() noexcept {
  for (int i = 0; i < messages_of_a_look_max; ++i) {
    char bytes[64];
    const auto count = ::recv(socket_, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count == 0) return false;
    if (count < 0) return errno == EAGAIN || errno == EINTR;
  }
  return true;
}

}  // namespace phalarope::hal
