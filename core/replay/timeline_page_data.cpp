#include "core/replay/timeline_page_data.hpp"

#include <array>
#include <optional>
#include <string_view>

#include "core/engine/evidence/well_known_symbols.hpp"
#include "core/replay/event_fields.hpp"
#include "core/replay/recording_names.hpp"
#include "core/replay/signal_rules.hpp"

namespace phalarope::replay {
namespace {

using nlohmann::ordered_json;

std::string_view name_of(WordState state) {
  switch (state) {
    case WordState::unheard:
      return "unheard";
    case WordState::cut:
      return "cut";
    case WordState::heard:
      return "heard";
  }
  return "";
}

/// One session; times are milliseconds since the start of the recording.
class SessionData {
 public:
  SessionData(const ConversationLog& log, std::int64_t start_ns) : log_(log), start_ns_(start_ns) {}

  ordered_json build() const {
    ordered_json data;
    data["id"] = log_.names.session_id;
    data["pipeline"] = log_.names.pipeline_version;
    data["events"] = log_.events;
    data["rate"] = log_.sample_rate_hz;
    data["nodes"] = log_.names.node_ids;
    data["edges"] = log_.names.edge_ids;
    data["turns"] = list(log_.turns, [&](const TurnLog& turn) { return turn_json(turn); });
    data["voice"] = list(log_.voice, [&](const TimeSpan& span) { return span_json(span); });
    data["xruns"] = list(log_.xruns, [&](const LogXrun& xrun) { return xrun_json(xrun); });
    return data;
  }

 private:
  double ms(std::int64_t ns) const { return static_cast<double>(ns - start_ns_) / static_cast<double>(ns_per_ms); }
  ordered_json optional_ms(std::optional<std::int64_t> ns) const { return ns ? ordered_json(ms(*ns)) : ordered_json(); }
  static ordered_json length_ms(std::optional<std::int64_t> ns) {
    return ns ? ordered_json(static_cast<double>(*ns) / static_cast<double>(ns_per_ms)) : ordered_json();
  }
  template <typename Items, typename Write>
  static ordered_json list(const Items& items, Write write) {
    ordered_json array = ordered_json::array();
    for (const auto& item : items) array.push_back(write(item));
    return array;
  }

  ordered_json span_json(const TimeSpan& span) const {
    return {
        {"kind", replay::name_of(span.kind)}, {"a", ms(span.start_ns)}, {"b", ms(span.end_ns)}, {"open", span.open}};
  }

  ordered_json turn_json(const TurnLog& turn) const {
    ordered_json json;
    json["n"] = turn.number;
    json["ticket"] = turn.ticket;
    json["a"] = ms(turn.start_ns());
    json["b"] = ms(turn.end_ns());
    json["terminal"] = turn.terminal == EventKind::none ? "open" : kind_text(turn.terminal);
    json["reason"] = reason_text(turn.reason);
    json["words"] = turn.user_words;
    json["class"] = turn.utterance_class ? wire::EnumNameUtteranceClass(*turn.utterance_class) : "";
    json["confidence"] = turn.confidence_permille ? ordered_json(*turn.confidence_permille) : ordered_json();
    json["sentences"] =
        list(turn.sentences, [](const AnswerSentence& sentence) { return ordered_json(sentence.text); });
    json["answer"] = list(turn.words, [](const SpokenWord& word) {
      return ordered_json{{"text", word.text}, {"state", name_of(word.state)}};
    });
    json["heard"] = turn.words_heard();
    json["response"] = length_ms(turn.response_ns());
    json["speechEnded"] = optional_ms(turn.speech_ended_ns);
    json["firstSample"] = optional_ms(turn.first_sample_ns);
    json["proposed"] = optional_ms(turn.proposed_ns);
    json["opened"] = optional_ms(turn.opened_ns);
    json["ended"] = optional_ms(turn.terminal_ns);
    json["closed"] = optional_ms(turn.closed_ns);
    json["spans"] = list(turn.spans, [&](const TimeSpan& span) { return span_json(span); });
    json["interruptions"] = list(turn.interruptions, [&](const Interruption& held) { return interruption_json(held); });
    return json;
  }

