// Result<T, E>: a value or an error value; the engine's only way to fail.
//
// E is a small enum of the room. A `constexpr` table beside the enum gives each code its stable id, one English
// sentence and who can act. Refusing mutates nothing (runtime.md, reading conventions).
#pragma once

#include <expected>
#include <utility>

namespace phalarope {

template <typename T, typename E>
using Result = std::expected<T, E>;

template <typename E>
constexpr std::unexpected<E> refuse(E error) noexcept {
  return std::unexpected<E>(std::move(error));
}

}  // namespace phalarope
