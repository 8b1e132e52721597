// The smallest program that embeds Phalarope's heart: events of 128 bytes through a lane's ring, and the fence.
#include <cstdio>

#include "core/engine/base/event.hpp"
#include "core/engine/lanes/spsc_ring.hpp"
#include "core/engine/turn/fence.hpp"

int main() {
  static phalarope::SpscRing<phalarope::Event, 64> ring;
  static phalarope::Fence fence;

  phalarope::Event spoken{};
  spoken.ticket = fence.open().value;
  if (!ring.try_push(spoken)) return 1;

  phalarope::Event heard{};
  if (!ring.try_pop(heard) || heard != spoken) return 1;
  const phalarope::Ticket ticket{heard.ticket};
  const bool audible = fence.admits(ticket);
  fence.set(phalarope::no_ticket);
  const bool silent = !fence.admits(ticket);
  std::printf("a frame of ticket %llu was %s, then %s\n", static_cast<unsigned long long>(ticket.value),
              audible ? "audible" : "silent", silent ? "silent" : "audible");
  return audible && silent ? 0 : 1;
}
