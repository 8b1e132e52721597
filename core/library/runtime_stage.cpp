#include "core/library/runtime_stage.hpp"

#include <algorithm>

#include "core/library/meta_files.hpp"
#include "core/library/text_tools.hpp"
#include "core/library/yaml_value.hpp"

namespace phalarope::library {

std::string fold_stage(std::string_view stage) {
  const std::string capitals = in_capitals(trimmed(stage));
  const auto folded = stage_in(folded_stages, capitals);
  return folded ? std::string(*folded) : capitals;
}

std::string runtime_stage(std::string_view method_id, const DeclaredStage* declared) {
  if (holds(pinned_to_teach, method_id)) return "TEACH";
  if (declared == nullptr) return "ENCODE";
  if (!trimmed(declared->control_stage).empty()) return fold_stage(declared->control_stage);
  return std::string(stage_in(category_stages, in_lower_case(trimmed(declared->category))).value_or("ENCODE"));
}

DeclaredStages declared_stages(const LibraryFiles& library) {
  DeclaredStages stages;
  for (const std::string& file : library.method_files()) {
    const std::string* const text = text_of(library, file);
    const auto parsed = text == nullptr ? std::expected<YamlFile, YamlFault>{} : parse_yaml(*text);
    if (!parsed) continue;
    const auto said = [&](std::string_view field) {
      const YamlValue* const value = parsed->root.find(field);
      return value == nullptr || is_blank(value) ? std::string() : as_text(*value);
    };
    if (const std::string id = said("id"); !id.empty()) stages[id] = {said("control_stage"), said("category")};
  }
  return stages;
}

}  // namespace phalarope::library
