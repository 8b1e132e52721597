// A conversation as a waterfall for a terminal: one block per turn, one bar per phase, the latencies below.
//
// Invariants. (1) No line is longer than the columns asked for. (2) Colour codes only when asked for; nothing of the
// recording can bring its own (control characters are replaced). (3) ASCII only when asked for.
// Pure; any thread. Contract: decisions.md D4, D17.
#pragma once

#include <cstddef>
#include <string>

#include "core/replay/conversation_log.hpp"

namespace phalarope::replay {

constexpr std::size_t text_columns_min = 60;

struct TextTimelineOptions {
  std::size_t columns = 80;
  bool colour = false;
  bool ascii = false;
};

std::string timeline_text(const ConversationLog& log, const TextTimelineOptions& options = {});

}  // namespace phalarope::replay
