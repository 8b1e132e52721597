// Opus through our wrapper: speech survives, losses are concealed or recovered, damage is a value.
#include "hal/codec/opus_codec.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstring>

#include "hal/codec/opus_evidence.hpp"
#include "tests/unit/hal/audio/real_speech.hpp"

namespace phalarope::hal {
namespace {

using Packet = std::vector<std::byte>;

std::vector<std::int16_t> speech() {
  auto samples = testing::sphinx_recording("goforward.raw");
  if (samples.empty()) samples = testing::room_noise(1, 32'000, 8000);
  samples.resize(samples.size() / opus_frame_frames * opus_frame_frames);
  return samples;
}

std::vector<Packet> encode_all(const std::vector<std::int16_t>& samples, const SpeechEncoderSettings& settings) {
  auto encoder = SpeechEncoder::make(settings);
  EXPECT_TRUE(encoder);
  std::vector<Packet> packets;
  for (std::size_t at = 0; at + opus_frame_frames <= samples.size(); at += opus_frame_frames) {
    Packet packet(opus_packet_bytes_max);
    const auto bytes = encoder->encode(std::span(samples).subspan(at, opus_frame_frames), packet);
    EXPECT_TRUE(bytes);
    packet.resize(bytes.value_or(0));
    packets.push_back(packet);
  }
  return packets;
}

/// Signal to noise after the codec's own delay was found by correlation.
double snr_db(const std::vector<std::int16_t>& wanted, const std::vector<std::int16_t>& got) {
  double best = -100;
  for (std::size_t delay = 0; delay < 200; ++delay) {
    double signal = 1;
    double noise = 1;
    for (std::size_t i = 0; i + delay < got.size() && i < wanted.size(); ++i) {
      signal += static_cast<double>(wanted[i]) * wanted[i];
      noise += std::pow(static_cast<double>(wanted[i]) - got[i + delay], 2);
    }
    best = std::max(best, 10 * std::log10(signal / noise));
  }
  return best;
}

TEST(OpusCodec, SpeechSurvivesAtEveryComplexity) {
  const auto wanted = speech();
  for (const int complexity : {0, 5, 10}) {
    const auto packets = encode_all(wanted, {.complexity = complexity});
    auto decoder = SpeechDecoder::make();
    std::vector<std::int16_t> got(wanted.size());
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < packets.size(); ++i) {
      const auto frames = decoder->decode(packets[i], std::span(got).subspan(i * opus_frame_frames, opus_frame_frames));
      ASSERT_TRUE(frames);
      ASSERT_EQ(*frames, opus_frame_frames);
      bytes += packets[i].size();
    }
    const double kbps = static_cast<double>(bytes) * 8 * 50 / static_cast<double>(packets.size()) / 1000;
    std::printf("  complexity %2d: %.1f kb/s, SNR %.1f dB\n", complexity, kbps, snr_db(wanted, got));
    EXPECT_GT(snr_db(wanted, got), 5.0);
    EXPECT_LT(kbps, 40.0);
  }
}

TEST(OpusCodec, ALostPacketIsRecoveredFromTheNextBetterThanConcealed) {
  const auto wanted = speech();
  const auto packets = encode_all(wanted, {.complexity = 5, .recovery = true, .expected_loss_percent = 20});
  double concealed_error = 0;
  double recovered_error = 0;
  for (const bool recover : {false, true}) {
    auto reference = SpeechDecoder::make();
    auto decoder = SpeechDecoder::make();
    double error = 0;
    std::vector<std::int16_t> clean(opus_frame_frames);
    std::vector<std::int16_t> frame(opus_frame_frames);
    for (std::size_t i = 0; i + 1 < packets.size(); ++i) {
      ASSERT_TRUE(reference->decode(packets[i], clean));
      if (i % 9 != 8) {
        ASSERT_TRUE(decoder->decode(packets[i], frame));
        continue;
      }
      ASSERT_TRUE(recover ? decoder->decode_recovery(packets[i + 1], frame) : decoder->decode_lost(frame));
      for (std::size_t k = 0; k < frame.size(); ++k) error += std::pow(static_cast<double>(clean[k]) - frame[k], 2);
    }
    (recover ? recovered_error : concealed_error) = error;
  }
  std::printf("  recovery leaves %.2f of concealment's error\n", recovered_error / concealed_error);
  EXPECT_LT(recovered_error, concealed_error);
}

TEST(OpusCodec, DamageAndWrongLengthsAreValues) {
  auto encoder = SpeechEncoder::make({});
  auto decoder = SpeechDecoder::make();
  std::vector<std::int16_t> frame(opus_frame_frames);
  Packet packet(opus_packet_bytes_max);
  EXPECT_EQ(encoder->encode(std::span(frame).first(100), packet).error(), CodecError::frame_length);
  EXPECT_FALSE(encoder->encode(frame, std::span(packet).first(0)).has_value());
  EXPECT_EQ(decoder->decode({}, frame).error(), CodecError::packet_damaged);
  testing::Noise noise(4);
  for (int i = 0; i < 2000; ++i) {
    Packet random(static_cast<std::size_t>(1 + i % 90));
    for (std::byte& byte : random) byte = static_cast<std::byte>(static_cast<int>(noise.next() * 127) & 0xff);
    std::vector<std::int16_t> out(opus_frame_frames_max * 2);
    const auto decoded = decoder->decode(random, out);
    if (decoded) {
      EXPECT_LE(*decoded, out.size());
    } else {
      EXPECT_FALSE(sentence_of(decoded.error()).empty());
    }
  }
  EXPECT_EQ(SpeechEncoder::make({.complexity = 99}).error(), CodecError::setting_refused);
}

TEST(OpusEvidence, RecordsShrinkComeBackAndOddOnesAreLeftAlone) {
  OpusEvidenceEncoder encoder(5);
  OpusTrackDecoder decoder;
  const auto samples = speech();
  std::vector<std::byte> packet;
  std::vector<std::int16_t> back(160);
  for (std::size_t at = 0; at + 160 <= samples.size(); at += 160) {
    AudioRecordHeader header{.first_sample = static_cast<std::int64_t>(at),
                             .frames = 160,
                             .sample_rate_hz = 16'000,
                             .track = AudioTrack::cleaned};
    ASSERT_TRUE(encoder.encode(header, std::as_bytes(std::span(samples).subspan(at, 160)), packet));
    EXPECT_EQ(header.codec, AudioCodec::opus);
    EXPECT_LT(packet.size(), 160U);
    EXPECT_TRUE(decoder.decode(packet, back));
  }
  AudioRecordHeader odd{.frames = 101, .sample_rate_hz = 16'000};
  EXPECT_FALSE(encoder.encode(odd, std::as_bytes(std::span(samples).first(101)), packet));
  EXPECT_EQ(odd.codec, AudioCodec::s16le);
}

}  // namespace
}  // namespace phalarope::hal
