// YAML to Document; the one place that knows yaml-cpp. See document.hpp.
#include "core/spec/document.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <tuple>

#include "core/spec/strict_json.hpp"

namespace phalarope::spec {

namespace {

class Converter {
 public:
  Converter(const std::string& file, Diagnostics& diagnostics)
      : origin_(std::make_shared<const std::string>(file)), diagnostics_(diagnostics) {}

  Document convert(const YAML::Node& node, std::size_t depth) {
    Document document;
    document.origin = origin_;
    document.line = node.Mark().line + 1;
    document.column = node.Mark().column + 1;
    if (++values_ > document_values_max || depth > document_depth_max) {
      if (!refused_)
        complain(document, "the file is nested too deeply or holds too many values", "Split or shorten it");
      refused_ = true;
      return document;
    }
    if (node.IsScalar()) {
      document.kind = Document::Kind::scalar;
      document.text = node.Scalar();
      document.quoted = node.Tag() == "!";
    } else if (node.IsSequence()) {
      document.kind = Document::Kind::list;
      for (const YAML::Node& item : node) {
        if (refused_) break;
        document.items.push_back(convert(item, depth + 1));
      }
    } else if (node.IsMap()) {
      document.kind = Document::Kind::map;
      convert_entries(node, depth, document);
    }
    return document;
  }

  void complain(const Document& where, std::string what, std::string what_to_do) {
    diagnostics_.push_back({*origin_, where.line, where.column, {}, std::move(what), std::move(what_to_do)});
  }

 private:
  void convert_entries(const YAML::Node& node, std::size_t depth, Document& document) {
    for (const auto& entry : node) {
      if (refused_) break;
      Document key;
      key.line = entry.first.Mark().line + 1;
      key.column = entry.first.Mark().column + 1;
      if (!entry.first.IsScalar()) {
        complain(key, "a field name is not a plain text", "Write `name: value`");
        continue;
      }
      const std::string& name = entry.first.Scalar();
      if (document.find(name) != nullptr) {
        complain(key, "the field \"" + name + "\" occurs twice", "Keep one of them");
        continue;
      }
      Document value = convert(entry.second, depth + 1);
      value.key = name;
      // An empty value has no place of its own; its key's is where a person looks.
      if (value.kind == Document::Kind::nothing) std::tie(value.line, value.column) = std::tie(key.line, key.column);
      document.entries.push_back(std::move(value));
    }
  }

  std::shared_ptr<const std::string> origin_;
  Diagnostics& diagnostics_;
  std::size_t values_ = 0;
  bool refused_ = false;
};

nlohmann::ordered_json plain_scalar(const std::string& text) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return nullptr;
  std::int64_t integer = 0;
  const char* const end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, integer); read.ec == std::errc{} && read.ptr == end) {
    return integer;
  }
  double number = 0;
  if (const auto read = std::from_chars(text.data(), end, number); read.ec == std::errc{} && read.ptr == end) {
    return number;
  }
  return text;
}

nlohmann::ordered_json to_json_value(const Document& document) {
  switch (document.kind) {
    case Document::Kind::nothing:
      return nullptr;
    case Document::Kind::scalar:
      return document.quoted ? nlohmann::ordered_json(document.text) : plain_scalar(document.text);
    case Document::Kind::list: {
      auto list = nlohmann::ordered_json::array();
      for (const Document& item : document.items) list.push_back(to_json_value(item));
      return list;
    }
    case Document::Kind::map: {
      auto map = nlohmann::ordered_json::object();
      for (const Document& entry : document.entries) map[entry.key] = to_json_value(entry);
      return map;
    }
  }
  return nullptr;
}

/// Whether a plain scalar reads back as it stands, wherever it stands.
bool stays_plain(const std::string& text) {
  const auto harmless = [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
  };
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  return text.size() > sign && std::all_of(text.begin() + static_cast<std::ptrdiff_t>(sign), text.end(), harmless);
}

