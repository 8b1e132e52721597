// Document: what stands in a YAML (or JSON) file, as a tree in which every value knows where it was written.
//
// The tree is small and plain: nothing, scalar, list or map. It is what the readers of pipelines, boards and the
// program's settings work on, and what layers of settings are merged in (decisions.md D21): a merged tree still
// tells for each value which file and line, or which environment variable, it came from.
// Invariants. (1) Any bytes may be given; depth, values and bytes are bounded (aliases are expanded, so an alias
// bomb ends at the bound). (2) A key that occurs twice in one map is a diagnostic, not a silent last-one-wins.
// Contract: decisions.md D12, D21.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/spec/diagnostics.hpp"

namespace phalarope::spec {

constexpr std::size_t document_bytes_max = 1024 * 1024;
constexpr std::size_t document_depth_max = 32;
constexpr std::size_t document_values_max = 20'000;

struct Document {
  enum class Kind { nothing, scalar, list, map };

  Kind kind = Kind::nothing;
  std::string key;                            // its name in the map it stands in
  std::string text;                           // scalar
  bool quoted = false;                        // scalar: written in quotes, so it is text whatever it looks like
  std::vector<Document> items;                // list
  std::vector<Document> entries;              // map, in the order written; each bears its key
  std::shared_ptr<const std::string> origin;  // file, or `environment PHALAROPE_...`
  int line = 0;
  int column = 0;
  std::string path;  // list item that was moved: its field path where it was written

  const Document* find(std::string_view name) const;
  Document* find(std::string_view name);
};

/// Parses one document. Errors are appended to `diagnostics`; what could be read is returned.
Document parse_document(std::string_view text, const std::string& file, Diagnostics& diagnostics);

/// Lays `over` on `base`, field by field: maps merge, everything else is replaced as a whole.
void lay_over(Document& base, const Document& over);

/// The file's text, or a diagnostic that says why it cannot be read.
std::string read_text_file(const std::string& path, Diagnostics& diagnostics);

/// The document in one form: YAML in JSON's shape, a line per value, map entries by name. Reads back as the same
/// values.
std::string canonical_text(const Document& document);

/// The document as JSON text, plain scalars typed as YAML 1.2 core types them (for schemas and tools).
std::string to_json(const Document& document);

}  // namespace phalarope::spec
