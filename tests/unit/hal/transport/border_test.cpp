// The border between a session and its peers: what is taken, what is refused aloud, what leaves, in which form; and a
// whole turn over the loopback transport.
#include "hal/transport/border.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/spec/artifact_codec.hpp"
#include "core/spec/artifact_validator.hpp"
#include "core/spec/json_edit.hpp"
#include "hal/transport/border_feed.hpp"
#include "hal/transport/loopback_transport.hpp"
#include "tests/unit/engine/session/engine_driver.hpp"

namespace phalarope::hal {
namespace {

using phalarope::testing::EngineDriver;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Instant now{5 * ns_per_second};
constexpr WallTime wall{7 * ns_per_second};

BorderSettings settings(spec::WireForm form = {}) {
  return {.session_slot = 3, .form = form, .bootstrap_epoch = Epoch{4}};
}
replay::RecordingNames names() {
  replay::RecordingNames made;
  made.session_id = "caller";
  made.node_ids = {"microphone", "recogniser", "dialogue"};
  return made;
}

std::string signal_text(std::string_view name, std::string_view more = "") {
  return R"({"schema_version":"v1.0","event_scope":"session","session_id":"caller","pipeline_version":"pipeline-v1",)"
         R"("event_id":"evt/caller/1","lane":"ControlLane","transport_sequence":1,"runtime_sequence":1,)"
         R"("runtime_timestamp_ms":10,"wall_clock_timestamp_ms":10,"payload_class":"metadata","signal":")" +
         std::string(name) + "\"" + std::string(more) + "}";
}
std::string line(std::string_view name, std::string_view more = "") {
  return R"({"kind":"control_signal","doc":)" + signal_text(name, more) + "}\n";
}
constexpr std::string_view from_connection = R"(,"emitted_by":"RK-23","authority_epoch":4)";
constexpr std::string_view from_router = R"(,"emitted_by":"RK-06","authority_epoch":4,"scope":"turn")";

Message bytes(std::string_view text) {
  const auto raw = std::as_bytes(std::span(text));
  return {raw.begin(), raw.end()};
}
std::string text(const Message& message) { return {reinterpret_cast<const char*>(message.data()), message.size()}; }
std::vector<EventKind> kinds(const Intake& taken) {
  std::vector<EventKind> result;
  for (const Event& event : taken.events) result.push_back(event.kind);
  return result;
}

// contract: 1.9 row 2, 1.10
TEST(Border, ASignalWithARowBecomesAnEventOfItsSeat) {
  Border sut(settings(), names());
  const Intake taken = sut.take(bytes(line("connected", from_connection) + line("cancel", from_router)), now, wall);
  EXPECT_FALSE(taken.refused);
  EXPECT_THAT(kinds(taken), ElementsAre(EventKind::connected, EventKind::user_cancel_requested));
  EXPECT_EQ(taken.events[0].session_slot, 3);
  EXPECT_EQ(taken.events[0].at(), now) << "a peer's clock decides nothing here";
  EXPECT_EQ(taken.events[1].transport_sequence, 2U);
  EXPECT_EQ(taken.events[1].scope, Scope::turn);
}

// contract: 1.11 row 10, 12.3 row 1
TEST(Border, ABatchWithOneWrongElementIsRefusedWholeAndItsSenderIsTold) {
  Border sut(settings(), names());
  const Intake taken =
      sut.take(bytes(line("connected", from_connection) + line("cancel", R"(,"authority_epoch":4)")), now, wall);
  EXPECT_TRUE(taken.refused);
  EXPECT_THAT(taken.events, IsEmpty());
  ASSERT_THAT(taken.replies, SizeIs(2));
  EXPECT_THAT(text(taken.replies[0]), HasSubstr(R"("signal":"reject")"));
  EXPECT_THAT(text(taken.replies[0]), HasSubstr("schema_validation_error"));
  EXPECT_THAT(text(taken.replies[1]), HasSubstr(R"("index":1)"));
  EXPECT_THAT(text(taken.replies[1]), HasSubstr(R"("path":"emitted_by")"));
}

TEST(Border, WhatTheEngineAloneSaysIsRefusedFromOutside) {
  for (const std::string_view name : {"turn_open", "commit", "close", "lease_rotated", "shed"}) {
    Border sut(settings(), names());
    const Intake taken = sut.take(bytes(line(name, R"(,"emitted_by":"RK-03","authority_epoch":4)")), now, wall);
    EXPECT_TRUE(taken.refused) << name;
    EXPECT_THAT(text(taken.replies.back()), HasSubstr("said by the engine"));
  }
}

// contract: 2.1 diagnostics row 2
TEST(Border, AnotherSessionsElementIsRefused) {
  Border sut(settings(), [] {
    replay::RecordingNames other = names();
    other.session_id = "neighbour";
    return other;
  }());
  const Intake taken = sut.take(bytes(line("connected", from_connection)), now, wall);
  EXPECT_TRUE(taken.refused);
  EXPECT_THAT(text(taken.replies.back()), HasSubstr("session_mismatch"));
}

// contract: 7.1 rows 1-4
TEST(Border, ACancelIsAimedByTheNamesOfTheRecord) {
  Border sut(settings(), names());
  const auto aimed = [&sut](std::string_view more) {
    return sut.take(bytes(line("cancel", R"(,"emitted_by":"RK-06","authority_epoch":4,)" + std::string(more))), now,
                    wall);
  };
  EXPECT_EQ(aimed(R"("scope":"session")").events.at(0).scope, Scope::session);
  const Intake turn = aimed(R"("scope":"turn","turn_id":"turn-000007")");
  EXPECT_EQ(turn.events.at(0).turn_number, 7U);
  const Intake node = aimed(R"("scope":"node","node_id":"dialogue")");
  EXPECT_EQ(node.events.at(0).scope, Scope::node);
  EXPECT_EQ(node.events.at(0).node, 2);
  const Intake call = aimed(R"("scope":"provider_invocation","provider_invocation_id":"pvi/caller/turn-000007/41")");
  EXPECT_EQ(call.events.at(0).scope, Scope::provider_invocation);
  EXPECT_EQ(call.events.at(0).provider_invocation, 41U);
  for (const std::string_view nobody :
       {R"("scope":"node","node_id":"kettle")", R"("scope":"node")", R"("scope":"turn","turn_id":"theirs")",
        R"("scope":"provider_invocation","provider_invocation_id":"pvi/other/turn-000007/41")",
        R"("scope":"provider_invocation","provider_invocation_id":"pvi/caller/x")"}) {
    EXPECT_TRUE(aimed(nobody).refused) << nobody;
  }
}

TEST(Border, BytesOfAnySortAreRefusedAndNeverMore) {
  Border sut(settings(), names());
  Border packed(settings({.encoding = spec::Encoding::flatbuffers, .compression = spec::Compression::zlib}), names());
  for (const std::string_view junk :
       {"", "{", "null", "[1,2]", "{\"kind\":\"control_signal\"}", "\x78\x9c\xff\xff",
        R"({"kind":"control_signal","doc":7})", R"({"kind":"event_record","doc":{"session_id":7}})"}) {
    EXPECT_EQ(sut.take(bytes(junk), now, wall).refused, !junk.empty()) << junk;
    EXPECT_TRUE(packed.take(bytes(junk), now, wall).refused) << junk;
  }
  std::string many;
  for (std::size_t i = 0; i <= message_elements_max; ++i) many += line("connected", from_connection);
  EXPECT_TRUE(sut.take(bytes(many), now, wall).refused);
}

// contract: 10.4, 1.11 row 6, F11
TEST(Border, ARepeatedKeyIsNotDoneAgainAndThatItCameAgainIsNoted) {
  Border sut(settings(), names());
  const std::string request = line("cancel", std::string(from_router) + R"(,"idempotency_key":"k1")");
  EXPECT_THAT(kinds(sut.take(bytes(request), now, wall)), ElementsAre(EventKind::user_cancel_requested));
  const Intake again = sut.take(bytes(request), now, wall);
  EXPECT_FALSE(again.refused) << "a duplicate is no error";
  EXPECT_THAT(again.events, IsEmpty());
  ASSERT_THAT(again.notes, SizeIs(1));
  EXPECT_EQ(spec::member_text(again.notes[0], "idempotency_key"), "k1");
  const std::string other = line("cancel", std::string(from_router) + R"(,"idempotency_key":"k2")");
  EXPECT_THAT(kinds(sut.take(bytes(other), now, wall)), ElementsAre(EventKind::user_cancel_requested));
  EXPECT_EQ(sut.counters().notes, 1U);
}

// contract: 10.4
TEST(Border, AForgottenKeyIsNoted) {
  Border sut(settings(), names());
  Intake last;
  for (std::size_t i = 0; i <= idempotency_keys_max_default; ++i) {
    const std::string key = R"(,"idempotency_key":"k)" + std::to_string(i) + "\"";
    last = sut.take(bytes(line("cancel", std::string(from_router) + key)), now, wall);
  }
  EXPECT_THAT(kinds(last), ElementsAre(EventKind::user_cancel_requested));
  ASSERT_THAT(last.notes, SizeIs(1));
  EXPECT_NE(last.notes[0].find("evicted"), nullptr);
}

