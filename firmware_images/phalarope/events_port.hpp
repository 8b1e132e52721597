// EventsPort: the daemon's border on two files: lines {"kind": KIND, "doc": {...}} in, the same out.
//
//   --events-in FILE|FIFO|-  ─▶ lines ─▶ border ─▶ engine        engine ─▶ border ─▶ lines ─▶ --events-out FILE|FIFO|-
//
// A line is a message: taken whole, or refused with an answer on the way out; what the audit wants to know of it (a
// repeated key, an unknown kind) is a line of kind `note`. Neither side is waited for: a reader that is too slow loses
// lines, and the first signal that it gets again says which (drop_notice).
// One thread, the supervisor's. Contract: runtime.md 1.9-1.11.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <string>

#include "hal/host/conversation.hpp"
#include "hal/transport/border.hpp"

namespace phalarope::program {

/// Empty paths: that side is not there. `-` is standard input or output.
struct EventsPortOptions {
  std::string in{};
  std::string out{};
  std::string unknown = "reject";  // a name of spec::unknown_event_action_names

  bool wanted() const { return !in.empty() || !out.empty(); }
};

class EventsPort {
 public:
  /// Null when neither side is wanted.
  static std::expected<std::unique_ptr<EventsPort>, std::string> open(hal::Conversation& conversation,
                                                                      const EventsPortOptions& options);
  ~EventsPort();
  EventsPort(const EventsPort&) = delete;
  EventsPort& operator=(const EventsPort&) = delete;

  /// Hands lines both ways; waits at most `wait` for one to come.
  void serve(std::chrono::milliseconds wait);

 private:
  EventsPort(hal::Conversation& conversation, const EventsPortOptions& options, int in, int out);
  bool read_lines();
  void take_text(std::string_view text);
  void take_line(std::string_view line);
  void write(const hal::Message& message);
  void write_pending();

  hal::Conversation& conversation_;
  hal::Border border_;
  int in_;
  int out_;
  std::string unread_;     // the beginning of a line
  std::string unwritten_;  // bounded; whole lines only are given up
  bool skipping_ = false;  // a line that was too long is passed over to its end
};

}  // namespace phalarope::program
