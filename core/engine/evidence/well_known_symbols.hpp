// Symbols that every recording knows without writing them: the texts with which gaps of a turn's evidence are filled
// (evidence.md 1.2, 1.3). Their ids stand above every id that a symbol table gives out.
//
// Numbers are never reused: a recording of last year still means the same text. Pure data; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/engine/base/strong.hpp"

namespace phalarope {

constexpr std::uint32_t first_well_known_symbol = 0xffff0000U;
constexpr SymbolId no_symbol{0};
/// Whose session a slot's is: symbol `first_tenant_symbol + slot`, written by the host; not written: nobody's in
/// particular. A range of its own, because sessions number their own symbols without a gap.
constexpr std::uint32_t first_tenant_symbol = 0xfffe0000U;
constexpr std::string_view default_tenant = "default";
/// Of a fork's recording: which recording it was forked from, where, and from which plan to which (`phalarope fork`).
constexpr std::uint32_t fork_parent_symbol = first_tenant_symbol + 0x8000U;

namespace symbol {
constexpr SymbolId pipeline_v1{first_well_known_symbol + 0};
constexpr SymbolId eventabi_v1{first_well_known_symbol + 1};
constexpr SymbolId merge_default{first_well_known_symbol + 2};
constexpr SymbolId v1_0{first_well_known_symbol + 3};
constexpr SymbolId routing_view_v1{first_well_known_symbol + 4};
constexpr SymbolId admission_policy_v1{first_well_known_symbol + 5};
constexpr SymbolId abi_compat_v1{first_well_known_symbol + 6};
constexpr SymbolId version_resolution_v1{first_well_known_symbol + 7};
constexpr SymbolId policy_resolution_v1{first_well_known_symbol + 8};
constexpr SymbolId provider_health_v1{first_well_known_symbol + 9};
constexpr SymbolId provider_unknown{first_well_known_symbol + 10};
}  // namespace symbol

/// In the order of their ids.
constexpr std::array<std::string_view, 11> well_known_symbol_texts = {
    "pipeline-v1",          "eventabi/v1",         "merge/default",    "v1.0",
    "routing-view/v1",      "admission-policy/v1", "abi-compat/v1",    "version-resolution/v1",
    "policy-resolution/v1", "provider-health/v1",  "provider-unknown",
};

/// Empty when `id` is not built in.
constexpr std::string_view well_known_text(SymbolId id) noexcept {
  if (id.value < first_well_known_symbol) return {};
  const std::size_t index = id.value - first_well_known_symbol;
  return index < well_known_symbol_texts.size() ? well_known_symbol_texts[index] : std::string_view{};
}
static_assert(well_known_text(symbol::provider_unknown) == "provider-unknown");
static_assert(well_known_text(symbol::v1_0) == "v1.0" && well_known_text(SymbolId{7}).empty());

}  // namespace phalarope
