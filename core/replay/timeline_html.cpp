#include "core/replay/timeline_html.hpp"

#include <concepts>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "core/engine/base/sha256.hpp"
#include "core/replay/event_fields.hpp"
#include "core/replay/page_assets.hpp"
#include "core/replay/safe_text.hpp"

namespace phalarope::replay {
namespace {

using nlohmann::ordered_json;

std::string base64(std::span<const std::byte> bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (i + k < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      const bool padding = i + k > bytes.size();
      text += padding ? '=' : digits[group >> (18 - 6 * k) & 63];
    }
  }
  return text;
}

template <std::unsigned_integral Number>
void put(std::vector<std::byte>& bytes, Number number) {
  for (std::size_t i = 0; i < sizeof number; ++i) {
    bytes.push_back(static_cast<std::byte>(number >> (8 * i)));
  }
}
void put_text(std::vector<std::byte>& bytes, std::string_view text) {
  for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
}

/// RIFF/WAVE, PCM, mono, 16 bit.
std::string wav_data_uri(const TimelineAudio& audio) {
  const auto data_bytes = static_cast<std::uint32_t>(audio.samples.size_bytes());
  std::vector<std::byte> wav;
  wav.reserve(44 + data_bytes);
  put_text(wav, "RIFF");
  put(wav, std::uint32_t{36} + data_bytes);
  put_text(wav, "WAVEfmt ");
  put(wav, std::uint32_t{16});
  put(wav, std::uint16_t{1});
  put(wav, std::uint16_t{1});
  put(wav, audio.sample_rate_hz);
  put(wav, audio.sample_rate_hz * 2);
  put(wav, std::uint16_t{2});
  put(wav, std::uint16_t{16});
  put_text(wav, "data");
  put(wav, data_bytes);
  for (const std::int16_t sample : audio.samples) put(wav, static_cast<std::uint16_t>(sample));
  return "data:audio/wav;base64," + base64(wav);
}

std::string_view name_of(AudioTrack track) {
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

/// Builds the page's data; times are milliseconds since the start of the recording.
class PageData {
 public:
  explicit PageData(const ConversationLog& log) : log_(log) {}

  ordered_json build(std::span<const TimelineAudio> audio) const {
    ordered_json data;
    data["session"] = log_.names.session_id;
    data["pipeline"] = log_.names.pipeline_version;
    data["duration"] = ms(log_.end_ns);
    data["rate"] = log_.sample_rate_hz;
    data["events"] = log_.events;
    data["lost"] = log_.records_lost;
    data["turns"] = list(log_.turns, [&](const TurnLog& turn) { return turn_json(turn); });
    data["voice"] = list(log_.voice, [&](const TimeSpan& span) { return span_json(span); });
    data["decisions"] = list(log_.decisions, [&](const LogEvent& event) { return decision_json(event); });
    data["lanes"] = list(log_.lane_marks, [&](const LogEvent& event) { return lane_json(event); });
    data["xruns"] = list(log_.xruns, [&](const LogXrun& xrun) { return xrun_json(xrun); });
    data["damage"] = list(log_.damage, [](const Damage& damage) {
      return ordered_json{{"what", damage.what}, {"file", damage.position.file}, {"bytes", damage.bytes}};
    });
    data["tracks"] = ordered_json::array();
    for (const TimelineAudio& track : audio) {
      data["tracks"].push_back({{"name", name_of(track.track)},
                                {"start", ms(track.start_ns)},
                                {"rate", track.sample_rate_hz},
                                {"frames", track.samples.size()},
                                {"src", wav_data_uri(track)}});
    }
    return data;
  }

 private:
  double ms(std::int64_t ns) const { return static_cast<double>(ns - log_.start_ns) / static_cast<double>(ns_per_ms); }
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

  ordered_json decision_json(const LogEvent& decision) const {
    ordered_json fields = ordered_json::array();
    for (const EventField& field : event_fields) {
      fields.push_back({field.name, field_text(decision.event, field)});
    }
    return {{"at", ms(decision.event.mono_ns)},
            {"name", kind_text(decision.event.kind)},
            {"turn", decision.event.turn_number},
            {"reason", reason_text(decision.event.reason)},
            {"output", decision.event.has(EventFlag::output)},
            {"text", decision.text},
            {"fields", std::move(fields)}};
  }
  ordered_json lane_json(const LogEvent& mark) const {
    return {{"at", ms(mark.event.mono_ns)},
            {"name", kind_text(mark.event.kind)},
            {"lane", lane_text(mark.event.target_lane)},
            {"reason", reason_text(mark.event.reason)}};
  }
  ordered_json xrun_json(const LogXrun& xrun) const {
    return {{"at", ms(xrun.at_ns)},
            {"reason", reason_text(xrun.reason)},
            {"samples", xrun.last_sample - xrun.first_sample + 1}};
  }

  const ConversationLog& log_;
};

/// JSON inside a script element: no character of it can end the element or begin another.
std::string for_script_element(const std::string& json) {
  std::string safe;
  safe.reserve(json.size());
  for (const char c : json) {
    switch (c) {
      case '<':
        safe += "\\u003c";
        break;
      case '>':
        safe += "\\u003e";
        break;
      case '&':
        safe += "\\u0026";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}
/// How a content security policy names an inline element.
std::string policy_hash(std::string_view content) {
  const Sha256Digest digest = sha256(content);
  return "'sha256-" + base64(std::as_bytes(std::span(digest))) + "'";
}

struct Filling {
  std::string_view place;
  std::string content;
};

/// Fills each place of the frame once, in the frame's order; what is filled in is never looked at again.
std::string fill(std::string_view frame, std::span<const Filling> fillings) {
  std::string page;
  while (!frame.empty()) {
    const Filling* next = nullptr;
    std::size_t at = frame.npos;
    for (const Filling& filling : fillings) {
      if (const auto found = frame.find(filling.place); found < at) {
        at = found;
        next = &filling;
      }
    }
    page += frame.substr(0, at);
    if (next == nullptr) break;
    page += next->content;
    frame.remove_prefix(at + next->place.size());
  }
  return page;
}

}  // namespace

std::string timeline_data_json(const ConversationLog& log, std::span<const TimelineAudio> audio) {
  return PageData(log).build(audio).dump(-1, ' ', true, ordered_json::error_handler_t::replace);
}

std::string timeline_html(const ConversationLog& log, std::span<const TimelineAudio> audio) {
  const Filling fillings[] = {
      {"@TITLE@", html_escaped(log.names.session_id)}, {"@STYLE_HASH@", policy_hash(page::style)},
      {"@SCRIPT_HASH@", policy_hash(page::script)},    {"@STYLE@", std::string(page::style)},
      {"@SCRIPT@", std::string(page::script)},         {"@DATA@", for_script_element(timeline_data_json(log, audio))},
  };
  return fill(page::frame, fillings);
}

}  // namespace phalarope::replay
