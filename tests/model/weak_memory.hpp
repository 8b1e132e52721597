// WeakMemory: what each thread of a modelled program may read, by the rules of C++ release and acquire.
//
//     location x    message 0 ── 1 ── 2 ── 3      modification order: the order in which the explorer stored
//                               ▲         ▲
//        thread 1 knows at least┘         └thread 2: so thread 1 may read 1, 2 or 3; thread 2 only 3
//
// A store appends a message. A release store puts into it all that its thread knows; an acquire load takes over what
// the message carries, a relaxed load takes nothing but the message itself. A read-modify-write reads the newest
// message and passes on what that one carried (the release sequence). A sequentially consistent load sees at least
// the newest sequentially consistent store of its location. Plain data belongs to whoever happens after its last
// user: two uses without that order, one of them a write, are a data race, whatever bytes would have been read.
//
// Not explored: a plain store that takes a place before a store already made (only a location with several plain
// writers could tell), a load that reads a store made later (load buffering; its harm to plain data is seen as a
// data race), fences, consume. So a failure found is real; silence covers what is named above.
// Who: the explorer, one execution at a time.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace phalarope::model {

constexpr std::size_t threads_max = 4;  // thread 0 sets the scene and looks at the end
constexpr std::size_t locations_max = 32;
constexpr std::size_t messages_max = 255;  // of one location in one execution

using Location = std::uint32_t;

constexpr bool acquires(std::memory_order order) noexcept {
  return order == std::memory_order_acquire || order == std::memory_order_acq_rel || order == std::memory_order_seq_cst;
}
constexpr bool releases(std::memory_order order) noexcept {
  return order == std::memory_order_release || order == std::memory_order_acq_rel || order == std::memory_order_seq_cst;
}

/// What a thread knows, or a message carries: the oldest message of each location it may still read, and how far it
/// happens after each thread.
struct Knowledge {
  std::array<std::uint8_t, locations_max> seen{};
  std::array<std::uint16_t, threads_max> clock{};

  void join(const Knowledge& other) noexcept {
    for (std::size_t i = 0; i < locations_max; ++i) seen[i] = std::max(seen[i], other.seen[i]);
    for (std::size_t i = 0; i < threads_max; ++i) clock[i] = std::max(clock[i], other.clock[i]);
  }
};

/// The last users of a piece of plain data.
struct DataCell {
  std::uint8_t writer = 0;
  std::uint16_t write_clock = 0;
  std::array<std::uint16_t, threads_max> read_clock{};
};

class WeakMemory {
 public:
  void reset() noexcept;
  /// A new location; whoever makes it (thread 0) has written `value`.
  Location add(std::uint64_t value);
  /// Every thread happens after the scene was set; the end happens after every thread.
  void start_threads() noexcept;
  void join_threads() noexcept;

  std::size_t oldest_readable(std::size_t thread, Location location, std::memory_order order) const noexcept;
  std::size_t newest(Location location) const noexcept { return locations_[location].messages.size() - 1; }
  std::uint64_t newest_value(Location location) const noexcept { return locations_[location].messages.back().value; }

  std::uint64_t read(std::size_t thread, Location location, std::size_t message, std::memory_order order) noexcept;
  void write(std::size_t thread, Location location, std::uint64_t value, std::memory_order order);
  /// The write of a read-modify-write, whose read took the newest message.
  void write_after_read(std::size_t thread, Location location, std::uint64_t value, std::memory_order order);

  /// False when it races.
  [[nodiscard]] bool read_data(std::size_t thread, DataCell& cell) noexcept;
  [[nodiscard]] bool write_data(std::size_t thread, DataCell& cell) noexcept;

  /// From here on these bytes are plain data of all threads, looked after in granules of 16.
  void share(std::span<const std::byte> region);
  /// The granules that `bytes` touch; empty when they are not shared.
  std::span<DataCell> cells_of(const std::byte* bytes, std::size_t count) noexcept;

 private:
  struct Message {
    std::uint64_t value = 0;
    Knowledge carried;
  };
  struct Place {
    std::vector<Message> messages;
    std::size_t newest_sequential = 0;
  };
  static constexpr std::size_t granule_bytes = 16;

  void append(std::size_t thread, Location location, Message message, std::memory_order order);

  std::array<Place, locations_max> locations_;
  std::size_t location_count_ = 0;
  std::array<Knowledge, threads_max> threads_{};
  std::span<const std::byte> shared_;
  std::vector<DataCell> shared_cells_;
};

}  // namespace phalarope::model