void append_canonical(std::string& out, const Document& document) {
  switch (document.kind) {
    case Document::Kind::nothing:
      out += "null";
      return;
    case Document::Kind::scalar:
      if (!document.quoted && stays_plain(document.text)) {
        out += document.text;
      } else {
        append_json_string(out, document.text);
      }
      return;
    case Document::Kind::list:
      out += "[";
      for (std::size_t i = 0; i < document.items.size(); ++i) {
        out += i == 0 ? "\n" : ",\n";
        append_canonical(out, document.items[i]);
      }
      out += "]";
      return;
    case Document::Kind::map: {
      std::vector<const Document*> entries;
      for (const Document& entry : document.entries) entries.push_back(&entry);
      std::sort(entries.begin(), entries.end(), [](const Document* a, const Document* b) { return a->key < b->key; });
      out += "{";
      for (std::size_t i = 0; i < entries.size(); ++i) {
        out += i == 0 ? "\n" : ",\n";
        append_json_string(out, entries[i]->key);
        out += ": ";
        append_canonical(out, *entries[i]);
      }
      out += "}";
      return;
    }
  }
}

/// Hears a document and keeps nothing of it.
class Listener final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

/// 0, 1 or 2 (more than one). Not LoadAll: some malformed tags make it find documents without end.
std::size_t count_documents(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  Listener listener;
  std::size_t count = 0;
  while (count < 2 && parser.HandleNextDocument(listener)) ++count;
  return count;
}

}  // namespace

const Document* Document::find(std::string_view name) const {
  const auto at =
      std::find_if(entries.begin(), entries.end(), [&](const Document& entry) { return entry.key == name; });
  return at == entries.end() ? nullptr : &*at;
}

Document* Document::find(std::string_view name) {
  return const_cast<Document*>(static_cast<const Document&>(*this).find(name));
}

Document parse_document(std::string_view text, const std::string& file, Diagnostics& diagnostics) {
  Converter converter(file, diagnostics);
  Document nowhere;
  if (text.size() > document_bytes_max) {
    converter.complain(nowhere, "the file is larger than 1 MiB", "Is it the right file?");
    return nowhere;
  }
  // yaml-cpp reports errors by exception; this is the border at which they become values.
  try {
    const std::size_t documents = count_documents(std::string(text));
    const YAML::Node first = documents == 0 ? YAML::Node() : YAML::Load(std::string(text));
    if (first.IsNull()) {
      converter.complain(nowhere, "the file is empty", "See the shipped examples");
      return nowhere;
    }
    Document document = converter.convert(first, 0);
    if (documents > 1) {
      converter.complain(nowhere, "the file holds more than one document", "Keep one; remove `---` and what follows");
    }
    return document;
  } catch (const YAML::Exception& error) {
    nowhere.line = error.mark.is_null() ? 0 : error.mark.line + 1;
    nowhere.column = error.mark.is_null() ? 0 : error.mark.column + 1;
    converter.complain(nowhere, "not readable as YAML: " + error.msg, "Check indentation, quotes and colons");
  } catch (const std::bad_alloc&) {
    throw;  // the file is not to blame
  } catch (const std::exception& error) {
    converter.complain(nowhere, std::string("not readable as YAML: ") + error.what(), "Check the file");
  }
  return {};
}

void lay_over(Document& base, const Document& over) {
  if (base.kind != Document::Kind::map || over.kind != Document::Kind::map) {
    base = over;
    return;
  }
  for (const Document& entry : over.entries) {
    if (Document* existing = base.find(entry.key); existing != nullptr) {
      lay_over(*existing, entry);
    } else {
      base.entries.push_back(entry);
    }
  }
}

std::string read_text_file(const std::string& path, Diagnostics& diagnostics) {
  std::ifstream file(path, std::ios::binary);
  // The stream says of a read that failed what it says of an empty file, unless it is asked byte by byte.
  std::string text;
  constexpr std::size_t piece_bytes = 4096;
  for (char piece[piece_bytes]; file.read(piece, piece_bytes) || file.gcount() > 0;) {
    text.append(piece, static_cast<std::size_t>(file.gcount()));
  }
  std::error_code error;
  if (!file.is_open() || file.bad() || std::filesystem::is_directory(path, error)) {
    diagnostics.push_back({path, 0, 0, {}, "the file cannot be read", "Check that it exists and may be read"});
    return {};
  }
  return text;
}

std::string canonical_text(const Document& document) {
  std::string text;
  append_canonical(text, document);
  return text + "\n";
}

std::string to_json(const Document& document) { return to_json_value(document).dump(); }

}  // namespace phalarope::spec
