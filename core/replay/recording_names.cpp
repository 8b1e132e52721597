#include "core/replay/recording_names.hpp"

#include <charconv>
#include <cstdio>
#include <cstring>
#include <iterator>

#include "core/engine/evidence/well_known_symbols.hpp"
#include "core/engine/session/session_start.hpp"

namespace phalarope::replay {
namespace {

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

void RecordingNames::take(const Record& record) {
  if (record.header.type == RecordType::symbol && record.body.size() >= sizeof(std::uint32_t)) {
    std::uint32_t id = 0;
    std::memcpy(&id, record.body.data(), sizeof id);
    set_symbol(id, std::string(as_text(record.body.subspan(sizeof id))));
    return;
  }
  if (record.header.type != RecordType::session || record.body.size() < sizeof(SessionStart)) return;
  SessionStart start;
  std::memcpy(&start, record.body.data(), sizeof start);
  // A length that does not fit is damage that passed the store's checks, or another version: keep the default.
  if (start.session_id_bytes == 0 || start.session_id_bytes > session_id_bytes_max) return;
  session_id = start.session_id_text();
  const auto version = symbol(start.symbol(SessionSymbol::pipeline_version).value);
  if (!version.empty()) pipeline_version = version;
}

void RecordingNames::set_symbol(std::uint32_t id, std::string text) { symbols_[id] = std::move(text); }

std::string_view RecordingNames::symbol(std::uint32_t id) const {
  if (const auto built_in = well_known_text(SymbolId{id}); !built_in.empty()) return built_in;
  const auto found = symbols_.find(id);
  return found == symbols_.end() ? std::string_view{} : std::string_view(found->second);
}

std::optional<std::uint32_t> RecordingNames::find_symbol(std::string_view text) const {
  for (std::size_t i = 0; i < well_known_symbol_texts.size(); ++i) {
    if (well_known_symbol_texts[i] == text) return first_well_known_symbol + static_cast<std::uint32_t>(i);
  }
  for (const auto& [id, known] : symbols_) {
    if (known == text) return id;
  }
  return std::nullopt;
}

std::uint32_t RecordingNames::intern(std::string_view text) {
  if (const auto known = find_symbol(text)) return *known;
  const auto reserved = symbols_.lower_bound(first_tenant_symbol);
  const std::uint32_t id = reserved == symbols_.begin() ? 1 : std::prev(reserved)->first + 1;
  symbols_[id] = text;
  return id;
}

std::string RecordingNames::turn_id(std::uint32_t turn_number) {
  char text[24];
  std::snprintf(text, sizeof text, "turn-%06u", turn_number);
  return text;
}

std::optional<std::uint32_t> RecordingNames::turn_number(std::string_view turn_id) {
  constexpr std::string_view prefix = "turn-";
  if (!turn_id.starts_with(prefix)) return std::nullopt;
  const std::string_view digits = turn_id.substr(prefix.size());
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size() || number == 0) return std::nullopt;
  return number;
}

std::string RecordingNames::node_id(std::uint8_t node) const {
  return node < node_ids.size() ? node_ids[node] : "node-" + std::to_string(node);
}
std::string RecordingNames::edge_id(std::uint8_t edge) const {
  return edge < edge_ids.size() ? edge_ids[edge] : "edge-" + std::to_string(edge);
}

std::string RecordingNames::lane_edge_id(Lane lane) const {
  switch (lane) {
    case Lane::control:
      return lane_edge_prefix + "/control";
    case Lane::data:
      return lane_edge_prefix + "/data";
    case Lane::telemetry:
      return lane_edge_prefix + "/telemetry";
  }
  return lane_edge_prefix + "/";
}

std::string_view track_name(AudioTrack track) {
  switch (track) {
    case AudioTrack::raw:
      return "raw";
    case AudioTrack::cleaned:
      return "cleaned";
    case AudioTrack::played:
      return "played";
  }
  return "";
}

}  // namespace phalarope::replay
