// pipeline/v2: what it adds compiles to what the engine holds, what it cannot mean is refused at its line, and a file
// that uses nothing new is the v1 file it always was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "core/engine/plan/materialize.hpp"
#include "core/spec/edge_conditions.hpp"
#include "core/spec/graph_drawing.hpp"
#include "core/spec/plan_codec.hpp"
#include "tests/unit/spec/spec_samples.hpp"

namespace phalarope::spec {
namespace {

using test::compiled;
using test::complaints;
using testing::HasSubstr;

std::string v2(std::string_view what = "", std::string_view replacement = "") {
  std::string text = test::with("pipeline/v1", "pipeline/v2");
  if (what.empty()) return text;
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), replacement);
}
std::string v2_with_edge(std::string_view edge) { return v2() + "  - " + std::string(edge) + "\n"; }

std::string hash_of(const CompiledPipeline& pipeline) {
  const auto plan = std::make_unique<ResolvedTurnPlan>();
  EXPECT_TRUE(materialize(pipeline.plan, "turn", Epoch{3}, *plan));
  return std::string(plan->plan_hash.view());
}

const EdgeDefinition* edge_between(const CompiledPipeline& pipeline, std::string_view from, std::string_view to) {
  for (const EdgeDefinition& edge : pipeline.graph.edges) {
    if (pipeline.graph.nodes[edge.from.value].id.view() == from &&
        pipeline.graph.nodes[edge.to.value].id.view() == to) {
      return &edge;
    }
  }
  return nullptr;
}

// contract: D15
TEST(PipelineV2, AFileThatUsesNothingNewCompilesAsInV1) {
  const std::string shipped = test::text_of(test::repository_file("firmware_images/conf/pipeline.yaml"));
  for (const std::string& text : {std::string(test::small_pipeline), test::with_added(test::all_overrides), shipped}) {
    std::string second = text;
    second.replace(second.find("pipeline/v1"), 11, "pipeline/v2");
    EXPECT_EQ(encode(compiled(text)), encode(compiled(second)));
    EXPECT_EQ(hash_of(compiled(text)), hash_of(compiled(second)));
  }
}

// The small pipeline's bytes and hash as they were before there was a v2.
TEST(PipelineV2, V1FilesCompileToTheHashTheyAlwaysHad) {
  EXPECT_EQ(hash_of(compiled(test::small_pipeline)),
            "9a5c0c49e4de264bcde6685659418aca4ecddb26084d1da788b1872b0314d61e");
}

TEST(PipelineV2, V1KnowsNothingOfIt) {
  EXPECT_THAT(complaints(test::with("type: dialogue", "type: dialogue, comment: x")), HasSubstr("nodes[2].comment"));
  EXPECT_THAT(complaints(test::with_added("modules: {}\n")), HasSubstr("modules: unknown field"));
  EXPECT_THAT(complaints(test::with("to: mind", "to: mind, when: {}")), HasSubstr("edges[1].when: unknown field"));
}

TEST(PipelineV2, NotesChangeNothing) {
  std::string text = v2("type: dialogue", "type: dialogue, comment: answers, metadata: {owner: kitchen}");
  text += "comment: the kitchen's\nmetadata: {ticket: \"417\"}\n";
  EXPECT_EQ(encode(compiled(text)), encode(compiled(test::small_pipeline)));
}

// contract: F-018
TEST(PipelineV2, AConditionOnAnEdgeReachesTheEngine) {
  const CompiledPipeline pipeline =
      compiled(v2("to: mind", "to: mind, when: {confidence_permille: {at_least: 600}, utterance: words}"));
  const EdgeDefinition* const edge = edge_between(pipeline, "ears", "mind");
  ASSERT_NE(edge, nullptr);
  EXPECT_EQ(edge->when.confidence_permille, (ValueRange{.min = 600, .max = 1000}));
  EXPECT_EQ(edge->when.utterance_class, (ValueRange{.min = 1, .max = 1}));
  EXPECT_EQ(hash_of(pipeline), hash_of(compiled(test::small_pipeline))) << "the graph is named by its reference (4.3)";
}

