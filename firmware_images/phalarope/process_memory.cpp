#include "firmware_images/phalarope/process_memory.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#if defined(PHALAROPE_MIMALLOC)
#include <mimalloc.h>
#endif

namespace phalarope::program {
namespace {

constexpr std::size_t bytes_per_mib = 1024 * 1024;
constexpr const char* heap_variable = "PHALAROPE_HEAP_MIB";
HeapFacts facts;

std::size_t wanted_mib() {
  const char* text = std::getenv(heap_variable);
  std::size_t mib = 0;
  if (text == nullptr || std::from_chars(text, text + std::strlen(text), mib).ec != std::errc{} || mib == 0) {
    return heap_mib_default;
  }
  return mib;
}

}  // namespace

void take_process_memory() {
#if defined(PHALAROPE_MIMALLOC)
  const std::size_t mib = wanted_mib();
  // Not committed and no huge pages: a board's memory is touched page by page, as it is used.
  if (mi_reserve_os_memory(mib * bytes_per_mib, false, false) == 0) {
    mi_option_set(mi_option_limit_os_alloc, 1);
    facts.reserved_mib = mib;
  }
  facts.allocator = "mimalloc " + std::to_string(mi_version());
#else
  static_cast<void>(wanted_mib);
  facts.allocator = "system";
#endif
}

HeapFacts heap_facts() { return facts; }

void restart_with_heap(std::size_t heap_mib, char** argv) {
  if (std::getenv(heap_variable) != nullptr || heap_mib == 0) return;
  ::setenv(heap_variable, std::to_string(heap_mib).c_str(), 1);
  std::error_code unknown;
  const std::string program = std::filesystem::read_symlink("/proc/self/exe", unknown).string();
  ::execv(unknown ? "/proc/self/exe" : program.c_str(), argv);  // by its own path, so that it is listed by its name
}

double resident_kib() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total_pages = 0;
  std::size_t resident_pages = 0;
  statm >> total_pages >> resident_pages;
  return static_cast<double>(resident_pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024.0;
}

}  // namespace phalarope::program
