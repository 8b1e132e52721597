// Comments and metadata. See spec_notes.hpp.
#include "core/spec/spec_notes.hpp"

namespace phalarope::spec {

void read_notes(MapReader& map) {
  std::string comment;
  map.text("comment", comment);
  if (comment.size() > note_bytes_max) map.complain("comment", "is longer than 1024 bytes", "Shorten it");
  std::size_t entries = 0;
  map.each_entry("metadata", [&](const std::string&, const Document& value, const std::string& path) {
    const auto text = scalar_of(value, path, map.diagnostics());
    if (text && text->size() > note_bytes_max) {
      map.diagnostics().push_back(diagnostic_at(value, path, "is longer than 1024 bytes", "Shorten it"));
    }
    if (++entries == metadata_entries_max + 1) map.complain("metadata", "has more than 32 entries", "Keep 32 of them");
  });
}

}  // namespace phalarope::spec
