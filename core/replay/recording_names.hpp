// RecordingNames: the words behind the numbers of a recording (session id, turn ids, symbols, nodes, edges).
//
// Filled while records pass by: session and symbol records here, pipeline records by a PipelineNamer, because only the
// spec room reads them. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/base/event.hpp"
#include "core/replay/record_source.hpp"

namespace phalarope::replay {

class RecordingNames {
 public:
  /// Takes session and symbol records; leaves the others alone.
  void take(const Record& record);
  void set_symbol(std::uint32_t id, std::string text);
  /// The number of a text; a new one above all others (but the reserved ranges) when it has none yet.
  std::uint32_t intern(std::string_view text);
  /// Empty when the number has no text.
  std::string_view symbol(std::uint32_t id) const;
  /// What the recording itself interned, by number.
  const std::map<std::uint32_t, std::string>& symbols() const { return symbols_; }
  std::optional<std::uint32_t> find_symbol(std::string_view text) const;

  std::string session_id = "session";
  std::string pipeline_version = "pipeline-v1";
  std::vector<std::string> node_ids;
  std::vector<std::string> edge_ids;
  /// Edge id of a lane's own queue is <prefix>/<control|data|telemetry> (runtime.md 5.3).
  std::string lane_edge_prefix = "lane-dispatch";

  /// "turn-000001"
  static std::string turn_id(std::uint32_t turn_number);
  static std::optional<std::uint32_t> turn_number(std::string_view turn_id);
  /// The node's id, else "node-<index>".
  std::string node_id(std::uint8_t node) const;
  std::string edge_id(std::uint8_t edge) const;
  /// Of a lane's own queue: <prefix>/<control|data|telemetry>.
  std::string lane_edge_id(Lane lane) const;

 private:
  std::map<std::uint32_t, std::string> symbols_;
};

/// "raw", "cleaned", "played"
std::string_view track_name(AudioTrack track);

/// Puts the node and edge ids of a pipeline record into the names. Empty: they stay numbers.
using PipelineNamer = std::function<void(std::span<const std::byte> pipeline_record, RecordingNames& names)>;

}  // namespace phalarope::replay