// contract: 10.2 row 1
TEST(Border, WhatCarriesNoEpochIsServedUnderTheSessionsOwn) {
  Border sut(settings(), names());
  const Intake taken = sut.take(bytes(line("connected", R"(,"emitted_by":"RK-23")")), now, wall);
  EXPECT_THAT(kinds(taken), ElementsAre(EventKind::connected));
  EXPECT_EQ(sut.counters().epochs_enriched, 1U);
  static_cast<void>(sut.take(bytes(line("connected", from_connection)), now, wall));
  EXPECT_EQ(sut.counters().epochs_enriched, 1U) << "a carried one is used as it is";
}

// contract: I7, F7, 7.3 row 1, 10.2 row 2, 10.2 row 5
TEST(Border, AnOlderEpochPassesNeitherInNorOut) {
  Border sut(settings(), names());
  const Intake stale = sut.take(bytes(line("connected", R"(,"emitted_by":"RK-23","authority_epoch":3)")), now, wall);
  EXPECT_TRUE(stale.refused);
  EXPECT_THAT(text(stale.replies.at(0)), HasSubstr(R"("signal":"stale_epoch_reject")"));
  Event open{};
  open.kind = EventKind::turn_open;
  open.emitter = Emitter::turn_arbiter;
  open.scope = Scope::turn;
  open.turn_number = 1;
  open.authority_epoch = 5;
  EXPECT_TRUE(sut.give(open));
  open.authority_epoch = 4;
  EXPECT_FALSE(sut.give(open)) << "epoch 5 has spoken";
  EXPECT_TRUE(sut.take(bytes(line("connected", from_connection)), now, wall).refused) << "in this direction, too";
}

