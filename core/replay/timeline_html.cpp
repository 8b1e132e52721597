#include "core/replay/timeline_html.hpp"

#include <concepts>
#include <optional>
#include <string_view>

#include "core/engine/base/sha256.hpp"
#include "core/replay/base64.hpp"
#include "core/replay/page_assets.hpp"
#include "core/replay/safe_text.hpp"
#include "core/replay/timeline_page_data.hpp"

namespace phalarope::replay {
namespace {

template <std::unsigned_integral Number>
void put(std::vector<std::byte>& bytes, Number number) {
  for (std::size_t i = 0; i < sizeof number; ++i) {
    bytes.push_back(static_cast<std::byte>(number >> (8 * i)));
  }
}
void put_text(std::vector<std::byte>& bytes, std::string_view text) {
  for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
}

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

/// Blocks of base64 and plain names only: nothing in them can end the element.
std::string text_block(const std::string& id, std::string_view content) {
  return "<script id=\"" + id + "\" type=\"text/plain\">" + std::string(content) + "</script>\n";
}

std::string column_blocks(const TimelinePage& page) {
  std::string blocks;
  for (std::size_t i = 0; i < page.sides.size(); ++i) {
    blocks += text_block("events-" + std::to_string(i), page.sides[i].recording->columns);
  }
  return blocks;
}
std::string sound_blocks(const TimelinePage& page) {
  std::string blocks;
  for (std::size_t i = 0; i < page.sides.size(); ++i) {
    for (std::size_t k = 0; k < page.sides[i].tracks.size(); ++k) {
      const TimelineTrack& track = page.sides[i].tracks[k];
      if (track.sound.empty()) continue;
      blocks += text_block("sound-" + std::to_string(i) + "-" + std::to_string(k), base64(track.sound));
    }
  }
  return blocks;
}

std::string title_of(const TimelinePage& page) {
  std::string title;
  for (const TimelineSide& side : page.sides) {
    if (!title.empty()) title += " against ";
    title += page.sides.size() > 1 ? side.name : side.recording->sessions.front().names.session_id;
  }
  return title;
}

}  // namespace

std::vector<std::byte> wav_bytes(std::span<const std::int16_t> samples, std::uint32_t sample_rate_hz) {
  const auto data_bytes = static_cast<std::uint32_t>(samples.size_bytes());
  std::vector<std::byte> wav;
  wav.reserve(44 + data_bytes);
  put_text(wav, "RIFF");
  put(wav, std::uint32_t{36} + data_bytes);
  put_text(wav, "WAVEfmt ");
  put(wav, std::uint32_t{16});
  put(wav, std::uint16_t{1});
  put(wav, std::uint16_t{1});
  put(wav, sample_rate_hz);
  put(wav, sample_rate_hz * 2);
  put(wav, std::uint16_t{2});
  put(wav, std::uint16_t{16});
  put_text(wav, "data");
  put(wav, data_bytes);
  for (const std::int16_t sample : samples) put(wav, static_cast<std::uint16_t>(sample));
  return wav;
}

std::string timeline_data_json(const TimelinePage& page) {
  return page_data(page).dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

std::string timeline_html(const TimelinePage& page) {
  const std::string style = page::joined(page::style);
  const std::string script = page::joined(page::script);
  const Filling fillings[] = {
      {"@TITLE@", html_escaped(title_of(page))},
      {"@STYLE_HASH@", policy_hash(style)},
      {"@SCRIPT_HASH@", policy_hash(script)},
      {"@STYLE@", style},
      {"@SCRIPT@", script},
      {"@DATA@", for_script_element(timeline_data_json(page))},
      {"@COLUMNS@", column_blocks(page)},
      {"@SOUND@", sound_blocks(page)},
  };
  return fill(page::joined(page::frame), fillings);
}

}  // namespace phalarope::replay
