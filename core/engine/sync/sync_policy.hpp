// What a frozen plan says of a synchronised edge: what a drop takes with it, and how its group is found.
// Pure. Contract: runtime.md 1.8 (`sync_drop_policy`), 8.3.
#pragma once

#include <cstdint>

namespace phalarope {

enum class SyncPolicy : std::uint8_t {
  none,  // the edge has no sync drop policy
  atomic_drop,
  drop_with_discontinuity,
  no_sync
};
enum class SyncGroupBy : std::uint8_t {
  none,  // not given: as sync_id
  sync_id,
  event_id,
  custom
};

}  // namespace phalarope
