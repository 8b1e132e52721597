#include "core/library/library_files.hpp"

#include "core/engine/base/sha256.hpp"

namespace phalarope::library {

std::string library_digest(const LibraryFiles& library) {
  std::string all;
  for (const auto& [name, text] : library.files) {
    all += name;
    all += '\0';
    all += text ? std::to_string(text->size()) : std::string("unreadable");
    all += '\0';
    if (text) all += *text;
  }
  const Sha256Hex hex = to_hex(sha256(all));
  return {hex.begin(), hex.end()};
}

}  // namespace phalarope::library
