// A conversation as Chrome trace events: open the file in ui.perfetto.dev.
//
//   process "phalarope <session>"   tracks: microphone, turns, phases, interruption, playback, device, lanes, decisions
//   microseconds since the start of the recording; spans are "X" events, decisions are instants "i"
//
// Pure; any thread. Text is escaped by the JSON writer; bad UTF-8 is replaced.
#pragma once

#include <string>

#include "core/replay/conversation_log.hpp"

namespace phalarope::replay {

std::string timeline_perfetto(const ConversationLog& log);

}  // namespace phalarope::replay
