// FixedString<n>: up to n bytes of UTF-8 inside the object; append answers false when it would not fit.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace phalarope {

template <std::size_t bytes_max>
class FixedString {
 public:
  constexpr FixedString() noexcept = default;

  static constexpr std::size_t capacity() noexcept { return bytes_max; }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr bool empty() const noexcept { return size_ == 0; }
  constexpr void clear() noexcept { size_ = 0; }
  constexpr std::string_view view() const noexcept { return {bytes_.data(), size_}; }

  /// Replaces the text; false (and unchanged) when it does not fit.
  [[nodiscard]] constexpr bool assign(std::string_view text) noexcept {
    if (text.size() > bytes_max) return false;
    size_ = 0;
    return append(text);
  }
  /// Appends the text; false (and unchanged) when it does not fit.
  [[nodiscard]] constexpr bool append(std::string_view text) noexcept {
    if (text.size() > bytes_max - size_) return false;
    std::copy_n(text.data(), text.size(), bytes_.data() + size_);
    size_ += text.size();
    return true;
  }
  /// Replaces the text by the parts, one behind the other; false (and empty) when they do not fit.
  template <typename... Parts>
  [[nodiscard]] constexpr bool assign_all(const Parts&... parts) noexcept {
    size_ = 0;
    const bool fits = (append(parts) && ...);
    if (!fits) size_ = 0;
    return fits;
  }

  friend constexpr bool operator==(const FixedString& left, const FixedString& right) noexcept {
    return left.view() == right.view();
  }

 private:
  std::array<char, bytes_max> bytes_{};
  alignas(std::uint64_t) std::size_t size_ = 0;  // as FixedVector's
};

}  // namespace phalarope
