// One line of `phalarope replay compare --jsonl`: the room `spec` judges its shape, the room `replay` compares.
//
//   line ─▶ strict JSON ─▶ compare_line_rule ─▶ artifacts, request, policy ─▶ compare ─▶ judge ─▶ one line of JSON
//
// The two rooms do not know each other, so what is between them stands here. Pure; any thread.
// Contract: cli-conformance.md 1, 5.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace phalarope::program {

std::string answer_compare_line(std::string_view line, std::size_t index);

}  // namespace phalarope::program
