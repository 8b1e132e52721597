// The node SDK for C++: derive from phalarope::sdk::Node, override what is needed, and let run() be the program.
//
//   struct Echo : phalarope::sdk::Node {
//     int handle(phalarope::sdk::Command command) override { ... command.emit_text(PHAL_DIALOGUE_SENTENCE, 0, 0,
//     "..."); }
//   };
//   int main() { Echo echo; return phalarope::sdk::run(echo); }
//
// Needs C++17 and nothing of Phalarope but phalarope_node.h and its library. Thread, time-outs, cancel: as told there.
#pragma once

#include <string>
#include <string_view>

#include "phalarope_node.h"

namespace phalarope::sdk {

/// The command in hand: what was asked, and the way to answer. Lives as long as the call of handle().
class Command {
 public:
  Command(phal_node* node, const phal_command* command) : node_(node), command_(command) {}

  unsigned kind() const { return command_->event->kind; }
  std::uint64_t ticket() const { return command_->event->ticket; }
  std::int64_t a() const { return command_->event->argument_a; }
  std::int64_t b() const { return command_->event->argument_b; }
  std::string_view text() const { return {reinterpret_cast<const char*>(command_->payload), command_->payload_bytes}; }
  const phal_event& event() const { return *command_->event; }

  bool cancelled() const { return phal_cancelled(node_); }
  bool emit(phal_kind kind, std::int64_t a, std::int64_t b) const {
    return phal_emit(node_, static_cast<std::uint16_t>(kind), a, b, nullptr, 0);
  }
  bool emit_text(phal_kind kind, std::int64_t a, std::int64_t b, const std::string& text) const {
    return phal_emit(node_, static_cast<std::uint16_t>(kind), a, b, text.data(),
                     static_cast<std::uint32_t>(text.size()));
  }
  bool emit_frame(std::int64_t first_sample, const std::int16_t* samples) const {
    return phal_emit_frame(node_, first_sample, samples);
  }

 private:
  phal_node* node_;
  const phal_command* command_;
};

class Node {
 public:
  virtual ~Node() = default;
  virtual int init() { return 0; }
  virtual int start() { return 0; }
  virtual int handle(Command command) = 0;
  virtual void cancel(std::uint64_t) {}
  virtual int stop() { return 0; }
};

inline int run(Node& node) {
  static constexpr auto self = [](void* state) -> Node& { return *static_cast<Node*>(state); };
  phal_handlers handlers{};
  handlers.init = [](void* state) { return self(state).init(); };
  handlers.start = [](void* state) { return self(state).start(); };
  handlers.handle = [](phal_node* from, const phal_command* command, void* state) {
    return self(state).handle(Command(from, command));
  };
  handlers.cancel = [](std::uint64_t ticket, void* state) { self(state).cancel(ticket); };
  handlers.stop = [](void* state) { return self(state).stop(); };
  return phal_node_run(&handlers, &node);
}

}  // namespace phalarope::sdk
