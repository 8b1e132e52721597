// Small edits of documents that keep what a person wrote at its place: the pieces move, their lines do not.
// Allocates; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "core/spec/document.hpp"

namespace phalarope::spec {

/// A value that stands where `where` stands.
inline Document scalar_like(const Document& where, std::string key, std::string text) {
  Document scalar;
  scalar.kind = Document::Kind::scalar;
  scalar.key = std::move(key);
  scalar.text = std::move(text);
  scalar.quoted = true;
  scalar.origin = where.origin;
  scalar.line = where.line;
  scalar.column = where.column;
  return scalar;
}

/// An empty map or list that stands where `where` stands.
inline Document container_like(const Document& where, Document::Kind kind, std::string key) {
  Document container = scalar_like(where, std::move(key), {});
  container.kind = kind;
  container.quoted = false;
  return container;
}

/// Sets a field's text and keeps the field's own place, if it has one.
inline void set_text(Document& map, std::string_view key, std::string text) {
  if (Document* const found = map.find(key); found != nullptr) {
    found->kind = Document::Kind::scalar;
    found->text = std::move(text);
    found->quoted = true;
  } else {
    map.entries.push_back(scalar_like(map, std::string(key), std::move(text)));
  }
}

/// The text of a scalar field; empty when there is none.
inline std::string text_of(const Document& map, std::string_view key) {
  const Document* const found = map.find(key);
  return found != nullptr && found->kind == Document::Kind::scalar ? found->text : std::string();
}

/// The list of that name, emptied or made.
inline Document& fresh_list(Document& map, std::string_view key) {
  if (Document* const found = map.find(key); found != nullptr) {
    found->kind = Document::Kind::list;
    found->items.clear();
    return *found;
  }
  map.entries.push_back(container_like(map, Document::Kind::list, std::string(key)));
  return map.entries.back();
}

}  // namespace phalarope::spec
