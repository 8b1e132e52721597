// LibraryFiles: the files of a chain library as they were read, before anybody looks into them.
//
//   a directory ─▶ (whoever may open files) ─▶ LibraryFiles ─▶ validate · selector · exports
//
// This room opens nothing: the program, or a test, hands the bytes over. A name is the path from the library with `/`;
// the map keeps ascending byte order, which is the order everything here goes in. Values; any thread.
// Contract: chain-library.md 1.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/library/vocabulary.hpp"

namespace phalarope::library {

struct LibraryFiles {
  /// Nothing: the file is there and cannot be read.
  std::map<std::string, std::optional<std::string>, std::less<>> files;
  bool has_methods = false;
  bool has_chains = false;

  /// The files `<folder>/*.yaml`, in order; of chains under contract 2 only `C-*.yaml`.
  std::vector<std::string> method_files() const { return yaml_files("methods/", ""); }
  std::vector<std::string> chain_files(Contract contract) const {
    return yaml_files("chains/", contract == Contract::one ? "" : "C-");
  }

  const std::optional<std::string>* find(std::string_view name) const {
    const auto at = files.find(name);
    return at == files.end() ? nullptr : &at->second;
  }

 private:
  std::vector<std::string> yaml_files(std::string_view folder, std::string_view prefix) const {
    std::vector<std::string> names;
    for (const auto& [path, text] : files) {
      if (!path.starts_with(folder) || !path.ends_with(".yaml")) continue;
      const std::string_view name = std::string_view(path).substr(folder.size());
      if (name.find('/') == std::string_view::npos && name.starts_with(prefix)) names.push_back(path);
    }
    return names;
  }
};

/// SHA-256 over every file's name and bytes, 64 lower-case hex digits: which library this is.
std::string library_digest(const LibraryFiles& library);

}  // namespace phalarope::library
