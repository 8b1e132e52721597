// Finding: one thing that `phalarope chains validate` has to say about a library, and the table of all codes.
//
//   methods/M-ENC-012.yaml:4: category: M104 unknown category 'weave'. Use one of the taxonomy's categories.
//   └ file, from the library ┘line └ field ┘ └ code, what ┘            └ fix: what to do ┘
//
// Every code stands once in `finding_codes`, with its level under each contract and what a person can do. Findings are
// collected, never decided at the first. Values; any thread. Contract: chain-library.md 8; cli-learning.md 2.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/library/vocabulary.hpp"

namespace phalarope::library {

enum class Level : std::uint8_t { error, warning, note };

struct CodeRow {
  std::string_view code;
  Level under_1;
  Level under_2;
  std::string_view fix;
};

extern const std::array<CodeRow, 58> finding_codes;

struct Finding {
  std::string code;
  Level level = Level::error;
  std::string file;  // from the library, with `/`
  int line = 1;
  std::string field;
  std::string message;
  std::string fix;
};

class Findings {
 public:
  explicit Findings(Contract contract) : contract_(contract) {}

  /// `code` stands in the table; its row gives level and fix.
  void add(std::string_view code, std::string file, int line, std::string field, std::string message);
  Contract contract() const noexcept { return contract_; }
  const std::vector<Finding>& all() const noexcept { return all_; }

 private:
  Contract contract_;
  std::vector<Finding> all_;
};

}  // namespace phalarope::library
