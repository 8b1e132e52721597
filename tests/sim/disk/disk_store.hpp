// DiskStore: the real flusher and the real reader over a disk of memory that is slow, full, refuses, and loses power.
//
//   ring ─▶ hal::Flusher ─▶ MemoryDisk ──power cut──▶ any subset of unsynced sectors ─▶ recover() ─▶ the next life
//                                                                            └─▶ read back: what was synced is there,
//                                                                                what is there was appended
//
// At the end the whole recording is read and replayed through hal::EngineStep: identical, or not trusted where the
// recorder itself named a loss; never different.
// Fault model: tests/fault/evidence/memory_disk.hpp; how often: Fault::disk_*. One thread.
// Contract: decisions.md D10, D19; reliability goals Q15, Q17, Q18, Q20.
#pragma once

#include "tests/sim/drive/store.hpp"

namespace phalarope::sim {

std::unique_ptr<Store> make_disk_store(std::uint64_t seed, FaultMix& faults, Bender& bender);

}  // namespace phalarope::sim
