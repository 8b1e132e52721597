// The data block of the timeline page: conversations, names, peaks and differences as JSON. What is large travels
// beside it: event columns and sound (timeline_html.hpp). Times are milliseconds since the start of the recording.
// Pure; any thread.
#pragma once

#include <nlohmann/json.hpp>

#include "core/replay/timeline_html.hpp"

namespace phalarope::replay {

nlohmann::ordered_json page_data(const TimelinePage& page);

}  // namespace phalarope::replay
