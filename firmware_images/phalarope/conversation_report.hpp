// A recorded conversation for people and tools: the table of turns, the same as JSON, and the page.
#pragma once

#include <expected>
#include <nlohmann/json.hpp>
#include <string>

#include "core/replay/conversation_log.hpp"

namespace phalarope::program {

std::string conversation_table(const replay::ConversationLog& log);
nlohmann::json conversation_json(const replay::ConversationLog& log);
/// timeline.html with the recording's audio inside.
std::expected<void, std::string> write_timeline_page(const std::string& recording, const replay::ConversationLog& log,
                                                     const std::string& page_path);

}  // namespace phalarope::program
