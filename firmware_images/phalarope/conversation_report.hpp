// A recorded conversation for people and tools: the table of turns, and the same as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "core/replay/conversation_log.hpp"

namespace phalarope::program {

/// As much of a text as a table's cell has room for.
std::string shortened(const std::string& text);
std::string conversation_table(const replay::ConversationLog& log);
nlohmann::json conversation_json(const replay::ConversationLog& log);

}  // namespace phalarope::program