// contract: I7
TEST(Border, APeerThatClaimsAHighEpochDoesNotSilenceTheEngine) {
  Border sut(settings(), names());
  EXPECT_FALSE(sut.take(bytes(line("connected", R"(,"emitted_by":"RK-23","authority_epoch":99)")), now, wall).refused);
  Event closed{};
  closed.kind = EventKind::close;
  closed.emitter = Emitter::turn_arbiter;
  closed.scope = Scope::turn;
  closed.turn_number = 2;
  closed.authority_epoch = 4;
  EXPECT_TRUE(sut.give(closed));
}

// contract: 1.11 row 9
TEST(Border, AnUnknownTypeIsTreatedAsTheSessionSaysAndNoted) {
  const std::string unknown = R"({"kind":"weather_report","doc":{"sky":"grey"}})";
  for (const auto action :
       {spec::UnknownEventAction::reject, spec::UnknownEventAction::drop, spec::UnknownEventAction::pass_through}) {
    BorderSettings made = settings();
    made.ingress.unknown_event_action = action;
    Border sut(made, names());
    const Intake taken = sut.take(bytes(unknown), now, wall);
    EXPECT_EQ(taken.refused, action == spec::UnknownEventAction::reject);
    EXPECT_EQ(taken.passed_through.size(), action == spec::UnknownEventAction::pass_through ? 1U : 0U);
    ASSERT_THAT(taken.notes, SizeIs(1));
    EXPECT_EQ(spec::member_text(taken.notes[0], "setting"), "unknown_event_action");
    EXPECT_THAT(taken.events, IsEmpty());
  }
}

// decisions.md D12: both forms carry the same documents.
TEST(Border, BothSidesSpeakTheFormTheyAgreedOn) {
  constexpr std::array<std::string_view, 2> encodings{"flatbuffers", "json"};
  constexpr std::array<std::string_view, 2> compressions{"zlib", "none"};
  const auto form = Border::agree("websocket", {.encodings = encodings, .compressions = compressions});
  ASSERT_TRUE(form.has_value()) << form.error();
  EXPECT_FALSE(Border::agree("pigeon", {}));
  Border sut(settings(*form), names());
  const auto document = spec::parse_strict_json(signal_text("connected", from_connection));
  const auto artifact = spec::encode_artifact("control_signal", *document);
  ASSERT_TRUE(artifact.has_value());
  const Message message = form->compression == spec::Compression::zlib ? compress(*artifact) : *artifact;
  EXPECT_THAT(kinds(sut.take(message, now, wall)), ElementsAre(EventKind::connected));
  Event closed{};
  closed.kind = EventKind::close;
  closed.emitter = Emitter::turn_arbiter;
  closed.scope = Scope::turn;
  closed.turn_number = 2;
  closed.authority_epoch = 4;
  const auto given = sut.give(closed);
  ASSERT_TRUE(given.has_value());
  const auto plain = form->compression == spec::Compression::zlib ? *expand(*given, {}) : *given;
  const auto back = spec::decode_artifact(plain);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(spec::member_text(back->document, "signal"), "close");
}