  ordered_json interruption_json(const Interruption& held) const {
    const auto tail = held.fence_to_silence_samples();
    const std::int64_t rate = log_.sample_rate_hz > 0 ? log_.sample_rate_hz : 1;
    return {{"at", ms(held.held_ns)},
            {"onset", optional_ms(held.onset_ns)},
            {"ducked", optional_ms(held.ducked_ns)},
            {"fenced", optional_ms(held.fenced_ns)},
            {"settled", optional_ms(held.verdict_ns)},
            {"why", reason_text(held.held_reason)},
            {"verdict", replay::name_of(held.verdict)},
            {"reason", reason_text(held.verdict_reason)},
            {"duck", length_ms(held.suspicion_to_duck_ns())},
            {"fence", length_ms(held.confirm_to_fence_ns())},
            {"tailSamples", tail ? ordered_json(*tail) : ordered_json()},
            {"tail", length_ms(tail ? std::optional(*tail * ns_per_second / rate) : std::nullopt)},
            {"silence", length_ms(held.onset_to_silence_ns(log_.sample_rate_hz))}};
  }

  ordered_json xrun_json(const LogXrun& xrun) const {
    return {{"at", ms(xrun.at_ns)},
            {"reason", reason_text(xrun.reason)},
            {"samples", xrun.last_sample - xrun.first_sample + 1}};
  }

