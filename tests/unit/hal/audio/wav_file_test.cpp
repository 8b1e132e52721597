// WAV files: what is right is read exactly, what is damaged is named with its byte.
#include "hal/audio/wav_file.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace phalarope::hal {
namespace {

using Bytes = std::vector<std::byte>;

void put(Bytes& bytes, const char* tag) {
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<std::byte>(tag[i]));
}
void put16(Bytes& bytes, unsigned value) {
  bytes.push_back(static_cast<std::byte>(value & 0xffU));
  bytes.push_back(static_cast<std::byte>(value >> 8 & 0xffU));
}
void put32(Bytes& bytes, unsigned value) {
  put16(bytes, value & 0xffffU);
  put16(bytes, value >> 16);
}

struct Shape {
  unsigned tag = 1;
  unsigned channels = 1;
  unsigned rate = 16'000;
  unsigned bits = 16;
  unsigned data_bytes_stated = 0;  // 0: as many as there are
  bool junk_before = false;
};

Bytes wav_of(const Shape& shape, const std::vector<std::int16_t>& samples) {
  Bytes bytes;
  put(bytes, "RIFF");
  put32(bytes, 36 + static_cast<unsigned>(samples.size() * 2));
  put(bytes, "WAVE");
  if (shape.junk_before) {
    put(bytes, "LIST");
    put32(bytes, 3);  // odd: a padding byte follows
    put32(bytes, 0x00414141);
  }
  put(bytes, "fmt ");
  put32(bytes, 16);
  put16(bytes, shape.tag);
  put16(bytes, shape.channels);
  put32(bytes, shape.rate);
  put32(bytes, shape.rate * 2 * shape.channels);
  put16(bytes, 2 * shape.channels);
  put16(bytes, shape.bits);
  put(bytes, "data");
  put32(bytes, shape.data_bytes_stated != 0 ? shape.data_bytes_stated : static_cast<unsigned>(samples.size() * 2));
  for (const std::int16_t sample : samples) put16(bytes, static_cast<std::uint16_t>(sample));
  return bytes;
}

std::vector<std::int16_t> sine(double hz, double rate, std::size_t frames) {
  std::vector<std::int16_t> samples;
  for (std::size_t i = 0; i < frames; ++i) {
    samples.push_back(static_cast<std::int16_t>(8000 * std::sin(2 * M_PI * hz * static_cast<double>(i) / rate)));
  }
  return samples;
}

WavProblem problem_of(const Bytes& bytes) {
  const auto parsed = parse_wav(bytes);
  EXPECT_FALSE(parsed.has_value());
  return parsed ? WavProblem{} : parsed.error();
}

TEST(WavFile, MonoAtTheEnginesRateIsReadBitForBit) {
  const std::vector<std::int16_t> samples{0, 1, -1, 32767, -32768, 12345};
  const auto parsed = parse_wav(wav_of({}, samples));
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->truncated);
  const Bytes kept = wav_of({}, samples);
  EXPECT_EQ(to_engine_format(*parse_wav(kept)), samples);
}

TEST(WavFile, UnknownOddChunksArePassedOver) {
  const Bytes bytes = wav_of({.junk_before = true}, {5, 6, 7});
  ASSERT_TRUE(parse_wav(bytes));
  EXPECT_EQ(to_engine_format(*parse_wav(bytes)), (std::vector<std::int16_t>{5, 6, 7}));
}

TEST(WavFile, StereoIsAveraged) {
  const Bytes bytes = wav_of({.channels = 2}, {100, 200, -100, 300});
  EXPECT_EQ(to_engine_format(*parse_wav(bytes)), (std::vector<std::int16_t>{150, 100}));
}

