#include "core/library/validate.hpp"

#include <algorithm>
#include <set>

#include "core/library/meta_files.hpp"
#include "core/library/text_tools.hpp"

namespace phalarope::library {
namespace {

class Validator {
 public:
  Validator(const LibraryFiles& library, Contract contract)
      : library_(library), contract_(contract), findings_(contract) {
    catalogue.contract = contract;
  }

  Catalogue catalogue;

  void walk() {
    taxonomy_ = read_taxonomy(library_, findings_);
    check_version(library_, findings_);
    catalogue.knobs =
        read_knob_registry(text_of(library_, knob_registry_file), std::string(knob_registry_file), findings_);
    check_error_log(library_, findings_);
    session_fields_ = session_field_names(library_);
    const auto method_files = library_.method_files();
    check_directory("methods", library_.has_methods, !method_files.empty());
    for (const std::string& file : method_files) take_method(file);
    for (const Method& method : catalogue.methods) check_alias(method, catalogue.methods, "M120", "M121");
    const auto chain_files = library_.chain_files(contract_);
    check_directory("chains", library_.has_chains, !chain_files.empty());
    for (const std::string& file : chain_files) take_chain(file);
    for (const Chain& chain : catalogue.chains) check_alias(chain, catalogue.chains, "C120", "C121");
  }

  const std::vector<Finding>& findings() const { return findings_.all(); }

 private:
  void check_directory(std::string_view name, bool there, bool filled) {
    if (!there) {
      findings_.add("DIR001", std::string(name), 1, "", "the directory is missing");
    } else if (!filled) {
      findings_.add("DIR002", std::string(name), 1, "", "the directory holds no file");
    }
  }

  std::optional<YamlValue> read_mapping(const std::string& file) {
    const std::string* const text = text_of(library_, file);
    if (text == nullptr) {
      findings_.add("YAML003", file, 1, "", "the file cannot be read");
      return std::nullopt;
    }
    auto parsed = parse_yaml(*text);
    if (!parsed) {
      findings_.add("YAML001", file, parsed.error().line, "", parsed.error().what + ". " + parsed.error().what_to_do);
      return std::nullopt;
    }
    if (!parsed->root.is(YamlValue::Kind::map)) {
      findings_.add("YAML002", file, parsed->root.line, "", "the file does not hold a mapping");
      return std::nullopt;
    }
    for (const RepeatedKey& key : parsed->repeated) {
      findings_.add("YAML004", file, key.line, key.key, "the field occurs twice");
    }
    return std::move(parsed->root);
  }

  void take_method(const std::string& file) {
    const auto root = read_mapping(file);
    auto method = root ? read_method(*root, file, findings_) : std::nullopt;
    if (!method) return;
    const auto say = [&](std::string_view code, std::string_view field, std::string message) {
      const YamlValue* const value = root->find(field);
      findings_.add(code, file, value == nullptr ? root->line : value->line, std::string(field), std::move(message));
    };
    check_names(*method, catalogue.methods, method_names_, say, "M101", "M102");
    check_category(*method, say);
    if (!method->has_evidence) say("M105", "evidence", "neither evidence nor evidence_raw is given");
    check_stage(*method, say);
    check_logging(*method, say);
    check_knobs(*root, "knobs", catalogue.knobs, file, findings_);
    put(catalogue.methods, std::move(*method));
  }

  void check_category(const Method& method, auto&& say) {
    if (!taxonomy_) return;
    const bool any_case = contract_ == Contract::two;
    const auto known = [&](const std::vector<std::string>& words) {
      return std::ranges::any_of(words, [&](const std::string& word) {
        return word == method.category || (any_case && in_lower_case(word) == in_lower_case(method.category));
      });
    };
    if (known(taxonomy_->categories)) return;
    if (known(taxonomy_->aliases)) {
      say("M103", "category", "category '" + method.category + "' is only an alias");
    } else {
      say("M104", "category", "unknown category '" + method.category + "'");
    }
  }

  void check_stage(const Method& method, auto&& say) {
    const auto inferred = stage_of_prefix(contract_, method.id);
    if (!inferred) {
      say("M106", "id", "no control stage can be inferred from '" + method.id + "'");
    } else if (*inferred != method.control_stage) {
      say("M107", "control_stage", "'" + method.control_stage + "', but the id says '" + std::string(*inferred) + "'");
    }
    if (!method.old_stage.empty() && method.old_stage != method.control_stage) {
      say("M108", "stage", "'" + method.old_stage + "', but control_stage is '" + method.control_stage + "'");
    }
  }

  void check_logging(const Method& method, auto&& say) {
    if (session_fields_.empty()) return;
    std::set<std::string_view> said;
    for (const std::string& field : method.logging_fields) {
      if (std::ranges::find(session_fields_, field) != session_fields_.end() || !said.insert(field).second) continue;
      say("M109", "logging_fields", "'" + field + "' is no field of the session log");
    }
  }

