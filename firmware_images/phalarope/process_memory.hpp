// The process's fixed memory: mimalloc is given one reserved region at the start and told to take no more.
//
// The size is $PHALAROPE_HEAP_MIB (set by `run` from the board profile), else heap_mib_default. It is address space:
// what is resident is what is touched. When it is used up an allocation fails, as it would on a full board, instead of
// pushing somebody else out. The engine's arena lies inside it; thread stacks and mapped models do not (D20).
#pragma once

#include <cstddef>
#include <string>

namespace phalarope::program {

constexpr std::size_t heap_mib_default = 1024;

struct HeapFacts {
  std::size_t reserved_mib = 0;  // 0: the system's allocator is used (sanitizer builds), or the region was refused
  std::string allocator;
};

/// First thing in main.
void take_process_memory();
HeapFacts heap_facts();
/// The same program again with another heap, when the environment does not already say which. Returns on failure.
void restart_with_heap(std::size_t heap_mib, char** argv);

/// Resident memory of this process, in KiB.
double resident_kib();

}  // namespace phalarope::program
