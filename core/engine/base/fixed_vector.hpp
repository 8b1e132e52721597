// FixedVector<T, n>: a vector whose storage is inside it and whose bound is its type.
//
// push_back answers false when full; it never grows, moves house or allocates. T must be trivially destructible,
// so that clear() is one store. Owned by one thread, like any value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "core/engine/base/enforce.hpp"

namespace phalarope {

template <typename T, std::size_t items_max>
class FixedVector {
  static_assert(std::is_trivially_destructible_v<T>, "elements are dropped without ceremony");

 public:
  constexpr FixedVector() noexcept = default;

  static constexpr std::size_t capacity() noexcept { return items_max; }
  constexpr std::size_t size() const noexcept { return count_; }
  constexpr bool empty() const noexcept { return count_ == 0; }
  constexpr bool full() const noexcept { return count_ == items_max; }
  constexpr void clear() noexcept { count_ = 0; }

  [[nodiscard]] constexpr bool push_back(const T& item) noexcept {
    if (count_ == items_max) return false;
    storage_.items[count_++] = item;
    return true;
  }
  constexpr void pop_back() noexcept {
    PHAL_ENFORCE(count_ > 0, "pop_back of an empty FixedVector");
    --count_;
  }
  /// Removes the item at `index` and keeps the order of the others.
  constexpr void erase_at(std::size_t index) noexcept {
    PHAL_ENFORCE(index < count_, "erase_at beyond the end");
    for (std::size_t i = index + 1; i < count_; ++i) storage_.items[i - 1] = storage_.items[i];
    --count_;
  }

  constexpr T& operator[](std::size_t index) noexcept {
    PHAL_ENFORCE(index < count_, "FixedVector index beyond the end");
    return storage_.items[index];
  }
  constexpr const T& operator[](std::size_t index) const noexcept {
    PHAL_ENFORCE(index < count_, "FixedVector index beyond the end");
    return storage_.items[index];
  }
  constexpr T& back() noexcept { return (*this)[count_ - 1]; }
  constexpr const T& back() const noexcept { return (*this)[count_ - 1]; }

  constexpr T* begin() noexcept { return storage_.items.data(); }
  constexpr T* end() noexcept { return storage_.items.data() + count_; }
  constexpr const T* begin() const noexcept { return storage_.items.data(); }
  constexpr const T* end() const noexcept { return storage_.items.data() + count_; }

 private:
  // Items are not written before they are used: most lists live for one step and hold a fraction of their bound, and
  // the next step waits while the rest is set to zero. Constants have no such rest.
  union Storage {
    constexpr Storage() noexcept {
      if consteval {
        std::construct_at(&items);
      }
    }
    std::array<T, items_max> items;
  };
  Storage storage_;
  // As wide on 32 bits as on 64: how much room an object takes in a ring must not depend on the processor.
  alignas(std::uint64_t) std::size_t count_ = 0;
};

}  // namespace phalarope