  void take_chain(const std::string& file) {
    const auto root = read_mapping(file);
    auto chain = root ? read_chain(*root, file, findings_) : std::nullopt;
    if (!chain) return;
    const auto say = [&](std::string_view code, std::string_view field, std::string message) {
      const YamlValue* const value = root->find(field);
      findings_.add(code, file, value == nullptr ? root->line : value->line, std::string(field), std::move(message));
    };
    check_names(*chain, catalogue.chains, chain_names_, say, "C101", "C102");
    for (const std::string_view field : {"context_tags", "default_knobs", "knobs"}) {
      check_knobs(*root, field, catalogue.knobs, file, findings_);
    }
    for (const Block& block : chain->blocks) {
      if (catalogue.method(block.method_id) != nullptr) continue;
      findings_.add("C108", file, block.line, "blocks[" + std::to_string(block.position) + "]",
                    "unknown method '" + block.method_id + "'");
    }
    check_retrieval(*chain, say);
    put(catalogue.chains, std::move(*chain));
  }

  /// Retrieval by the declared stage, targets by the outputs; blocks with unknown ids count for neither.
  void check_retrieval(const Chain& chain, auto&& say) {
    if (!chain.requires_reference_targets) return;
    const auto method_of = [&](const Block& block) { return catalogue.method(block.method_id); };
    const auto recall = std::ranges::find_if(chain.blocks, [&](const Block& block) {
      const Method* const method = method_of(block);
      return method != nullptr && method->control_stage == "RETRIEVE";
    });
    if (recall == chain.blocks.end()) return;
    if (!*chain.requires_reference_targets) {
      return say("C109", "requires_reference_targets", "the chain asks for recall but requires no reference targets");
    }
    const auto producer = std::ranges::find_if(chain.blocks, [&](const Block& block) {
      const Method* const method = method_of(block);
      return method != nullptr && method->produces_reference_targets;
    });
    if (producer == chain.blocks.end()) {
      say("C110", "blocks", "no block puts down a reference target before " + recall->method_id);
    } else if (recall < producer) {
      say("C111", "blocks",
          recall->method_id + " asks for recall before " + producer->method_id + " puts down a target");
    }
  }

  template <typename Entry>
  void check_names(const Entry& entry, const std::vector<Entry>& earlier, std::set<std::string>& names, auto&& say,
                   std::string_view id_code, std::string_view name_code) {
    const auto same = std::ranges::find(earlier, entry.id, &Entry::id);
    if (same != earlier.end()) say(id_code, "id", "'" + entry.id + "' is already used by " + same->file);
    if (!names.insert(entry.name).second) say(name_code, "name", "'" + entry.name + "' is already used");
  }

  template <typename Entry>
  void check_alias(const Entry& entry, const std::vector<Entry>& all, std::string_view self, std::string_view unknown) {
    if (entry.alias_of.empty()) return;
    const YamlValue* const value = entry.source.find("alias_of");
    const auto say = [&](std::string_view code, std::string message) {
      findings_.add(code, entry.file, value->line, "alias_of", std::move(message));
    };
    if (entry.alias_of == entry.id) {
      say(self, "'" + entry.id + "' is an alias of itself");
    } else if (std::ranges::find(all, entry.alias_of, &Entry::id) == all.end()) {
      say(unknown, "'" + entry.alias_of + "' is unknown");
    }
  }

  template <typename Entry>
  static void put(std::vector<Entry>& entries, Entry entry) {
    const auto same = std::ranges::find(entries, entry.id, &Entry::id);
    if (same == entries.end()) {
      entries.push_back(std::move(entry));
    } else {
      *same = std::move(entry);
    }
  }

  const LibraryFiles& library_;
  Contract contract_;
  Findings findings_;
  std::optional<Taxonomy> taxonomy_;
  std::vector<std::string> session_fields_;
  std::set<std::string> method_names_;
  std::set<std::string> chain_names_;
};

}  // namespace

const Method* Catalogue::method(std::string_view id) const {
  const auto at = std::ranges::find(methods, id, &Method::id);
  return at == methods.end() ? nullptr : &*at;
}

const Chain* Catalogue::chain(std::string_view id) const {
  const auto at = std::ranges::find(chains, id, &Chain::id);
  return at == chains.end() ? nullptr : &*at;
}

Validation validate(const LibraryFiles& library, Contract contract, bool strict) {
  Validator validator(library, contract);
  validator.walk();
  Validation verdict;
  for (const Finding& finding : validator.findings()) {
    const bool as_error = finding.level == Level::error || (strict && finding.level == Level::warning);
    auto& list = as_error ? verdict.errors : finding.level == Level::note ? verdict.notes : verdict.warnings;
    list.push_back(finding);
  }
  verdict.catalogue = std::move(validator.catalogue);
  return verdict;
}

}  // namespace phalarope::library
