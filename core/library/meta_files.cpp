#include "core/library/meta_files.hpp"

#include <algorithm>
#include <set>

#include "core/library/text_tools.hpp"
#include "core/library/yaml_value.hpp"

namespace phalarope::library {
namespace {

using Kind = YamlValue::Kind;

struct MetaCodes {
  std::string_view missing;
  std::string_view unreadable;
  std::string_view incomplete;
};

std::optional<YamlValue> read_meta(const LibraryFiles& library, std::string_view name, const MetaCodes& codes,
                                   Findings& findings) {
  const std::string file(name);
  if (library.find(name) == nullptr) {
    findings.add(codes.missing, file, 1, "", "the file is missing");
    return std::nullopt;
  }
  const std::string* const text = text_of(library, name);
  if (text == nullptr) {
    findings.add(codes.unreadable, file, 1, "", "the file cannot be read");
    return std::nullopt;
  }
  auto parsed = parse_yaml(*text);
  if (!parsed) {
    findings.add(codes.unreadable, file, parsed.error().line, "", parsed.error().what);
    return std::nullopt;
  }
  return std::move(parsed->root);
}

std::optional<std::int64_t> contract_number(const YamlValue* value) {
  if (value == nullptr) return std::nullopt;
  if (value->is(Kind::integer)) return value->integer;
  return value->is(Kind::text) ? decimal_integer(value->text) : std::nullopt;
}

std::string_view first_line_with_text(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\n\r"), text.size());
    if (!trimmed(text.substr(0, end)).empty()) return text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

}  // namespace

const std::string* text_of(const LibraryFiles& library, std::string_view name) {
  const std::optional<std::string>* const file = library.find(name);
  return file != nullptr && *file && is_utf8(**file) ? &**file : nullptr;
}

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
  while (i < text.size()) {
    const unsigned first = byte(i);
    std::size_t tail = 0;
    unsigned low = 0x80;
    unsigned high = 0xBF;
    if (first >= 0x80) {
      if (first >= 0xC2 && first <= 0xDF) {
        tail = 1;
      } else if (first >= 0xE0 && first <= 0xEF) {
        tail = 2;
        if (first == 0xE0) low = 0xA0;   // overlong
        if (first == 0xED) high = 0x9F;  // a surrogate
      } else if (first >= 0xF0 && first <= 0xF4) {
        tail = 3;
        if (first == 0xF0) low = 0x90;
        if (first == 0xF4) high = 0x8F;
      } else {
        return false;
      }
    }
    for (std::size_t k = 1; k <= tail; ++k) {
      const unsigned next = byte(i + k);
      if (next < (k == 1 ? low : 0x80U) || next > (k == 1 ? high : 0xBFU)) return false;
    }
    i += tail + 1;
  }
  return true;
}

std::optional<Taxonomy> read_taxonomy(const LibraryFiles& library, Findings& findings) {
  constexpr MetaCodes codes{"META001", "META002", "META003"};
  const auto root = read_meta(library, taxonomy_file, codes, findings);
  if (!root) return std::nullopt;
  if (!root->is(Kind::map)) {
    findings.add(codes.unreadable, std::string(taxonomy_file), root->line, "", "the file does not hold a mapping");
    return std::nullopt;
  }
  const YamlValue* const categories = root->find("categories");
  if (categories == nullptr || !categories->is(Kind::map) || categories->entries.empty()) {
    findings.add(codes.incomplete, std::string(taxonomy_file), categories == nullptr ? root->line : categories->line,
                 "categories", "the taxonomy has no categories");
    return std::nullopt;
  }
  Taxonomy taxonomy;
  for (const YamlValue& category : categories->entries) {
    taxonomy.categories.push_back(category.key);
    const YamlValue* const aliases = category.find("aliases");
    if (aliases == nullptr) continue;
    for (const YamlValue& alias : aliases->items) taxonomy.aliases.push_back(as_text(alias));
  }
  return taxonomy;
}

void check_version(const LibraryFiles& library, Findings& findings) {
  constexpr MetaCodes codes{"META004", "META005", "META006"};
  const auto root = read_meta(library, version_file, codes, findings);
  if (!root) return;
  const YamlValue* const version = root->find("version");
  if (version == nullptr || version->is(Kind::null) || (version->is(Kind::text) && trimmed(version->text).empty())) {
    findings.add(codes.incomplete, std::string(version_file), root->line, "version", "the version is missing");
  }
}

Contract stated_contract(const LibraryFiles& library) {
  const std::string* const text = text_of(library, version_file);
  if (text == nullptr) return Contract::one;
  const auto parsed = parse_yaml(*text);
  const auto number = parsed ? contract_number(parsed->root.find("contract")) : std::nullopt;
  return number == 2 ? Contract::two : Contract::one;
}

std::vector<std::string> csv_header(std::string_view text) {
  std::vector<std::string> columns;
  std::string_view line = first_line_with_text(text);
  while (!line.empty()) {
    const std::size_t comma = std::min(line.find(','), line.size());
    const std::string_view column = trimmed(line.substr(0, comma));
    if (!column.empty()) columns.emplace_back(column);
    line.remove_prefix(std::min(comma + 1, line.size()));
  }
  return columns;
}

void check_error_log(const LibraryFiles& library, Findings& findings) {
  const std::string file(error_log_file);
  const std::string* const text = text_of(library, error_log_file);
  if (text == nullptr) return findings.add("ELOG001", file, 1, "", "the error log template is missing or unreadable");
  const std::vector<std::string> columns = csv_header(*text);
  if (columns.empty()) return findings.add("ELOG002", file, 1, "", "the error log has no header");
  if (std::set<std::string>(columns.begin(), columns.end()).size() != columns.size()) {
    findings.add("ELOG003", file, 1, "", "a column of the header occurs twice");
  }
  if (std::ranges::equal(columns, Words(error_log_columns).first(old_error_log_columns))) {
    return findings.add("ELOG004", file, 1, "", "the header is the old one of 7 columns");
  }
  std::vector<std::string_view> missing;
  for (const std::string_view column : error_log_columns) {
    if (std::ranges::find(columns, column) == columns.end()) missing.push_back(column);
  }
  if (!missing.empty()) findings.add("ELOG005", file, 1, "", "the header lacks " + joined(missing, ", "));
}

std::vector<std::string> session_field_names(const LibraryFiles& library) {
  std::vector<std::string> names;
  const std::string* const text = text_of(library, session_template_file);
  const auto parsed = text == nullptr ? std::expected<YamlFile, YamlFault>{} : parse_yaml(*text);
  const YamlValue* const fields = parsed ? parsed->root.find("session_fields") : nullptr;
  if (fields == nullptr) return names;
  for (const YamlValue& field : fields->items) {
    const YamlValue* const name = field.find("name");
    if (name != nullptr && name->is(Kind::text)) names.push_back(name->text);
  }
  return names;
}

}  // namespace phalarope::library