TEST(PipelineV2, MergeSelectAndGateAreDrawnAway) {
  std::string text =
      v2("edges:\n", "  - {id: sure, type: gate, when: {confidence_permille: {at_least: 700}}}\nedges:\n");
  constexpr std::string_view direct = "  - {from: ears, to: mind}";
  text.replace(text.find(direct), direct.size(), "  - {from: ears, to: sure}\n  - {from: sure, to: mind}");
  const CompiledPipeline gate = compiled(text);
  ASSERT_EQ(gate.graph.nodes.size(), 5U);
  ASSERT_EQ(gate.graph.edges.size(), 4U);
  ASSERT_NE(edge_between(gate, "ears", "mind"), nullptr);
  EXPECT_EQ(edge_between(gate, "ears", "mind")->when.confidence_permille.min, 700);
}

constexpr std::string_view two_ears = R"(spec: pipeline/v2
version: p1
nodes:
  - {id: mic, type: microphone}
  - {id: near, type: recogniser}
  - {id: far, type: recogniser}
  - {id: meet, type: JUNCTION}
  - {id: mind, type: dialogue}
edges:
  - {from: mic, to: near}
  - {from: mic, to: far}
  - {from: near, to: meet, when: {confidence_permille: {at_least: 500}}}
  - {from: far, to: meet, when: {confidence_permille: {at_least: 900}}}
  - {from: meet, to: mind}
)";
std::string meeting(std::string_view junction, std::string_view what = "", std::string_view replacement = "") {
  std::string text(two_ears);
  text.replace(text.find("JUNCTION"), 8, junction);
  if (!what.empty()) text.replace(text.find(what), what.size(), replacement);
  return text;
}

// contract: F-005, F-006
TEST(PipelineV2, EdgesThatMeetBecomeOneEdgePerSource) {
  for (const char* junction : {"merge", "select"}) {
    const CompiledPipeline pipeline = compiled(meeting(junction));
    ASSERT_EQ(pipeline.graph.edges.size(), 4U) << junction;
    EXPECT_EQ(edge_between(pipeline, "near", "mind")->when.confidence_permille.min, 500);
    EXPECT_EQ(edge_between(pipeline, "far", "mind")->when.confidence_permille.min, 900);
  }
}

constexpr std::string_view modular = R"(spec: pipeline/v2
version: p1
modules:
  voice/v1:
    comment: says a sentence
    parameters: {engine: flite, budget: }
    nodes:
      - {id: say, type: synthesiser, provider: $(engine), budget_ms: $(budget)}
      - {id: speaker, type: playback}
    edges:
      - {from: say, to: speaker}
    takes: say
nodes:
  - {id: mic, type: microphone}
  - {id: ears, type: recogniser}
  - {id: mind, type: dialogue}
  - {id: out, module: voice/v1, with: {budget: 900}}
edges:
  - {from: mic, to: ears}
  - {from: ears, to: mind}
  - {from: mind, to: out}
)";
std::string modular_with(std::string_view what, std::string_view replacement) {
  std::string text(modular);
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), replacement);
}

// contract: F-019
TEST(PipelineV2, AModuleIsExpandedWithItsParameters) {
  const CompiledPipeline pipeline = compiled(modular);
  ASSERT_EQ(pipeline.graph.nodes.size(), 5U);
  EXPECT_EQ(pipeline.graph.nodes[3].id.view(), "out.say");
  EXPECT_EQ(pipeline.graph.nodes[3].node_budget_ms, 900);
  EXPECT_EQ(pipeline.graph.nodes[4].id.view(), "out.speaker");
  EXPECT_NE(edge_between(pipeline, "mind", "out.say"), nullptr);
  EXPECT_NE(edge_between(pipeline, "out.say", "out.speaker"), nullptr);
  EXPECT_EQ(pipeline.plan.overrides.provider_bindings[2].provider.view(), "flite");
}

// contract: F-062
TEST(PipelineV2, AnInsertListensWhereThePolicyWantsIt) {
  const CompiledPipeline pipeline =
      compiled(v2() + "inserts:\n  - {id: watch, type: telemetry, after: mind, policy: policy/retention-v3}\n");
  const EdgeDefinition* const edge = edge_between(pipeline, "mind", "watch");
  ASSERT_NE(edge, nullptr);
  EXPECT_EQ(edge->lane, Lane::telemetry);
  EXPECT_EQ(pipeline.graph.nodes[edge->to.value].lane, Lane::telemetry);
}

