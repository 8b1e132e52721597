// Chain: the order of methods for one kind of session, as its file declares it.
//
// Read by read_chain(), which judges the schema (C100) and the fields with codes of their own (C103-C107). Rich blocks
// (contract 2) give their method id by the first field that fits, or none: a workflow step. Values; any thread.
// Contract: chain-library.md 4, 8.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/library/finding.hpp"
#include "core/library/yaml_value.hpp"

namespace phalarope::library {

struct Block {
  std::string method_id;
  std::size_t position = 0;  // in `blocks`, workflow steps counted
  int line = 0;
};

struct Chain {
  std::string id;
  std::string name;
  std::string description;
  std::vector<Block> blocks;  // those that name a method
  std::vector<std::string> allowed_modes;
  std::vector<std::string> gates;            // names; a mapping gives its id
  std::vector<std::string> failure_actions;  // names; a mapping gives its id
  std::optional<bool> requires_reference_targets;
  std::string alias_of;
  std::string file;
  YamlValue source;
};

/// Nothing when the file takes no further part; the findings say why.
std::optional<Chain> read_chain(const YamlValue& root, const std::string& file, Findings& findings);

bool is_chain_id(Contract contract, std::string_view id);

/// The method that a block names: a text as it stands, a rich block by `method_id`, `id` M-, `method_ref` M-.
std::optional<std::string> method_of_block(const YamlValue& block);

std::vector<std::string> method_ids(const std::vector<Block>& blocks);

}  // namespace phalarope::library
