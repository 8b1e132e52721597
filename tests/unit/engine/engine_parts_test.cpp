// What an engine is made of: parts that do not fit together are refused by name, and one session's trouble is its own.
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/engine/engine.hpp"
#include "tests/unit/engine/session/engine_driver.hpp"

namespace phalarope {
namespace {

using testing::small_pipeline;

class EngineParts : public ::testing::Test {
 protected:
  Result<Engine*, EngineRefusal> create(std::size_t bytes, const phalarope::EngineParts& parts) {
    arena_ = std::make_unique<Arena>(std::span<std::byte>(region_).first(bytes));
    return Engine::create(*arena_, parts);
  }
  EngineRefusal refusal_of(const phalarope::EngineParts& parts) {
    const auto made = create(region_.size(), parts);
    EXPECT_FALSE(made.has_value());
    return made ? EngineRefusal{} : made.error();
  }

  CompiledPipeline pipeline_ = small_pipeline();
  std::vector<SessionStart> two_sessions_{2};
  std::vector<std::byte> region_ = std::vector<std::byte>(8 * 1024 * 1024);
  std::unique_ptr<Arena> arena_;
};

// contract: I10
TEST_F(EngineParts, AnArenaOfAnySizeEitherHoldsTheEngineOrSaysThatItIsTooSmall) {
  const phalarope::EngineParts parts{.pipelines = {&pipeline_, 1}, .sessions = two_sessions_};
  ASSERT_TRUE(create(region_.size(), parts));
  const std::size_t needed = arena_->used_bytes();
  for (std::size_t short_by = 8; short_by < needed; short_by = short_by < 128 ? short_by + 8 : short_by * 5 / 4) {
    const auto made = create(needed - short_by, parts);
    ASSERT_FALSE(made.has_value()) << "short by " << short_by;
    EXPECT_EQ(made.error(), EngineRefusal::arena_too_small);
  }
  EXPECT_EQ(create(0, parts).error(), EngineRefusal::arena_too_small);
  EXPECT_TRUE(create(needed + 64, parts)) << "64: wherever the region begins";
}

TEST_F(EngineParts, MoreSessionsThanSeatsAndMorePipelinesThanItsBoundAreRefused) {
  EXPECT_EQ(refusal_of({.pipelines = {&pipeline_, 1}, .sessions = two_sessions_, .seats = 1}),
            EngineRefusal::too_many_sessions);
  const std::vector<CompiledPipeline> many(engine_pipelines_max + 1, pipeline_);
  EXPECT_EQ(refusal_of({.pipelines = many, .sessions = two_sessions_}), EngineRefusal::too_many_pipelines);
}

TEST_F(EngineParts, APipelineThatCannotRunIsRefusedBeforeAnybodySitsDown) {
  CompiledPipeline bad_plan = pipeline_;
  bad_plan.plan.pipeline_version.clear();
  EXPECT_EQ(refusal_of({.pipelines = {&bad_plan, 1}, .sessions = two_sessions_}), EngineRefusal::pipeline_refused);
  CompiledPipeline bad_graph = pipeline_;
  bad_graph.graph.edges[0].to = bad_graph.graph.edges[0].from;
  EXPECT_EQ(refusal_of({.pipelines = {&bad_graph, 1}, .sessions = two_sessions_}), EngineRefusal::graph_refused);
}

TEST_F(EngineParts, AGuestWithAnUnknownPipelineGetsNoSeat) {
  const auto engine = create(region_.size(), {.pipelines = {&pipeline_, 1}, .seats = 1});
  ASSERT_TRUE(engine);
  SessionStart lost;
  lost.pipeline = 7;
  const auto refused = (*engine)->open_session(lost);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), EngineRefusal::unknown_pipeline);
  EXPECT_FALSE((*engine)->seated(0));
  EXPECT_FALSE((*engine)->seated(1)) << "a seat that does not exist is nobody's";
  EXPECT_EQ((*engine)->open_session({}), 0);
}

TEST_F(EngineParts, AnEventForASeatThatDoesNotExistIsGivenBack) {
  const auto engine = create(region_.size(), {.pipelines = {&pipeline_, 1}, .sessions = two_sessions_});
  Event stray{};
  stray.kind = EventKind::audio_frame;
  stray.session_slot = 2;
  stray.payload = {.generation = 1, .length_bytes = 2, .slot = 1, .pool = 1};
  const auto given = (*engine)->step(stray);
  ASSERT_EQ(given.size(), 1U);
  EXPECT_EQ(given[0].kind, EventKind::command_release_payload);
  EXPECT_EQ((*engine)->finished_evidence(), nullptr);
}

// contract: 12.3 row 5, 11.1
TEST_F(EngineParts, AFaultInsideANodeEndsItsOwnSessionsTurnOnly) {
  Engine& engine = **create(region_.size(), {.pipelines = {&pipeline_, 1}, .sessions = two_sessions_});
  for (std::uint16_t slot = 0; slot < 2; ++slot) {
    for (const auto kind : {EventKind::connected, EventKind::user_turn_requested}) {
      Event event{};
      event.kind = kind;
      event.session_slot = slot;
      static_cast<void>(engine.step(event));
    }
  }
  Event failed{};
  failed.kind = EventKind::node_failed;
  failed.session_slot = 1;
  failed.node = testing::recogniser_node;
  const auto given = engine.step(failed);
  ASSERT_NE(engine.finished_evidence(), nullptr);
  EXPECT_EQ(engine.finished_evidence()->terminal_reason, Reason::node_timeout_or_failure);
  for (const Event& output : given) EXPECT_EQ(output.session_slot, 1U) << name_of(output.kind);
  EXPECT_FALSE(engine.sessions()[1].turn_active());
  EXPECT_TRUE(engine.sessions()[0].turn_active());
  Event again{};
  again.kind = EventKind::user_turn_requested;
  again.session_slot = 1;
  static_cast<void>(engine.step(again));
  EXPECT_TRUE(engine.sessions()[1].turn_active()) << "the session stays usable";
}

TEST(EngineRefusal, EachSaysItsIdAndWhatToDo) {
  using enum EngineRefusal;
  std::set<std::string> ids;
  for (const auto refusal : {arena_too_small, too_many_sessions, too_many_pipelines, unknown_pipeline, pipeline_refused,
                             graph_refused, seats_taken}) {
    const std::string sentence(describe(refusal));
    ASSERT_NE(sentence.find(": "), std::string::npos);
    EXPECT_TRUE(ids.insert(sentence.substr(0, sentence.find(':'))).second) << sentence;
  }
}

}  // namespace
}  // namespace phalarope
