// SchemaReader: the fields of one method or chain, judged by type; at most one finding for each top-level field.
//
// A field that is absent leaves its target as it was; null counts as absent for the fields that may be left out
// without a default of their own. What is wrong is said with the code it was made with (M100 or C100), unless a field
// has a code of its own. Lives on the stack of one reader. Contract: chain-library.md 3, 4, 8 ("Cascade").
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/library/finding.hpp"
#include "core/library/yaml_value.hpp"

namespace phalarope::library {

class SchemaReader {
 public:
  SchemaReader(const YamlValue& root, std::string file, std::string_view code, Findings& findings)
      : root_(root), file_(std::move(file)), code_(code), findings_(findings) {}

  const YamlValue* find(std::string_view field) const { return root_.find(field); }
  const std::string& file() const noexcept { return file_; }
  bool failed() const noexcept { return failed_; }
  int line_of(std::string_view field) const {
    const YamlValue* const value = root_.find(field);
    return value == nullptr ? root_.line : value->line;
  }

  /// Says what is wrong with a field; the file is dropped.
  void complain(std::string_view field, std::string what) { complain(code_, field, std::move(what)); }
  void complain(std::string_view code, std::string_view field, std::string what) {
    failed_ = true;
    findings_.add(code, file_, line_of(field), std::string(field), std::move(what));
  }

  void required_text(std::string_view field, std::string& target);
  void optional_text(std::string_view field, std::string& target);
  void required_word(std::string_view field, Words words, std::string& target);
  void optional_word(std::string_view field, Words words, std::string& target);
  /// One of `words`, or null; absent leaves the target.
  void word_or_null(std::string_view field, Words words, std::string& target);
  void boolean(std::string_view field, bool& target);
  /// An integer, or one written as text.
  void lenient_integer(std::string_view field, std::int64_t& target);
  /// A list whose every item is of one of these kinds.
  void list_of(std::string_view field, std::initializer_list<YamlValue::Kind> kinds);
  std::vector<std::string> text_list(std::string_view field);

 private:
  const YamlValue& root_;
  std::string file_;
  std::string_view code_;
  Findings& findings_;
  bool failed_ = false;
};

/// The list's items that are texts.
std::vector<std::string> texts_of(const YamlValue* list);
bool is_list_of(const YamlValue& value, std::initializer_list<YamlValue::Kind> kinds);

}  // namespace phalarope::library
