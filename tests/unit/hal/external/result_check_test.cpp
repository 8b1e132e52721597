// What a node of each type may say to its command, and the name of everything else.
#include "hal/external/result_check.hpp"

#include <gtest/gtest.h>

namespace phalarope::hal {
namespace {

Event command_of(EventKind kind, std::uint64_t ticket = 7, std::int64_t a = 0) {
  Event command{};
  command.kind = kind;
  command.ticket = ticket;
  command.turn_number = 3;
  command.session_slot = 2;
  command.node = 4;
  command.provider_invocation = 11;
  command.argument_a = a;
  return command;
}

ResultRecord result_of(const Event& command, EventKind kind, std::int64_t a, std::int64_t b, std::string_view text) {
  ResultRecord record;
  record.type = phal_record_result;
  record.event.kind = static_cast<std::uint16_t>(kind);
  record.event.ticket = command.ticket;
  record.event.turn_number = command.turn_number;
  record.event.session_slot = command.session_slot;
  record.event.node = command.node;
  record.event.argument_a = a;
  record.event.argument_b = b;
  record.payload_bytes = static_cast<std::uint32_t>(text.size());
  std::memcpy(record.bytes.data(), text.data(), text.size());
  return record;
}

class DialogueCheck : public ::testing::Test {
 protected:
  DialogueCheck() { sut_.begin(ask_); }
  ResultRecord sentence(std::string_view text = "It is late.") {
    return result_of(ask_, EventKind::dialogue_sentence, 0, 0, text);
  }
  Event ask_ = command_of(EventKind::command_dialogue_ask);
  ResultCheck sut_{NodeType::dialogue};
};

TEST_F(DialogueCheck, AResultIsBuiltAnewFromTheCommandAndTwoNumbers) {
  ResultRecord said = sentence();
  said.event.runtime_sequence = said.event.authority_epoch = 99;
  said.event.lane = said.event.flags = said.event.emitter = 77;
  said.event.provider_invocation = 1234;
  const auto result = sut_.accept(said);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->kind, EventKind::dialogue_sentence);
  EXPECT_EQ(result->ticket, 7U);
  EXPECT_EQ(result->provider_invocation, 11U);
  EXPECT_EQ(result->lane, Lane::data);
  EXPECT_EQ(result->authority_epoch, 0U);
  EXPECT_EQ(result->runtime_sequence, 0U);
}

// contract: D4
TEST_F(DialogueCheck, AToolIsADialoguesAndHasNoWords) {
  for (const EventKind kind : {EventKind::tool_started, EventKind::tool_ended}) {
    const auto result = sut_.accept(result_of(ask_, kind, 0, 0, ""));
    ASSERT_TRUE(result);
    EXPECT_EQ(result->payload_class, PayloadClass::metadata);
    EXPECT_EQ(sut_.accept(result_of(ask_, kind, 0, 0, "text")).error(), ExternalFault::payload_invalid);
    ResultCheck synthesiser{NodeType::synthesiser};
    synthesiser.begin(ask_);
    EXPECT_EQ(synthesiser.accept(result_of(ask_, kind, 0, 0, "")).error(), ExternalFault::kind_not_allowed);
  }
}

TEST_F(DialogueCheck, AnotherTypesResultOrACommandIsNotAllowed) {
  for (const EventKind kind : {EventKind::synthesis_done, EventKind::recognition_final, EventKind::node_failed,
                               EventKind::command_fence, EventKind::turn_open}) {
    EXPECT_EQ(sut_.accept(result_of(ask_, kind, 0, 0, "")).error(), ExternalFault::kind_not_allowed);
  }
}

TEST_F(DialogueCheck, EveryIdentityMustBeTheCommands) {
  const auto bent = [&](auto change) {
    ResultRecord said = sentence();
    change(said.event);
    return sut_.accept(said).error();
  };
  EXPECT_EQ(bent([](phal_event& e) { ++e.ticket; }), ExternalFault::identity_mismatch);
  EXPECT_EQ(bent([](phal_event& e) { ++e.turn_number; }), ExternalFault::identity_mismatch);
  EXPECT_EQ(bent([](phal_event& e) { ++e.session_slot; }), ExternalFault::identity_mismatch);
  EXPECT_EQ(bent([](phal_event& e) { ++e.node; }), ExternalFault::identity_mismatch);
}

TEST_F(DialogueCheck, NumbersAndTextHaveTheirBounds) {
  EXPECT_EQ(sut_.accept(result_of(ask_, EventKind::dialogue_sentence, -1, 0, "x")).error(),
            ExternalFault::argument_out_of_range);
  EXPECT_EQ(sut_.accept(result_of(ask_, EventKind::dialogue_done, 0, 2, "")).error(),
            ExternalFault::argument_out_of_range);
  EXPECT_EQ(sut_.accept(result_of(ask_, EventKind::dialogue_done, 0, 0, "x")).error(), ExternalFault::payload_invalid);
  EXPECT_EQ(sut_.accept(sentence("\xC3")).error(), ExternalFault::payload_invalid);
  EXPECT_EQ(sut_.accept(sentence(std::string_view("a\0b", 3))).error(), ExternalFault::payload_invalid);
  EXPECT_TRUE(sut_.accept(sentence("K\xC3\xA4se")));
}

TEST_F(DialogueCheck, OneCommandHasABoundedNumberOfResults) {
  for (std::uint32_t i = 0; i < results_of_command_max; ++i) ASSERT_TRUE(sut_.accept(sentence()));
  EXPECT_EQ(sut_.accept(sentence()).error(), ExternalFault::results_flooded);
  sut_.begin(ask_);
  EXPECT_TRUE(sut_.accept(sentence()));
}

class VoiceCheck : public ::testing::Test {
 protected:
  void grant(std::int64_t frames, std::uint64_t ticket = 7) {
    command_ = command_of(EventKind::command_node_credit, ticket, frames);
    sut_.begin(command_);
  }
  ResultRecord frame(std::int64_t first_sample) {
    const std::string silence(external_frame_samples * 2, '\0');
    return result_of(command_, EventKind::synthesis_frame, first_sample, external_frame_samples, silence);
  }
  Event command_{};
  ResultCheck sut_{NodeType::synthesiser};
};

TEST_F(VoiceCheck, FramesAreContiguousFromSampleZero) {
  grant(10);
  EXPECT_TRUE(sut_.accept(frame(0)));
  EXPECT_EQ(sut_.accept(frame(0)).error(), ExternalFault::axis_broken);
  const auto second = sut_.accept(frame(320));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->media_sample, 320);
  EXPECT_EQ(sut_.accept(frame(960)).error(), ExternalFault::axis_broken);
}

