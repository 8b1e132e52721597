// Events as the contract's JSON: exact members, exact codes, and the way back.
#include "core/replay/event_json.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <nlohmann/json.hpp>

#include "core/replay/signal_rules.hpp"

namespace phalarope::replay {
namespace {

using nlohmann::json;

RecordingNames names() {
  RecordingNames made;
  made.session_id = "sess 1";
  made.node_ids = {"mic", "stt"};
  made.edge_ids = {"edge-mic-stt"};
  made.set_symbol(9, "av-sync");
  made.set_symbol(10, "disc-1");
  made.set_symbol(11, "provider=a class=timeout reason=slow");
  return made;
}
Event signal(EventKind kind) {
  const SignalRule& rule = *find_rule(kind);
  Event event{};
  event.kind = kind;
  event.emitter = rule.emitters[0];
  event.turn_number = rule.event_scope == Scope::session ? 0 : 3;
  event.scope = event.turn_number == 0 ? Scope::session : Scope::turn;
  event.runtime_sequence = 100;
  event.transport_sequence = 7;
  event.authority_epoch = 5;
  event.mono_ns = 1'234 * ns_per_ms;
  event.wall_ns = 1'760'000'000'000 * ns_per_ms;
  event.set(EventFlag::output);
  if ((rule.needs & needs_reason) != 0) event.reason = Reason::backpressure_asserted;
  if ((rule.needs & needs_edge) != 0) event.target_lane = Lane::data;
  if ((rule.needs & needs_amount) != 0) event.argument_a = 3;
  if ((rule.needs & needs_range) != 0) {
    event.range_start = 4;
    event.range_end = 9;
    event.set(EventFlag::has_range);
  }
  if ((rule.needs & needs_discontinuity) != 0) {
    event.argument_a = 9;
    event.sync_or_merge_group = 10;
  }
  return event;
}
json written(const Event& event, Extensions extensions = Extensions::without, std::string_view text = {}) {
  const auto known = names();
  EventJsonWriter writer(known, extensions);
  const auto answer = writer.write(event, text);
  EXPECT_TRUE(answer.has_value()) << answer.error().path << ": " << answer.error().rule;
  if (!answer || !*answer) return nullptr;
  return json::parse(**answer);
}

// contract: 1.2, D13
TEST(EventJson, ASignalHasExactlyTheContractsMembers) {
  const auto sut = written(signal(EventKind::abort));
  const json expected = {{"schema_version", "v1.0"},
                         {"event_scope", "turn"},
                         {"session_id", "sess 1"},
                         {"turn_id", "turn-000003"},
                         {"pipeline_version", "pipeline-v1"},
                         {"event_id", "evt/sess_1/turn-000003/000001"},
                         {"lane", "ControlLane"},
                         {"transport_sequence", 7},
                         {"runtime_sequence", 100},
                         {"runtime_timestamp_ms", 1234},
                         {"wall_clock_timestamp_ms", 1760000000000},
                         {"payload_class", "metadata"},
                         {"authority_epoch", 5},
                         {"emitted_by", "RK-03"},
                         {"reason", "backpressure_asserted"},
                         {"signal", "abort"},
                         {"scope", "turn"}};
  EXPECT_EQ(sut, expected);
}

// contract: runtime.md 1.5
TEST(EventJson, EverySignalOfTheContractCanBeWrittenAndReadBack) {
  for (const SignalRule& rule : signal_rows::table) {
    const Event event = signal(rule.kind);
    auto known = names();
    EventJsonWriter writer(known, Extensions::without);
    const auto text = writer.write(event);
    ASSERT_TRUE(text.has_value()) << name_of(rule.kind) << ": " << text.error().path;
    const auto back = control_signal_from_json(**text, known);
    ASSERT_TRUE(back.has_value()) << name_of(rule.kind) << ": " << back.error().path << ": " << back.error().rule;
    EXPECT_EQ(*back, event) << name_of(rule.kind);
  }
}

TEST(EventJson, ASignalOfAForeignEmitterIsRefusedWithTheMember) {
  for (const SignalRule& rule : signal_rows::table) {
    Event event = signal(rule.kind);
    event.emitter = rule.kind == EventKind::budget_warning ? Emitter::transport : Emitter::device;
    const auto known = names();
    EventJsonWriter writer(known, Extensions::without);
    const auto answer = writer.write(event);
    ASSERT_FALSE(answer.has_value()) << name_of(rule.kind);
    EXPECT_EQ(answer.error().path, "emitted_by");
  }
}

TEST(EventJson, AMissingObligationIsNamed) {
  const auto stopped_by = [](Event event) {
    const auto known = names();
    return EventJsonWriter(known, Extensions::without).write(event).error().path;
  };
  Event abort = signal(EventKind::abort);
  abort.reason = Reason::none;
  EXPECT_EQ(stopped_by(abort), "reason");
  Event cancel = signal(EventKind::cancel);
  cancel.scope = Scope::none;
  EXPECT_EQ(stopped_by(cancel), "scope");
  Event drop = signal(EventKind::drop_notice);
  drop.flags = 0;
  EXPECT_EQ(stopped_by(drop), "seq_range");
  drop.set(EventFlag::has_range);
  drop.range_end = 1;
  EXPECT_EQ(stopped_by(drop), "seq_range") << "end before start";
  Event credit = signal(EventKind::credit_grant);
  credit.argument_a = 0;
  EXPECT_EQ(stopped_by(credit), "amount");
  Event commit = signal(EventKind::commit);
  commit.turn_number = 0;
  EXPECT_EQ(stopped_by(commit), "event_scope");
}

// contract: runtime.md 5.3
TEST(EventJson, ALanesOwnQueueIsNamedByItsPrefix) {
  EXPECT_EQ(written(signal(EventKind::flow_xoff))["edge_id"], "lane-dispatch/data");
  Event on_edge = signal(EventKind::flow_xoff);
  on_edge.edge = 0;
  EXPECT_EQ(written(on_edge)["edge_id"], "edge-mic-stt");
  EXPECT_FALSE(written(signal(EventKind::shed)).contains("edge_id"));
  EXPECT_TRUE(written(signal(EventKind::shed)).contains("target_lane"));
}

TEST(EventJson, AReasonThatIsNoCodeIsItsSymbol) {
  Event error = signal(EventKind::provider_error);
  error.reason = Reason::none;
  error.argument_a = 11;
  error.scope = Scope::provider_invocation;
  error.provider_invocation = 4;
  const auto sut = written(error);
  EXPECT_EQ(sut["reason"], "provider=a class=timeout reason=slow");
  EXPECT_EQ(sut["provider_invocation_id"], "pvi/sess 1/turn-000003/4");
}

// contract: runtime.md 1.4
TEST(EventJson, AFrameIsAnEventRecordWithMediaTime) {
  Event frame{};
  frame.kind = EventKind::audio_frame;
  frame.lane = Lane::data;
  frame.payload_class = PayloadClass::audio_raw;
  frame.turn_number = 2;
  frame.media_sample = 4800;
  frame.set(EventFlag::has_media_time);
  auto sut = written(frame);
  EXPECT_EQ(sut["media_time"]["sample_index"], 4800);
  EXPECT_FALSE(sut.contains("signal"));
  EXPECT_FALSE(sut.contains("argument_a"));
  frame.flags = 0;
  frame.mono_ns = 30 * ns_per_ms;
  EXPECT_EQ(written(frame)["media_time"]["pts_ms"], 30) << "1.10 rule 5";
}

// decisions.md D16
TEST(EventJson, ExtensionKindsAppearOnlyWhenAskedFor) {
  Event held{};
  held.kind = EventKind::interruption_held;
  held.turn_number = 2;
  held.ticket = 42;
  held.argument_a = 5;
  EXPECT_TRUE(written(held).is_null());
  const auto sut = written(held, Extensions::with, "hm");
  EXPECT_EQ(sut["kind"], "interruption_held");
  EXPECT_EQ(sut["ticket"], 42);
  EXPECT_EQ(sut["text"], "hm");
  EXPECT_FALSE(sut.contains("signal")) << "the 43 names stay closed";
}

TEST(EventJson, EventIdsCountPerTurn) {
  const auto known = names();
  EventJsonWriter writer(known, Extensions::without);
  ASSERT_TRUE(writer.write(signal(EventKind::turn_open)).has_value());
  ASSERT_TRUE(writer.write(signal(EventKind::admit)).has_value());
  const auto third = writer.write(signal(EventKind::commit));
  EXPECT_EQ(json::parse(**third)["event_id"], "evt/sess_1/turn-000003/000002");
}

TEST(EventJson, ReadingIsStrict) {
  auto known = names();
  const auto stopped_by = [&](json document) { return control_signal_from_json(document.dump(), known).error().path; };
  const json good = written(signal(EventKind::drop_notice));
  ASSERT_TRUE(control_signal_from_json(good.dump(), known).has_value());
  const auto with = [&](const char* member, json value) {
    json bent = good;
    bent[member] = std::move(value);
    return stopped_by(bent);
  };
  EXPECT_EQ(with("surprise", 1), "surprise");
  EXPECT_EQ(with("signal", "drop"), "signal");
  EXPECT_EQ(with("emitted_by", "RK-99"), "emitted_by");
  EXPECT_EQ(with("runtime_sequence", -1), "runtime_sequence");
  EXPECT_EQ(with("runtime_sequence", 1.5), "runtime_sequence");
  EXPECT_EQ(with("schema_version", "v2.0"), "schema_version");
  EXPECT_EQ(with("turn_id", nullptr), "turn_id");
  EXPECT_EQ(with("lane", "DataLane"), "lane");
  EXPECT_EQ(with("seq_range", json{{"start", 1}}), "seq_range");
  EXPECT_EQ(with("edge_id", "nowhere"), "edge_id");
  EXPECT_EQ(with("media_time", json::object()), "media_time");
  EXPECT_EQ(control_signal_from_json("[1]", known).error().path, "");
  EXPECT_EQ(control_signal_from_json("{", known).error().rule, "not a JSON document");
}

TEST(EventJson, BadUtf8InANameNeverStopsTheWriter) {
  auto known = names();
  known.session_id = "bad \xff id";
  EventJsonWriter writer(known, Extensions::with);
  const auto text = writer.write(signal(EventKind::turn_open), "\xc3\x28");
  ASSERT_TRUE(text.has_value());
  EXPECT_FALSE(json::parse(**text, nullptr, false).is_discarded());
}

TEST(EventJson, WhateverASignalCarriesItComesBack) {
  const bool held = rc::check([] {
    const auto row = *rc::gen::inRange<std::size_t>(0, signal_rows::table.size());
    const SignalRule& rule = signal_rows::table[row];
    Event event = signal(rule.kind);
    if (rule.emitters[1] != Emitter::none && *rc::gen::arbitrary<bool>()) event.emitter = rule.emitters[1];
    if (rule.event_scope == Scope::none && *rc::gen::arbitrary<bool>()) event.turn_number = 0;
    event.schema_minor = *rc::gen::inRange<std::uint16_t>(0, 3);
    event.runtime_sequence = static_cast<std::uint64_t>(*rc::gen::inRange<std::int64_t>(0, INT64_MAX));
    event.transport_sequence = *rc::gen::arbitrary<std::uint32_t>();
    event.authority_epoch = static_cast<std::uint64_t>(*rc::gen::inRange<std::int64_t>(0, INT64_MAX));
    event.mono_ns = *rc::gen::inRange<std::int64_t>(0, INT64_MAX / ns_per_ms) * ns_per_ms;
    event.causal_parent = *rc::gen::arbitrary<std::uint32_t>();
    event.node = *rc::gen::element<std::uint8_t>(0, 1, 7, 254, 255);
    if ((rule.needs & needs_edge) != 0) {
      event.edge = *rc::gen::element<std::uint8_t>(0, 3, 255);
      event.target_lane = *rc::gen::element(Lane::control, Lane::data, Lane::telemetry);
    }
    event.provider_invocation = *rc::gen::element<std::uint32_t>(0, 5, 9, 77);
    if (rule.kind != EventKind::discontinuity) {
      event.sync_or_merge_group = *rc::gen::element<std::uint32_t>(0, 9, 123456);
    }
    if (*rc::gen::arbitrary<bool>()) {
      event.media_sample = *rc::gen::inRange<std::int64_t>(0, INT64_MAX);
      event.set(EventFlag::has_media_time);
      if (*rc::gen::arbitrary<bool>()) event.set(EventFlag::media_time_is_pts);
    }
    auto known = names();
    EventJsonWriter writer(known, Extensions::without);
    const auto text = writer.write(event);
    RC_ASSERT(text.has_value());
    const auto back = control_signal_from_json(**text, known);
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == event);
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace phalarope::replay
