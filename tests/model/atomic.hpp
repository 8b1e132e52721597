// What takes the place of std::atomic, of plain data and of memcpy while real code runs under the explorer.
//
//   std::atomic<T>                  ──▶ model::Atomic<T>       each operation is a step; a load may read old messages
//   T, the item of a ring           ──▶ model::Item            a copy is a write here and a read there, checked for
//   races std::memcpy into shared bytes   ──▶ model::copy            the same, in granules of 16 bytes
//   std::is_trivially_copyable_v<T> ──▶ model::is_item_v<T>    an Item counts its copies, so it is not trivial
//   PHAL_ENFORCE                    ──▶ MODEL_ENFORCE          a violated invariant is a failure that is printed
//   eventfd                         ──▶ model::Token
//
// make_twins.py puts them into copies of the real files; the originals are not touched.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <source_location>
#include <span>
#include <type_traits>

#include "tests/model/explorer.hpp"

namespace phalarope::model {

using Where = std::source_location;

inline void check(bool holds, const char* sentence, Where where = Where::current()) {
  if (!holds) Explorer::current().fail(sentence, where);
}
#define MODEL_ENFORCE(condition, sentence) ::phalarope::model::check(static_cast<bool>(condition), sentence)

template <typename T>
class Atomic {
  static_assert(sizeof(T) <= sizeof(std::uint64_t) && (std::is_integral_v<T> || std::is_enum_v<T>));

 public:
  static constexpr bool is_always_lock_free = true;
  Atomic() noexcept : Atomic(T{}) {}
  Atomic(T value) noexcept : location_(Explorer::current().add(bits(value))) {}  // implicit, as std::atomic's
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  T load(std::memory_order order = std::memory_order_seq_cst, Where where = Where::current()) const noexcept {
    return value(Explorer::current().load(location_, order, where));
  }
  void store(T to, std::memory_order order = std::memory_order_seq_cst, Where where = Where::current()) noexcept {
    Explorer::current().store(location_, bits(to), order, where);
  }
  T exchange(T to, std::memory_order order = std::memory_order_seq_cst, Where where = Where::current()) noexcept {
    return value(Explorer::current().modify(location_, order, where, [&](std::uint64_t) { return bits(to); }));
  }
  T fetch_add(T by, std::memory_order order = std::memory_order_seq_cst, Where where = Where::current()) noexcept {
    const auto sum = [&](std::uint64_t old) { return bits(static_cast<T>(value(old) + by)); };
    return value(Explorer::current().modify(location_, order, where, sum));
  }
  T fetch_sub(T by, std::memory_order order = std::memory_order_seq_cst, Where where = Where::current()) noexcept {
    const auto rest = [&](std::uint64_t old) { return bits(static_cast<T>(value(old) - by)); };
    return value(Explorer::current().modify(location_, order, where, rest));
  }
  bool compare_exchange_strong(T& expected, T to, std::memory_order success, std::memory_order failure,
                               Where where = Where::current()) noexcept {
    std::uint64_t found = bits(expected);
    const bool done = Explorer::current().compare_exchange(location_, found, bits(to), success, failure, where);
    expected = value(found);
    return done;
  }
  bool compare_exchange_strong(T& expected, T to, std::memory_order order, Where where = Where::current()) noexcept {
    return compare_exchange_strong(expected, to, order, of_failure(order), where);
  }
  /// Never fails without a reason: the loop around it would only come here again.
  bool compare_exchange_weak(T& expected, T to, std::memory_order success, std::memory_order failure,
                             Where where = Where::current()) noexcept {
    return compare_exchange_strong(expected, to, success, failure, where);
  }
  bool compare_exchange_weak(T& expected, T to, std::memory_order order, Where where = Where::current()) noexcept {
    return compare_exchange_strong(expected, to, order, of_failure(order), where);
  }

 private:
  static std::uint64_t bits(T value) noexcept { return static_cast<std::uint64_t>(value); }
  static T value(std::uint64_t bits) noexcept { return static_cast<T>(bits); }
  static constexpr std::memory_order of_failure(std::memory_order order) noexcept {
    if (order == std::memory_order_acq_rel) return std::memory_order_acquire;
    return order == std::memory_order_release ? std::memory_order_relaxed : order;
  }

  Location location_;
};

/// Plain data of 8 bytes that tells when two threads use it without an order between them.
class Item {
 public:
  Item() noexcept = default;
  explicit Item(std::uint64_t value) noexcept : value_(value) {}
  Item(const Item&) = delete;
  Item& operator=(const Item& other) noexcept {
    Explorer::current().read_data(other.cell_, Where::current());
    Explorer::current().write_data(cell_, Where::current());
    value_ = other.value_;
    return *this;
  }
  std::uint64_t get() const noexcept {
    Explorer::current().read_data(cell_, Where::current());
    return value_;
  }

 private:
  std::uint64_t value_ = 0;
  mutable DataCell cell_;
};
template <typename T>
constexpr bool is_item_v = std::is_same_v<T, Item> || std::is_trivially_copyable_v<T>;

inline void copy(Item* to, const Item* from, std::size_t bytes) noexcept {
  for (std::size_t i = 0; i < bytes / sizeof(Item); ++i) to[i] = from[i];
}
inline void copy(void* to, const void* from, std::size_t bytes, Where where = Where::current()) noexcept {
  Explorer& explorer = Explorer::current();
  for (DataCell& cell : explorer.memory().cells_of(static_cast<const std::byte*>(from), bytes)) {
    explorer.read_data(cell, where);
  }
  for (DataCell& cell : explorer.memory().cells_of(static_cast<const std::byte*>(to), bytes)) {
    explorer.write_data(cell, where);
  }
  std::memcpy(to, from, bytes);
}

/// The kernel's eventfd: who takes waits until somebody has put.
class Token {
 public:
  void put(Where where = Where::current()) noexcept {
    Explorer::current().modify(location_, std::memory_order_acq_rel, where, [](std::uint64_t old) { return old + 1; });
  }
  void take(Where where = Where::current()) noexcept { Explorer::current().take(location_, where); }

 private:
  Location location_ = Explorer::current().add(0);
};

}  // namespace phalarope::model