TEST_F(VoiceCheck, NoFrameGoesBeyondTheCreditOfItsTurn) {
  grant(1);
  EXPECT_TRUE(sut_.accept(frame(0)));
  EXPECT_EQ(sut_.accept(frame(320)).error(), ExternalFault::credit_exceeded);
  grant(1);
  EXPECT_TRUE(sut_.accept(frame(320)));
  grant(-5, 8);
  EXPECT_EQ(sut_.accept(frame(0)).error(), ExternalFault::credit_exceeded) << "credit is never negative, nor inherited";
}

TEST_F(VoiceCheck, ANewTurnBeginsItsAxisAtZeroAndSoDoesANewProcess) {
  grant(5);
  EXPECT_TRUE(sut_.accept(frame(0)));
  grant(5, 8);
  EXPECT_TRUE(sut_.accept(frame(0)));
  sut_.forget();
  grant(5, 8);
  EXPECT_TRUE(sut_.accept(frame(0)));
}

TEST_F(VoiceCheck, ASentenceEndsWhereSoundWasSentAndNotLater) {
  grant(5);
  EXPECT_TRUE(sut_.accept(frame(0)));
  EXPECT_TRUE(sut_.accept(result_of(command_, EventKind::synthesis_done, 0, 320, "")));
  EXPECT_EQ(sut_.accept(result_of(command_, EventKind::synthesis_done, 0, 321, "")).error(),
            ExternalFault::axis_broken);
}

TEST_F(VoiceCheck, AFrameIsExactlyAFrame) {
  grant(5);
  ResultRecord short_frame = frame(0);
  short_frame.payload_bytes -= 2;
  EXPECT_EQ(sut_.accept(short_frame).error(), ExternalFault::payload_invalid);
}

}  // namespace
}  // namespace phalarope::hal