// A whole turn, asked for and cancelled from outside.
// contract: T5, T7
TEST(LoopbackTransport, APeerAsksForATurnCancelsItAndHearsBoth) {
  EngineDriver engine;
  Border sut(BorderSettings{}, names());
  std::vector<Event> given;
  LoopbackTransport transport(sut, [&](const Event& event) {
    Event input = event;
    for (const Event& output : engine.engine->step(input)) given.push_back(output);
    return true;
  });
  const auto ask = [&](const std::string& message) {
    ASSERT_TRUE(transport.send(bytes(message)));
    transport.serve(Instant{engine.now_ns}, WallTime{engine.now_ns});
    for (const Event& output : given) transport.give(output);
    given.clear();
  };
  ask(line("turn_open_proposed", R"(,"emitted_by":"RK-02","authority_epoch":0)"));
  EXPECT_TRUE(engine.session().turn_active());
  ask(line("cancel", R"(,"emitted_by":"RK-06","authority_epoch":0,"scope":"turn")"));
  EXPECT_FALSE(engine.session().turn_active());
  std::vector<std::string> heard;
  while (const auto message = transport.receive()) {
    const auto request = spec::parse_strict_json(text(*message).substr(0, message->size() - 1));
    ASSERT_TRUE(request.has_value());
    spec::JsonValue document = *request->find("doc");
    EXPECT_EQ(spec::judge_live({.kind = "control_signal", .document = document}), std::nullopt);
    heard.emplace_back(spec::member_text(document, "signal"));
  }
  EXPECT_THAT(heard, ElementsAre("turn_open_proposed", "turn_open", "cancel", "abort", "close"));
}

Event said(EventKind kind, std::uint64_t sequence) {
  Event signal{};
  signal.kind = kind;
  signal.emitter = Emitter::turn_arbiter;
  signal.scope = Scope::turn;
  signal.turn_number = 1;
  signal.runtime_sequence = sequence;
  signal.authority_epoch = 4;
  return signal;
}

// contract: I5, I9
TEST(BorderFeed, APeerThatDoesNotListenHearsAfterwardsWhichSignalsItMissed) {
  const auto sut = std::make_unique<BorderFeed>();
  const StepTap tap = sut->tap();
  std::uint64_t sequence = 0;
  const auto say = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const Event signal = said(EventKind::turn_open, ++sequence);
      tap.seen(tap.owner, Event{}, {&signal, 1});
    }
  };
  say(border_events_max + 10);
  EXPECT_EQ(sut->dropped(), 10U);
  Event heard;
  for (std::size_t i = 1; i <= border_events_max; ++i) {
    ASSERT_TRUE(sut->hear(heard));
    EXPECT_EQ(heard.runtime_sequence, i);
  }
  EXPECT_FALSE(sut->hear(heard));
  say(1);
  ASSERT_TRUE(sut->hear(heard));
  EXPECT_EQ(heard.kind, EventKind::drop_notice) << "first of all, what was missed";
  EXPECT_EQ(heard.range_start, static_cast<std::int64_t>(border_events_max + 1));
  EXPECT_EQ(heard.range_end, static_cast<std::int64_t>(border_events_max + 10));
  Border border(settings(), names());
  const auto message = border.give(heard);
  ASSERT_TRUE(message) << "the notice obeys its row of the contract";
  EXPECT_THAT(text(*message), HasSubstr(R"("reason":"queue_pressure_drop")"));
  ASSERT_TRUE(sut->hear(heard));
  EXPECT_EQ(heard.kind, EventKind::turn_open);
  EXPECT_FALSE(sut->hear(heard));
}

TEST(BorderFeed, WordsOfTheBoardLeaveAndFactsOfTheWorldDoNot) {
  const auto sut = std::make_unique<BorderFeed>();
  const StepTap tap = sut->tap();
  for (const EventKind kind :
       {EventKind::connected, EventKind::playback_started, EventKind::audio_frame, EventKind::tick,
        EventKind::control_snapshot, EventKind::flow_xoff, EventKind::lease_rotated}) {
    tap.seen(tap.owner, said(kind, 1), {});
  }
  const Event command = said(EventKind::command_fence, 2);
  tap.seen(tap.owner, Event{}, {&command, 1});
  Event heard;
  ASSERT_TRUE(sut->hear(heard));
  EXPECT_EQ(heard.kind, EventKind::flow_xoff);
  ASSERT_TRUE(sut->hear(heard));
  EXPECT_EQ(heard.kind, EventKind::lease_rotated);
  EXPECT_FALSE(sut->hear(heard));
}

}  // namespace
}  // namespace phalarope::hal
