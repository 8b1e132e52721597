// Arena: bump allocation with a report. See arena.hpp.
#include "core/engine/memory/arena.hpp"

#include <bit>

#include "core/engine/base/enforce.hpp"

namespace phalarope {

bool Arena::begin_item(std::string_view name) noexcept {
  for (std::size_t i = 0; i < items_.size(); ++i) {
    if (items_[i].name == name) {
      current_item_ = i;
      return true;
    }
  }
  if (!items_.push_back(ArenaItem{.name = name})) return false;
  current_item_ = items_.size() - 1;
  return true;
}

void* Arena::try_take(std::size_t bytes, std::size_t alignment) noexcept {
  PHAL_ENFORCE(std::has_single_bit(alignment), "an alignment is a power of two");
  if (sealed_) return nullptr;
  const auto next = reinterpret_cast<std::uintptr_t>(region_.data()) + used_bytes_;
  const std::size_t padding = static_cast<std::size_t>((alignment - next % alignment) % alignment);
  const std::size_t free_bytes = region_.size() - used_bytes_;
  if (padding > free_bytes || bytes > free_bytes - padding) return nullptr;

  if (items_.empty()) begin_item("unnamed");
  items_[current_item_].used_bytes += padding + bytes;
  std::byte* const place = region_.data() + used_bytes_ + padding;
  used_bytes_ += padding + bytes;
  PHAL_ASSERT(used_bytes_ <= region_.size(), "the arena gave more than it has");
  return place;
}

}  // namespace phalarope
