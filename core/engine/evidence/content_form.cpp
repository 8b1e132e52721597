#include "core/engine/evidence/content_form.hpp"

#include <array>
#include <charconv>

#include "core/engine/base/enforce.hpp"

namespace phalarope {
namespace {

constexpr unsigned char first_beyond_ascii = 0x80;
constexpr unsigned char first_lead_byte = 0xC0;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

HashForm hash_form(std::span<const std::byte> content) noexcept {
  const Sha256Hex hex = to_hex(sha256(content));
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), content.size()).ptr;
  HashForm form;
  const bool fits = form.append("sha256=") && form.append({hex.data(), hex.size()}) && form.append(" bytes=") &&
                    form.append({digits.data(), static_cast<std::size_t>(end - digits.data())});
  PHAL_ASSERT(fits, "a hash and a count have a fixed length");
  return form;
}

std::size_t mask_text(std::string_view text, std::span<char> masked) noexcept {
  PHAL_ASSERT(masked.size() >= text.size(), "a mask is never longer than its text");
  std::size_t used = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= first_beyond_ascii && byte < first_lead_byte) continue;  // one character, one x
    masked[used++] = is_letter(c) || byte >= first_lead_byte ? 'x' : is_digit(c) ? '0' : c;
  }
  return used;
}

}  // namespace phalarope
