// What each node type speaks to a provider, what it may feed, and what goes in and out of it.
//
//   microphone ─audio/input▶ recogniser ─text/words▶ dialogue ─text/sentence▶ synthesiser ─audio/voice▶ playback
//                   any of them ─────────────────────▶ telemetry (takes whatever there is)
//
// Constants; any thread. Contract: runtime.md 6.2; decisions.md D15.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/engine/plan/graph_definition.hpp"

namespace phalarope::spec {

enum class PortType : std::uint8_t { none, audio_input, text_words, text_sentence, audio_voice, any };
constexpr std::array<std::string_view, 6> port_type_names = {
    "", "audio/input", "text/words", "text/sentence", "audio/voice", "any"};
constexpr std::string_view name_of(PortType type) { return port_type_names[static_cast<std::size_t>(type)]; }

struct NodeTypeRow {
  NodeType type;
  Modality modality;
  NodeType feeds;  // none: nothing but telemetry (F-003: unlike types never meet)
  PortType takes;
  PortType gives;
};
constexpr std::array<NodeTypeRow, 7> node_type_table = {{
    {NodeType::none, Modality::none, NodeType::none, PortType::none, PortType::none},
    {NodeType::microphone, Modality::none, NodeType::recogniser, PortType::none, PortType::audio_input},
    {NodeType::recogniser, Modality::stt, NodeType::dialogue, PortType::audio_input, PortType::text_words},
    {NodeType::dialogue, Modality::llm, NodeType::synthesiser, PortType::text_words, PortType::text_sentence},
    {NodeType::synthesiser, Modality::tts, NodeType::playback, PortType::text_sentence, PortType::audio_voice},
    {NodeType::playback, Modality::none, NodeType::none, PortType::audio_voice, PortType::none},
    {NodeType::telemetry, Modality::none, NodeType::none, PortType::any, PortType::none},
}};

constexpr const NodeTypeRow& row_of(NodeType type) { return node_type_table[static_cast<std::size_t>(type)]; }

/// Whoever follows `feeds` from any type comes to an end, so no file can draw a cycle.
consteval bool types_never_form_a_cycle() {
  for (const NodeTypeRow& start : node_type_table) {
    NodeType type = start.type;
    for (std::size_t steps = 0; type != NodeType::none; ++steps) {
      if (steps > node_type_table.size()) return false;
      type = row_of(type).feeds;
    }
  }
  return true;
}
static_assert(types_never_form_a_cycle());

consteval bool what_feeds_gives_what_is_taken() {
  for (const NodeTypeRow& row : node_type_table) {
    if (row.feeds != NodeType::none && row_of(row.feeds).takes != row.gives) return false;
  }
  return true;
}
static_assert(what_feeds_gives_what_is_taken());

}  // namespace phalarope::spec
