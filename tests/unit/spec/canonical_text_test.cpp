// The canonical form of a document: whatever compiles compiles to the same plan and graph when it is written again.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <memory>

#include "core/engine/plan/materialize.hpp"
#include "core/spec/document.hpp"
#include "core/spec/plan_codec.hpp"
#include "tests/unit/spec/spec_samples.hpp"

namespace phalarope::spec {
namespace {

std::string canonical(std::string_view text) {
  Diagnostics diagnostics;
  const std::string again = canonical_text(parse_document(text, "test.yaml", diagnostics));
  EXPECT_TRUE(diagnostics.empty()) << to_string(diagnostics);
  return again;
}

std::string hash_of(const CompiledPipeline& pipeline) {
  const auto plan = std::make_unique<ResolvedTurnPlan>();
  EXPECT_TRUE(materialize(pipeline.plan, "turn", Epoch{3}, *plan));
  return std::string(plan->plan_hash.view());
}

TEST(CanonicalText, KeepsWhatAPlainScalarSays) {
  EXPECT_EQ(canonical("b: 1.50\na: \"1\"\nc: [x y, -7, true, \"q\\\"\"]\nd:\n"),
            "{\n\"a\": \"1\",\n\"b\": 1.50,\n\"c\": [\n\"x y\",\n-7,\ntrue,\n\"q\\\"\"],\n\"d\": null}\n");
  EXPECT_EQ(canonical(canonical("v: 1.50\n")), canonical("v: 1.50\n"));
}

TEST(CanonicalText, ShippedFilesCompileToTheSamePipeline) {
  for (const char* file : {"firmware_images/conf/pipeline.yaml", "firmware_images/conf/pipeline-v2.yaml"}) {
    const std::string text = test::text_of(test::repository_file(file));
    EXPECT_EQ(encode(test::compiled(canonical(text))), encode(test::compiled(text))) << file;
  }
}

/// A v2 file that compiles: a chain with, by chance, a gate, a module, a second recogniser, notes, a fallback, an
/// insert.
std::string any_accepted_file() {
  const auto chance = [] { return *rc::gen::arbitrary<bool>(); };
  const int least = *rc::gen::inRange(1, 1000);
  const std::string when = "{confidence_permille: {at_least: " + std::to_string(least) + "}}";
  const bool gate = chance();
  const bool module = chance();
  const bool notes = chance();
  std::string text =
      "spec: pipeline/v2\nversion: " + *rc::gen::element<std::string>("p1", "1.50", "\"7\"", "'a b'", "007");
  text += "\nprofile: " + *rc::gen::element<std::string>("simple", "simple/v1", "edge/v1") + "\n";
  if (notes) text += "comment: \"tab\\t, quote \\\" and \\u2028\"\nmetadata: {since: 2026-11, n: 1.0}\n";
  if (module) {
    text +=
        "modules:\n  v: {parameters: {p: a}, nodes: [{id: say, type: synthesiser, provider: $(p)},"
        " {id: out, type: playback}], edges: [{from: say, to: out}], takes: say}\n";
  }
  text += "nodes:\n  - {id: mic, type: microphone}\n  - {id: ears, type: recogniser}\n  - {id: mind, type: dialogue";
  text += chance() ? ", provider: \"x<y\"}\n" : "}\n";
  if (gate) text += "  - {id: g, type: gate, when: " + when + "}\n";
  text += module ? "  - {id: v, module: v, with: {p: b}}\n"
                 : "  - {id: say, type: synthesiser, budget_ms: 900}\n  - {id: out, type: playback}\n";
  text += "edges:\n  - {from: mic, to: ears}\n";
  text += gate ? "  - {from: ears, to: g}\n  - {from: g, to: mind}\n"
               : "  - {from: ears, to: mind" + (chance() ? ", when: " + when : std::string()) + "}\n";
  text += module ? "  - {from: mind, to: v}\n" : "  - {from: mind, to: say}\n  - {from: say, to: out}\n";
  if (chance()) {
    text += std::string("fallbacks: [{when_fails: mind, path: ") + (module ? "[v.say, v.out]" : "[say, out]") + "}]\n";
  }
  if (chance()) text += "inserts: [{id: log, type: telemetry, after: ears, policy: p1}]\n";
  if (chance()) text += "recording: {level: L" + std::to_string(*rc::gen::inRange(0, 3)) + "}\n";
  return text;
}

// contract: D15, I8
TEST(CanonicalText, AnyAcceptedFileCompilesToTheSameHashAndGraph) {
  rc::check("compile(canonical(file)) is compile(file)", [] {
    const std::string text = any_accepted_file();
    const auto before = compile_pipeline(text, "test.yaml");
    RC_LOG(text);
    RC_ASSERT(before.has_value());
    const auto after = compile_pipeline(canonical(text), "canonical.yaml");
    RC_ASSERT(after.has_value());
    RC_ASSERT(hash_of(*before) == hash_of(*after));
    RC_ASSERT(encode(*before) == encode(*after));
  });
}

}  // namespace
}  // namespace phalarope::spec
