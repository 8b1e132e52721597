// What the gate commands share: a report is written first, then the exit code says whether it passed.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace phalarope::program {

/// Writes the report with its Markdown sibling, tells the verdict, answers 0 or 1. Trouble of any kind answers 1.
int deliver_report(const std::filesystem::path& path, std::string_view json, std::string_view markdown,
                   const std::vector<std::string>& violations);
/// A gate that could not be judged: the reason on stderr, 1.
int refuse_to_judge(const std::string& reason);

}  // namespace phalarope::program
