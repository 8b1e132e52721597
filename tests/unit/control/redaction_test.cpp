// The matrix of evidence.md 1.10, cell by cell, and the builder's errors.
#include "core/control/custody/redaction.hpp"

#include <gtest/gtest.h>

namespace phalarope::control {
namespace {

std::string decided(std::string_view surface, std::string_view level, const std::vector<std::string>& tags) {
  const auto decisions = decide_redaction(surface, level, tags);
  if (!decisions) return describe(decisions.error());
  std::string text;
  for (const RedactionDecision& decision : *decisions) {
    text += (text.empty() ? "" : " ") + std::string(name_of(decision.payload_class)) + ":" +
            std::string(name_of(decision.action));
  }
  return text;
}

// contract: evidence.md 1.10 "matrix"
TEST(Redaction, EveryCellOfTheMatrix) {
  struct Row {
    const char* payload_class;
    const char* cells[5];  // OR-01, OR-02 L0, L1, L2, OR-03
  };
  constexpr Row rows[] = {{"audio_raw", {"drop", "drop", "mask", "hash", "drop"}},
                          {"text_raw", {"mask", "hash", "mask", "mask", "mask"}},
                          {"PII", {"drop", "hash", "hash", "hash", "tokenize"}},
                          {"PHI", {"drop", "drop", "hash", "hash", "tokenize"}},
                          {"derived_summary", {"allow", "allow", "allow", "allow", "allow"}},
                          {"metadata", {"allow", "allow", "allow", "allow", "allow"}}};
  for (const Row& row : rows) {
    const std::string name = row.payload_class;
    for (const char* level : {"L0", "L1", "L2"}) {
      EXPECT_EQ(decided("OR-01", level, {name}), name + ":" + row.cells[0]);
      EXPECT_EQ(decided("OR-02", level, {name}), name + ":" + row.cells[1 + (level[1] - '0')]);
      EXPECT_EQ(decided("OR-03", level, {name}), name + ":" + row.cells[4]);
    }
  }
}

// contract: evidence.md 1.10 "decision builder"
TEST(Redaction, RepeatsCollapseToTheFirstAndOrderIsKept) {
  EXPECT_EQ(decided("OR-02", "L0", {"PII", "metadata", "PII", "audio_raw", "metadata"}),
            "PII:hash metadata:allow audio_raw:drop");
}

// contract: evidence.md 1.10 "decision builder"
TEST(Redaction, WhatIsUnknownIsAnError) {
  EXPECT_EQ(decided("OR-02", "L0", {}), describe(RedactionError::no_tags));
  EXPECT_EQ(decided("OR-04", "L0", {"PII"}), describe(RedactionError::unknown_surface));
  EXPECT_EQ(decided("OR-02", "L3", {"PII"}), describe(RedactionError::unknown_level));
  EXPECT_EQ(decided("OR-02", "L0", {"metadata", "pii"}), describe(RedactionError::unknown_class));
}

}  // namespace
}  // namespace phalarope::control