  const ConversationLog& log_;
  std::int64_t start_ns_;
};

// ---- names ---------------------------------------------------------------------------------------------------

/// What a kind is, for colour and filter: one word each.
std::string_view family_of(EventKind kind) {
  const auto number = static_cast<std::uint16_t>(kind);
  if (kind == EventKind::watermark || kind == EventKind::flow_xoff || kind == EventKind::flow_xon ||
      kind == EventKind::drop_notice || kind == EventKind::shed || kind == EventKind::credit_grant) {
    return "flow";
  }
  if (is_contract_signal(kind)) return "signal";
  if (number < 512) return "data";
  if (number < 520) return "arbitration";
  return number < 768 ? "input" : "command";
}

constexpr int numbers_max = 1024;  // beyond it no member of these enumerations stands

template <typename Enum, typename NameOf>
ordered_json names_by_number(NameOf name_of_member) {
  ordered_json names = ordered_json::object();
  for (int number = 0; number < numbers_max; ++number) {
    if (number > 255 && sizeof(Enum) == 1) break;
    const std::string_view name = name_of_member(static_cast<Enum>(number));
    if (!name.empty()) names[std::to_string(number)] = name;
  }
  return names;
}

ordered_json enumerations() {
  ordered_json all;
  all["kind"] = names_by_number<EventKind>(kind_text);
  all["reason"] = names_by_number<Reason>(reason_text);
  all["scope"] = names_by_number<Scope>(scope_text);
  all["emitter"] = names_by_number<Emitter>(emitter_role);
  all["payload_class"] = names_by_number<PayloadClass>(payload_class_text);
  ordered_json& lanes = all["lane"] = ordered_json::object();
  for (const Lane lane : {Lane::control, Lane::data, Lane::telemetry}) {
    lanes[std::to_string(static_cast<int>(lane))] = lane_text(lane);
  }
  ordered_json& flags = all["flags"] = ordered_json::object();
  for (int bit = 0; bit < 8; ++bit) {
    const std::string_view name = wire::EnumNameEventFlag(static_cast<EventFlag>(1 << bit));
    if (!name.empty()) flags[std::to_string(bit)] = name;
  }
  ordered_json& codes = all["emitter_code"] = ordered_json::object();
  for (int number = 0; number < 256; ++number) {
    const std::string_view code = code_of(static_cast<Emitter>(number));
    if (!code.empty()) codes[std::to_string(number)] = code;
  }
  ordered_json& families = all["family"] = ordered_json::object();
  for (const auto& [number, name] : all["kind"].items()) {
    families[number] = family_of(static_cast<EventKind>(std::stoi(number)));
  }
  return all;
}

std::string_view form_name(FieldForm form) {
  switch (form) {
    case FieldForm::unsigned_number:
      return "unsigned";
    case FieldForm::signed_number:
      return "signed";
    case FieldForm::kind:
      return "kind";
    case FieldForm::reason:
      return "reason";
    case FieldForm::lane:
      return "lane";
    case FieldForm::scope:
      return "scope";
    case FieldForm::emitter:
      return "emitter";
    case FieldForm::payload_class:
      return "payload_class";
    case FieldForm::flags:
      return "flags";
    case FieldForm::index:
      return "index";
  }
  return "";
}

ordered_json fields() {
  ordered_json all = ordered_json::array();
  for (const EventField& field : event_fields) all.push_back({field.name, form_name(field.form), field.size});
  return all;
}

ordered_json symbols_of(const RecordingNames& names) {
  ordered_json symbols = ordered_json::object();
  for (const auto& [number, text] : names.symbols()) symbols[std::to_string(number)] = text;
  for (std::size_t i = 0; i < well_known_symbol_texts.size(); ++i) {
    symbols[std::to_string(first_well_known_symbol + i)] = well_known_symbol_texts[i];
  }
  return symbols;
}

// ---- recordings ----------------------------------------------------------------------------------------------

ordered_json track_json(const TimelineTrack& track, std::int64_t start_ns) {
  return {{"name", track_name(track.track)},
          {"start", static_cast<double>(track.start_ns - start_ns) / static_cast<double>(ns_per_ms)},
          {"rate", track.sample_rate_hz},
          {"frames", track.frames},
          {"bucket", track.peaks.bucket_frames},
          {"loudest", track.peaks.loudest},
          {"peaks", track.peaks.base64},
          {"type", track.media_type},
          {"file", track.sound_file}};
}

ordered_json side_json(const TimelineSide& side) {
  const TimelineRecording& recording = *side.recording;
  ordered_json json;
  json["name"] = side.name;
  json["duration"] = static_cast<double>(recording.end_ns - recording.start_ns) / static_cast<double>(ns_per_ms);
  json["rows"] = recording.rows;
  json["lost"] = recording.records_lost;
  json["symbols"] = symbols_of(recording.names);
  ordered_json& damage = json["damage"] = ordered_json::array();
  for (const Damage& wound : recording.damage) {
    damage.push_back({{"what", wound.what}, {"file", wound.position.file}, {"bytes", wound.bytes}});
  }
  ordered_json& sessions = json["sessions"] = ordered_json::array();
  for (const ConversationLog& log : recording.sessions) {
    sessions.push_back(SessionData(log, recording.start_ns).build());
  }
  ordered_json& texts = json["texts"] = ordered_json::array();
  for (const RowText& text : recording.texts) texts.push_back({text.row, text.text});
  ordered_json& tracks = json["tracks"] = ordered_json::array();
  for (const TimelineTrack& track : side.tracks) tracks.push_back(track_json(track, recording.start_ns));
  return json;
}

ordered_json comparison_json(const TimelinePage& page) {
  const TimelineComparison& comparison = *page.comparison;
  ordered_json json{{"paired", comparison.paired},
                    {"decisions", {comparison.decisions_a, comparison.decisions_b}},
                    {"tolerance", comparison.tolerance_ms}};
  const auto row = [&](std::size_t side, std::optional<std::size_t> place) {
    const std::vector<std::size_t>& rows = page.sides[side].recording->trace_rows;
    return place && *place < rows.size() ? ordered_json(rows[*place]) : ordered_json();
  };
  ordered_json& differences = json["differences"] = ordered_json::array();
  for (const TimelineDifference& difference : comparison.differences) {
    differences.push_back({{"a", row(0, difference.a)},
                           {"b", row(1, difference.b)},
                           {"rule", name_of(difference.divergence.message_class)},
                           {"class", difference.divergence.class_name},
                           {"scope", difference.divergence.scope},
                           {"message", difference.divergence.message}});
  }
  return json;
}

}  // namespace

ordered_json page_data(const TimelinePage& page) {
  ordered_json data;
  data["fields"] = fields();
  data["names"] = enumerations();
  ordered_json& sides = data["sides"] = ordered_json::array();
  for (const TimelineSide& side : page.sides) sides.push_back(side_json(side));
  if (page.comparison != nullptr && page.sides.size() == 2) data["comparison"] = comparison_json(page);
  return data;
}

}  // namespace phalarope::replay
