// Arena: the engine's one region of memory, shared out before the start and never after.
//
//     region  ┌────────────┬──────────────┬─────────┬───────────────────┐
//             │ rings      │ slabs        │ tables  │ free              │   begin_item("rings"); make<...>(); ...
//             └────────────┴──────────────┴─────────┴───────────────────┘   seal(): from here on every ask is refused
//
// Invariants. (1) Nothing is given twice, nothing is given back: what is made lives as long as the region. (2) After
// seal() nothing is given. (3) Every byte used is on exactly one item of the report (`doctor` prints it, decisions.md
// D20). (4) Destructors never run, so only types that need none are made.
// Who: the thread that starts the engine. Not here: getting the region from the system, locking it into memory and
// touching its pages (hal/host does). Contract: runtime.md I10.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/engine/base/fixed_vector.hpp"

namespace phalarope {

/// What one part of the engine took. The name must outlive the arena (a string literal).
struct ArenaItem {
  std::string_view name{};
  std::size_t used_bytes = 0;
};
constexpr std::size_t arena_items_max = 32;

class Arena {
 public:
  explicit Arena(std::span<std::byte> region) noexcept : region_(region) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// What is made from here on is reported under `name`. False when the report has no line left for another name;
  /// the bytes then count for the item before.
  bool begin_item(std::string_view name) noexcept;

  /// `bytes` at a multiple of `alignment`; null when sealed or when the rest does not suffice (nothing is taken then).
  [[nodiscard]] void* try_take(std::size_t bytes, std::size_t alignment) noexcept;

  /// A T that lives as long as the region; null when sealed or full.
  template <typename T, typename... Args>
  [[nodiscard]] T* make(Args&&... args) noexcept {
    static_assert(std::is_trivially_destructible_v<T>, "nothing in the arena is ever destroyed");
    void* const place = try_take(sizeof(T), alignof(T));
    return place == nullptr ? nullptr : ::new (place) T(std::forward<Args>(args)...);
  }

  /// `count` value-initialised T; empty when sealed or full.
  template <typename T>
  [[nodiscard]] std::span<T> make_array(std::size_t count) noexcept {
    static_assert(std::is_trivially_destructible_v<T>, "nothing in the arena is ever destroyed");
    if (count == 0 || count > region_.size() / sizeof(T)) return {};
    void* const place = try_take(count * sizeof(T), alignof(T));
    if (place == nullptr) return {};
    T* const first = static_cast<T*>(place);
    for (std::size_t i = 0; i < count; ++i) ::new (static_cast<void*>(first + i)) T();
    return {first, count};
  }

  void seal() noexcept { sealed_ = true; }
  bool sealed() const noexcept { return sealed_; }
  std::size_t used_bytes() const noexcept { return used_bytes_; }
  std::size_t capacity_bytes() const noexcept { return region_.size(); }
  /// Where the memory went, in the order of taking; the sum is used_bytes().
  std::span<const ArenaItem> items() const noexcept { return {items_.begin(), items_.size()}; }

 private:
  std::span<std::byte> region_;
  std::size_t used_bytes_ = 0;
  std::size_t current_item_ = 0;
  FixedVector<ArenaItem, arena_items_max> items_;
  bool sealed_ = false;
};

}  // namespace phalarope