// contract: F-007, 6.6
TEST(PipelineV2, AFallbackPathIsTheOneTheEngineRuns) {
  EXPECT_EQ(encode(compiled(v2() + "fallbacks:\n  - {when_fails: mind, path: [mouth, speaker], comment: sorry}\n")),
            encode(compiled(test::small_pipeline)));
}

struct Complaint {
  std::string text;
  const char* expected;
};

std::string fallback(std::string_view path, std::string_view more = "") {
  return v2() + "fallbacks:\n  - {when_fails: mind, path: " + std::string(path) + "}\n" + std::string(more);
}

// contract: D15, D12
TEST(PipelineV2, ComplainsAtTheLineThatWasWritten) {
  const std::string two_minds = v2("edges:\n", "  - {id: other, type: dialogue}\nedges:\n");
  const Complaint cases[] = {
      {v2("type: dialogue", "type: dialogue, coment: x"), "nodes[2].coment: unknown field. Did you mean \"comment\"?"},
      {v2("to: mind", "to: mind, whn: {}"), "edges[1].whn: unknown field. Did you mean \"when\"?"},
      {v2() + "moduls: {}\n", "moduls: unknown field. Did you mean \"modules\"?"},
      {v2("to: mind", "to: mnd"),
       "test.yaml:12:22: edges[1].to: no node is called \"mnd\". Use one of: mic, ears, mind"},
      {v2("to: ears", "to: mind"), "edges[0]: \"mic\" gives audio/input, but \"mind\" takes text/words"},
      {v2("type: dialogue", "type: dialogue, takes: {in: audio/voice}"),
       "nodes[2].takes[\"in\"]: a dialogue cannot have a port of type \"audio/voice\". Use one of: text/words"},
      {v2("to: mind", "to: mind, to_port: heard"), "edges[1].to_port: \"mind\" has no port \"heard\""},
      {v2("to: mind", "to: mind, when: {confidence_permille: {at_least: 700, below: 600}}"),
       "edges[1].when.confidence_permille: can never hold"},
      {v2("to: mind", "to: mind, when: {confidence_permille: {at_least: 0}}"), "always holds"},
      {v2("to: mind", "to: mind, when: {}"), "edges[1].when: asks nothing"},
      {v2("to: mind", "to: mind, when: {confidence: {below: 600}}"),
       "edges[1].when.confidence: unknown field. Did you mean \"confidence_permille\"?"},
      {v2("to: mind", "to: mind, when: {words.utterance: words}"), "edges[1].when.words.utterance: unknown field"},
      {v2("to: ears", "to: ears, when: {utterance: words}"), "edges[0]: has a condition, but what \"mic\" gives bears"},
      {v2_with_edge("{from: ears, to: nobody}"), "edges[4].to: no node is called"},
      {two_minds, "nodes[5]: \"other\" is reached from no microphone"},
      {two_minds + "  - {from: ears, to: other, when: {utterance: words}}\n", "edges[4]: may be taken together"},
      {meeting("select", ", when: {confidence_permille: {at_least: 500}}", ""),
       "edges[2]: leads into a select without"},
      {meeting("gate"), "nodes[3].when: is missing: a gate needs its condition"},
      {meeting("merge", "  - {from: meet, to: mind}\n", ""), "nodes[3]: is a merge that leads nowhere"},
      {meeting("merge", "to: mind}", "to: mind, when: {confidence_permille: {below: 500}}}"),
       "edges[4]: can never be taken"},
      {modular_with("takes: say", "takes: sya"), "no node is called \"out.sya\""},
      {modular_with("    takes: say\n", ""), "edges[2].to: the module of \"out\" names no such end. Add `takes:`"},
      {modular_with("module: voice/v1", "module: voice/v2"), "no module is called \"voice/v2\". Use one of: voice/v1"},
      {modular_with(", with: {budget: 900}", ""), "nodes[3]: the module needs a value for its parameter \"budget\""},
      {modular_with("budget: 900", "budgt: 900"), "the module has no parameter \"budgt\""},
      {modular_with("$(engine)", "$(engin)"), "no parameter is called \"engin\""},
      {modular_with("budget: 900", "budget: soon"),
       "test.yaml:8:70: modules[\"voice/v1\"].nodes[0].budget_ms: is not a"},
      {modular_with("type: synthesiser,", "type: synthesiser, kolour: red,"), "modules[\"voice/v1\"].nodes[0].kolour"},
      {modular_with("  - {id: out, module: voice/v1, with: {budget: 900}}\n", ""), "is used by no node"},
      {modular_with("{id: speaker, type: playback}", "{id: speaker, module: voice/v1, with: {budget: 1}}"),
       "the module uses itself: voice/v1 -> voice/v1"},
      {fallback("[mouth]"), "fallbacks[0].path: does not reach a playback"},
      {fallback("[speaker]"), "fallbacks[0].path: is one that this engine does not run"},
      {fallback("[mouth, speaker, mouth]"), "fallbacks[0].path[2]: \"mouth\" occurs twice"},
      {fallback("[ears, speaker]"), "fallbacks[0].path[1]: no edge leads to it from \"ears\""},
      {fallback("[mind, mouth, speaker]"), "fallbacks[0].path: leads through the node that has failed"},
      {fallback("[mouth, speaker]", "adaptive_actions: [retry]\n"), "does not allow fallback"},
      {v2() + "inserts:\n  - {id: wash, type: filter, after: mind, policy: p}\n",
       "inserts[0].type: cannot be inserted"},
      {v2() + "inserts:\n  - {id: watch, type: telemetry, after: mind}\n", "inserts[0].policy: is missing"},
  };
  for (const Complaint& one : cases) EXPECT_THAT(complaints(one.text), HasSubstr(one.expected)) << one.text;
}

