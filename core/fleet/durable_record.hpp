// DurableRecord: one turn's baseline evidence on its way off the board.
//
//   wire::TurnEvidence (durable in the local store) ─ durable_record_of ─ normalised ─ is_valid ─▶ record_json
//
// Its id follows from where it stands in the recording, so that the same record sent twice is known as one, whoever
// sends it and when. The payload is a JSON text. Plain values. Contract: evidence.md 1.8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace phalarope::fleet {

inline constexpr std::string_view baseline_kind = "baseline";
/// Told once after an outage: the evidence held back is there now (evidence.md 4.15, F-154).
inline constexpr std::string_view caught_up_kind = "export_caught_up";

struct DurableRecord {
  std::string kind{};
  std::string session_id{};
  std::string turn_id{};
  std::string event_id{};
  std::string pipeline_version{};
  std::int64_t authority_epoch = 0;
  std::int64_t runtime_timestamp_ms = 0;
  std::int64_t wall_clock_timestamp_ms = 0;
  std::string payload{};

  bool operator==(const DurableRecord&) const = default;
};

/// Texts without the white space around them, numbers not below 0; the payload as it is.
DurableRecord normalised(DurableRecord record);
/// Kind, session, event, pipeline version and payload are there. Of a normalised record.
bool is_valid(const DurableRecord& record) noexcept;

/// Everything but the payload, from a baseline table of the local store; nothing when the bytes are no such table.
/// Both times are those of the terminal, else of the open, else of the proposal, else 0.
std::optional<DurableRecord> durable_record_of(std::span<const std::byte> baseline_table);

/// One JSON object on one line; the payload stands in it as JSON.
std::string record_json(const DurableRecord& record);

/// `<recording>-<sequence>-<payload>`: unique in a fleet, equal for every copy of the same record. The payload's digest
/// is in it because a board that lost its disk's tail gives the same sequence to another record.
std::string message_id(std::string_view recording_id, std::uint64_t sequence, std::string_view payload);

}  // namespace phalarope::fleet
