// Strict reading of maps. See field_reader.hpp.
#include "core/spec/field_reader.hpp"

#include <algorithm>
#include <charconv>

namespace phalarope::spec {

Diagnostic diagnostic_at(const Document& document, std::string path, std::string what, std::string what_to_do) {
  return {document.origin ? *document.origin : std::string{},
          document.line,
          document.column,
          std::move(path),
          std::move(what),
          std::move(what_to_do)};
}

std::optional<std::string> scalar_of(const Document& document, const std::string& path, Diagnostics& diagnostics) {
  if (document.kind == Document::Kind::scalar) return document.text;
  const bool empty = document.kind == Document::Kind::nothing;
  diagnostics.push_back(diagnostic_at(document, path,
                                      empty ? "has no value" : "is a list or map where one value belongs",
                                      empty ? "Give it a value or leave the field out" : "Write one value"));
  return std::nullopt;
}

MapReader::MapReader(const Document& document, std::string path, Diagnostics& diagnostics)
    : document_(&document), path_(std::move(path)), diagnostics_(&diagnostics) {
  if (document.kind != Document::Kind::map) complain({}, "is not a map of fields", "Write `field: value` lines");
}

std::string MapReader::path_of(std::string_view key) const {
  if (key.empty()) return path_;
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

void MapReader::complain(std::string_view key, std::string what, std::string what_to_do) {
  const Document* const at = key.empty() ? nullptr : document_->find(key);
  diagnostics_->push_back(
      diagnostic_at(at != nullptr ? *at : *document_, path_of(key), std::move(what), std::move(what_to_do)));
}

const Document* MapReader::field(std::string_view key, Presence presence) {
  known_.push_back(key);
  const Document* const found = document_->find(key);
  if (found == nullptr && presence == Presence::required && document_->kind == Document::Kind::map) {
    complain(key, "is missing", "Add `" + std::string(key) + ":`");
  }
  return found;
}

bool MapReader::has(std::string_view key) { return field(key, Presence::optional) != nullptr; }

std::optional<std::string> MapReader::scalar(std::string_view key, Presence presence) {
  const Document* const found = field(key, presence);
  return found == nullptr ? std::nullopt : scalar_of(*found, path_of(key), *diagnostics_);
}

void MapReader::text(std::string_view key, std::string& target, Presence presence) {
  const auto value = scalar(key, presence);
  if (!value) return;
  if (value->empty()) {
    complain(key, "must not be empty", "Give it a value or leave the field out");
  } else {
    target = *value;
  }
}

void MapReader::integer(std::string_view key, std::int64_t& target, IntegerRange range, Presence presence) {
  const auto value = scalar(key, presence);
  if (!value) return;
  std::int64_t number = 0;
  const char* const end = value->data() + value->size();
  const auto read = std::from_chars(value->data(), end, number);
  const bool quoted = document_->find(key)->quoted;
  if (quoted || read.ec != std::errc{} || read.ptr != end) {
    complain(key, "is not a whole number: \"" + *value + "\"", "Write digits only, without unit, point or quotes");
  } else if (number < range.min || number > range.max) {
    const bool open = range.max == std::numeric_limits<std::int64_t>::max();
    complain(key, "is out of range: " + *value,
             "Use " + std::to_string(range.min) + (open ? " or more" : " to " + std::to_string(range.max)));
  } else {
    target = number;
  }
}

void MapReader::boolean(std::string_view key, bool& target, Presence presence) {
  const auto value = scalar(key, presence);
  if (!value) return;
  if (*value == "true" || *value == "false") {
    target = *value == "true";
  } else {
    complain(key, "is neither true nor false: \"" + *value + "\"", "Write true or false");
  }
}

void MapReader::refuse_choice(std::string_view key, std::string_view value, std::span<const std::string_view> names) {
  complain(key, "unknown value \"" + std::string(value) + "\"", one_of(value, names));
}

std::optional<std::size_t> MapReader::choice(std::string_view key, std::span<const std::string_view> names,
                                             Presence presence) {
  const auto value = scalar(key, presence);
  if (!value) return std::nullopt;
  const auto at = std::find(names.begin(), names.end(), *value);
  if (at != names.end()) return static_cast<std::size_t>(at - names.begin());
  refuse_choice(key, *value, names);
  return std::nullopt;
}

std::optional<MapReader> MapReader::map(std::string_view key, Presence presence) {
  const Document* const found = field(key, presence);
  if (found == nullptr) return std::nullopt;
  if (found->kind != Document::Kind::map) {
    complain(key, "is not a map of fields", "Write its fields below it, indented");
    return std::nullopt;
  }
  return MapReader(*found, path_of(key), *diagnostics_);
}

void MapReader::each_item(std::string_view key, const std::function<void(const Document&, const std::string&)>& read,
                          Presence presence) {
  const Document* const found = field(key, presence);
  if (found == nullptr) return;
  if (found->kind != Document::Kind::list) return complain(key, "is not a list", "Write `- item` lines below it");
  for (std::size_t i = 0; i < found->items.size(); ++i) {
    const Document& item = found->items[i];
    read(item, item.path.empty() ? path_of(key) + "[" + std::to_string(i) + "]" : item.path);
  }
}

void MapReader::each_entry(std::string_view key,
                           const std::function<void(const std::string&, const Document&, const std::string&)>& read,
                           Presence presence) {
  const Document* const found = field(key, presence);
  if (found == nullptr) return;
  if (found->kind != Document::Kind::map) return complain(key, "is not a map of fields", "Write `name: value` lines");
  for (const Document& entry : found->entries) read(entry.key, entry, path_of(key) + "[\"" + entry.key + "\"]");
}

void MapReader::finish() {
  for (const Document& entry : document_->entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    const auto nearest = nearest_name(entry.key, known_);
    diagnostics_->push_back(diagnostic_at(
        entry, path_of(entry.key), "unknown field",
        nearest.empty() ? "Remove it, or check its place" : "Did you mean \"" + std::string(nearest) + "\"?"));
  }
}

}  // namespace phalarope::spec
