// Wire artifacts as FlatBuffers: what goes in comes out, and hostile bytes get an answer.
#include "core/spec/artifact_codec.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>

#include "artifact_generated.h"
#include "core/spec/aligned_bytes.hpp"
#include "tests/unit/spec/artifact_generator.hpp"
#include "tests/unit/spec/artifact_samples.hpp"

namespace phalarope::spec {
namespace {

namespace fb = wire::artifact;
using test::Json;
using Bytes = std::vector<std::byte>;

JsonValue parsed(const Json& json) { return *parse_strict_json(json.dump()); }

Bytes bytes_of(std::string_view kind) { return *encode_artifact(kind, parsed(test::sample_of(kind))); }

/// What a reader of hostile bytes may answer: an error with a rule, or a document its kind's judge accepts.
void expect_answer(std::span<const std::byte> bytes) {
  const auto read = decode_artifact(bytes);
  if (!read) {
    EXPECT_FALSE(read.error().rule.empty());
    return;
  }
  EXPECT_FALSE(judge(read->document, *find_artifact_rule(read->kind)));
  EXPECT_TRUE(encode_artifact(read->kind, read->document));
}

Bytes finished(flatbuffers::FlatBufferBuilder& builder) {
  const auto* const data = reinterpret_cast<const std::byte*>(builder.GetBufferPointer());
  return {data, data + builder.GetSize()};
}

// contract: 1.1, D12
RC_GTEST_PROP(ArtifactCodec, WhatIsWrittenIsReadBack, (std::uint64_t seed)) {
  test::ArtifactGenerator generator(seed);
  for (const std::string_view kind : artifact_kinds) {
    const JsonValue document = generator.sound(kind);
    const auto bytes = encode_artifact(kind, document);
    RC_ASSERT(bytes.has_value());
    RC_ASSERT(is_artifact_bytes(*bytes));
    const auto read = decode_artifact(*bytes);
    RC_ASSERT(read.has_value());
    RC_ASSERT(read->kind == kind);
    RC_ASSERT(Json::parse(test::to_text(read->document)) == Json::parse(test::to_text(document)));
    RC_ASSERT(*encode_artifact(kind, read->document) == *encode_artifact(kind, decode_artifact(*bytes)->document));
  }
}

TEST(ArtifactCodec, AbsentZeroAndEmptyStayDifferent) {
  for (const char* policy : {R"({})", R"({"concurrency_limit":0})"}) {
    const Json plan = test::changed(test::turn_plan(), "/node_execution_policies/n", Json::parse(policy));
    const auto read = decode_artifact(*encode_artifact("resolved_turn_plan", parsed(plan)));
    ASSERT_TRUE(read) << read.error().rule;
    EXPECT_EQ(Json::parse(test::to_text(read->document)), plan);
  }
}

TEST(ArtifactCodec, AnotherReaderSeesTheSameFields) {
  const Bytes bytes = bytes_of("control_signal");
  const auto words = aligned_copy(bytes);
  const fb::Artifact& artifact = *fb::GetArtifact(words.data());
  ASSERT_EQ(artifact.body_type(), fb::ArtifactBody::control_signal);
  const fb::Envelope& signal = *artifact.body_as_control_signal();
  EXPECT_EQ(signal.signal()->str(), "abort");
  EXPECT_EQ(signal.emitted_by(), fb::EmitterCode::RK_03);
  EXPECT_EQ(signal.runtime_sequence(), 1);
  EXPECT_EQ(signal.amount(), flatbuffers::nullopt);
}

TEST(ArtifactCodec, RefusesToWriteWhatTheJudgeRefuses) {
  const auto wounded = encode_artifact("event_record", parsed(test::control_signal()));
  ASSERT_FALSE(wounded);
  EXPECT_EQ(wounded.error().path, "signal");
  EXPECT_FALSE(encode_artifact("nonsense", parsed(test::event_record())));
}

TEST(ArtifactCodec, BoundsWhatItWrites) {
  Json plan = test::turn_plan();
  plan["graph_definition_ref"] = std::string(artifact_bytes_max, 'g');
  EXPECT_FALSE(encode_artifact("resolved_turn_plan", parsed(plan)));
  plan = test::turn_plan();
  for (std::size_t i = 0; i < artifact_values_max; ++i) plan["provider_bindings"]["p" + std::to_string(i)] = "x";
  EXPECT_FALSE(encode_artifact("resolved_turn_plan", parsed(plan)));
}

TEST(ArtifactCodec, WhatIsWithinTheBoundsOfWritingIsWithinThoseOfReading) {
  const auto with_markers = [](std::size_t markers) {
    Json plan = test::turn_plan();
    plan["determinism"]["ordering_markers"] = Json::array();
    for (std::size_t i = 0; i < markers; ++i) plan["determinism"]["ordering_markers"].push_back(std::to_string(i));
    return plan;
  };
  const auto is_writable = [&](std::size_t markers) {
    return encode_artifact("resolved_turn_plan", parsed(with_markers(markers))).has_value();
  };
  std::size_t markers = artifact_values_max - 200;  // a plan without markers has fewer values than that
  ASSERT_TRUE(is_writable(markers));
  while (is_writable(markers + 8)) markers += 8;
  while (is_writable(markers + 1)) ++markers;
  const auto read = decode_artifact(*encode_artifact("resolved_turn_plan", parsed(with_markers(markers))));
  ASSERT_TRUE(read) << read.error().rule;
  EXPECT_EQ(Json::parse(test::to_text(read->document)), with_markers(markers));
}

TEST(ArtifactCodec, CutsAndBitFlipsGetAnAnswer) {
  for (const std::string_view kind : artifact_kinds) {
    const Bytes bytes = bytes_of(kind);
    const std::size_t stride = bytes.size() < 1024 ? 1 : 23;  // a plan is long, and its parts are alike
    for (std::size_t size = 0; size < bytes.size(); size += stride) expect_answer(std::span(bytes).first(size));
    for (std::size_t bit = 0; bit < bytes.size() * 8; bit += stride) {
      Bytes flipped = bytes;
      flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
      expect_answer(flipped);
    }
  }
}

TEST(ArtifactCodec, RandomBytesBehindTheIdentifierGetAnAnswer) {
  std::mt19937_64 random(7);
  const Bytes sound = bytes_of("artifact_bundle");
  for (int round = 0; round < 2'000; ++round) {
    Bytes bytes = sound;
    for (int i = 0; i < 4; ++i) bytes[8 + random() % (bytes.size() - 8)] = static_cast<std::byte>(random());
    expect_answer(bytes);
  }
}

TEST(ArtifactCodec, RefusesForgedContents) {
  const auto refusal = [](flatbuffers::FlatBufferBuilder& builder, fb::ArtifactBody kind, auto body) {
    builder.Finish(fb::CreateArtifact(builder, kind, body.Union()), fb::ArtifactIdentifier());
    const auto read = decode_artifact(finished(builder));
    return read ? std::string("(read)") : read.error().path + ": " + read.error().rule;
  };
  flatbuffers::FlatBufferBuilder unknown_state;
  const auto transition = fb::CreateTurnTransition(unknown_state, static_cast<fb::TurnState>(5), {}, {}, {});
  EXPECT_EQ(refusal(unknown_state, fb::ArtifactBody::turn_transition, transition),
            "from_state: FlatBuffers: number 5 is no choice this version knows");
  flatbuffers::FlatBufferBuilder half_true;
  const auto odd =
      fb::CreateTurnTransition(half_true, fb::TurnState::Active, fb::TurnTrigger::abort, fb::TurnState::Terminal, true);
  reinterpret_cast<flatbuffers::Table*>(flatbuffers::GetMutableTemporaryPointer(half_true, odd))
      ->SetField<std::uint8_t>(fb::TurnTransition::VT_DETERMINISTIC, 2, 0);
  EXPECT_EQ(refusal(half_true, fb::ArtifactBody::turn_transition, odd),
            "deterministic: FlatBuffers: a truth value is neither 0 nor 1");
  flatbuffers::FlatBufferBuilder unknown_kind;
  const auto any = fb::CreateTurnTransition(unknown_kind);
  EXPECT_EQ(refusal(unknown_kind, static_cast<fb::ArtifactBody>(9), any),
            "kind: FlatBuffers: an artifact of no kind this version knows");
  flatbuffers::FlatBufferBuilder bad_text;
  const auto text = bad_text.CreateString("a\xFFz");
  fb::EnvelopeBuilder envelope(bad_text);
  envelope.add_session_id(text);
  EXPECT_EQ(refusal(bad_text, fb::ArtifactBody::event_record, envelope.Finish()),
            "session_id: FlatBuffers: a text is not UTF-8");
  flatbuffers::FlatBufferBuilder twice;
  const auto key = twice.CreateString("stt");
  std::vector<flatbuffers::Offset<fb::ProviderBindingEntry>> entries;
  entries.push_back(fb::CreateProviderBindingEntry(twice, key, key));
  entries.push_back(fb::CreateProviderBindingEntry(twice, key, key));
  const auto bindings = twice.CreateVector(entries);
  fb::TurnPlanBuilder plan(twice);
  plan.add_provider_bindings(bindings);
  EXPECT_EQ(refusal(twice, fb::ArtifactBody::resolved_turn_plan, plan.Finish()),
            "provider_bindings: FlatBuffers: the key \"stt\" occurs twice");
}

/// Offsets that all point at one text: 4 bytes each in the file, a whole text each once read.
TEST(ArtifactCodec, RefusesSharedTextsThatWouldGrow) {
  flatbuffers::FlatBufferBuilder builder;
  const auto text = builder.CreateString(std::string(60'000, 'x'));
  const std::vector<flatbuffers::Offset<flatbuffers::String>> offsets(60'000, text);
  const auto ids = builder.CreateVector(offsets);
  fb::EnvelopeBuilder envelope(builder);
  envelope.add_merged_from_event_ids(ids);
  builder.Finish(fb::CreateArtifact(builder, fb::ArtifactBody::event_record, envelope.Finish().Union()),
                 fb::ArtifactIdentifier());
  const auto read = decode_artifact(finished(builder));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().rule, "FlatBuffers: more text than the bytes can hold");
}

}  // namespace
}  // namespace phalarope::spec
