// The one file of this room that knows yaml-cpp. See yaml_value.hpp.
#include "core/library/yaml_value.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <sstream>

#include "core/library/text_tools.hpp"

namespace phalarope::library {
namespace {

using Kind = YamlValue::Kind;

constexpr std::array<std::string_view, 9> true_words = {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"};
constexpr std::array<std::string_view, 9> false_words = {"false", "False", "FALSE", "no", "No",
                                                         "NO",    "off",   "Off",   "OFF"};
constexpr std::array<std::string_view, 5> null_words = {"", "~", "null", "Null", "NULL"};

bool all_of(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

/// What other readers take for a number or a date, and people mean as text: 010, 0o17, 0x1F, 0b1, 1:30, 2026-01-05.
bool is_ambiguous(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with('-') || digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.size() > 1 && digits[0] == '0') {
    if (all_of(digits.substr(1), "01234567_")) return true;
    const std::string_view rest = digits.substr(std::min<std::size_t>(2, digits.size()));
    if (digits[1] == 'x' && all_of(rest, "0123456789abcdefABCDEF_")) return true;
    if (digits[1] == 'o' && all_of(rest, "01234567_")) return true;
    if (digits[1] == 'b' && all_of(rest, "01_")) return true;
  }
  const std::size_t colon = digits.find(':');
  if (colon != std::string_view::npos && colon > 0 && all_of(digits, "0123456789:._")) {
    return all_of(digits.substr(0, colon), "0123456789_") && digits.back() != ':';
  }
  const auto digit = [&](std::size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '9'; };
  const bool year = digit(0) && digit(1) && digit(2) && digit(3) && text.size() >= 8 && text[4] == '-' && digit(5);
  if (!year) return false;
  const std::size_t dash = text.find('-', 5);
  const bool month = dash == 6 || (dash == 7 && digit(6));
  return month && digit(dash + 1) && (text.size() == dash + 2 || digit(dash + 2) || text[dash + 2] == 'T') &&
         text.find_first_not_of("0123456789-:.TtZz+ ", dash) == std::string_view::npos;
}

std::optional<double> decimal_number(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with('-') || digits.starts_with('+')) digits.remove_prefix(1);
  if (digits == ".inf" || digits == ".Inf" || digits == ".INF") return text[0] == '-' ? -INFINITY : INFINITY;
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return NAN;
  if (digits.empty() || digits.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
  if (digits.find_first_of("0123456789") == std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (read.ptr != digits.data() + digits.size()) return std::nullopt;
  if (read.ec == std::errc::result_out_of_range) value = INFINITY;
  return text[0] == '-' ? -value : value;
}

/// Gives a plain scalar its kind; false when it is refused.
bool type_plain(YamlValue& value) {
  const auto among = [&](const auto& words) { return std::ranges::find(words, value.text) != words.end(); };
  if (among(null_words)) return true;
  if (among(true_words) || among(false_words)) {
    value.kind = Kind::boolean;
    value.boolean = among(true_words);
    return true;
  }
  value.kind = Kind::text;
  if (is_ambiguous(value.text)) return false;
  if (const auto integer = decimal_integer(value.text)) {
    value.kind = Kind::integer;
    value.integer = *integer;
    value.number = static_cast<double>(*integer);
  } else if (const auto number = decimal_number(value.text)) {
    value.kind = Kind::number;
    value.number = *number;
  }
  return true;
}

/// Thrown through yaml-cpp to leave it; never leaves this file.
struct Refused {
  YamlFault fault;
};

/// Builds the tree from the parser's events, so that every value keeps its mark and nothing is built twice.
class Builder final : public YAML::EventHandler {
 public:
  YamlFile file;

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { take(value_at(mark), anchor); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchored_.find(anchor);
    if (known == anchored_.end()) refuse(mark, "an alias names a value that still goes on", "Write the value out");
    YamlValue copy = known->second;
    count(mark, size_of(copy));
    copy.line = mark.line + 1;
    take(std::move(copy), 0);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    YamlValue value = value_at(mark);
    value.text = text;
    const bool plain = tag == "?" || tag.empty();
    if (!plain && tag != "!" && tag != "tag:yaml.org,2002:str") {
      refuse(mark, "the tag `" + tag + "` is not known here", "Leave the tag out");
    }
    value.kind = Kind::text;
    // A field name is text, whatever it looks like.
    if (plain && !awaits_key()) {
      value.kind = Kind::null;
      if (!type_plain(value)) {
        refuse(mark, "`" + text + "` may be read as a number of another base, a time or a date", "Quote it");
      }
    }
    take(std::move(value), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, Kind::list, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, Kind::map, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlValue value;
    YAML::anchor_t anchor = 0;
    std::string key{};
    int key_line = 0;
    bool has_key = false;
  };

  [[noreturn]] static void refuse(const YAML::Mark& mark, std::string what, std::string what_to_do) {
    throw Refused{{mark.line + 1, std::move(what), std::move(what_to_do)}};
  }
  bool awaits_key() const { return !open_.empty() && open_.back().value.is(Kind::map) && !open_.back().has_key; }

  static std::size_t size_of(const YamlValue& value) {
    std::size_t size = 1;
    for (const YamlValue& item : value.items) size += size_of(item);
    for (const YamlValue& entry : value.entries) size += size_of(entry);
    return size;
  }

  void count(const YAML::Mark& mark, std::size_t values) {
    values_ += values;
    if (values_ > yaml_values_max) refuse(mark, "the file holds too many values", "Split or shorten it");
  }

  YamlValue value_at(const YAML::Mark& mark) {
    count(mark, 1);
    YamlValue value;
    value.line = mark.line + 1;
    return value;
  }

  void open(const YAML::Mark& mark, Kind kind, YAML::anchor_t anchor) {
    if (awaits_key()) refuse(mark, "a field name is not a plain text", "Write `name: value`");
    if (open_.size() >= yaml_depth_max) refuse(mark, "the file is nested too deeply", "Flatten it");
    Open opened{.value = value_at(mark), .anchor = anchor};
    opened.value.kind = kind;
    open_.push_back(std::move(opened));
  }

  void close() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    take(std::move(closed.value), closed.anchor);
  }

  void take(YamlValue value, YAML::anchor_t anchor) {
    if (anchor != 0) anchored_[anchor] = value;
    if (open_.empty()) {
      file.root = std::move(value);
      return;
    }
    Open& parent = open_.back();
    if (parent.value.is(Kind::list)) {
      parent.value.items.push_back(std::move(value));
    } else if (!parent.has_key) {
      parent.key = value.text;
      parent.key_line = value.line;
      parent.has_key = true;
    } else {
      take_entry(parent, std::move(value));
    }
  }

  void take_entry(Open& parent, YamlValue value) {
    value.key = std::exchange(parent.key, {});
    // The line of a field is where its name stands: there a person looks for it.
    value.line = parent.key_line;
    parent.has_key = false;
    for (YamlValue& entry : parent.value.entries) {
      if (entry.key != value.key) continue;
      file.repeated.push_back({value.line, value.key});
      entry = std::move(value);
      return;
    }
    parent.value.entries.push_back(std::move(value));
  }

  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlValue> anchored_;
  std::size_t values_ = 0;
};

}  // namespace

const YamlValue* YamlValue::find(std::string_view name) const noexcept {
  const auto at = std::ranges::find(entries, name, &YamlValue::key);
  return at == entries.end() ? nullptr : &*at;
}

std::expected<YamlFile, YamlFault> parse_yaml(std::string_view bytes) {
  if (bytes.size() > yaml_bytes_max) return std::unexpected(YamlFault{0, "larger than 1 MiB", "Is it the right file?"});
  if (bytes.find('\0') != std::string_view::npos) {
    return std::unexpected(YamlFault{0, "holds a zero byte", "Is it a text file?"});
  }
  std::istringstream stream{std::string(bytes)};
  // yaml-cpp reports errors by exception; this is the border at which they become values.
  try {
    YAML::Parser parser(stream);
    Builder builder;
    parser.HandleNextDocument(builder);
    Builder more;
    if (parser.HandleNextDocument(more)) {
      return std::unexpected(YamlFault{0, "holds more than one document", "Keep one; remove `---` and what follows"});
    }
    return std::move(builder.file);
  } catch (const Refused& refused) {
    return std::unexpected(refused.fault);
  } catch (const YAML::Exception& error) {
    return std::unexpected(YamlFault{error.mark.is_null() ? 0 : error.mark.line + 1,
                                     "not readable as YAML: " + error.msg, "Check indentation, quotes and colons"});
  }
}

std::string as_text(const YamlValue& value) {
  switch (value.kind) {
    case Kind::null:
      return "None";
    case Kind::boolean:
      return value.boolean ? "True" : "False";
    case Kind::integer:
      return std::to_string(value.integer);
    case Kind::number: {
      std::array<char, 32> digits{};
      const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value.number).ptr;
      std::string text(digits.data(), end);
      if (text.find_first_of(".en") == std::string::npos) text += ".0";
      return text;
    }
    case Kind::text:
      return value.text;
    case Kind::list:
    case Kind::map:
      break;
  }
  return {};
}

bool is_blank(const YamlValue* value) {
  if (value == nullptr) return true;
  switch (value->kind) {
    case Kind::null:
      return true;
    case Kind::boolean:
      return !value->boolean;
    case Kind::integer:
      return value->integer == 0;
    case Kind::number:
      return !(value->number > 0) && !(value->number < 0);
    case Kind::text:
      return value->text.empty();
    case Kind::list:
      return value->items.empty();
    case Kind::map:
      return value->entries.empty();
  }
  return true;
}

}  // namespace phalarope::library