TEST(PipelineV2, RecursionThroughOtherModulesIsToldWithThePath) {
  const std::string text = R"(spec: pipeline/v2
version: p1
modules:
  a: {nodes: [{id: x, module: b}]}
  b: {nodes: [{id: y, module: c}]}
  c: {nodes: [{id: z, module: a}]}
nodes: [{id: start, module: a}]
edges: []
)";
  EXPECT_THAT(complaints(text), HasSubstr("the module uses itself: a -> b -> c -> a"));
}

TEST(PipelineV2, ExpansionIsBounded) {
  std::string text = "spec: pipeline/v2\nversion: p1\nmodules:\n";
  for (int i = 0; i < 30; ++i) {
    const std::string next = "m" + std::to_string(i + 1);
    text += "  m" + std::to_string(i) + ": {nodes: [{id: a, module: " + next + "}, {id: b, module: " + next + "}]}\n";
  }
  text += "  m30: {nodes: [{id: mic, type: microphone}]}\nnodes: [{id: bomb, module: m0}]\nedges: []\n";
  EXPECT_THAT(complaints(text), HasSubstr("expand to more than 192 pieces"));
}

TEST(PipelineV2, PathsThroughJunctionsAreBounded) {
  std::string text = "spec: pipeline/v2\nversion: p1\nnodes:\n  - {id: mic, type: microphone}\n";
  std::string edges = "edges:\n  - {from: mic, to: g0a}\n  - {from: mic, to: g0b}\n";
  for (int i = 0; i < 20; ++i) {
    const std::string at = "g" + std::to_string(i);
    const std::string next = "g" + std::to_string(i + 1);
    for (const char* half : {"a", "b"}) {
      text += "  - {id: " + at + half + ", type: merge}\n";
      for (const char* other : {"a", "b"}) edges += "  - {from: " + at + half + ", to: " + next + other + "}\n";
    }
  }
  text += "  - {id: g20a, type: recogniser}\n  - {id: g20b, type: dialogue}\n" + edges;
  EXPECT_NE(complaints(text), "(it compiled)");
}

TEST(PipelineV2, ConditionsReadBackAsText) {
  EXPECT_EQ(to_text(EdgeCondition{}), "");
  EXPECT_EQ(to_text({.confidence_permille = {.min = 1, .max = 2}, .utterance_class = {.min = 3, .max = 3}}),
            "confidence 1..2, utterance stop_phrase");
}

}  // namespace
}  // namespace phalarope::spec