TEST(WavFile, OtherRatesAreResampledInPlaceAndLevel) {
  for (const unsigned rate : {8'000U, 22'050U, 44'100U, 48'000U}) {
    const Bytes bytes = wav_of({.rate = rate}, sine(440, rate, rate));
    const auto converted = to_engine_format(*parse_wav(bytes));
    ASSERT_NEAR(static_cast<double>(converted.size()), 16'000, 2) << rate;
    const auto wanted = sine(440, 16'000, converted.size());
    for (std::size_t i = 800; i + 800 < converted.size(); ++i)
      ASSERT_NEAR(converted[i], wanted[i], 200) << rate << ':' << i;
  }
}

TEST(WavFile, TornTailIsReadAsFarAsItGoesAndSaid) {
  Bytes bytes = wav_of({}, {1, 2, 3, 4});
  bytes.resize(bytes.size() - 3);
  const auto parsed = parse_wav(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->truncated);
  EXPECT_EQ(parsed->frames(), 2U);
}

TEST(WavFile, AStreamsHeaderMeansToTheEnd) {
  const Bytes bytes = wav_of({.data_bytes_stated = 0xffffffff}, {1, 2, 3});
  ASSERT_TRUE(parse_wav(bytes));
  EXPECT_EQ(parse_wav(bytes)->frames(), 3U);
}

TEST(WavFile, EveryDamageIsNamedWithItsByte) {
  const std::vector<std::int16_t> samples{1, 2, 3};
  const auto expect = [](const Bytes& bytes, WavFault fault, std::size_t offset) {
    const WavProblem problem = problem_of(bytes);
    EXPECT_EQ(problem.fault, fault) << sentence_of(problem.fault);
    EXPECT_EQ(problem.byte_offset, offset);
  };
  Bytes bytes = wav_of({}, samples);
  bytes[1] = std::byte{'X'};
  expect(bytes, WavFault::not_riff, 0);
  bytes = wav_of({}, samples);
  bytes[9] = std::byte{'X'};
  expect(bytes, WavFault::not_wave, 8);
  expect(wav_of({.tag = 3}, samples), WavFault::unsupported_encoding, 20);
  expect(wav_of({.channels = 6}, samples), WavFault::unsupported_channels, 22);
  expect(wav_of({.rate = 96'000}, samples), WavFault::unsupported_rate, 24);
  expect(wav_of({.bits = 24}, samples), WavFault::unsupported_bits, 34);
  bytes = wav_of({}, samples);
  bytes[12] = std::byte{'X'};
  expect(bytes, WavFault::no_format, 36);
  bytes = wav_of({}, samples);
  bytes.resize(36);
  expect(bytes, WavFault::no_data, 36);
  bytes.resize(30);
  expect(bytes, WavFault::format_too_short, 20);
  bytes.resize(5);
  expect(bytes, WavFault::too_short, 5);
  expect({}, WavFault::too_short, 0);
}

TEST(WavFile, EveryPrefixOfAFileIsAnswered) {
  const Bytes whole = wav_of({.junk_before = true}, sine(100, 16'000, 300));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto parsed = parse_wav(std::span(whole).first(length));
    if (parsed) {
      EXPECT_LE(parsed->samples.size(), length);
    } else {
      EXPECT_LE(parsed.error().byte_offset, length);
      EXPECT_FALSE(sentence_of(parsed.error().fault).empty());
    }
  }
}

TEST(WavFile, WhatTheWriterWroteTheReaderReads) {
  const std::string path = ::testing::TempDir() + "phalarope_written.wav";
  const auto samples = sine(300, 16'000, 70'000);  // more than two of the writer's buffers
  WavWriter writer;
  ASSERT_TRUE(writer.open(path));
  for (std::size_t at = 0; at < samples.size(); at += 777) {
    ASSERT_TRUE(writer.append(std::span(samples).subspan(at, std::min<std::size_t>(777, samples.size() - at))));
  }
  ASSERT_TRUE(writer.close());
  const auto loaded = load_audio_file(path);
  ASSERT_TRUE(loaded);
  EXPECT_FALSE(loaded->truncated);
  EXPECT_EQ(loaded->samples, samples);
  std::filesystem::remove(path);
}

TEST(WavFile, RawFilesAreTakenAsTheEnginesFormat) {
  const std::string path = ::testing::TempDir() + "phalarope_raw.raw";
  std::ofstream(path, std::ios::binary) << std::string("\x01\x00\xff\xff\x07", 5);
  const auto loaded = load_audio_file(path);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->samples, (std::vector<std::int16_t>{1, -1}));
  EXPECT_TRUE(loaded->truncated);
  std::filesystem::remove(path);
}

TEST(WavFile, AMissingFileIsUnreadable) {
  const auto loaded = load_audio_file("/nonexistent/voice.wav");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().fault, WavFault::unreadable);
  EXPECT_FALSE(load_audio_file("/").has_value()) << "a directory is no file";
}

}  // namespace
}  // namespace phalarope::hal
