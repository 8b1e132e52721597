#include "tests/model/weak_memory.hpp"

#include "core/engine/base/enforce.hpp"

namespace phalarope::model {

void WeakMemory::reset() noexcept {
  for (std::size_t i = 0; i < location_count_; ++i) locations_[i].messages.clear();
  location_count_ = 0;
  threads_ = {};
  threads_[0].clock[0] = 1;
  shared_ = {};
}

Location WeakMemory::add(std::uint64_t value) {
  PHAL_ENFORCE(location_count_ < locations_max, "a model has at most 32 atomics");
  Place& place = locations_[location_count_];
  place.newest_sequential = 0;
  place.messages.push_back({.value = value, .carried = threads_[0]});
  return static_cast<Location>(location_count_++);
}

void WeakMemory::start_threads() noexcept {
  for (std::size_t thread = 1; thread < threads_max; ++thread) {
    threads_[thread] = threads_[0];
    threads_[thread].clock[thread] = 1;
  }
  ++threads_[0].clock[0];
}

void WeakMemory::join_threads() noexcept {
  for (std::size_t thread = 1; thread < threads_max; ++thread) threads_[0].join(threads_[thread]);
  for (Location location = 0; location < location_count_; ++location) {
    threads_[0].seen[location] = static_cast<std::uint8_t>(newest(location));
  }
}

std::size_t WeakMemory::oldest_readable(std::size_t thread, Location location, std::memory_order order) const noexcept {
  const std::size_t known = threads_[thread].seen[location];
  return order == std::memory_order_seq_cst ? std::max(known, locations_[location].newest_sequential) : known;
}

std::uint64_t WeakMemory::read(std::size_t thread, Location location, std::size_t message,
                               std::memory_order order) noexcept {
  const Message& taken = locations_[location].messages[message];
  threads_[thread].seen[location] = static_cast<std::uint8_t>(message);
  if (acquires(order)) threads_[thread].join(taken.carried);
  return taken.value;
}

void WeakMemory::append(std::size_t thread, Location location, Message message, std::memory_order order) {
  Place& place = locations_[location];
  PHAL_ENFORCE(place.messages.size() < messages_max, "an execution stores to one place at most 255 times");
  const auto position = static_cast<std::uint8_t>(place.messages.size());
  Knowledge& knowledge = threads_[thread];
  knowledge.seen[location] = position;
  message.carried.seen[location] = std::max(message.carried.seen[location], position);
  if (releases(order)) {
    message.carried.join(knowledge);
    ++knowledge.clock[thread];  // what the thread does from now on is not covered by this message
  }
  if (order == std::memory_order_seq_cst) place.newest_sequential = position;
  place.messages.push_back(message);
}

void WeakMemory::write(std::size_t thread, Location location, std::uint64_t value, std::memory_order order) {
  append(thread, location, {.value = value, .carried = {}}, order);
}

void WeakMemory::write_after_read(std::size_t thread, Location location, std::uint64_t value, std::memory_order order) {
  append(thread, location, {.value = value, .carried = locations_[location].messages.back().carried}, order);
}

bool WeakMemory::read_data(std::size_t thread, DataCell& cell) noexcept {
  const Knowledge& knowledge = threads_[thread];
  cell.read_clock[thread] = knowledge.clock[thread];
  return cell.write_clock <= knowledge.clock[cell.writer];
}

bool WeakMemory::write_data(std::size_t thread, DataCell& cell) noexcept {
  const Knowledge& knowledge = threads_[thread];
  bool alone = cell.write_clock <= knowledge.clock[cell.writer];
  for (std::size_t reader = 0; reader < threads_max; ++reader) {
    alone = alone && cell.read_clock[reader] <= knowledge.clock[reader];
  }
  cell.writer = static_cast<std::uint8_t>(thread);
  cell.write_clock = knowledge.clock[thread];
  return alone;
}

void WeakMemory::share(std::span<const std::byte> region) {
  shared_ = region;
  shared_cells_.assign((region.size() + granule_bytes - 1) / granule_bytes, DataCell{});
}

std::span<DataCell> WeakMemory::cells_of(const std::byte* bytes, std::size_t count) noexcept {
  if (count == 0 || bytes < shared_.data() || bytes >= shared_.data() + shared_.size()) return {};
  const auto offset = static_cast<std::size_t>(bytes - shared_.data());
  PHAL_ENFORCE(count <= shared_.size() - offset, "a copy stays inside the shared bytes");
  const std::size_t first = offset / granule_bytes;
  return std::span(shared_cells_).subspan(first, (offset + count - 1) / granule_bytes - first + 1);
}

}  // namespace phalarope::model
