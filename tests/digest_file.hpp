// Where tests leave the digests that every compiler and processor must agree on (decisions.md D23): `NAME HEX` lines in
// the file $PHALAROPE_DIGESTS, compared by `./dev test digest`. Without the variable nothing is written.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace phalarope::testing {

inline void leave_digest(const char* name, std::uint64_t digest) {
  const char* path = std::getenv("PHALAROPE_DIGESTS");
  if (path == nullptr) return;
  if (std::FILE* file = std::fopen(path, "a"); file != nullptr) {
    std::fprintf(file, "%s %016llx\n", name, static_cast<unsigned long long>(digest));
    std::fclose(file);
  }
}

}  // namespace phalarope::testing
