// The three pictures of a conversation: terminal, Perfetto, page. What a recording says can break none of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/engine/base/sha256.hpp"
#include "core/replay/page_assets.hpp"
#include "core/replay/timeline_html.hpp"
#include "core/replay/timeline_perfetto.hpp"
#include "core/replay/timeline_text.hpp"
#include "tests/unit/replay/sample_conversation.hpp"

namespace phalarope::replay {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view hostile = "</script><script>alert(1)</script>&<!-- \x1b[31m \"' \xe2\x80\xa8 @DATA@ \xff";

ConversationLog sample(std::string_view words = "what is the weather like") {
  SampleConversation conversation(words);
  return read_conversation(conversation.recording);
}

TimelineRecording sample_page(std::string_view words = "what is the weather like") {
  SampleConversation conversation(words);
  return read_timeline(conversation.recording);
}
std::string page_of(const TimelineRecording& recording, std::span<const TimelineTrack> tracks = {}) {
  return timeline_html({.sides = {{.name = "sample", .recording = &recording, .tracks = tracks}}});
}
json data_of(const TimelineRecording& recording, std::span<const TimelineTrack> tracks = {}) {
  return json::parse(timeline_data_json({.sides = {{.name = "sample", .recording = &recording, .tracks = tracks}}}));
}

/// Which record holds the first event of a kind.
std::size_t place_of(MemoryRecording& recording, EventKind kind) {
  std::size_t place = 0;
  for (; const auto record = recording.next(); ++place) {
    if (record->header.type == RecordType::event && recording.event_at(place).kind == kind) break;
  }
  recording.rewind();
  return place;
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  for (const char byte : text) columns += (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
  return columns;
}

/// Voices as sine bursts under a syllable-like envelope, where the sample conversation has speech.
std::vector<std::int16_t> voice(std::initializer_list<std::pair<int, int>> bursts_ms, double pitch_hz,
                                double loudness) {
  std::vector<std::int16_t> samples(static_cast<std::size_t>(9011 * SampleConversation::rate / 1000));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double t = static_cast<double>(i) / SampleConversation::rate;
    double value = 25.0 * std::sin(t * 7919.0);
    for (const auto& [from, to] : bursts_ms) {
      if (t * 1000 < from || t * 1000 >= to) continue;
      const double envelope = 0.25 + 0.75 * std::abs(std::sin(t * 11.0)) * (0.6 + 0.4 * std::sin(t * 3.1));
      value += loudness * envelope * (std::sin(t * pitch_hz * 6.2832) + 0.4 * std::sin(t * pitch_hz * 15.1));
    }
    samples[i] = static_cast<std::int16_t>(value);
  }
  return samples;
}

TEST(TimelineText, NoLineIsLongerThanTheColumns) {
  for (const std::size_t columns : {std::size_t{60}, std::size_t{80}, std::size_t{120}}) {
    for (const bool ascii : {false, true}) {
      std::istringstream lines(
          timeline_text(sample(std::string(300, 'w')), {.columns = columns, .colour = false, .ascii = ascii}));
      for (std::string line; std::getline(lines, line);) EXPECT_LE(columns_of(line), columns) << line;
    }
  }
}

TEST(TimelineText, TellsTheLatenciesOfAnInterruption) {
  const std::string text = timeline_text(sample(), {.columns = 100, .colour = false, .ascii = true});
  EXPECT_THAT(text, HasSubstr("120 ms  end of speech -> first sample"));
  EXPECT_THAT(text, HasSubstr("held at 6.902 s by speech_suspected, confirmed by word_recognised"));
  EXPECT_THAT(text, HasSubstr("8 ms  confirm -> fence"));
  EXPECT_THAT(text, HasSubstr("10 ms  fence -> last audible sample (160 samples)"));
  EXPECT_THAT(text, HasSubstr("298 ms  onset of speech -> silence"));
  EXPECT_THAT(text, HasSubstr("heard      4 of 10 words, cut in \"decided\""));
  EXPECT_THAT(text, HasSubstr("abort (cancelled)"));
}

TEST(TimelineText, IsPlainAsciiWhenAskedAndColouredOnlyWhenAsked) {
  const std::string plain = timeline_text(sample(hostile), {.columns = 80, .colour = false, .ascii = true});
  for (const char byte : plain) EXPECT_TRUE((byte >= ' ' && byte <= '~') || byte == '\n');
  EXPECT_THAT(timeline_text(sample(), {}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(timeline_text(sample(), {.columns = 80, .colour = true, .ascii = false}), HasSubstr("\x1b[36m"));
}

TEST(TimelineText, ARecordingCannotSteerTheTerminal) {
  EXPECT_THAT(timeline_text(sample("\x1b]0;owned\x07 \xc2\x9b"
                                   "31m"),
                            {}),
              Not(HasSubstr("\x1b")));
  EXPECT_THAT(timeline_text(sample("\xc2\x9b"
                                   "31m"),
                            {}),
              Not(HasSubstr("\xc2\x9b")));
}

TEST(TimelineHtml, IsOneFileThatAsksForNothingFromOutside) {
  const std::string page = page_of(sample_page());
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, Not(HasSubstr("http://")));
  EXPECT_THAT(page, Not(HasSubstr("https://")));
  EXPECT_THAT(page, Not(HasSubstr(" src=")));
  EXPECT_THAT(page, Not(HasSubstr("<link")));
  for (const char* place : {"@STYLE", "@SCRIPT", "@COLUMNS", "@SOUND", "@TITLE"}) {
    EXPECT_THAT(page, Not(HasSubstr(place)));
  }
}

TEST(TimelineHtml, ThePagesTextNeverBecomesMarkup) {
  auto recording = sample_page(hostile);
  const std::size_t scripts_of_a_plain_page = 3;  // the data, one block of columns, the script
  recording.sessions.front().names.session_id = hostile;
  recording.sessions.front().names.node_ids = {std::string(hostile)};
  const std::string page = page_of(recording);
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, Not(HasSubstr("<!-- ")));
  std::size_t scripts = 0;
  for (auto at = page.find("</script"); at != page.npos; at = page.find("</script", at + 1)) ++scripts;
  EXPECT_EQ(scripts, scripts_of_a_plain_page);
}

TEST(TimelineHtml, TheDataBlockComesBackAsItWas) {
  const std::string page = page_of(sample_page(hostile));
  const std::string open = "<script id=\"data\" type=\"application/json\">";
  const auto from = page.find(open) + open.size();
  const json data = json::parse(page.substr(from, page.find("</script>", from) - from));
  const json& turns = data["sides"][0]["sessions"][0]["turns"];
  EXPECT_THAT(turns[0]["words"].get<std::string>(), HasSubstr("</script><script>alert(1)</script>&<!--"));
  EXPECT_THAT(turns[0]["words"].get<std::string>(), HasSubstr("@DATA@")) << "fillings are not filled again";
  EXPECT_EQ(turns[1]["heard"], 4);
  EXPECT_EQ(turns[1]["interruptions"][0]["tailSamples"], 160);
  EXPECT_EQ(data["names"]["kind"]["33"], "connected");
  EXPECT_EQ(data["names"]["family"]["512"], "arbitration");
  EXPECT_EQ(data["sides"][0]["texts"][0][1].get<std::string>().substr(0, 9), "</script>");
}

TEST(TimelineHtml, SoundIsEmbeddedBehindTheScriptAndOutlinedBeforeIt) {
  const std::int16_t samples[] = {1, -2, 300};
  const TimelineTrack tracks[] = {{.track = AudioTrack::played,
                                   .start_ns = SampleConversation::start_ns,
                                   .sample_rate_hz = 16000,
                                   .frames = 3,
                                   .peaks = peaks_of(samples),
                                   .media_type = "audio/wav",
                                   .sound = wav_bytes(samples, 16000)}};
  const auto recording = sample_page();
  const std::string page = page_of(recording, tracks);
  // RIFF, 36 + 6 bytes, WAVEfmt, PCM, mono, 16000 Hz, 32000 B/s, 2, 16 bit, data, 6 bytes, samples.
  const auto sound = page.find(
      "<script id=\"sound-0-0\" type=\"text/plain\">"
      "UklGRioAAABXQVZFZm10IBAAAAABAAEAgD4AAAB9AAACABAAZGF0YQYAAAABAP7/LAE=</script>");
  ASSERT_NE(sound, page.npos);
  EXPECT_LT(page.find("\"use strict\""), sound);
  const json track = data_of(recording, tracks)["sides"][0]["tracks"][0];
  EXPECT_EQ(track["start"], 0.0);
  EXPECT_EQ(track["loudest"], 300);
  EXPECT_EQ(track["peaks"], "AH8=") << "from 0 (-2 of 300) to 127";
}

TEST(TimelineHtml, AnEmptyRecordingIsStillAPage) {
  MemoryRecording nothing;
  EXPECT_THAT(page_of(read_timeline(nothing)), HasSubstr("\"turns\":[]"));
}

TEST(TimelineHtml, TwoRecordingsCarryTheirDifferencesWithTheRowsTheyStandIn) {
  SampleConversation before, after;
  const auto a = read_timeline(before.recording);
  before.recording.rewind();
  const std::size_t bent = place_of(after.recording, EventKind::abort);
  Event event = after.recording.event_at(bent);
  event.reason = Reason::provider_failure;
  after.recording.replace(bent, event);
  const auto b = read_timeline(after.recording);
  after.recording.rewind();
  const auto comparison = compare_timelines(read_outputs(before.recording), read_outputs(after.recording), 0);
  const json data = json::parse(timeline_data_json(
      {.sides = {{.name = "before", .recording = &a}, {.name = "after", .recording = &b}}, .comparison = &comparison}));
  ASSERT_EQ(data["comparison"]["differences"].size(), 1U);
  const json& difference = data["comparison"]["differences"][0];
  EXPECT_EQ(difference["a"], difference["b"]);
  EXPECT_EQ(a.rows, b.rows);
  EXPECT_THAT(difference["message"].get<std::string>(), HasSubstr("provider_failure"));
}

/// For the eye: PHALAROPE_TIMELINE_OUT=<folder> writes the pictures of the sample conversation.
TEST(Timeline, WritesItsPicturesWhenAsked) {
  const char* folder = std::getenv("PHALAROPE_TIMELINE_OUT");
  if (folder == nullptr) GTEST_SKIP() << "PHALAROPE_TIMELINE_OUT is not set";
  const auto user = voice({{400, 1500}, {2300, 2420}, {4900, 5800}, {6900, 7800}}, 170, 6000);
  const auto board = voice({{1620, 4200}, {5990, 7198}, {7930, 9010}}, 120, 9000);
  auto raw = user;
  for (std::size_t i = 0; i < raw.size(); ++i) raw[i] = static_cast<std::int16_t>(raw[i] + board[i] / 5);
  const auto track = [](AudioTrack which, const std::vector<std::int16_t>& samples) {
    return TimelineTrack{.track = which,
                         .start_ns = SampleConversation::start_ns,
                         .frames = samples.size(),
                         .peaks = peaks_of(samples),
                         .media_type = "audio/wav",
                         .sound = wav_bytes(samples, 16000)};
  };
  const TimelineTrack tracks[] = {track(AudioTrack::raw, raw), track(AudioTrack::cleaned, user),
                                  track(AudioTrack::played, board)};
  const auto recording = sample_page();
  const std::string base(folder);
  std::ofstream(base + "/timeline.html") << page_of(recording, tracks);
  std::ofstream(base + "/hostile.html") << page_of(sample_page(hostile), tracks);
  std::ofstream(base + "/trace.json") << timeline_perfetto(recording);
  std::ofstream(base + "/timeline.txt") << timeline_text(sample(), {.columns = 100, .colour = false, .ascii = false});
}

}  // namespace
}  // namespace phalarope::replay
