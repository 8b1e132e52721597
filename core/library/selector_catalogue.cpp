// How the selectors see the chain files: lenient, for a file need not be valid to be chosen from. See selector.hpp.
#include <algorithm>
#include <cmath>

#include "core/library/chain.hpp"
#include "core/library/meta_files.hpp"
#include "core/library/retrieval_safety.hpp"
#include "core/library/runtime_stage.hpp"
#include "core/library/schema_reader.hpp"
#include "core/library/selector.hpp"
#include "core/library/text_tools.hpp"

namespace phalarope::library {
namespace {

using Kind = YamlValue::Kind;

/// Times are compared and subtracted; beyond this many minutes nobody cares by how much.
constexpr std::int64_t minutes_limit = std::int64_t{1} << 60;

std::string said(const YamlValue* value) { return is_blank(value) ? std::string() : as_text(*value); }
std::string tag(const YamlValue* tags, std::string_view name) {
  return std::string(trimmed(said(tags == nullptr ? nullptr : tags->find(name))));
}

/// The chain's minutes: an integer as it stands, a float cut, a boolean 0 or 1, text that is an integer; else 0.
std::int64_t minutes_of(const YamlValue* value) {
  if (value == nullptr) return 0;
  std::int64_t minutes = 0;
  if (value->is(Kind::integer)) minutes = value->integer;
  if (value->is(Kind::boolean)) minutes = value->boolean ? 1 : 0;
  if (value->is(Kind::text)) minutes = decimal_integer(trimmed(value->text)).value_or(0);
  if (value->is(Kind::number) && std::isfinite(value->number)) {
    constexpr auto limit = static_cast<double>(minutes_limit);
    minutes = static_cast<std::int64_t>(std::clamp(value->number, -limit, limit));
  }
  return std::clamp(minutes, -minutes_limit, minutes_limit);
}

std::vector<std::string> stages_of(const YamlValue* blocks, const DeclaredStages& declared) {
  std::vector<std::string> stages;
  if (blocks == nullptr) return stages;
  for (const YamlValue& block : blocks->items) {
    const auto id = method_of_block(block);
    if (!id) continue;
    const auto known = declared.find(*id);
    std::string stage = runtime_stage(*id, known == declared.end() ? nullptr : &known->second);
    if (std::ranges::find(stages, stage) == stages.end()) stages.push_back(std::move(stage));
  }
  return stages;
}

SelectorChain seen(const YamlValue& root, const DeclaredStages& declared) {
  SelectorChain chain;
  chain.id = said(root.find("id"));
  chain.name = said(root.find("name"));
  const YamlValue* const tags = root.find("context_tags");
  chain.tags_are_usable = is_blank(tags) || tags->is(Kind::map);
  chain.stage = tag(tags, "stage");
  chain.class_type = tag(tags, "class_type");
  chain.energy = tag(tags, "energy");
  chain.time_available = minutes_of(tags == nullptr ? nullptr : tags->find("time_available"));
  chain.allowed_modes = texts_of(root.find("allowed_modes"));
  const YamlValue* const blocks = root.find("blocks");
  if (blocks != nullptr && blocks->is(Kind::list)) {
    for (const YamlValue& block : blocks->items) {
      if (auto id = method_of_block(block)) chain.blocks.push_back(std::move(*id));
    }
    chain.stages = stages_of(blocks, declared);
  }
  const YamlValue* const required = root.find("requires_reference_targets");
  const bool repairs = required != nullptr && required->is(Kind::boolean) && required->boolean;
  FixedBlocks fixed = fix_blocks(chain.blocks);
  chain.fix_changes = repairs && fixed.changed;
  chain.fixed_blocks = repairs ? std::move(fixed.blocks) : chain.blocks;
  return chain;
}

}  // namespace

std::expected<SelectorCatalogue, SelectorError> SelectorCatalogue::read(const LibraryFiles& library) {
  if (!library.has_chains) return std::unexpected(SelectorError::chains_dir_missing);
  const DeclaredStages declared = declared_stages(library);
  SelectorCatalogue catalogue;
  for (const std::string& file : library.chain_files(Contract::one)) {
    const std::string* const text = text_of(library, file);
    if (text == nullptr) return std::unexpected(SelectorError::library_unreadable);
    const auto parsed = parse_yaml(*text);
    if (!parsed) return std::unexpected(SelectorError::library_unreadable);
    // An empty document counts as a chain that allows nothing.
    if (!parsed->root.is(Kind::map) && !parsed->root.is(Kind::null)) continue;
    catalogue.scored_.push_back(seen(parsed->root, declared));
    const SelectorChain& chain = catalogue.scored_.back();
    if (trimmed(chain.id).empty() || trimmed(chain.name).empty() || chain.blocks.empty()) continue;
    const auto same = std::ranges::find(catalogue.routed_, chain.id, &SelectorChain::id);
    if (same == catalogue.routed_.end()) {
      catalogue.routed_.push_back(chain);
    } else {
      *same = chain;
    }
  }
  return catalogue;
}

bool SelectorCatalogue::is_empty(Policy policy) const noexcept {
  return policy == Policy::scored_v1 ? scored_.empty() : routed_.empty();
}

const SelectorChain* SelectorCatalogue::routed(std::string_view id) const {
  const auto at = std::ranges::find(routed_, id, &SelectorChain::id);
  return at == routed_.end() ? nullptr : &*at;
}

std::expected<Selection, SelectorError> SelectorCatalogue::select(Policy policy, const SelectorInput& input) const {
  if (is_empty(policy)) return std::unexpected(SelectorError::empty_catalog);
  if (policy == Policy::scored_v1) return select_scored(input);
  return select_routed(input);
}

}  // namespace phalarope::library
